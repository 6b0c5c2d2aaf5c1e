"""From matched rules to causes with probabilities, and fixes in the order to try them.

Over the rival causes of the matched rules and "something else": prior odds times the likelihood
ratios of the evidence. Fixes are ordered by the probability that they solve the problem over
what a trial costs, the optimal order for a single fault with independent costs (Heckerman,
Breese & Rommelse, "Decision-theoretic troubleshooting", CACM 38(3), 1995).
"""

from __future__ import annotations

from troubleshoot import failure as kinds
from troubleshoot import weights
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from troubleshoot.failure import Failure
    from troubleshoot.match import Match
    from troubleshoot.proof import Proof, Prover

    Record = dict[str, Any]
    Worked = Callable[[str, str, str], tuple[int, int] | None]
    """How often a fix (rule, cause, fix ids) worked and failed here before, or None."""

NEARBY = 5
"""Lines before a tool's last words that belong to them."""

EXPERIENCE = 4.0
"""How many trials the rule's own number counts for against this machine's experience."""


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
    live, consequences = _settle(matches, failures)
    told = [match for match in matches if _is_told(match)]
    if told:
        live, consequences = told, {}
    explained = {sighting.failure for match in matches for sighting in match.sightings}
    unexplained = tuple(
        each
        for position, each in enumerate(failures)
        if each.role == kinds.INITIATING and not _is_explained(position, failures, explained)
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
    fixes = _order(kept, prover, worked)
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


def _is_explained(position: int, failures: tuple[Failure, ...], explained: set[int]) -> bool:
    """Whether a rule matched the failure or another link of its chain."""
    return position in explained or bool(_chain(position, failures) & explained)


def _chain(position: int, failures: tuple[Failure, ...]) -> set[int]:
    """Positions of a failure and all others it was raised from or led to."""
    chain = {position}
    parent = failures[position].parent
    while 0 <= parent < len(failures) and parent not in chain:
        chain.add(parent)
        parent = failures[parent].parent
    for other, each in enumerate(failures):
        if each.parent in chain:
            chain.add(other)
    return chain


def _speaks_of(special: Match, general: Match, failures: tuple[Failure, ...]) -> bool:
    """Whether a refining rule may replace the match of the rule it refines.

    One event is often printed several times, by a child and by its launcher, so a failure's rule
    may; a harmless line only hides what stands on the same failure.
    """
    if special.rule["severity"] != "benign" or general.failure == special.failure:
        return True
    if any(sighting.failure == general.failure for sighting in special.sightings):
        return True
    return general.failure >= 0 and special.failure in _chain(general.failure, failures)


def _settle(
    matches: list[Match], failures: tuple[Failure, ...]
) -> tuple[list[Match], dict[str, list[Match]]]:
    """Matches that stand for themselves, and the consequences of each rule."""
    matches = [
        match
        for match in matches
        if match.rule["specificity"] in ("exact", "family")
        or match.role not in (kinds.TEARDOWN, kinds.ADVICE)
    ]
    by_id = {match.rule["id"]: match for match in matches}
    refined: set[str] = set()
    for match in matches:
        queue = list(match.rule["refines"])
        while queue:
            name = queue.pop()
            general = by_id.get(name)
            if general is None or name in refined or not _speaks_of(match, general, failures):
                continue
            refined.add(name)
            queue.extend(general.rule["refines"])
    consequences: dict[str, list[Match]] = {}
    led: set[str] = set()
    for match in matches:
        if match.rule["id"] in refined:
            continue
        for name in match.rule["leads_to"]:
            if name in by_id and name != match.rule["id"] and name not in refined:
                consequences.setdefault(match.rule["id"], []).append(by_id[name])
                led.add(name)
    live = [
        match
        for match in matches
        if match.rule["id"] not in refined and match.rule["id"] not in led
    ]
    special = {
        match.failure
        for match in live
        if match.rule["specificity"] in ("exact", "family") and not match.rule["yields"]
    }
    giving = [match for match in live if match.rule["yields"] and match.failure in special]
    for match in giving:  # what it read in its table helps the rule that knows more
        for other in live:
            if other.failure == match.failure:
                for name, value in match.captures.items():
                    other.captures.setdefault(name, value)
    live = [match for match in live if match not in giving] or live
    known = {
        position
        for match in live
        if match.rule["specificity"] != "catch-all" and match.failure >= 0
        for position in _chain(match.failure, failures)
    }
    told_better = [
        match
        for match in live
        if match.rule["specificity"] != "catch-all"
        or not (match.failure in known or _is_known_nearby(match, live))
    ]
    return told_better or matches, consequences


def _is_known_nearby(match: Match, live: list[Match]) -> bool:
    """Whether a rule knows a line next to the words of a tool that a catch-all repeats."""
    if not match.repeats:
        return False
    line = match.sightings[0].line
    return any(
        0 <= line - sighting.line <= NEARBY
        for other in live
        if other.rule["specificity"] != "catch-all"
        for sighting in other.sightings
    )


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


def _order(
    diagnoses: list[Diagnosis],
    prover: Prover,
    worked: Worked | None,
) -> tuple[RankedFix, ...]:
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
