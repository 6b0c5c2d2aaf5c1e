"""Where a walk begins: paste, open a file, take a recent log, or say what is seen."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Header, Input, Static, TextArea, Tree

from troubleshoot import packdata
from troubleshoot.words import pick, say

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.tui.app import WalkApp

ENDINGS = (".log", ".txt", ".out", ".err", ".ipynb")
MOST_RECENT = 6


class StartScreen(Screen[None]):
    """Paste on the left; symptoms and recent logs on the right."""

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "diagnose", "Diagnose", priority=True),
        Binding("escape", "leave_field", "Back", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The screen."""
        lang = self.app.lang
        yield Header(show_clock=False)
        with Horizontal():
            with Vertical(id="start-left"):
                yield Static(say("paste_here", lang), classes="hint", markup=False)
                yield TextArea(id="paste", soft_wrap=False)
                yield Input(placeholder=say("open_file", lang), id="path")
            with Vertical(id="start-right"):
                yield Static(say("no_message", lang), classes="hint", markup=False)
                yield self._tree(lang)
        yield Footer()

    def _tree(self, lang: str) -> Tree[Any]:
        tree: Tree[Any] = Tree("whyfail", id="symptoms")
        tree.show_root = False
        for group in packdata.load("symptoms")["groups"]:
            branch = tree.root.add(pick(group["title"], lang))
            for symptom in group["symptoms"]:
                branch.add_leaf(pick(symptom["title"], lang), data=symptom)
        recent = recent_logs(os.getcwd())
        if recent:
            branch = tree.root.add(say("recent", lang), expand=True)
            for path in recent:
                branch.add_leaf(os.path.basename(path), data=path)
        tree.root.expand()
        return tree

    def on_mount(self) -> None:
        """Ready to paste."""
        self.query_one("#paste", TextArea).focus()

    def action_leave_field(self) -> None:
        """Leave the field, so that single keys work."""
        self.query_one("#symptoms", Tree).focus()

    def action_diagnose(self) -> None:
        """Diagnose what was pasted, or the file named."""
        text = self.query_one("#paste", TextArea).text
        path = self.query_one("#path", Input).value.strip()
        if text.strip():
            self._go("", text.encode("utf-8", "surrogateescape"))
        elif path:
            self._go(os.path.expanduser(path), None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open the file."""
        if event.value.strip():
            self._go(os.path.expanduser(event.value.strip()), None)

    def on_tree_node_selected(self, event: Tree.NodeSelected[Any]) -> None:
        """A recent log, or a symptom."""
        data = event.node.data
        if isinstance(data, str):
            self._go(data, None)
        elif isinstance(data, dict):
            words = pick(data["title"], self.app.lang)
            self._go("", b"", [(rule, words) for rule in data["rules"]])

    def _go(
        self, source: str, data: bytes | None, told: list[tuple[str, str]] | None = None
    ) -> None:
        from troubleshoot.tui.screens.diagnosis import DiagnosisScreen

        self.app.push_screen(DiagnosisScreen(source, data, told or []))


def recent_logs(folder: str) -> list[str]:
    """The newest logs of a folder, of the last week."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(ENDINGS) and entry.is_file():
                    found.append((entry.stat().st_mtime, entry.path))
    except OSError:
        return []
    week = time.time() - 7 * 86400
    return [path for when, path in sorted(found, reverse=True) if when > week][:MOST_RECENT]
