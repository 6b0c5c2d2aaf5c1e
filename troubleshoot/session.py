"""The walkthrough's state, apart from any screen: evidence comes, the plan follows.

A session holds one diagnosed failure, the person's answers and the fixes tried. Every change
ranks anew, so that an answer can be taken back at any time.
"""

from __future__ import annotations

from troubleshoot import planner, questions, rank, weights
from troubleshoot.diagnose import fact_type
from troubleshoot.explain import Explainer
from troubleshoot.proof import Prover
from troubleshoot.records import record, replace
from troubleshoot.walk_words import first_sentence, without_gaps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.planner import Choice
    from troubleshoot.questions import Question
    from troubleshoot.trials import RankedFix, Worked

YES, NO, UNSURE = "yes", "no", "unsure"
_ANSWER_SECONDS = 15.0


@record
class Step:
    """What to do next: ``fix``, ``question``, ``report`` or ``solved``."""

    kind: str
    fix: int = -1
    question: Question | None = None
    expected: float = 0.0


class Session:
    """One failure being worked on.

    Args:
        result: the diagnosis to begin with.
        lang: ``en`` or ``zh``.
        worked: past outcomes of fixes on this machine.
        asks: questions that tell the rules of a told symptom apart, by rule id.
    """

    def __init__(
        self,
        result: Diagnosed,
        lang: str,
        worked: Worked | None = None,
        asks: Mapping[str, str] | None = None,
    ) -> None:
        self.result = result
        self.lang = lang
        self._worked = worked
        self._asks = dict(asks or {})
        self._answers: list[tuple[tuple[str, str], str]] = []
        self.asked: dict[tuple[str, str], str] = {}
        self.tried: dict[tuple[str, str, str], str] = {}
        self.is_solved = False
        self._rank()

    @property
    def answers(self) -> tuple[tuple[tuple[str, str], str], ...]:
        """Questions answered so far (rule, cause; yes, no or unsure), in order."""
        return tuple(self._answers)

    def answer(self, key: tuple[str, str], said: str) -> None:
        """Take an answer into account; a second answer to a question replaces the first."""
        for question in self.questions():
            self.asked.setdefault(question.key, question.text)
        self._answers = [each for each in self._answers if each[0] != key]
        self._answers.append((key, said))
        self._rank()

    def take_back(self, key: tuple[str, str] | None = None) -> bool:
        """Forget an answer (the last, or that to ``key``); whether there was one."""
        kept = self._answers[:-1] if key is None else [e for e in self._answers if e[0] != key]
        changed = len(kept) != len(self._answers)
        self._answers = kept
        if changed:
            self._rank()
        return changed

    def adopt(self, result: Diagnosed) -> None:
        """Go on with a diagnosis of the same input that knows more facts."""
        self.result = result
        self._rank()

    def untry(self, key: tuple[str, str, str]) -> None:
        """Forget what came of a fix, after it was undone."""
        if self.tried.pop(key, "") == "worked":
            self.is_solved = False
        self._rank()

    def believed(self, key: tuple[str, str]) -> float:
        """Probability of a cause, or of all causes of a rule (cause "")."""
        belief = self.belief()
        if key[1]:
            return belief.get("/".join(key), 0.0)
        return sum(each for name, each in belief.items() if name.startswith(f"{key[0]}/"))

    def consider(self, key: tuple[str, str], said: str) -> tuple[float, Step]:
        """What an answer would do: the belief in its cause, and the step after it."""
        before = self._answers, self.result
        self.answer(key, said)
        found = self.believed(key), self.next_step()
        self._answers, self.result = before
        return found

    def tell(self, fix: RankedFix, outcome: str) -> None:
        """Note what came of a fix: ``worked``, ``did not help`` or ``stopped``."""
        self.tried[(*fix.diagnosis.key, fix.fix["id"])] = outcome
        if outcome == "worked":
            self.is_solved = True

    def _rank(self) -> None:
        result = self.result
        matched = frozenset(each.rule["id"] for each in result.matches)
        prover = Prover(result.reader, result.facts, matched, fact_type)
        known = {key: said == YES for key, said in self._answers if said != UNSURE}
        ranking = rank.rank(
            list(result.matches), result.reader.failures, prover, self._worked, known
        )
        explainer = Explainer(result.reader, result.facts, fact_type, result.origin, self.lang)
        answer = explainer.answer(ranking, tuple(result.answer["notes"]))
        answer["timing_ms"] = result.answer["timing_ms"]
        if not result.document.lines:
            for each in answer["diagnoses"]:
                each["title"] = without_gaps(each["title"])
                each["cause"] = without_gaps(first_sentence(each["cause"], self.lang))
        self.result = replace(result, ranking=ranking, answer=answer)

    def belief(self) -> dict[str, float]:
        """Probability of each cause (``rule/cause``) and of something else, given what failed."""
        belief = {"/".join(each.key): each.confidence for each in self.result.ranking.diagnoses}
        belief[planner.ELSE] = self.result.ranking.something_else
        belief = planner.normalised(belief)
        for repair, fix in self._repairs(with_tried=True):
            key = (*fix.diagnosis.key, fix.fix["id"])
            if self.tried.get(key) == "did not help":
                belief = planner.after_failure(repair, belief)
        return belief

    def _repairs(self, *, with_tried: bool = False) -> list[tuple[planner.Repair, RankedFix]]:
        found = []
        for position, fix in enumerate(self.result.ranking.fixes):
            key = (*fix.diagnosis.key, fix.fix["id"])
            if key in self.tried and not with_tried:
                continue
            confidence = fix.diagnosis.confidence or 1e-9
            cost = weights.trial_cost(fix.seconds, fix.fix["safety"])
            works = {"/".join(fix.diagnosis.key): min(0.99, fix.probability / confidence)}
            found.append((planner.Repair(str(position), cost, works), fix))
        return found

    def questions(self) -> list[Question]:
        """Questions that are not answered yet, of causes still alive."""
        answered = {key for key, _ in self._answers}
        return questions.still_open(self.result, self.lang, answered, self._asks)

    def _names(self, question: Question) -> list[str]:
        """Names, in the belief, of the causes that a yes speaks for."""
        return [
            "/".join(each.key)
            for each in self.result.ranking.diagnoses
            if each.key[0] == question.rule and question.cause in ("", each.key[1])
        ]

    def expected_without_questions(self) -> float:
        """Expected seconds to a solution if nothing more is asked."""
        repairs = [repair for repair, _ in self._repairs()]
        return planner.expected_cost(repairs, self.belief())

    def next_step(self) -> Step:
        """The step with the least expected cost of repair."""
        if self.is_solved:
            return Step("solved")
        repairs = [repair for repair, _ in self._repairs()]
        asked = self.questions()
        inquiries = []
        for position, question in enumerate(asked):
            odds = weights.STRENGTH[question.strength]
            yes = odds / (1.0 + odds)
            inquiries.append(
                planner.Inquiry(
                    name=str(position),
                    cost=question.seconds + _ANSWER_SECONDS,
                    yes=dict.fromkeys(self._names(question), yes),
                    otherwise=1.0 - yes,
                )
            )
        choice: Choice = planner.choose(repairs, inquiries, self.belief())
        if choice.kind == "repair":
            return Step("fix", fix=int(choice.name), expected=choice.expected)
        if choice.kind == "inquiry":
            question = asked[int(choice.name)]
            return Step("question", question=question, expected=choice.expected)
        return Step("report", expected=choice.expected)
