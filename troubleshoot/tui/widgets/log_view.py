"""The log with the decisive lines marked, and a jump between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from troubleshoot.document import GAP

if TYPE_CHECKING:
    from troubleshoot.diagnose import Diagnosed

MOST_LINES = 3000
WIDEST_LINE = 2000


class LogView(OptionList):
    """Lines with their raw numbers; the decisive ones are marked by more than colour."""

    def __init__(self, identity: str) -> None:
        super().__init__(markup=False, id=identity, compact=True)
        self._marks: list[int] = []

    def show(self, result: Diagnosed) -> None:
        """Fill in a diagnosed document, around its decisive lines when it is long."""
        self.clear_options()
        decisive = decisive_lines(result)
        count = len(result.document.lines)
        middle = min(decisive) if decisive else count
        first = 0 if count <= MOST_LINES else max(0, min(middle - 1000, count - MOST_LINES))
        self._marks = []
        options: list[Option] = []
        for index in range(first, min(count, first + MOST_LINES)):
            line = result.document.lines[index]
            marked = index in decisive
            if marked:
                self._marks.append(len(options))
            options.append(Option(_drawn(line, result.document.numbers[index], marked)))
        self.add_options(options)
        if self._marks:
            self.highlighted = self._marks[0]
            self.call_after_refresh(self.scroll_to_highlight, top=False)

    def jump(self, by: int) -> None:
        """Go to the next (1) or previous (-1) decisive line, round and round."""
        if not self._marks:
            return
        here = self.highlighted if self.highlighted is not None else -1
        ahead = [mark for mark in self._marks if (mark - here) * by > 0]
        order = sorted(ahead, key=lambda mark: abs(mark - here))
        self.highlighted = order[0] if order else self._marks[0 if by > 0 else -1]


def decisive_lines(result: Diagnosed) -> set[int]:
    """Indexes of the lines that the first diagnosis rests on."""
    found: set[int] = set()
    for diagnosis in result.ranking.diagnoses[:1]:
        found |= {sighting.line for sighting in diagnosis.match.sightings}
        found |= {proof.line for proof in diagnosis.proofs}
    if not result.ranking.diagnoses:
        found |= {each.line for each in result.ranking.unexplained}
    return {line for line in found if line >= 0}


def _drawn(line: str, number: int, marked: bool) -> Text:
    shown = "…" if line == GAP else "".join(
        letter if letter.isprintable() else " " for letter in line[:WIDEST_LINE].expandtabs(4)
    )  # fmt: skip
    text = Text(f"{'▶' if marked else ' '}{number:>5} ", style="bold" if marked else "dim")
    text.append(shown, "bold underline" if marked else "")
    return text
