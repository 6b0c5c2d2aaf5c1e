"""The yes to the exact command: what it changes, how it is undone, editable."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from troubleshoot.fixes import files_of
from troubleshoot.guide import DESTROY
from troubleshoot.records import replace
from troubleshoot.render.wording import labelled
from troubleshoot.tui.style import fit
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.fixes import Plan
    from troubleshoot.tui.app import WalkApp


class ConfirmScreen(ModalScreen["Plan | None"]):
    """Dismissed with the plan as confirmed (perhaps edited), or None.

    Args:
        plan: the fix.
        python: the interpreter whose environment it may change, or "".
    """

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "refuse", show=False)]

    def __init__(self, plan: Plan, python: str = "") -> None:
        super().__init__()
        self._plan = plan
        self._python = python

    def compose(self) -> ComposeResult:
        """The dialogue: a field for each command, and for the word where it destroys."""
        fit(self, *self.app.size)
        lang = self.app.lang
        destroys = self._plan.safety == "destructive"
        with Vertical(id="dialog", classes="error" if destroys else ""):
            yield Static(say("confirm_title", lang), markup=False, classes="title")
            for position, command in enumerate(self._plan.commands):
                yield Input(value=command, id=f"command-{position}", select_on_focus=False)
            yield Static("\n".join(self._told(lang)), markup=False)
            if destroys:
                told = f"{say('type_word', lang)}: {DESTROY}"
                yield Static(told, markup=False, classes="title")
                yield Input(id="word")
            yield Static("", id="problem", markup=False, classes="title")
            with Horizontal(classes="buttons"):
                yield Button(f"⏎ {say('button_confirm', lang)}", name="yes", compact=True)
                yield Button(f"Esc {say('button_cancel', lang)}", name="no", compact=True)
            yield Static(say("confirm_keys", lang), markup=False, classes="muted")

    def _told(self, lang: str) -> list[str]:
        lines = [say(self._plan.safety, lang)]
        if self._plan.safety != "safe" and self._python:
            lines.append(say("environment", lang, python=self._python))
        files = files_of(self._plan)
        if files:
            lines.append(say("files_saved", lang, paths=", ".join(files)))
        if self._plan.check:
            lines.append(labelled(say("verify", lang), self._plan.check, lang))
        if self._plan.undo:
            lines.append(labelled(say("undo", lang), self._plan.undo, lang))
        return lines

    def on_mount(self) -> None:
        """The first field is ready."""
        self.query_one("#problem").display = False
        self.query_one("#command-0", Input).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click does what the key does."""
        if event.button.name == "yes":
            self._confirm()
        else:
            self.dismiss(None)

    def on_input_submitted(self) -> None:
        """Enter in any field confirms all."""
        self._confirm()

    def _confirm(self) -> None:
        fields = (
            self.query_one(f"#command-{position}", Input).value.strip()
            for position in range(len(self._plan.commands))
        )
        confirmed = replace(self._plan, commands=tuple(each for each in fields if each))
        if not confirmed.is_runnable:
            self._complain(say("placeholder_left", self.app.lang, what="<…>"))
        elif self._plan.safety == "destructive" and self._word() != DESTROY:
            self.query_one("#word", Input).focus()
        else:
            self.dismiss(confirmed)

    def _word(self) -> str:
        return self.query_one("#word", Input).value.strip()

    def _complain(self, words: str) -> None:
        problem = self.query_one("#problem", Static)
        problem.display = True
        problem.update(words)

    def action_refuse(self) -> None:
        """Close without running anything."""
        self.dismiss(None)
