"""From matched rules to causes with probabilities.

Over the rival causes of the matched rules and "something else": prior odds times the likelihood
ratios of the evidence.
"""

from __future__ import annotations

from troubleshoot import failure as kinds
from troubleshoot import weights
from troubleshoot.records import record
from troubleshoot.settling import is_explained, settle
from troubleshoot.trials import order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from troubleshoot.failure import Failure
    from troubleshoot.match import Match
    from troubleshoot.proof import Proof, Prover
    from troubleshoot.trials import RankedFix, Worked

    Record = dict[str, Any]


@record
class Diagnosis:
    """A cause believed with a probability.

    Attributes:
        match: the rule's match.
        cause: the compiled cause.
        confidence: probability that this is what happened.
        proofs: its evaluated conditions.
        consequences: matches that this one explains.
    """

    match: Match
    cause: Record
    confidence: float
    proofs: tuple[Proof, ...]
    consequences: tuple[Match, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Rule and cause id."""
        return self.match.rule["id"], self.cause["id"]


@record
class Ranking:
    """What the matches come to.

    Attributes:
        diagnoses: best first.
        fixes: in the order to try them.
        something_else: probability that none of the diagnoses is right.
        unexplained: initiating failures that no rule matched.
    """

    diagnoses: tuple[Diagnosis, ...]
    fixes: tuple[RankedFix, ...]
    something_else: float
    unexplained: tuple[Failure, ...]


def rank(
    matches: list[Match],
    failures: tuple[Failure, ...],
    prover: Prover,
    worked: Worked | None = None,
    answers: Mapping[tuple[str, str], bool] | None = None,
) -> Ranking:
    """Weigh the matches against each other and their causes by the evidence.

    Args:
        matches: rules whose symptom holds.
        failures: of the document, for those no rule explains.
        prover: evaluates conditions.
        worked: past outcomes of a fix on this machine.
        answers: a person's answers to the questions of (rule, cause).
    """
    live, consequences = settle(matches, failures)
    told = [match for match in matches if _is_told(match)]
    if told:
        live, consequences = told, {}
    explained = {sighting.failure for match in matches for sighting in match.sightings}
    unexplained = tuple(
        each
        for position, each in enumerate(failures)
        if each.role == kinds.INITIATING and not is_explained(position, failures, explained)
    )
    has_error = any(match.rule["severity"] == "error" for match in live)
    if any(_is_failure(match) for match in live):
        # a harmless line explains no failure, and "nothing to do" repairs none
        live = [match for match in live if match.rule["severity"] != "benign"]
    claims = _claims(live, prover, answers or {})
    other = weights.UNEXPLAINED * bool(unexplained)
    total = sum(claims) + other or 1.0
    diagnoses = []
    for match, claim in zip(live, claims):
        share = claim / total
        trust = weights.TRUST[match.rule["specificity"]] * weights.ROLE_TRUST[match.role]
        if not has_error and not unexplained and not told:
            share = claim / max(claims)
        posterior = _posterior(match, prover, answers or {})
        trust = _measured(trust, posterior)
        likeliest = max(probability for *_, probability in posterior)
        for cause, proofs, probability in posterior:
            confidence = share * trust * probability
            if confidence >= weights.SHOWN or probability == likeliest:
                diagnoses.append(
                    Diagnosis(
                        match=match,
                        cause=cause,
                        confidence=round(min(confidence, 0.99), 4),
                        proofs=proofs,
                        consequences=tuple(consequences.get(match.rule["id"], ())),
                    )
                )
    diagnoses.sort(key=lambda each: -each.confidence)
    kept = [
        each
        for position, each in enumerate(diagnoses)
        if position < 3 or each.confidence >= weights.SHOWN
    ]
    fixes = order(kept, prover, worked)
    believed = sum(each.confidence for each in kept)
    return Ranking(
        diagnoses=tuple(kept),
        fixes=fixes,
        something_else=max(0.0, 1.0 - believed),
        unexplained=unexplained,
    )


def _is_failure(match: Match) -> bool:
    """Whether a match is of something that can end a run."""
    survived = match.role in (kinds.ADVICE, kinds.TEARDOWN)
    return match.rule["severity"] == "error" and not survived


def _is_told(match: Match) -> bool:
    """Whether a person chose the symptom from the list."""
    return match.sightings[0].kind == "answer"


def _claims(
    live: list[Match], prover: Prover, answers: Mapping[tuple[str, str], bool]
) -> list[float]:
    """What each match weighs against the others.

    Symptoms that a person told name rules that exclude each other, the likeliest first: facts and
    answers weigh between them as they do between the causes of one rule.
    """
    claims = []
    for position, match in enumerate(live):
        if not _is_told(match):
            claims.append(_claim(match))
            continue
        claim = weights.TOLD_NEXT**position * _support(match, prover, answers)
        answer = answers.get((match.rule["id"], ""))
        if answer is not None:
            claim *= weights.STRENGTH["strong"] if answer else 1.0 / weights.STRENGTH["strong"]
        claims.append(claim)
    return claims


def _support(match: Match, prover: Prover, answers: Mapping[tuple[str, str], bool]) -> float:
    """How much likelier the facts and answers make a rule: its causes' mean likelihood ratio."""
    before = sum(weights.PRIOR[cause["prior"]] for cause in match.rule["causes"])
    return sum(odds for *_, odds in _weigh(match, prover, answers)) / before


def _claim(match: Match) -> float:
    rule = match.rule
    return (
        weights.CLAIM[rule["specificity"]]
        * weights.ROLE[match.role]
        * weights.SEVERITY[rule["severity"]]
    )


def _posterior(
    match: Match, prover: Prover, answers: Mapping[tuple[str, str], bool]
) -> list[tuple[Record, tuple[Proof, ...], float]]:
    """The rule's causes with their proofs and probabilities, given that one of them is true."""
    weighed = _weigh(match, prover, answers)
    total = sum(odds for *_, odds in weighed)
    return [(cause, proofs, odds / total) for cause, proofs, odds in weighed]


def _measured(trust: float, posterior: list[tuple[Record, tuple[Proof, ...], float]]) -> float:
    """How far a rule is believed once facts of the machine speak for or against all its causes.

    What the text says tells the causes apart; only a measured fact can show that none of them is
    true although the symptom holds. A cause that nothing refutes keeps the rule where it was.
    """
    best = 0.0
    for _, proofs, _ in posterior:
        ratio = 1.0
        for proof in proofs:
            if proof.kind == "fact" or any(child.kind == "fact" for child in proof.children):
                ratio *= proof.ratio
        best = max(best, ratio)
    odds = best * trust / max(1.0 - trust, 1e-9)
    return odds / (1.0 + odds)


def _weigh(
    match: Match, prover: Prover, answers: Mapping[tuple[str, str], bool]
) -> list[tuple[Record, tuple[Proof, ...], float]]:
    """The rule's causes with their proofs and odds."""
    weighed = []
    for cause in match.rule["causes"]:
        proofs = tuple(prover.prove(condition, match) for condition in cause["when"])
        odds = weights.PRIOR[cause["prior"]]
        for proof in proofs:
            odds *= proof.ratio
        answer = answers.get((match.rule["id"], cause["id"]))
        if answer is not None and cause["ask"]:
            ratio = weights.STRENGTH[cause["ask"]["strength"]]
            odds *= ratio if answer else 1.0 / ratio
        weighed.append((cause, proofs, odds))
    return weighed
