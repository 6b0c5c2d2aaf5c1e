"""Where a walk begins: paste, open a file, take a recent log, or say what is seen."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input, Static, TextArea, Tree

from troubleshoot import looking, packdata
from troubleshoot.last_run import LastRun, ago
from troubleshoot.last_run import find as find_last_run
from troubleshoot.tui.style import fit
from troubleshoot.tui.widgets.keys import Keys
from troubleshoot.walk_words import say
from troubleshoot.words import pick

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Paste

    from troubleshoot.diagnose import Options
    from troubleshoot.tui.app import WalkApp

ENDINGS = (".log", ".txt", ".out", ".err", ".ipynb")
MOST_RECENT = 6
_SECONDS = 7 * 86400


class StartScreen(Screen[None]):
    """Paste on the left; the last run, recent logs and symptoms on the right."""

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "diagnose", show=False, priority=True),
        Binding("escape", "leave_field", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The screen."""
        fit(self, *self.app.size)
        lang = self.app.lang
        title = Text(say("walk_title", lang), style="bold", no_wrap=True, overflow="ellipsis")
        yield Static(title, id="start-title")
        with Horizontal(id="start"):
            with Vertical(id="start-left"):
                yield Static(say("paste_hint", lang), classes="hint", id="paste-hint", markup=False)
                yield TextArea(id="paste", soft_wrap=False)
                yield Input(placeholder=say("path_hint", lang), id="path", compact=False)
            with Vertical(id="start-right"):
                yield Static(say("choose", lang), classes="hint", markup=False)
                yield self._tree(lang)
                yield Static("", id="about", markup=False)
        yield Keys()

    def _tree(self, lang: str) -> Tree[Any]:
        tree: Tree[Any] = Tree("whyfail", id="symptoms")
        tree.show_root = False
        tree.guide_depth = 2
        tree.root.expand()
        last = find_last_run()
        if last is not None:
            branch = tree.root.add(say("last_run", lang), expand=True)
            branch.add_leaf(_plain(run_words(last, lang)), data=last)
        recent = recent_logs(os.getcwd())
        if recent:
            branch = tree.root.add(say("recent_logs", lang), expand=True)
            for path in recent:
                branch.add_leaf(_plain(os.path.basename(path)), data=path)
        symptoms = tree.root.add(say("symptoms", lang), expand=True)
        for group in packdata.load("symptoms")["groups"]:
            branch = symptoms.add(_plain(pick(group["title"], lang)))
            for symptom in group["symptoms"]:
                branch.add_leaf(_plain(pick(symptom["title"], lang)), data=symptom)
        return tree

    def on_mount(self) -> None:
        """Ready to paste."""
        self.query_one("#paste", TextArea).focus()
        self.call_after_refresh(self._to_first_leaf)
        lang = self.app.lang
        self.query_one(Keys).show([
            ("F5", say("key_diagnose", lang), "screen.diagnose"),
            ("Tab", say("key_next_field", lang), "app.focus_next"),
            ("⏎", say("key_choose", lang), "screen.choose"),
            ("F1", say("key_help", lang), "app.help"),
            ("^Q", say("key_quit", lang), "app.quit"),
        ])  # fmt: skip

    def _to_first_leaf(self) -> None:
        tree = self.query_one("#symptoms", Tree)
        first = tree.root.children[0]
        tree.move_cursor(first.children[0] if first.children[0].data is not None else first)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Any]) -> None:
        """Show the whole line that the list may have cut."""
        label = str(event.node.label) if event.node.data is not None else ""
        self.query_one("#about", Static).update(label)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Say how much was pasted."""
        lang = self.app.lang
        text = event.text_area.text
        told = say("paste_hint", lang)
        if text.strip():
            told = say("pasted", lang, count=f"{event.text_area.document.line_count:,}")
        self.query_one("#paste-hint", Static).update(told)

    def on_paste(self, event: Paste) -> None:
        """A paste goes into the field, whatever has the focus."""
        area = self.query_one("#paste", TextArea)
        if self.focused is not area and not isinstance(self.focused, Input):
            area.insert(event.text)
            area.focus()

    def action_leave_field(self) -> None:
        """Leave the field, so that single keys work."""
        self.query_one("#symptoms", Tree).focus()

    def action_choose(self) -> None:
        """Take what the cursor of the list is on (a click on the keys)."""
        self.query_one("#symptoms", Tree).action_select_cursor()

    def action_diagnose(self) -> None:
        """Diagnose what was pasted, or the file named."""
        text = self.query_one("#paste", TextArea).text
        path = self.query_one("#path", Input).value.strip()
        if text.strip():
            self._go(looking.Input(data=text.encode("utf-8", "surrogateescape")))
        elif path:
            self._go(looking.Input(source=os.path.expanduser(path)))
        else:
            told = say("nothing_yet", self.app.lang)
            self.query_one("#paste-hint", Static).update(told)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open the file."""
        if event.value.strip():
            self._go(looking.Input(source=os.path.expanduser(event.value.strip())))

    def on_tree_node_selected(self, event: Tree.NodeSelected[Any]) -> None:
        """The last run, a recent log, or a symptom."""
        data = event.node.data
        if isinstance(data, LastRun):
            self._go(looking.Input(source=data.path), data.attached(self.app.options))
        elif isinstance(data, str):
            self._go(looking.Input(source=data))
        elif isinstance(data, dict):
            self._go(looking.symptom(data, self.app.lang))

    def _go(self, given: looking.Input, options: Options | None = None) -> None:
        from troubleshoot.tui.screens.diagnosis import DiagnosisScreen

        self.app.push_screen(DiagnosisScreen(given, options))


def run_words(last: LastRun, lang: str) -> str:
    """The last run in a line."""
    program, blank, rest = str(last.value("run.command") or "?").partition(" ")
    command = os.path.basename(program) + blank + rest
    status = last.value("run.signal") or last.value("run.exit_code")
    return say("last_run_item", lang, command=command[:60], status=status, ago=ago(last.ended))


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
    least = time.time() - _SECONDS
    return [path for when, path in sorted(found, reverse=True) if when > least][:MOST_RECENT]


def _plain(text: str) -> Text:
    """A label in which nothing is read as markup."""
    return Text("".join(letter if letter.isprintable() else " " for letter in text))
