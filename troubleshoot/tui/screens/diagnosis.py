"""The diagnosis: verdict, next step, rival causes, log, proof and facts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from rich.console import Group, RenderableType
from textual import work
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, Footer, Static, TabbedContent, TabPane

from troubleshoot import diagnose, inputs, intake, values
from troubleshoot.document import Document
from troubleshoot.errors import WhyfailError
from troubleshoot.guide import Guide
from troubleshoot.render import reasons, terminal, wording
from troubleshoot.session import NO, UNSURE, YES
from troubleshoot.tui.widgets.bars import Bars
from troubleshoot.tui.widgets.log_view import LogView
from troubleshoot.words import pick, say

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.fixes import Plan, Verification
    from troubleshoot.session import Step
    from troubleshoot.tui.app import WalkApp

WIDE = 130
_TABS = ("next", "causes", "log", "proof", "facts")


class DiagnosisScreen(Screen[None]):
    """One failure being worked on.

    Args:
        source: path of the log, or "".
        data: its content, or None to read the path.
        told: symptoms chosen instead of a log (rule id, words).
    """

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        *[Binding(str(number + 1), f"tab('{name}')", name, show=False)
          for number, name in enumerate(_TABS)],
        Binding("r", "run_fix", "run"),
        Binding("y", "answer('yes')", "yes"),
        Binding("n", "answer('no')", "no"),
        Binding("u", "answer('unsure')", "unsure", show=False),
        Binding("w", "why", "why?", show=False),
        Binding("b", "take_back", "back"),
        Binding("h", "judge(True)", "helped"),
        Binding("x", "judge(False)", "no help"),
        Binding("s", "skip", "skip"),
        Binding("g", "report", "report"),
        Binding("escape", "leave", "leave", show=False),
    ]  # fmt: skip

    def __init__(
        self, source: str, data: bytes | None = None, told: list[tuple[str, str]] | None = None
    ) -> None:
        super().__init__()
        self._source = source
        self._data = data
        self._told = told or []
        self._guide: Guide | None = None
        self._step: Step | None = None

    def compose(self) -> ComposeResult:
        """The screen; filled when the diagnosis is there."""
        lang = self.app.lang
        yield Static(say("working", lang), id="verdict", markup=False)
        with Horizontal(id="body"):
            with TabbedContent(id="tabs"):
                with TabPane(f"1 {say('tab_next', lang)}", id="next"):
                    with VerticalScroll(classes="pane"):
                        yield Static("", id="step", markup=False)
                    with Horizontal(classes="buttons", id="actions"):
                        pass
                with TabPane(f"2 {say('tab_causes', lang)}", id="causes"):
                    with VerticalScroll(classes="pane"):
                        yield Bars("", id="bars", markup=False)
                        yield Static("", id="rivals", markup=False)
                with TabPane(f"3 {say('tab_log', lang)}", id="log"):
                    yield LogView(id="log-view")
                with TabPane(f"4 {say('tab_proof', lang)}", id="proof"):
                    with VerticalScroll(classes="pane"):
                        yield Static("", id="proof-text", markup=False)
                with TabPane(f"5 {say('tab_facts', lang)}", id="facts"):
                    with VerticalScroll(classes="pane"):
                        yield Static("", id="facts-text", markup=False)
            with Vertical(id="log-side"):
                yield LogView(id="log-side-view")
        yield Footer()

    def on_mount(self) -> None:
        """Begin to look, without blocking the screen."""
        self._look()

    def on_resize(self) -> None:
        """A wide screen shows the log beside the tabs."""
        self.set_class(self.app.size.width >= WIDE, "wide")

    @work(thread=True, exclusive=True)
    def _look(self) -> None:
        options = self.app.options
        started = time.perf_counter()
        try:
            if self._told:
                empty = Document(lines=(), numbers=(), ranks=(), cells=(), source="")
                here = diagnose.Options(
                    lang=options.lang, here=True if options.here is None else options.here,
                    python=options.python, rules=options.rules, given=options.given,
                )  # fmt: skip
                result = diagnose.diagnose(empty, here, told=self._told, started=started)
            elif self._data is not None:
                result = diagnose.diagnose(intake.from_bytes(self._data), options, started=started)
            else:
                result = inputs.diagnosed(self._source, options, started=started)
        except WhyfailError as error:
            self.app.call_from_thread(self._failed, str(error))
            return
        guide = Guide(result, options.lang, self.app.journal)
        self.app.call_from_thread(self._ready, guide)

    def _failed(self, message: str) -> None:
        verdict = self.query_one("#verdict", Static)
        verdict.update(message)
        verdict.set_class(True, "error")

    def _ready(self, guide: Guide) -> None:
        self._guide = guide
        self.app.guide = guide
        for name in ("#log-view", "#log-side-view"):
            self.query_one(name, LogView).show(guide.result)
        self._show()

    @property
    def _result(self) -> Diagnosed:
        assert self._guide is not None
        return self._guide.result

    def _show(self) -> None:
        """Draw everything anew after evidence or a fix has changed the plan."""
        guide = self._guide
        if guide is None:
            return
        lang = self.app.lang
        verdict = self.query_one("#verdict", Static)
        first = next(iter(wording.parts(self._result, lang)))
        lines = [first.text]
        if guide.session.is_solved:
            first = wording.Part("verdict", say("solved", lang), tone="good")
            lines = [first.text]
        elif self._result.answer["diagnoses"] and self._result.answer["outcome"] == "diagnosed":
            lines.append(_first_sentence(self._result.answer["diagnoses"][0]["cause"], lang))
        verdict.update("\n".join(lines))
        for tone in ("error", "warning", "good"):
            verdict.set_class(first.tone == tone, tone)
        self.query_one("#bars", Bars).show(guide.bars(), lang)
        rivals = [
            f"{each['confidence']:.0%}  {each['cause']}\n"
            for each in self._result.answer["diagnoses"]
        ]
        self.query_one("#rivals", Static).update("\n".join(rivals))
        self._show_proof(lang)
        self._step = guide.step()
        self.query_one("#step", Static).update(self._step_text(self._step, lang))
        self._show_actions(self._step, lang)

    def _show_proof(self, lang: str) -> None:
        proof: list[RenderableType] = []
        facts: list[RenderableType] = []
        target = proof
        for part in reasons.parts(self._result, lang):
            if part.kind == "heading" and part.text == say("facts", lang):
                target = facts
            target.append(terminal.drawn(part))
        self.query_one("#proof-text", Static).update(Group(*proof))
        self.query_one("#facts-text", Static).update(Group(*facts))

    def _step_text(self, step: Step, lang: str) -> RenderableType:
        parts: list[wording.Part] = []
        assert self._guide is not None
        if step.kind == "solved":
            parts += self._solved(lang)
        elif step.kind == "question" and step.question is not None:
            parts.append(wording.Part("heading", say("ask_person", lang)))
            parts.append(wording.Part("text", step.question.text))
        elif step.kind == "fix":
            parts += self._fix_parts(self._guide.plan(step.fix), lang)
        else:
            parts += [
                part for part in wording.parts(self._result, lang)
                if not self._result.answer["diagnoses"]
            ][1:]  # fmt: skip
            parts.append(wording.Part("heading", say("no_more", lang)))
            parts.append(wording.Part("text", f"g: {say('write_report', lang)}"))
        if step.kind in ("fix", "question"):
            time_left = values.duration(step.expected)
            parts.append(wording.Part("dim", say("expected", lang, time=time_left)))
        return Group(*[terminal.drawn(part) for part in parts])

    def _fix_parts(self, plan: Plan, lang: str) -> list[wording.Part]:
        assert self._guide is not None
        fix = plan.ranked.fix
        shown = self._result.answer["fixes"]
        titles = {(each["rule"], each["cause_id"], each["id"]): each for each in shown}
        words = titles.get((*plan.ranked.diagnosis.key, fix["id"]), {})
        parts = [wording.Part("heading", words.get("title", pick(fix["title"], lang)))]
        parts += [wording.Part("command", command) for command in plan.commands]
        if plan.steps:
            parts.append(wording.Part("text", plan.steps))
        if words.get("why"):
            parts.append(wording.Part("text", words["why"]))
        takes = say("takes", lang, time=values.duration(plan.ranked.seconds))
        tone = "error" if plan.safety == "destructive" else ""
        percent = round(plan.ranked.probability * 100)
        parts.append(wording.Part("dim", f"{say(plan.safety, lang)} · {takes}", tone=tone))
        parts.append(wording.Part("dim", say("step_of", lang, percent=percent)))
        if plan.check:
            parts.append(wording.Part("dim", f"{say('verify', lang)}: {plan.check}"))
        if plan.undo:
            parts.append(wording.Part("dim", f"{say('undo', lang)}: {plan.undo}"))
        past = self._guide.experience(plan)
        if past is not None:
            told = say("experience", lang, worked=past[0], tried=sum(past))
            parts.append(wording.Part("dim", told))
        return parts

    def _solved(self, lang: str) -> list[wording.Part]:
        assert self._guide is not None
        parts = [wording.Part("heading", say("what_it_was", lang))]
        if self._result.answer["diagnoses"]:
            parts.append(wording.Part("text", self._result.answer["diagnoses"][0]["title"]))
        worked = [trial for trial in self._guide.trials if trial.outcome == "worked"]
        if worked:
            parts.append(wording.Part("heading", say("what_fixed_it", lang)))
            parts.append(wording.Part("text", worked[-1].title))
            parts += [wording.Part("command", command) for command in worked[-1].commands]
        parts.append(wording.Part("heading", say("keep_away", lang)))
        parts.append(wording.Part("text", say("keep_text", lang)))
        return parts

    def _show_actions(self, step: Step, lang: str) -> None:
        row = self.query_one("#actions", Horizontal)
        row.remove_children()
        buttons: list[tuple[str, str, str]] = []
        if step.kind == "question":
            buttons = [("y", "yes", "answer-yes"), ("n", "no", "answer-no"),
                       ("u", "unsure", "answer-unsure"), ("w", "why_asked", "why")]  # fmt: skip
        elif step.kind == "fix":
            assert self._guide is not None
            plan = self._guide.plan(step.fix)
            if plan.commands:
                buttons.append(("r", "run", "run_fix"))
            buttons += [("h", "done_helped", "helped"), ("x", "done_failed", "failed"),
                        ("s", "skip", "skip")]  # fmt: skip
        elif step.kind == "report":
            buttons = [("g", "write_report", "report")]
        row.mount(*[
            Button(f"{key} {say(word, lang)}", name=action, compact=True)
            for key, word, action in buttons
        ])  # fmt: skip

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click does what the key does."""
        name = event.button.name or ""
        if name.startswith("answer-"):
            self.action_answer(name.removeprefix("answer-"))
        elif name in ("helped", "failed"):
            self.action_judge(name == "helped")
        else:
            getattr(self, f"action_{name}")()

    def action_tab(self, name: str) -> None:
        """Go to a tab."""
        self.query_one("#tabs", TabbedContent).active = name

    def action_leave(self) -> None:
        """Back to the start."""
        self.app.pop_screen()

    def action_answer(self, said: str) -> None:
        """Answer the question that is asked."""
        if self._guide is None or self._step is None or self._step.question is None:
            return
        value = {"yes": YES, "no": NO, "unsure": UNSURE}[said]
        self._guide.session.answer(self._step.question.key, value)
        self._show()

    def action_take_back(self) -> None:
        """Take back the last answer."""
        if self._guide is not None and self._guide.session.take_back():
            self._show()

    def action_why(self) -> None:
        """Say why the question is asked."""
        from troubleshoot.tui.screens.message import MessageScreen

        if self._step is None or self._step.question is None:
            return
        lang = self.app.lang
        text = say("why_answer", lang, cause=self._step.question.why)
        self.app.push_screen(MessageScreen(say("why_asked", lang), text))

    def _current_plan(self) -> Plan | None:
        if self._guide is None or self._step is None or self._step.kind != "fix":
            return None
        return self._guide.plan(self._step.fix)

    def action_judge(self, helped: bool) -> None:
        """The person did the fix by hand and says whether it helped."""
        plan = self._current_plan()
        if plan is not None and self._guide is not None:
            self._guide.judge(plan, helped)
            self._show()

    def action_skip(self) -> None:
        """Leave this fix out."""
        plan = self._current_plan()
        if plan is not None and self._guide is not None:
            self._guide.skip(plan)
            self._show()

    def action_run_fix(self) -> None:
        """Ask for a yes on the exact command, then run it."""
        from troubleshoot.tui.screens.confirm import ConfirmScreen

        plan = self._current_plan()
        if plan is not None and plan.commands:
            self.app.push_screen(ConfirmScreen(plan), self._confirmed)

    def _confirmed(self, plan: Plan | None) -> None:
        from troubleshoot.tui.screens.running import RunScreen

        if plan is None or self._guide is None:
            return

        def ended(verification: Verification | None) -> None:
            from troubleshoot.tui.screens.ask import AskScreen

            assert self._guide is not None
            if verification is not None and verification.solved is None:
                last = self._guide.trials[-1] if self._guide.trials else None
                if last is not None and last.outcome == "unverified":
                    question = AskScreen(say("did_it_help", self.app.lang), verification.because)
                    self.app.push_screen(question, lambda said: self._judged(plan, said))
                    return
            self._show()

        self.app.push_screen(RunScreen(self._guide, plan), ended)

    def _judged(self, plan: Plan, said: bool | None) -> None:
        if said is not None and self._guide is not None:
            self._guide.judge(plan, said)
        elif self._guide is not None:
            self._guide.skip(plan)
        self._show()

    def action_report(self) -> None:
        """Write the bug report beside the log and say where."""
        from troubleshoot.tui.screens.message import MessageScreen

        if self._guide is None:
            return
        lang = self.app.lang
        try:
            from troubleshoot import reporting

            path = reporting.write(self._guide, lang)
            text = say("report_written", lang, path=path)
        except (ImportError, WhyfailError, OSError) as error:
            text = str(error)
        self.app.push_screen(MessageScreen(say("write_report", lang), text))


def _first_sentence(text: str, lang: str) -> str:
    """What fits the verdict; the whole text stands under the causes."""
    stop = "。" if lang == "zh" else ". "
    return text.split(stop)[0].rstrip(".。") + stop.strip()
