"""A text to read and close."""

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


class MessageScreen(ModalScreen[None]):
    """Heading and text; any of Esc, Enter, q closes it."""

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,question_mark,w", "dismiss", show=False)
    ]

    def __init__(self, heading: str, text: str) -> None:
        super().__init__()
        self._heading = heading
        self._text = text

    def compose(self) -> ComposeResult:
        """The dialogue."""
        fit(self, *self.app.size)
        with Vertical(id="dialog"):
            yield Static(self._heading, markup=False, classes="title")
            with VerticalScroll():
                yield Static(self._text, markup=False, id="message")
            with Horizontal(classes="buttons"):
                yield Button(f"Esc {say('button_close', self.app.lang)}", compact=True)

    def update(self, text: str) -> None:
        """Show another text."""
        self.query_one("#message", Static).update(text)

    def on_button_pressed(self) -> None:
        """A click closes it."""
        self.dismiss(None)

    def action_dismiss(self, result: None = None) -> None:  # type: ignore[override]
        """Close."""
        self.dismiss(None)
