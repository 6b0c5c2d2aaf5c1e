"""Failures that the run survived: logged and skipped, retried, restarted, expected by a test."""

from __future__ import annotations

from troubleshoot import outcome
from troubleshoot.failure import (
    ADVICE,
    EXCEPTION,
    INITIATING,
    LAUNCHER,
    LOG,
    SHELL,
    TEARDOWN,
    WRAPPER,
)
from troubleshoot.shapes import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from troubleshoot.document import Document
    from troubleshoot.stream import Found

GOES_ON = 2
"""Lines after a logged failure that show that the program went on."""

_LEVEL = r"^\W{0,3}(?:\w{1,12}[:\]|-] ?)?(WARN(?:ING)?|ERROR|INFO|DEBUG|CRITICAL|EXCEPTION)\b"
_MENDED = (
    r"(?i)\bretr(?:y|ies|ied|ying)\b|\bskip(?:s|ped|ping)?\b|\bignor(?:e[sd]?|ing)\b|\battempt\b|"
    r"\bfall(?:s|ing)? ?back\b|\bcontinu(?:e|es|ing)\b|\breconnect|\btry(?:ing)? again\b|"
    r"\bwill be restarted\b|\bnon-?fatal\b|^\[?W?[^\n]{0,40}\bTrial \d+ failed with parameters\b"
)
_INSTEAD = r"(?i)\b(?:falling back|fallback to|using (?:the )?(?:cpu|default)\b|using \w+ instead)"
_WEAK = r"(?i)\b(?:sav(?:ed|ing)|synced|exiting|wrote|stopped)\b"


def settle(document: Document, found: list[Found]) -> None:
    """Mark the failures that a run with a good end has survived.

    Args:
        document: where they were found.
        found: all failures with their roles so far, in order.
    """
    _ignored(document, found)
    open_ = [
        item for item in found
        if item.role in ("", INITIATING) and item.kind in (EXCEPTION, LOG, SHELL, LAUNCHER)
    ]  # fmt: skip
    if not open_:
        return
    lines = document.lines
    end = outcome.good_end(lines)
    if end < 0:
        return
    strong = not compiled(_WEAK).search(lines[end])
    tested = outcome.is_test_summary(lines[end])
    restarted = _restarted(found, end)
    for item in open_:
        if item.end >= end:
            continue
        if tested or restarted or _logged(lines, item, end, strong) or _retried(lines, item):
            item.role = ADVICE
    if all(item.role in (ADVICE, WRAPPER, TEARDOWN) for item in found):
        for item in found:
            if item.role == WRAPPER and item.end < end:
                item.role = ADVICE


def _logged(lines: Sequence[str], item: Found, end: int, strong: bool) -> bool:
    """Whether a traceback stands in a log record after which the program went on."""
    if item.kind != EXCEPTION or not item.frames or item.start < 1 or end - item.end < GOES_ON:
        return False
    head = lines[item.start - 1][:400]
    level = compiled(_LEVEL).search(head)
    if level is None:
        return "Trial " in head and bool(compiled(_MENDED).search(head))
    return strong or level.group(1).startswith("WARN") or bool(compiled(_MENDED).search(head))


def _retried(lines: Sequence[str], item: Found) -> bool:
    """Whether a launcher says beneath its report that the work is done again."""
    if item.kind != LAUNCHER:
        return False
    return any("will be retried" in line for line in lines[item.line : item.end + 3])


def _restarted(found: list[Found], end: int) -> bool:
    """Whether torchrun started its workers anew: a worker's failure without the final table."""
    reports = [item for item in found if item.kind == LAUNCHER and item.name == "torchrun"]
    return bool(reports) and all(
        item.context != "table" and item.short_name != "ChildFailedError" and item.end < end
        for item in found
    )


def _ignored(document: Document, found: list[Found]) -> None:
    """Commands whose failure make was told to ignore; messages that say what was done instead."""
    lines = document.lines
    for item in found:
        if item.kind == LOG and not item.role and compiled(_INSTEAD).search(item.message[:300]):
            item.role = ADVICE
        if item.kind in (SHELL, LOG) and any(
            line.endswith("(ignored)") for line in lines[item.end + 1 : item.end + 3]
        ):
            item.role = ADVICE
