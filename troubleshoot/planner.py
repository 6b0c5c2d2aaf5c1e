"""What to do next: try a fix, ask a question, or give up and report.

Expected cost of repair under one-step look-ahead (Breese & Heckerman, "Decision-theoretic
troubleshooting: a framework for repair and experiment", UAI 1996): without a question the fixes
are tried in the order of probability over cost; a question is asked when its cost and the
repair that follows its answers are expected to be less than the repair without it.
"""

from __future__ import annotations

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Belief = Mapping[str, float]

GIVE_UP_SECONDS = 2700.0
"""What it costs when nothing helps: writing the report and waiting for others."""
ELSE = ""
"""Name of the cause "something else"."""


@record
class Repair:
    """A fix as the planner sees it.

    Attributes:
        name: what it is called.
        cost: seconds of a trial, with the penalty for its risk.
        works: probability that it solves the problem, by cause.
    """

    name: str
    cost: float
    works: Mapping[str, float]


@record
class Inquiry:
    """A question (or slow probe) as the planner sees it.

    Attributes:
        name: what it is called.
        cost: seconds it takes.
        yes: probability of a yes, by cause; other causes answer by `otherwise`.
        otherwise: probability of a yes when the cause is none of those.
    """

    name: str
    cost: float
    yes: Mapping[str, float]
    otherwise: float = 0.05

    def chance(self, cause: str) -> float:
        """Probability of a yes under a cause."""
        return self.yes.get(cause, self.otherwise)


@record
class Choice:
    """The next best step: ``repair``, ``inquiry`` or ``give up``, and what it is expected to cost.

    Attributes:
        kind: which of the three.
        name: of the repair or inquiry.
        expected: seconds until the problem is solved or given up, all in.
    """

    kind: str
    name: str
    expected: float


def normalised(belief: Belief) -> dict[str, float]:
    """A belief whose probabilities sum to one."""
    total = sum(belief.values())
    if total <= 0:
        return {ELSE: 1.0}
    return {cause: probability / total for cause, probability in belief.items()}


def chance(repair: Repair, belief: Belief) -> float:
    """Probability that a repair solves the problem."""
    return sum(belief.get(cause, 0.0) * works for cause, works in repair.works.items())


def after_failure(repair: Repair, belief: Belief) -> dict[str, float]:
    """What to believe when a repair did not help."""
    return normalised(
        {cause: each * (1.0 - repair.works.get(cause, 0.0)) for cause, each in belief.items()}
    )


def after_answer(inquiry: Inquiry, said_yes: bool, belief: Belief) -> dict[str, float]:
    """What to believe after an answer."""
    return normalised(
        {
            cause: each * (inquiry.chance(cause) if said_yes else 1.0 - inquiry.chance(cause))
            for cause, each in belief.items()
        }
    )


def sequence(repairs: Sequence[Repair], belief: Belief) -> Iterator[tuple[Repair, float]]:
    """Repairs in the order to try them, each with the probability that it is reached."""
    left = list(repairs)
    reached = 1.0
    current = normalised(belief)
    while left and reached > 1e-6:
        best = max(left, key=lambda each: chance(each, current) / each.cost)
        works = chance(best, current)
        if works <= 1e-9 or works * GIVE_UP_SECONDS < best.cost * 0.2:
            return
        yield best, reached
        left.remove(best)
        reached *= 1.0 - works
        current = after_failure(best, current)


def expected_cost(repairs: Sequence[Repair], belief: Belief) -> float:
    """Expected seconds of trying the repairs in order, and giving up at the end."""
    total, unsolved = 0.0, 1.0
    current = normalised(belief)
    for repair, reached in sequence(repairs, belief):
        total += reached * repair.cost
        unsolved = reached * (1.0 - chance(repair, current))
        current = after_failure(repair, current)
    return total + unsolved * GIVE_UP_SECONDS


def choose(repairs: Sequence[Repair], inquiries: Sequence[Inquiry], belief: Belief) -> Choice:
    """The next step with the least expected cost of repair."""
    belief = normalised(belief)
    first = next((repair for repair, _ in sequence(repairs, belief)), None)
    best = Choice("give up", "", GIVE_UP_SECONDS)
    if first is not None:
        best = Choice("repair", first.name, expected_cost(repairs, belief))
    for inquiry in inquiries:
        yes = sum(each * inquiry.chance(cause) for cause, each in belief.items())
        if not 0.01 < yes < 0.99:
            continue
        expected = inquiry.cost
        for said_yes, probability in ((True, yes), (False, 1.0 - yes)):
            expected += probability * expected_cost(
                repairs, after_answer(inquiry, said_yes, belief)
            )
        if expected < best.expected - 1e-9:
            best = Choice("inquiry", inquiry.name, expected)
    return best
