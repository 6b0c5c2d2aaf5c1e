"""Pieces of a large input: which bytes around a hit are kept, and how pieces join."""

from __future__ import annotations

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CONTEXT = 8 << 10
"""Bytes kept on each side of a hit, at most."""

_LINES = 60
"""Lines kept on each side of a hit, at most."""


@record
class Excerpt:
    """Bytes of the input.

    Attributes:
        start: offset of the first byte.
        number: number of the raw line that holds the first byte.
        data: the bytes.
    """

    start: int
    number: int
    data: bytes


def window(buffer: bytearray, place: int, filled: int) -> tuple[int, int]:
    """Bounds of the surroundings of ``place`` in a buffer, at line ends where there are any.

    Args:
        buffer: the bytes, of which ``filled`` count.
        place: where the hit ends.
        filled: number of valid bytes.
    """
    lowest = max(0, place - CONTEXT)
    start = place
    for _ in range(_LINES):
        found = buffer.rfind(b"\n", lowest, max(lowest, start - 1))
        if found < 0:
            # No whole line more: begin behind the last line end that was seen, or in a line.
            start = start if start < place else lowest
            break
        start = found + 1
    highest = min(filled, place + CONTEXT)
    stop = place
    for _ in range(_LINES):
        found = buffer.find(b"\n", stop, highest)
        if found < 0:
            stop = stop if stop > place and highest < filled else highest
            break
        stop = found + 1
    return start, stop


def merged(pieces: Iterable[Excerpt]) -> list[Excerpt]:
    """Pieces in the order of the input; where two overlap, the later loses what both have."""
    result: list[Excerpt] = []
    reach = -1
    for piece in sorted(pieces, key=lambda piece: (piece.start, -len(piece.data))):
        if not piece.data:
            continue
        start, number, data = piece.start, piece.number, piece.data
        if start < reach:
            cut = reach - start
            if cut >= len(data):
                continue
            number += data.count(b"\n", 0, cut)
            start, data = reach, data[cut:]
        if result and start == reach:
            before = result.pop()
            start, number, data = before.start, before.number, before.data + data
        result.append(Excerpt(start, number, data))
        reach = start + len(data)
    return result


def trimmed(piece: Excerpt, *, is_first: bool) -> bytes:
    """The bytes of a piece without the rest of a character that was cut at its edges."""
    data = piece.data
    if not is_first:
        cut = 0
        while cut < 3 and cut < len(data) and 0x80 <= data[cut] < 0xC0:
            cut += 1
        data = data[cut:]
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            if back < need:
                data = data[:-back]
            break
    return data
