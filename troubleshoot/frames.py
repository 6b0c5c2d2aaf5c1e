"""One frame as the interpreter prints it."""

from __future__ import annotations

from troubleshoot.failure import Frame
from troubleshoot.shapes import LONGEST


def frame_of(text: str, index: int) -> Frame | None:
    """The frame printed as ``File "path", line n, in function``, or None."""
    bare = text.strip()
    if not bare.startswith('File "'):
        return None
    quote = bare.find('", line ', 6, LONGEST)
    if quote < 0:
        return None
    rest = bare[quote + 8 :]
    size = 0
    while size < len(rest) and size < 9 and rest[size].isdigit():
        size += 1
    if not size:
        return None
    if rest[size:].startswith(" in "):
        return None  # faulthandler's form belongs to a crash
    function = rest[size:].removeprefix(", in ").strip() if rest[size:].startswith(", in ") else ""
    return Frame(bare[6:quote], int(rest[:size]), function[:200], "", index)


def with_code(frame: Frame, code: str) -> Frame:
    """``frame`` with the source line that stands below it."""
    return Frame(frame.path, frame.line, frame.function, code.rstrip()[:1000], frame.index)
