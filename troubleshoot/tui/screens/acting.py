"""What a person can do about the next step: answer, run, judge, skip, undo, report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from troubleshoot.fixes import Verification
from troubleshoot.session import NO, UNSURE, YES
from troubleshoot.steps import steps_of
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from textual.screen import Screen

    from troubleshoot.fixes import Plan
    from troubleshoot.guide import Guide
    from troubleshoot.runner import Runner
    from troubleshoot.session import Step
    from troubleshoot.tui.app import WalkApp
    from troubleshoot.undoing import WayBack

    class _Base(Screen[None]):
        app: WalkApp

else:
    _Base = object


class Acting(_Base):
    """Actions of the diagnosis screen; each ends in `show`, which draws the new plan."""

    guide: Guide | None = None
    step: Step | None = None
    _ticked: dict[str, set[int]]

    def show(self) -> None:
        """Draw the plan anew."""
        raise NotImplementedError

    def action_answer(self, said: str) -> None:
        """Answer the question that is asked."""
        if self.guide is None or self.step is None or self.step.question is None:
            return
        value = {"yes": YES, "no": NO, "unsure": UNSURE}[said]
        self.guide.session.answer(self.step.question.key, value)
        self.show()

    def action_take_back(self) -> None:
        """Take back the last answer."""
        if self.guide is not None and self.guide.session.take_back():
            self.show()

    def action_why(self) -> None:
        """Say why the question is asked."""
        from troubleshoot.tui.screens.message import MessageScreen

        if self.guide is None or self.step is None or self.step.question is None:
            return
        text = "\n\n".join(self.guide.why(self.step.question))
        self.app.push_screen(MessageScreen(say("why_asked_title", self.app.lang), text))

    def _current_plan(self) -> Plan | None:
        if self.guide is None or self.step is None or self.step.kind != "fix":
            return None
        return self.guide.plan(self.step.fix)

    def action_judge(self, helped: bool) -> None:
        """The person did the fix by hand and says whether it helped."""
        plan = self._current_plan()
        if plan is not None and self.guide is not None:
            self.guide.judge(plan, helped)
            self.show()

    def action_skip(self) -> None:
        """Leave this fix out."""
        plan = self._current_plan()
        if plan is not None and self.guide is not None:
            self.guide.skip(plan)
            self.show()

    def action_run_fix(self) -> None:
        """Ask for a yes on the exact command, or open the checklist of a fix by hand."""
        from troubleshoot.tui.screens.checklist import ChecklistScreen
        from troubleshoot.tui.screens.confirm import ConfirmScreen

        plan = self._current_plan()
        if plan is None or self.guide is None:
            return
        if plan.commands:
            python = self.guide.result.origin.python
            self.app.push_screen(ConfirmScreen(plan, python), self._confirmed)
        elif len(steps_of(plan.steps)) > 1:
            if "_ticked" not in self.__dict__:
                self._ticked = {}
            ticked = self._ticked.setdefault(plan.ranked.fix["id"], set())
            screen = ChecklistScreen(self.guide.title(plan.ranked), plan, ticked)
            self.app.push_screen(screen, lambda said: self._checked(plan, said))

    def _checked(self, plan: Plan, helped: bool | None) -> None:
        if helped is not None and self.guide is not None:
            self.guide.judge(plan, helped)
        self.show()

    def _confirmed(self, plan: Plan | None) -> None:
        from troubleshoot.tui.screens.running import RunScreen

        guide = self.guide
        if plan is None or guide is None:
            return

        def job(runner: Runner) -> Verification:
            return guide.run(plan, runner)

        self.app.push_screen(RunScreen(job), lambda said: self._ran(plan, said))

    def _ran(self, plan: Plan, verification: Verification | None) -> None:
        from troubleshoot.tui.screens.ask import AskScreen

        assert self.guide is not None
        self.show()
        last = self.guide.trials[-1] if self.guide.trials else None
        if verification is None or last is None or last.outcome != "unverified":
            return
        lang = self.app.lang
        detail = verification.because
        if detail == say("run_to_see", lang):
            detail = ""
        question = AskScreen(say("did_it_help", lang), detail)
        self.app.push_screen(question, lambda said: self._judged(plan, said))

    def _judged(self, plan: Plan, said: bool | None) -> None:
        assert self.guide is not None
        if said is not None:
            self.guide.judge(plan, said)
        else:
            self.guide.skip(plan)
        self.show()

    @work(thread=True, exclusive=True, group="undo")
    def action_undo(self) -> None:
        """Work out the way back from the last fix and show it."""
        guide = self.guide
        if guide is None:
            return
        back = guide.way_back() if guide.can_undo() else None
        self.app.call_from_thread(self._offer_undo, back)

    def _offer_undo(self, back: WayBack | None) -> None:
        from troubleshoot.tui.screens.message import MessageScreen
        from troubleshoot.tui.screens.undo import UndoScreen

        lang = self.app.lang
        if back is None or self.guide is None:
            self.app.push_screen(MessageScreen(say("undo", lang), say("undo_none", lang)))
            return
        screen = UndoScreen(back, self.guide.trial_title(back.trial))
        self.app.push_screen(screen, lambda agreed: self._undo(back, bool(agreed)))

    def _undo(self, back: WayBack, agreed: bool) -> None:
        from troubleshoot.tui.screens.running import RunScreen

        guide = self.guide
        if not agreed or guide is None:
            return

        def job(runner: Runner) -> Verification:
            return Verification(guide.undo(back, runner), "")

        screen = RunScreen(job, ("undo_done", "undo_failed", "undo_failed"))
        self.app.push_screen(screen, lambda said: self.show())

    def action_report(self) -> None:
        """Write the bug report beside the log and say where."""
        from troubleshoot.tui.screens.message import MessageScreen

        if self.guide is None:
            return
        lang = self.app.lang
        screen = MessageScreen(say("write_report", lang), say("report_writing", lang))
        self.app.push_screen(screen)
        self._write_report(screen)

    @work(thread=True, exclusive=True, group="report")
    def _write_report(self, screen: object) -> None:
        assert self.guide is not None
        text = self.guide.report()
        self.app.call_from_thread(screen.update, text)  # type: ignore[attr-defined]
