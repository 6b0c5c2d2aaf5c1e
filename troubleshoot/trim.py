"""The part of a log that a maintainer needs: the failure, its chain, and the lines around it.

Progress bars, repetitions and the other workers' echoes are folded. The trimmed log is checked:
it must lead to the same verdict as the whole one, else more is kept.
"""

from __future__ import annotations

import re
from itertools import pairwise

from troubleshoot import failure as kinds
from troubleshoot.document import GAP
from troubleshoot.fingerprint import initiating
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from troubleshoot.document import Document
    from troubleshoot.failure import Failure

AROUND = (4, 15, 60, 400)
"""Lines kept around what matters, tried in turn until the verdict is that of the whole log."""
LONGEST_FAILURE = 160
"""Lines of one failure that are kept; the middle of a longer one is folded."""
LONGEST_LINE = 1000
SMALLEST_GAP = 6
"""Lines that must lie between two kept ones for the gap to be marked."""
MOST_FAILURES = 12
_PROGRESS = re.compile(
    r"\d{1,3}%\s{0,3}[|▏▎▍▌▋▊▉█#=>━ ]|\d+/\d+ \[[\d:<>?, ]+|[━█▏▎▍▌▋▊▉]{4,}|\b[\d.]+ ?[kMG]i?B/s\b"
)


@record
class Trimmed:
    """A trimmed log.

    Attributes:
        text: the lines kept; ``[… n lines left out …]`` stands for the others.
        kept: how many lines were kept.
        whole: how many there were.
        same_verdict: whether it leads to the verdict of the whole log; None: not checked.
    """

    text: str
    kept: int
    whole: int
    same_verdict: bool | None = None


def trim(
    document: Document,
    failures: Sequence[Failure],
    evidence: Iterable[int] = (),
    agrees: Callable[[str], bool] | None = None,
) -> Trimmed:
    """Trim a log.

    Args:
        document: the cleaned input.
        failures: what went wrong in it.
        evidence: raw line numbers that the diagnosis rests on.
        agrees: whether a text leads to the same verdict as the whole; None: not checked.
    """
    wanted = _wanted(document, failures, frozenset(evidence))
    last = Trimmed(text="", kept=0, whole=len(document.lines))
    for around in AROUND:
        text, kept = _cut(document, failures, wanted, around)
        same = agrees(text) if agrees is not None else None
        last = Trimmed(text=text, kept=kept, whole=len(document.lines), same_verdict=same)
        if same is not False or kept == len(document.lines):
            break
    return last


def whole(document: Document) -> str:
    """All lines, with the workers' labels that the intake took from them."""
    several = len(set(document.ranks)) > 1
    return "\n".join(
        (_prefix(rank) if several and rank else "") + line
        for line, rank in zip(document.lines, document.ranks)
        if line != GAP
    )


def _wanted(document: Document, failures: Sequence[Failure], evidence: frozenset[int]) -> set[int]:
    """Indexes of the lines that matter by themselves."""
    wanted: set[int] = set()
    for failure in _told(failures):
        wanted.update(_lines_of(failure))
    for index, number in enumerate(document.numbers):
        if number in evidence:
            wanted.add(index)
    if not wanted:
        wanted.update(range(max(0, len(document.lines) - 40), len(document.lines)))
    return wanted


def _told(failures: Sequence[Failure]) -> list[Failure]:
    """The failure a report is about with its chain, then the others that are not echoes."""
    main = initiating(failures)
    if main is None:
        return []
    chain = {failures.index(main)}
    grown = True
    while grown:
        grown = False
        for position, failure in enumerate(failures):
            linked = failure.parent in chain or any(
                failures[each].parent == position for each in chain
            )
            if linked and position not in chain:
                chain.add(position)
                grown = True
    told = [failures[position] for position in sorted(chain)][:MOST_FAILURES]
    seen = {(each.name, each.message[:200]) for each in told}
    for failure in failures:
        key = (failure.name, failure.message[:200])
        if failure.role not in (kinds.INITIATING, kinds.WRAPPER) or key in seen:
            continue
        if len(told) >= MOST_FAILURES:
            break
        seen.add(key)
        told.append(failure)
    return told


def _lines_of(failure: Failure) -> Iterable[int]:
    start, end = failure.start, failure.end
    if end - start < LONGEST_FAILURE:
        return range(start, end + 1)
    half = LONGEST_FAILURE // 2
    return (*range(start, start + half), *range(end - half, end + 1))


def _cut(
    document: Document, failures: Sequence[Failure], wanted: set[int], around: int
) -> tuple[str, int]:
    lines = document.lines
    kept: set[int] = set()
    for index in wanted:
        kept.update(range(max(0, index - around), min(len(lines), index + around + 1)))
    kept.update(_small_gaps(kept))
    owners = _owners(failures, _told(failures))
    result: list[str] = []
    left_out = count = 0
    previous = ""
    several = len(set(document.ranks)) > 1
    for index, line in enumerate(lines):
        is_noise = index not in wanted and (
            _PROGRESS.search(line[:400]) is not None or line in (previous, GAP) or index in owners
        )
        previous = line
        if index not in kept or is_noise:
            left_out += 1
            continue
        if left_out:
            result.append(_gap(left_out))
            left_out = 0
        count += 1
        rank = document.ranks[index]
        mark = f"{_prefix(rank)}" if several and rank else ""
        result.append(mark + _bounded(line))
    if left_out:
        result.append(_gap(left_out))
    return "\n".join(result).strip("\n"), count


def _small_gaps(kept: set[int]) -> list[int]:
    """Lines between kept ones that are not worth a mark of their own."""
    ordered = sorted(kept)
    return [
        index
        for before, after in pairwise(ordered)
        if after - before <= SMALLEST_GAP
        for index in range(before + 1, after)
    ]


def _owners(failures: Sequence[Failure], told: Sequence[Failure]) -> set[int]:
    """Lines of failures that are not told: echoes of other workers, noise of the end."""
    mine: set[int] = set()
    for failure in told:
        mine.update(range(failure.start, failure.end + 1))
    others: set[int] = set()
    for failure in failures:
        if failure not in told and failure.role in (kinds.CASCADE, kinds.INITIATING):
            others.update(range(failure.start, failure.end + 1))
    return others - mine


def _prefix(rank: str) -> str:
    """A worker's label in the form that launchers print."""
    return f"[{rank}]: " if re.fullmatch(r"[a-z]+\d+", rank) else f"({rank}) "


def _gap(count: int) -> str:
    return f"[… {count} line{'s' if count > 1 else ''} left out …]"


def _bounded(line: str) -> str:
    if len(line) <= LONGEST_LINE:
        return line
    half = LONGEST_LINE // 2
    return f"{line[:half]} [… {len(line) - LONGEST_LINE} characters …] {line[-half:]}"
