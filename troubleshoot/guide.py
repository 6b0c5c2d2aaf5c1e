"""One walk from "it died" to "it runs", or to a finished report, whatever the screen.

The guide holds the session, the journal and the running fix; the full-screen program and the plain
dialogue only show what it says and hand it what the person chose.
"""

from __future__ import annotations


from troubleshoot import fixes
from troubleshoot.journal import FAILED, UNVERIFIED, WORKED, Journal
from troubleshoot.records import replace
from troubleshoot.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.fixes import Plan, Runner, Verification
    from troubleshoot.journal import Trial
    from troubleshoot.session import Step

DESTROY = "destroy"
"""The word a person types before a destructive fix runs."""


class Guide:
    """A failure being worked on, with its journal.

    Args:
        result: the diagnosis.
        lang: ``en`` or ``zh``.
        journal: keeps what is tried; None: this machine's.
    """

    def __init__(self, result: Diagnosed, lang: str, journal: Journal | None = None) -> None:
        self.journal = journal if journal is not None else Journal()
        self.session = Session(result, lang, self.journal.worked)
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
            self.result, confirmed, runner, self.journal, self.incident(), rerun
        )
        self.trials.append(trial)
        if trial.outcome != UNVERIFIED:
            self.session.tell(confirmed.ranked, trial.outcome)
        return verification

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

    def skip(self, plan: Plan) -> None:
        """Leave a fix out of the plan without saying anything about it."""
        self.session.tell(plan.ranked, "skipped")

    def bars(self) -> list[tuple[str, float, bool]]:
        """Rival causes in words with their probabilities, and whether each is the first."""
        belief = self.session.belief()
        shown = {
            f"{each['rule']}/{each['cause_id']}": each for each in self.result.answer["diagnoses"]
        }
        stop = "。" if self.lang == "zh" else ". "
        rows: list[tuple[str, float, bool]] = []
        for name, probability in sorted(belief.items(), key=lambda pair: -pair[1]):
            if name in shown:
                words = shown[name]["cause"].split(stop)[0]
                rows.append((words, probability, not rows))
        other = belief.get("", 0.0)
        from troubleshoot.words import say

        rows.append((say("something_else", self.lang), other, False))
        return rows
