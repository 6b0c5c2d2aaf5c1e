"""The walkthrough as a program: which screen is shown, and what outlives a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding

from troubleshoot.words import say

if TYPE_CHECKING:
    from textual.binding import BindingType

    from troubleshoot.diagnose import Options
    from troubleshoot.guide import Guide
    from troubleshoot.journal import Journal


class WalkApp(App[int]):
    """From "it died" to "it runs".

    Args:
        options: how to diagnose.
        source: a log to begin with: its path, or "" for the start screen.
        data: content of the log, when it came by pipe.
        journal: of this machine; tests hand in their own.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; }
    #verdict { padding: 0 1; border: round $primary; height: auto; max-height: 8; }
    #verdict.error { border: round $error; }
    #verdict.good { border: round $success; }
    #verdict.warning { border: round $warning; }
    #body { height: 1fr; }
    #log-side { display: none; width: 45%; border-left: solid $primary; }
    .wide #log-side { display: block; }
    TabbedContent { height: 1fr; }
    .pane { padding: 0 1; height: 1fr; }
    .buttons { height: auto; layout: horizontal; }
    .buttons Button { margin: 0 1 0 0; min-width: 8; height: 3; }
    .command { color: $accent; text-style: bold; }
    ModalScreen { align: center middle; }
    #dialog { width: 76; max-width: 96%; height: auto; max-height: 90%; border: round $primary;
              padding: 0 1; background: $surface; }
    #dialog.error { border: heavy $error; }
    #paste { height: 1fr; min-height: 5; border: round $primary; }
    #start-left { width: 60%; }
    #start-right { width: 40%; }
    .hint { padding: 0 1; color: $text-muted; height: auto; }
    RichLog { height: 1fr; min-height: 6; }
    #run-log { height: 14; border: round $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit", priority=False),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(
        self,
        options: Options,
        source: str = "",
        data: bytes | None = None,
        journal: Journal | None = None,
    ) -> None:
        super().__init__()
        self.options = options
        self.lang = options.lang
        self.source = source
        self.data = data
        self.journal = journal
        self.guide: Guide | None = None
        self.title = "whyfail"

    def on_mount(self) -> None:
        """Show the log at hand, or ask for one."""
        from troubleshoot.tui.screens.start import StartScreen

        self.push_screen(StartScreen())
        if self.source or self.data is not None:
            from troubleshoot.tui.screens.diagnosis import DiagnosisScreen

            self.push_screen(DiagnosisScreen(self.source, self.data))

    def action_help(self) -> None:
        """Show the keys."""
        from troubleshoot.tui.screens.message import MessageScreen

        self.push_screen(MessageScreen(say("help", self.lang), say("help_text", self.lang)))

    async def action_quit(self) -> None:
        """Leave, with status 0 when something was solved."""
        solved = self.guide is not None and self.guide.session.is_solved
        self.exit(0 if solved or self.guide is None else 1)
