"""The log with the decisive lines marked, and a key to jump between them."""

from __future__ import annotations


from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from troubleshoot.document import GAP

if TYPE_CHECKING:
    from textual.binding import BindingType

    from troubleshoot.diagnose import Diagnosed

MOST_LINES = 3000


class LogView(OptionList):
    """Lines with their raw numbers; ``n`` and ``p`` jump between the decisive ones."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "jump(1)", "next mark"),
        Binding("p", "jump(-1)", "previous mark"),
    ]

    def __init__(self, **options: str) -> None:
        super().__init__(markup=False, **options)  # type: ignore[arg-type]
        self._marks: list[int] = []

    def show(self, result: Diagnosed) -> None:
        """Fill in a diagnosed document, around its decisive lines when it is long."""
        self.clear_options()
        decisive = {
            sighting.line
            for diagnosis in result.ranking.diagnoses[:1]
            for sighting in diagnosis.match.sightings
            if sighting.line >= 0
        }
        decisive |= {
            proof.line
            for diagnosis in result.ranking.diagnoses[:1]
            for proof in diagnosis.proofs
            if proof.line >= 0
        }
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
            shown = "…" if line == GAP else "".join(
                letter if letter.isprintable() else " " for letter in line.expandtabs(4)
            )  # fmt: skip
            number = result.document.numbers[index]
            text = Text(f"{'▶' if marked else ' '}{number:>6} ", style="bold" if marked else "dim")
            text.append(shown, "bold reverse" if marked else "")
            text.no_wrap = True
            options.append(Option(text))
        self.add_options(options)
        if self._marks:
            self.highlighted = self._marks[0]

    def action_jump(self, by: int) -> None:
        """Go to the next or previous decisive line."""
        if not self._marks:
            return
        here = self.highlighted or 0
        ahead = [mark for mark in self._marks if (mark - here) * by > 0]
        order = sorted(ahead, key=lambda mark: abs(mark - here))
        self.highlighted = order[0] if order else self._marks[0 if by > 0 else -1]
