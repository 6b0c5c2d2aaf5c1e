"""The cleaned input with a map back to the raw lines.

Every room after the intake reads a `Document` and nothing else: lines without colours,
timestamps, rank prefixes, quotation marks and boxes, each with the number of the raw line it
came from, so that evidence can name the line a person sees in their own file.
"""

from __future__ import annotations

from bisect import bisect_right

from troubleshoot.records import record

GAP = "\x00gap"
"""Text of a line that stands for input that was left out (a skipped middle of a large log)."""


@record
class Document:
    """A cleaned input.

    Attributes:
        lines: the cleaned lines, without line ends.
        numbers: for each cleaned line the 1-based number of its raw line.
        ranks: for each cleaned line the worker label its prefix carried, such as ``rank0``,
            ``default3`` or ``RolloutWorker pid=123``; empty where there was none.
        cells: for each cleaned line the notebook cell it came from (execution count), or 0.
        encoding: how the bytes were decoded, such as ``utf-8`` or ``gbk``.
        source: path of the file, or ``<stdin>``.
        notes: what the intake had to do, for a person ("decoded as GBK", "middle skipped").
        raw_lines: number of lines of the raw input that were seen.
    """

    lines: tuple[str, ...]
    numbers: tuple[int, ...]
    ranks: tuple[str, ...]
    cells: tuple[int, ...]
    encoding: str = "utf-8"
    source: str = "<stdin>"
    notes: tuple[str, ...] = ()
    raw_lines: int = 0

    @classmethod
    def from_text(cls, text: str, source: str = "<text>") -> Document:
        """A document of text that is clean already (tests, rule examples).

        Args:
            text: lines separated by ``\\n``.
            source: what to call it.
        """
        lines = tuple(text.split("\n"))
        count = len(lines)
        return cls(
            lines=lines,
            numbers=tuple(range(1, count + 1)),
            ranks=("",) * count,
            cells=(0,) * count,
            source=source,
            raw_lines=count,
        )

    def joined(self) -> str:
        """All cleaned lines as one text."""
        return "\n".join(self.lines)


class LineMap:
    """Finds the line that holds a character of ``document.joined()``."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self.starts: list[int] = []
        position = 0
        for line in lines:
            self.starts.append(position)
            position += len(line) + 1

    def index(self, position: int) -> int:
        """Index of the line that holds the character at ``position``."""
        return bisect_right(self.starts, position) - 1
