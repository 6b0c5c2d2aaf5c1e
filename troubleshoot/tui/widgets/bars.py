"""Rival causes with bars that move as evidence comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from textual.widgets import Static

from troubleshoot import weights
from troubleshoot.tui.style import NARROW, TALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    Row = tuple[str, float, bool]
    """Words, probability, and whether it is the first."""

WIDTH = 12
LEAST_MOVE = 0.005
_MOST_LOW = 3


class Bars(Static):
    """A bar, a number and what moved it for each cause; colour is never the only carrier.

    Args:
        most: how many rows to draw; 0: all, with the confidence in words.
        identity: of the widget.
    """

    def __init__(self, identity: str, most: int = 0) -> None:
        super().__init__("", id=identity, markup=False)
        self._most = most
        self._before: dict[str, float] = {}

    def show(self, rows: Sequence[Row], lang: str) -> None:
        """Draw the rows, with how far each has moved since the last time."""
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=WIDTH)
        table.add_column(width=4, justify="right")
        table.add_column(width=4)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        with_word = not self._most and self.app.size.width >= NARROW
        if with_word:
            table.add_column(width=14, no_wrap=True)
        shown = list(rows)
        most = self._most if self.app.size.height >= TALL else min(self._most, _MOST_LOW)
        if most and len(shown) > most:
            shown = [*shown[: most - 1], shown[-1]]
        for words, probability, is_first in shown:
            style = "bold" if is_first else ""
            filled = round(probability * WIDTH)
            bar = Text("█" * filled, style)
            bar.append("·" * (WIDTH - filled), "dim")
            cells = [bar, Text(f"{probability:.0%}", style), self._move(words, probability)]
            cells.append(Text(words, style))
            if with_word:
                cells.append(Text(weights.confidence_word(probability, lang), "dim"))
            table.add_row(*cells)
        self._before = {words: probability for words, probability, _ in rows}
        self.update(table)

    def _move(self, words: str, probability: float) -> Text:
        before = self._before.get(words)
        change = 0.0 if before is None else probability - before
        if abs(change) < LEAST_MOVE:
            return Text("")
        mark, style = ("▲", "green") if change > 0 else ("▼", "red")
        return Text(f"{mark}{abs(change) * 100:.0f}", style)
