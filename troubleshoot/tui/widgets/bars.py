"""Rival causes with bars that move as evidence comes."""

from __future__ import annotations


from rich.text import Text
from textual.widgets import Static

from troubleshoot import weights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 20


class Bars(Static):
    """A bar, a number and a word for each cause; colour is never the only carrier."""

    def show(self, rows: Sequence[tuple[str, float, bool]], lang: str) -> None:
        """Draw the rows.

        Args:
            rows: words, probability, and whether it is the first.
            lang: ``en`` or ``zh``.
        """
        text = Text()
        for words, probability, is_first in rows:
            filled = round(probability * WIDTH)
            word = weights.confidence_word(probability, lang)
            text.append("█" * filled, "bold" if is_first else "")
            text.append("·" * (WIDTH - filled), "dim")
            text.append(f" {probability:>4.0%}  ", "bold" if is_first else "")
            text.append(words, "bold" if is_first else "")
            text.append(f" ({word})\n", "dim")
        self.update(text)
