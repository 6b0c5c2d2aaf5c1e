"""A command while it runs: its output, a stop key, and what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, RichLog, Static

from troubleshoot.errors import WhyfailError
from troubleshoot.fixes import Verification
from troubleshoot.runner import Runner
from troubleshoot.tui.style import fit
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.tui.app import WalkApp

    Job = Callable[[Runner], Verification]


class RunScreen(ModalScreen["Verification | None"]):
    """Does a job in a thread; dismissed with what came of it.

    Args:
        job: runs commands with the runner it is handed.
        outcomes: names of the words for success, failure and not known.
    """

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stop", show=False),
        Binding("enter,escape,q", "finish", show=False),
    ]

    def __init__(
        self, job: Job, outcomes: tuple[str, str, str] = ("worked", "did_not_help", "unverified")
    ) -> None:
        super().__init__()
        self._job = job
        self._outcomes = dict(zip((True, False, None), outcomes))
        self._runner = Runner(self._line)
        self._verification: Verification | None = None
        self._started = time.monotonic()
        self.is_busy = True

    def compose(self) -> ComposeResult:
        """The dialogue."""
        fit(self, *self.app.size)
        lang = self.app.lang
        with Vertical(id="dialog"):
            yield Static(say("run_title", lang), id="run-state", markup=False, classes="title")
            yield RichLog(id="run-log", wrap=True, markup=False, max_lines=5000)
            with Horizontal(classes="buttons"):
                yield Button(f"s {say('button_stop', lang)}", id="run-stop", compact=True)
                yield Button(f"⏎ {say('button_close', lang)}", id="run-close", compact=True)

    def on_mount(self) -> None:
        """Start."""
        self.query_one("#run-close").display = False
        self.query_one("#run-log").focus()
        self.set_interval(1.0, self._tick)
        self._work()

    def on_unmount(self) -> None:
        """Nothing goes on running unseen."""
        if self.is_busy:
            self._runner.stop()

    def _tick(self) -> None:
        if self.is_busy:
            lang = self.app.lang
            seconds = int(time.monotonic() - self._started)
            told = f"{say('run_title', lang)} · {say('elapsed', lang, seconds=seconds)}"
            self.query_one("#run-state", Static).update(told)

    def _line(self, text: str) -> None:
        shown = Text.from_ansi(text.rpartition("\r")[2])
        if self.is_busy and self.app.is_running:
            self.app.call_from_thread(self.query_one("#run-log", RichLog).write, shown)

    @work(thread=True)
    def _work(self) -> None:
        try:
            verification = self._job(self._runner)
        except WhyfailError as error:
            verification = Verification(None, str(error))
        if self.app.is_running:
            self.app.call_from_thread(self._ended, verification)

    def _ended(self, verification: Verification) -> None:
        self.is_busy = False
        self._verification = verification
        lang = self.app.lang
        outcome = self._outcomes[verification.solved]
        mark = {True: "✓", False: "✗", None: "?"}[verification.solved]
        if self._runner.was_stopped:
            outcome, mark = "stopped", "■"
        state = f"{mark} {say(outcome, lang)}"
        if verification.because:
            state += f": {verification.because}"
        self.query_one("#run-state", Static).update(state)
        self.query_one("#run-stop").display = False
        self.query_one("#run-close").display = True

    def on_button_pressed(self) -> None:
        """The button stops, and closes when nothing runs any more."""
        if self.is_busy:
            self.action_stop()
        else:
            self.action_finish()

    def action_stop(self) -> None:
        """End the running command."""
        if self.is_busy:
            self.run_worker(self._runner.stop, thread=True)

    def action_finish(self) -> None:
        """Close, once it has ended."""
        if not self.is_busy:
            self.dismiss(self._verification)
