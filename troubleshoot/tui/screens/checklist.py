"""Steps for a person, to tick off one by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, SelectionList, Static
from textual.widgets.selection_list import Selection

from troubleshoot.tui.style import fit
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.fixes import Plan
    from troubleshoot.tui.app import WalkApp

_ABBREVIATED = ("e.g.", "i.e.", "etc.", "cf.", "vs.", "approx.", "incl.")


class ChecklistScreen(ModalScreen["bool | None"]):
    """Dismissed with whether the steps helped, or None when that is not known yet."""

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h", "say('helped')", show=False),
        Binding("x", "say('failed')", show=False),
        Binding("escape", "say('later')", show=False),
    ]

    def __init__(self, title: str, plan: Plan, ticked: set[int]) -> None:
        super().__init__()
        self._title = title
        self._items = steps_of(plan)
        self._ticked = ticked

    def compose(self) -> ComposeResult:
        """The dialogue."""
        fit(self, *self.app.size)
        lang = self.app.lang
        with Vertical(id="dialog"):
            yield Static(self._title, markup=False, classes="title")
            yield SelectionList[int](
                *[
                    Selection(_plain(text), position, position in self._ticked)
                    for position, text in enumerate(self._items)
                ],
                id="checklist",
            )
            yield Static(say("checklist_keys", lang), markup=False, classes="muted")
            with Horizontal(classes="buttons"):
                yield Button(f"h {say('button_helped', lang)}", name="helped", compact=True)
                yield Button(f"x {say('button_failed', lang)}", name="failed", compact=True)
                yield Button(f"Esc {say('button_cancel', lang)}", name="later", compact=True)

    def on_mount(self) -> None:
        """The list is ready."""
        self.query_one("#checklist", SelectionList).focus()

    def on_selection_list_selected_changed(
        self, event: SelectionList.SelectedChanged[int]
    ) -> None:
        """Keep what is ticked, for when the list is opened again."""
        self._ticked.clear()
        self._ticked.update(event.selection_list.selected)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click does what the key does."""
        self.action_say(event.button.name or "later")

    def action_say(self, said: str) -> None:
        """Close with the outcome."""
        self.dismiss({"helped": True, "failed": False}.get(said))


def steps_of(plan: Plan) -> list[str]:
    """The steps of a fix by hand: its lines, or else its sentences, and then its commands."""
    lines = [line.strip() for line in plan.steps.split("\n") if line.strip()]
    if len(lines) == 1:
        lines = _sentences(lines[0])
    return [*lines, *(f"$ {command}" for command in plan.commands)] or [""]


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for piece in re.split(r"(?<=[.!?;])\s+(?=[A-Z`])|(?<=[。；！？])", text):
        if not piece or not piece.strip():
            continue
        if found and found[-1].endswith(_ABBREVIATED):
            found[-1] += f" {piece}"
        else:
            found.append(piece.strip())
    return found


def _plain(text: str) -> str:
    """A text in which nothing is read as markup."""
    return text.replace("[", "\\[")
