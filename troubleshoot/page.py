"""The input while it is being cleaned: parallel lists that the cleaners rewrite in place."""

from __future__ import annotations

from troubleshoot.document import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 16_384
"""Characters kept of one line: every later search is bounded by it."""

_KEPT_START = 12_288


def shortened(line: str) -> str:
    """``line``, with its middle left out if it is longer than `LONGEST`."""
    if len(line) <= LONGEST:
        return line
    return line[:_KEPT_START] + " … " + line[_KEPT_START + 3 - LONGEST :]


class Page:
    """Lines with the raw line, the worker and the notebook cell each of them came from."""

    __slots__ = ("cells", "lines", "notes", "numbers", "ranks", "raw_lines")

    def __init__(self, lines: list[str], numbers: list[int], raw_lines: int) -> None:
        self.lines = lines
        self.numbers = numbers
        self.ranks = [""] * len(lines)
        self.cells = [0] * len(lines)
        self.notes: list[str] = []
        self.raw_lines = raw_lines

    @classmethod
    def from_text(cls, text: str, numbers: list[int] | None = None) -> Page:
        """A page of ``text``, split at line feeds only.

        Args:
            text: the decoded input.
            numbers: the raw line numbers of its lines, if the text is not the whole input.
        """
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        if numbers is None or len(numbers) != len(lines):
            numbers = list(range(1, len(lines) + 1))
        return cls(lines, numbers, numbers[-1] if numbers else 0)

    def note(self, text: str) -> None:
        """Remember, once, what had to be done to the input."""
        if text not in self.notes:
            self.notes.append(text)

    def expand(self, changes: dict[int, Sequence[str]]) -> None:
        """Put several lines (or none) in the place of some lines.

        Args:
            changes: by index of a line, the lines that take its place.
        """
        if not changes:
            return
        lines: list[str] = []
        origins: list[int] = []
        for index, line in enumerate(self.lines):
            replacement = changes.get(index)
            if replacement is None:
                lines.append(line)
                origins.append(index)
            else:
                lines.extend(replacement)
                origins.extend([index] * len(replacement))
        self.lines = lines
        self.numbers = [self.numbers[origin] for origin in origins]
        self.ranks = [self.ranks[origin] for origin in origins]
        self.cells = [self.cells[origin] for origin in origins]

    def document(self, source: str, encoding: str) -> Document:
        """The finished document."""
        lines = self.lines
        if max(map(len, lines), default=0) > LONGEST:
            lines = [shortened(line) for line in lines]
        return Document(
            lines=tuple(lines),
            numbers=tuple(self.numbers),
            ranks=tuple(self.ranks),
            cells=tuple(self.cells),
            encoding=encoding,
            source=source,
            notes=tuple(self.notes),
            raw_lines=self.raw_lines,
        )
