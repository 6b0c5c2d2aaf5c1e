"""A question with yes, no, and I don't know."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from troubleshoot.tui.style import fit
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.tui.app import WalkApp


class AskScreen(ModalScreen["bool | None"]):
    """Dismissed with True, False or None."""

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "say('yes')", show=False),
        Binding("n", "say('no')", show=False),
        Binding("u,escape", "say('unsure')", show=False),
    ]

    def __init__(self, question: str, detail: str = "") -> None:
        super().__init__()
        self._question = question
        self._detail = detail

    def compose(self) -> ComposeResult:
        """The dialogue."""
        fit(self, *self.app.size)
        lang = self.app.lang
        with Vertical(id="dialog"):
            yield Static(self._question, markup=False, classes="title")
            yield Static(self._detail, markup=False)
            with Horizontal(classes="buttons"):
                yield Button(f"y {say('yes', lang)}", name="yes", compact=True)
                yield Button(f"n {say('no', lang)}", name="no", compact=True)
                yield Button(f"u {say('unsure', lang)}", name="unsure", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click does what the key does."""
        self.action_say(event.button.name or "unsure")

    def action_say(self, said: str) -> None:
        """Answer and close."""
        self.dismiss({"yes": True, "no": False}.get(said))
