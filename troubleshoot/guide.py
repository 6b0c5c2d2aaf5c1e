"""One walk from "it died" to "it runs", or to a finished report, whatever the screen.

The guide holds the session, the journal and the running fix; the full-screen program and the plain
dialogue only show what it says and hand it what the person chose.
"""

from __future__ import annotations

import os

from troubleshoot import fixes, undoing, values, words
from troubleshoot.journal import FAILED, UNVERIFIED, WORKED, Journal
from troubleshoot.records import replace
from troubleshoot.session import NO, YES, Session
from troubleshoot.walk_words import first_sentence, say, times

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.fixes import Plan, Verification
    from troubleshoot.journal import Trial
    from troubleshoot.questions import Question
    from troubleshoot.runner import Runner
    from troubleshoot.session import Step
    from troubleshoot.trials import RankedFix
    from troubleshoot.undoing import WayBack

DESTROY = "destroy"
"""The word a person types before a destructive fix runs."""


class Guide:
    """A failure being worked on, with its journal.

    Args:
        result: the diagnosis.
        lang: ``en`` or ``zh``.
        journal: keeps what is tried; None: this machine's.
        asks: questions that tell the rules of a told symptom apart, by rule id.
    """

    def __init__(
        self,
        result: Diagnosed,
        lang: str,
        journal: Journal | None = None,
        asks: Mapping[str, str] | None = None,
    ) -> None:
        self.journal = journal if journal is not None else Journal()
        self.session = Session(result, lang, self.journal.worked, asks)
        self.lang = lang
        self.trials: list[Trial] = []
        self._incident = 0

    @property
    def result(self) -> Diagnosed:
        """The diagnosis as it stands now."""
        return self.session.result

    def step(self) -> Step:
        """The next best step."""
        return self.session.next_step()

    def plan(self, position: int) -> Plan:
        """The fix at a position of the current order, with its commands."""
        return fixes.plan(self.result, position)

    def experience(self, plan: Plan) -> tuple[int, int] | None:
        """How often this fix worked and failed on this machine."""
        return self.journal.worked(*plan.ranked.diagnosis.key, plan.ranked.fix["id"])

    def incident(self) -> int:
        """The journal's id of this failure, kept when something is first tried."""
        if not self._incident:
            from troubleshoot import fingerprint

            self._incident = self.journal.add_incident(
                fingerprint.of(self.result.answer), self.result.document.source, self.result.answer
            )
        return self._incident

    def run(
        self,
        confirmed: Plan,
        runner: Runner,
        rerun: Callable[[], bool | None] | None = None,
    ) -> Verification:
        """Run a fix whose exact commands were confirmed; what came of it is kept."""
        trial, verification = fixes.apply(
            self.result, confirmed, runner, self.journal, self.incident(), rerun, self.lang
        )
        self.trials.append(trial)
        if trial.outcome != UNVERIFIED:
            self.session.tell(confirmed.ranked, trial.outcome)
        return verification

    def can_undo(self) -> bool:
        """Whether some fix of this walk can be undone."""
        return any(undoing.has_state(trial) for trial in self.trials)

    def way_back(self) -> WayBack | None:
        """How the last fix that can be undone is undone; None if there is none."""
        for trial in reversed(self.trials):
            if undoing.has_state(trial):
                return undoing.way_back(trial)
        return None

    def undo(self, back: WayBack, runner: Runner) -> bool:
        """Undo a fix; whether everything that can be restored was."""
        done = undoing.go(back, runner, self.journal)
        if done:
            trial = back.trial
            place = next(i for i, each in enumerate(self.trials) if each is trial)
            self.trials[place] = replace(trial, undone=True)
            self.session.untry((trial.rule, trial.cause, trial.fix))
        return done

    def why(self, question: Question) -> list[str]:
        """Why a question is asked: what it speaks for, and what either answer would change."""
        lang = self.lang
        session = self.session
        now = session.believed(question.key)
        lines = [say("why_speaks", lang, cause=question.why)]
        for said, key in ((YES, "why_yes"), (NO, "why_no")):
            then, step = session.consider(question.key, said)
            told = say(key, lang, before=f"{now:.0%}", after=f"{then:.0%}", step=self.name_of(step))
            lines.append(told)
        with_it = session.next_step().expected
        without = session.expected_without_questions()
        lines.append(say(
            "why_cost", lang, cost=values.duration(question.seconds),
            expected=values.duration(with_it), without=values.duration(without),
        ))  # fmt: skip
        return lines

    def name_of(self, step: Step) -> str:
        """A step in a few words."""
        if step.kind == "fix":
            return self.title(self.session.result.ranking.fixes[step.fix])
        if step.kind == "question" and step.question is not None:
            return step.question.text
        return say("next_report", self.lang)

    def title(self, ranked: RankedFix) -> str:
        """The fix in words, with this case's values where the answer has them."""
        wanted = (*ranked.diagnosis.key, ranked.fix["id"])
        for shown in self.result.answer["fixes"]:
            if (shown["rule"], shown["cause_id"], shown["id"]) == wanted:
                return str(shown["title"])
        return words.pick(ranked.fix["title"], self.lang)

    def trial_title(self, trial: Trial) -> str:
        """The fix of a trial in words."""
        for shown in self.result.answer["fixes"]:
            if (shown["rule"], shown["cause_id"], shown["id"]) == (
                trial.rule, trial.cause, trial.fix,
            ):  # fmt: skip
                return str(shown["title"])
        return trial.title

    def questions_answered(self) -> list[tuple[str, str]]:
        """Questions answered so far and what was said."""
        return [(self.session.asked.get(key, key[1]), said) for key, said in self.session.answers]

    def remembered(self, plan: Plan) -> str:
        """What became of this fix on this machine before, in words, or ""."""
        past = self.experience(plan)
        if past is None:
            return ""
        told = []
        if past[0]:
            told.append(say("from_memory", self.lang, times=times(past[0], self.lang)))
        if past[1]:
            told.append(say("failed_before", self.lang, times=times(past[1], self.lang)))
        return (", " if self.lang == "en" else "，").join(told)

    def judge(self, plan: Plan, helped: bool) -> None:
        """Take a person's word for whether a fix helped (done by hand, or not verifiable)."""
        outcome = WORKED if helped else FAILED
        last = self.trials[-1] if self.trials else None
        if last is not None and last.outcome == UNVERIFIED and last.fix == plan.ranked.fix["id"]:
            self.journal.set_outcome(last.number, outcome)
            self.trials[-1] = replace(last, outcome=outcome)
        else:
            import time

            from troubleshoot.journal import Trial

            rule, cause = plan.ranked.diagnosis.key
            trial = Trial(
                number=0, incident=self.incident(), rule=rule, cause=cause,
                fix=plan.ranked.fix["id"], title=plan.ranked.fix["title"]["en"],
                commands=plan.commands, started=time.time(), seconds=0.0, outcome=outcome,
                before={}, undone=False,
            )  # fmt: skip
            number = self.journal.add_trial(trial) if trial.incident else 0
            self.trials.append(replace(trial, number=number))
        self.session.tell(plan.ranked, outcome)

    def report(self) -> str:
        """Write the bug report; says where it lies, what was hidden and what is left to fill."""
        from troubleshoot import reporting
        from troubleshoot.errors import WhyfailError

        lang = self.lang
        comma = "、" if lang == "zh" else ", "
        try:
            path, made = reporting.written(self, lang)
        except (WhyfailError, OSError) as error:
            return str(error)
        lines = [say("report_where", lang, path=os.path.abspath(path))]
        lines.append(f"{made.form.name}: {made.title}")
        kinds: dict[str, int] = {}
        for hidden in made.hidden:
            kinds[hidden.kind] = kinds.get(hidden.kind, 0) + hidden.count
        listed = comma.join(f"{kind} × {count}" for kind, count in kinds.items())
        lines.append(say("report_hidden" if kinds else "report_clean", lang, list=listed))
        if made.open:
            lines.append(say("report_open", lang, list=comma.join(made.open)))
        return "\n\n".join(lines)

    def skip(self, plan: Plan) -> None:
        """Leave a fix out of the plan without saying anything about it."""
        self.session.tell(plan.ranked, "skipped")

    def bars(self) -> list[tuple[str, float, bool]]:
        """Rival causes in words with their probabilities, and whether each is the first."""
        belief = self.session.belief()
        shown = {
            f"{each['rule']}/{each['cause_id']}": each for each in self.result.answer["diagnoses"]
        }
        rows: list[tuple[str, float, bool]] = []
        for name, probability in sorted(belief.items(), key=lambda pair: -pair[1]):
            if name in shown:
                cause = first_sentence(shown[name]["cause"], self.lang)
                rows.append((cause, probability, not rows))
        rows.append((say("something_else", self.lang), belief.get("", 0.0), False))
        return rows
