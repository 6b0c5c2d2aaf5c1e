"""Which matched rules stand for themselves: not refined, not a consequence, not merely general."""

from __future__ import annotations

from troubleshoot import failure as kinds
from troubleshoot.match import KNOWING
from troubleshoot.records import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.failure import Failure
    from troubleshoot.match import Match

NEARBY = 5
"""Lines before a tool's last words that belong to them."""


def settle(
    matches: list[Match], failures: tuple[Failure, ...]
) -> tuple[list[Match], dict[str, list[Match]]]:
    """Matches that stand for themselves, and the consequences of each rule."""
    matches = [
        match
        for match in matches
        if match.rule["specificity"] in KNOWING or match.role not in (kinds.TEARDOWN, kinds.ADVICE)
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
    return _told_better(_without_giving(live), failures) or matches, consequences


def _without_giving(live: list[Match]) -> list[Match]:
    """The matches without those that give way to a rule that knows more of the same failure."""
    special = {
        match.failure
        for match in live
        if match.rule["specificity"] in KNOWING and not match.rule["yields"]
    }
    giving = [match for match in live if match.rule["yields"] and match.failure in special]
    kept = [match for match in live if not (match.rule["yields"] and match.failure in special)]
    for match in giving:  # what it read in its table helps the rule that knows more
        kept = [
            replace(each, captures={**match.captures, **each.captures})
            if each.failure == match.failure
            else each
            for each in kept
        ]
    return kept


def _told_better(live: list[Match], failures: tuple[Failure, ...]) -> list[Match]:
    """The matches without catch-alls for what another rule knows."""
    known = {
        position
        for match in live
        if match.rule["specificity"] != "catch-all" and match.failure >= 0
        for position in _chain(match.failure, failures)
    }
    return [
        match
        for match in live
        if match.rule["specificity"] != "catch-all"
        or not (match.failure in known or _is_known_nearby(match, live))
    ]


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


def is_explained(position: int, failures: tuple[Failure, ...], explained: set[int]) -> bool:
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
