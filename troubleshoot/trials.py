"""The order in which to try fixes: the probability that one solves the problem over its cost.

That is the optimal order for a single fault with independent costs (Heckerman, Breese & Rommelse,
"Decision-theoretic troubleshooting", CACM 38(3), 1995).
"""

from __future__ import annotations

from troubleshoot import weights
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from troubleshoot.proof import Prover
    from troubleshoot.rank import Diagnosis

    Record = dict[str, Any]
    Worked = Callable[[str, str, str], tuple[int, int] | None]
    """How often a fix (rule, cause, fix ids) worked and failed here before, or None."""

EXPERIENCE = 4.0
"""How many trials the rule's own number counts for against this machine's experience."""


@record
class RankedFix:
    """A fix of one diagnosis with its chance and cost.

    Attributes:
        diagnosis: whose fix it is.
        fix: the compiled fix.
        probability: that it solves the problem, all in.
        seconds: what the fix costs a person.
        expected: probability over cost, the order to try in.
    """

    diagnosis: Diagnosis
    fix: Record
    probability: float
    seconds: float
    expected: float


def order(
    diagnoses: list[Diagnosis],
    prover: Prover,
    worked: Worked | None,
) -> tuple[RankedFix, ...]:
    """The fixes of all diagnoses, the one to try first in front.

    Args:
        diagnoses: best first.
        prover: evaluates the conditions of fixes.
        worked: past outcomes of a fix on this machine.
    """
    ranked = []
    for diagnosis in diagnoses:
        for position, fix in enumerate(diagnosis.cause["fixes"]):
            proofs = [prover.prove(condition, diagnosis.match) for condition in fix["when"]]
            if any(proof.truth is False for proof in proofs):
                continue
            likely = weights.WORKS[fix["works"]]
            past = worked(*diagnosis.key, fix["id"]) if worked is not None else None
            if past is not None:
                # mean of a Beta distribution around the author's number
                likely = (EXPERIENCE * likely + past[0]) / (EXPERIENCE + past[0] + past[1])
            else:
                # the author's order breaks near-ties: it knows what the three words cannot say
                likely *= weights.ORDER**position
            probability = diagnosis.confidence * likely
            cost = weights.trial_cost(fix["seconds"], fix["safety"])
            ranked.append(
                RankedFix(
                    diagnosis=diagnosis,
                    fix=fix,
                    probability=round(probability, 4),
                    seconds=fix["seconds"],
                    expected=probability / cost,
                )
            )
    ranked.sort(key=lambda each: -each.expected)
    return tuple(_distinct(ranked))


def _distinct(ranked: list[RankedFix]) -> Iterator[RankedFix]:
    """The fixes without those that a likelier rival of the same rule offers in the same words."""
    seen = set()
    for each in ranked:
        fix = each.fix
        key = (each.diagnosis.key[0], fix["id"], fix["title"]["en"], str(fix.get("run")))
        if key not in seen:
            seen.add(key)
            yield each
