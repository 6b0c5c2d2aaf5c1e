"""The line of keys at the bottom: what can be done here, clickable, as many as fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Resize

    Key = tuple[str, str, str]
    """Key as it is written, what it does, and the action a click runs."""


class Keys(Static):
    """Keys in the order of their use; the last ones (help, quit) always stay."""

    def __init__(self) -> None:
        super().__init__("", id="keys", markup=False)
        self._keys: Sequence[Key] = ()
        self._kept = 2

    def show(self, keys: Sequence[Key], kept: int = 2) -> None:
        """Draw keys, of which the last ``kept`` are never left out."""
        self._keys = keys
        self._kept = kept
        self._draw()

    def on_resize(self, event: Resize) -> None:
        """Fit the keys to the new width."""
        self._draw()

    def _draw(self) -> None:
        room = self.size.width or 78
        first, last = list(self._keys[: -self._kept]), list(self._keys[-self._kept :])
        while first and sum(_width(key) for key in (*first, *last)) > room:
            first.pop()
        line = Text(no_wrap=True, overflow="ellipsis")
        for key, words, action in (*first, *last):
            click = Style(meta={"@click": action})
            line.append(key, Style(bold=True) + click)
            line.append(f" {words}", click)
            line.append("  ")
        self.update(line)


def _width(key: Key) -> int:
    return Text(f"{key[0]} {key[1]}  ").cell_len
