"""Messages of exceptions that a program printed itself, or a person copied, without the type."""

from __future__ import annotations

from troubleshoot import failure as kinds
from troubleshoot.patterns import search
from troubleshoot.shapes import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from typing import Any

    from troubleshoot.patterns import Pattern
    from troubleshoot.reader import Reader

_TROUBLE = (
    r"(?i)\b(?:errors?|err|failed|failure|fails?|exception|fatal|crash\w*|aborted|unable to"
    r"|could not|couldn't|cannot|can't)\b|错误|出错|失败|异常|报错"
)
_CALM = r"(?i)\b(?:\w*warn\w*|info|debug|note|notice|skip\w*|ignor\w*|retry\w*)\b|警告|^[IWD]\d{4} "
_LEAST_LITERAL = 8
_LEAST_MATCH = 20
_LEAST_AT_START = 10
_QUESTION_LINES = 1
_HEAD = 160
_NAMELESS = ("Exception", "Error")


def places(leaf: Any, reader: Reader) -> list[tuple[int, int, dict[str, Any]]]:
    """Where the message of an exception stands without its type.

    Args:
        leaf: a compiled ``exception`` leaf.
        reader: the input.

    Returns:
        Line, position of the failure it belongs to or -1, and captures of each place.
    """
    found: list[tuple[int, int, dict[str, Any]]] = []
    if leaf[0] != "exception" or leaf[2] is None or leaf[3] is not None or not leaf[2][1]:
        return found
    pattern: Pattern = leaf[2]
    for position, each in enumerate(reader.failures):
        if each.kind == kinds.LOG or (each.kind == kinds.EXCEPTION and each.name in _NAMELESS):
            matched = search(pattern, each.message)
            if matched is not None and _is_telling(pattern, matched, matched.start() < 2):
                found.append((each.line, position, matched.groupdict()))
    if found or any(
        each.kind != kinds.LOG and each.role != kinds.ADVICE for each in reader.failures
    ):
        return found
    lines = reader.document.lines
    is_question = len(lines) < 40 and sum(1 for text in lines if text.strip()) <= _QUESTION_LINES
    for line, _ in reader.lines(pattern):
        matched = search(pattern, lines[line])
        if matched is None:
            continue
        head = lines[line][max(0, matched.start() - _HEAD) : matched.start()]
        if compiled(_CALM).search(head) is not None:
            continue
        if compiled(_TROUBLE).search(head) is not None:
            is_start = head.rstrip(" '\"").endswith((":", "：", "-", "]"))
        elif is_question and not head.strip(" '\">$#"):
            is_start = False
        else:
            continue
        if _is_telling(pattern, matched, is_start):
            found.append((line, reader.owner(line), matched.groupdict()))
    return found


def _is_telling(pattern: Pattern, matched: re.Match[str], is_start: bool) -> bool:
    """Whether so much fixed text was matched that the type adds nothing."""
    text = matched.group(0)
    fixed = max((len(literal) for literal in pattern[1] if literal in text), default=0)
    least = _LEAST_AT_START if is_start else _LEAST_MATCH
    return fixed >= _LEAST_LITERAL and len(text) >= least
