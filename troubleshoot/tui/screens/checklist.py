"""Steps for a person, to tick off one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from troubleshoot.steps import steps_of
from troubleshoot.tui.style import fit
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.fixes import Plan
    from troubleshoot.tui.app import WalkApp


class Steps(OptionList):
    """A list whose lines wrap and can be ticked."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "select", show=False)]


class ChecklistScreen(ModalScreen["bool | None"]):
    """Dismissed with whether the steps helped, or None when that is not known yet.

    Args:
        title: the fix.
        plan: its steps.
        ticked: positions that are ticked; kept up to date, for when the list is opened again.
    """

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h", "say('helped')", show=False),
        Binding("x", "say('failed')", show=False),
        Binding("escape", "say('later')", show=False),
    ]

    def __init__(self, title: str, plan: Plan, ticked: set[int]) -> None:
        super().__init__()
        self._title = title
        self._items = steps_of(plan.steps)
        self._ticked = ticked

    def compose(self) -> ComposeResult:
        """The dialogue."""
        fit(self, *self.app.size)
        lang = self.app.lang
        with Vertical(id="dialog"):
            yield Static(self._title, markup=False, classes="title")
            options = [Option(self._drawn(position)) for position in range(len(self._items))]
            yield Steps(*options, id="checklist", compact=True, markup=False)
            yield Static(say("checklist_keys", lang), markup=False, classes="muted")
            with Horizontal(classes="buttons"):
                yield Button(f"h {say('button_helped', lang)}", name="helped", compact=True)
                yield Button(f"x {say('button_failed', lang)}", name="failed", compact=True)
                yield Button(f"Esc {say('button_cancel', lang)}", name="later", compact=True)

    def on_mount(self) -> None:
        """The list is ready."""
        self.query_one("#checklist", Steps).focus()

    def _drawn(self, position: int) -> Text:
        mark = "[x]" if position in self._ticked else "[ ]"
        return Text(f"{mark} {self._items[position]}")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tick a step off, or back."""
        self._ticked ^= {event.option_index}
        steps = self.query_one("#checklist", Steps)
        steps.replace_option_prompt_at_index(event.option_index, self._drawn(event.option_index))
        if event.option_index in self._ticked and event.option_index + 1 < len(self._items):
            steps.highlighted = event.option_index + 1

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click does what the key does."""
        self.action_say(event.button.name or "later")

    def action_say(self, said: str) -> None:
        """Close with the outcome."""
        self.dismiss({"helped": True, "failed": False}.get(said))
