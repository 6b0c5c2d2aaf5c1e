"""The way back from a fix, shown before it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from troubleshoot.tui.style import fit
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.tui.app import WalkApp
    from troubleshoot.undoing import WayBack


class UndoScreen(ModalScreen[bool]):
    """Dismissed with whether the person agreed to these commands."""

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "say(True)", show=False),
        Binding("escape", "say(False)", show=False),
    ]

    def __init__(self, back: WayBack, title: str) -> None:
        super().__init__()
        self._back = back
        self._title = title

    def compose(self) -> ComposeResult:
        """The dialogue."""
        fit(self, *self.app.size)
        lang = self.app.lang
        lines = list(self._back.commands)
        lines += [say("restore", lang, path=path) for path in self._back.files]
        lines += [f"! {say('cannot_restore', lang)}: {each}" for each in self._back.cannot]
        if self._back.is_empty:
            lines.append(say("undo_nothing", lang))
        with Vertical(id="dialog"):
            yield Static(say("undo_title", lang, title=self._title), markup=False, classes="title")
            with VerticalScroll():
                yield Static("\n".join(lines), markup=False)
            with Horizontal(classes="buttons"):
                if not self._back.is_empty:
                    yield Button(f"⏎ {say('button_confirm', lang)}", name="yes", compact=True)
                yield Button(f"Esc {say('button_cancel', lang)}", name="no", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click does what the key does."""
        self.action_say(event.button.name == "yes")

    def action_say(self, agreed: bool) -> None:
        """Close with the answer."""
        self.dismiss(agreed and not self._back.is_empty)
