"""The yes to the exact command: what it changes, how it is undone, editable."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from troubleshoot.guide import DESTROY
from troubleshoot.records import replace
from troubleshoot.words import say

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.fixes import Plan
    from troubleshoot.tui.app import WalkApp


class ConfirmScreen(ModalScreen["Plan | None"]):
    """Dismissed with the plan as confirmed (perhaps edited), or None."""

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "refuse", show=False)]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def compose(self) -> ComposeResult:
        """The dialogue: a field for each command, and for the word where it destroys."""
        lang = self.app.lang
        destroys = self._plan.safety == "destructive"
        with Vertical(id="dialog", classes="error" if destroys else ""):
            yield Static(say("confirm_title", lang), markup=False, classes="command")
            for position, command in enumerate(self._plan.commands):
                yield Input(value=command, id=f"command-{position}", select_on_focus=False)
            lines = [say(self._plan.safety, lang)]
            if self._plan.undo:
                lines.append(f"{say('undo', lang)}: {self._plan.undo}")
            if self._plan.check:
                lines.append(f"{say('verify', lang)}: {self._plan.check}")
            yield Static("\n".join(lines), markup=False)
            if destroys:
                yield Static(f"{say('type_word', lang)}: {DESTROY}", markup=False)
                yield Input(id="word")
            yield Static("", id="problem", markup=False)
            yield Static(say("confirm_hint", lang), markup=False, classes="hint")

    def on_mount(self) -> None:
        """The first field is ready."""
        self.query_one("#command-0", Input).focus()

    def on_input_submitted(self) -> None:
        """Enter in any field confirms all."""
        commands = tuple(
            self.query_one(f"#command-{position}", Input).value.strip()
            for position in range(len(self._plan.commands))
        )
        commands = tuple(command for command in commands if command)
        confirmed = replace(self._plan, commands=commands)
        problem = self.query_one("#problem", Static)
        if not confirmed.is_runnable:
            problem.update(say("placeholder_left", self.app.lang, what="<…>"))
            return
        if self._plan.safety == "destructive" and self.query_one("#word", Input).value != DESTROY:
            self.query_one("#word", Input).focus()
            return
        self.dismiss(confirmed)

    def action_refuse(self) -> None:
        """Close without running anything."""
        self.dismiss(None)
