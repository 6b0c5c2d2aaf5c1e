"""The walkthrough as a program: which screen is shown, and what outlives a screen."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding

from troubleshoot.looking import Input
from troubleshoot.tui import style
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.events import Resize

    from troubleshoot.diagnose import Options
    from troubleshoot.guide import Guide
    from troubleshoot.journal import Journal

_ENDING = ("SIGTERM", "SIGHUP")


class WalkApp(App[int]):
    """From "it died" to "it runs".

    Args:
        options: how to diagnose.
        source: a log to begin with: its path, or "" for the start screen.
        data: content of the log, when it came by pipe.
        journal: of this machine; tests hand in their own.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = style.CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", show=False),
        Binding("question_mark,f1", "help", show=False),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
        Binding("ctrl+q", "quit", show=False, priority=True),
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
        if os.environ.get("COLORFGBG", "").split(";")[-1] in ("7", "15"):
            self.theme = "textual-light"

    def on_mount(self) -> None:
        """Show the log at hand, or ask for one; a signal leaves the terminal clean too."""
        if not self.is_headless:
            self.set_interval(2.0, self._leave_without_terminal)
        import asyncio

        from troubleshoot.tui.screens.start import StartScreen

        for name in _ENDING:
            with suppress(NotImplementedError, RuntimeError, AttributeError, ValueError):
                number = getattr(signal, name)
                asyncio.get_running_loop().add_signal_handler(number, self.exit, 128 + number)
        self.push_screen(StartScreen())
        if self.source or self.data is not None:
            from troubleshoot.tui.screens.diagnosis import DiagnosisScreen

            self.push_screen(DiagnosisScreen(Input(self.source, self.data)))

    def on_resize(self, event: Resize) -> None:
        """Say how much room there is, for the style sheet."""
        for screen in self.screen_stack:
            style.fit(screen, event.size.width, event.size.height)

    def action_help(self) -> None:
        """Show the keys."""
        from troubleshoot.tui.screens.message import MessageScreen

        self.push_screen(MessageScreen(say("help", self.lang), say("help_keys", self.lang)))

    def action_interrupt(self) -> None:
        """Ctrl+C: stop what runs, else leave."""
        from troubleshoot.tui.screens.running import RunScreen

        if isinstance(self.screen, RunScreen) and self.screen.is_busy:
            self.screen.action_stop()
        else:
            self.leave()

    async def action_quit(self) -> None:
        """Leave."""
        self.leave()

    def leave(self) -> None:
        """Leave, with status 0 when something was solved or nothing was begun."""
        solved = self.guide is not None and self.guide.session.is_solved
        self.exit(0 if solved or self.guide is None else 1)

    def _handle_exception(self, error: Exception) -> None:
        """One line instead of a second traceback; the terminal is given back clean."""
        if self.is_headless or os.environ.get("WHYFAIL_DEBUG"):
            super()._handle_exception(error)
            return
        told = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        self.exit(2, message=say("internal", self.lang, error=told))

    def _leave_without_terminal(self) -> None:
        """End when the terminal is gone (closed window, lost connection): nobody sees this."""
        if not os.isatty(0):
            self.exit(1)
