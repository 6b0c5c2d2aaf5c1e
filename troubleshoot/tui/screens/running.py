"""A fix while it runs: its output, a stop key, and what the check says."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import RichLog, Static

from troubleshoot.errors import WhyfailError
from troubleshoot.fixes import Runner, Verification
from troubleshoot.words import say

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.fixes import Plan
    from troubleshoot.guide import Guide
    from troubleshoot.tui.app import WalkApp


class RunScreen(ModalScreen["Verification | None"]):
    """Runs the confirmed commands in a thread; dismissed with what the check said."""

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s,ctrl+x", "stop", show=False),
        Binding("enter,escape,q", "finish", show=False),
    ]

    def __init__(self, guide: Guide, plan: Plan) -> None:
        super().__init__()
        self._guide = guide
        self._plan = plan
        self._runner = Runner(self._line)
        self._verification: Verification | None = None
        self._is_running = True

    def compose(self) -> ComposeResult:
        """The dialogue."""
        lang = self.app.lang
        with Vertical(id="dialog"):
            yield Static(say("run_title", lang), id="run-state", markup=False, classes="command")
            yield RichLog(id="run-log", wrap=True, markup=False, max_lines=5000)
            yield Static(f"s {say('stop', lang)}", id="run-hint", markup=False, classes="hint")

    def on_mount(self) -> None:
        """Start."""
        self._work()

    def _line(self, text: str) -> None:
        shown = Text.from_ansi(text)
        self.app.call_from_thread(self.query_one("#run-log", RichLog).write, shown)

    @work(thread=True)
    def _work(self) -> None:
        try:
            verification = self._guide.run(self._plan, self._runner)
        except WhyfailError as error:
            verification = Verification(None, str(error))
        self.app.call_from_thread(self._ended, verification)

    def _ended(self, verification: Verification) -> None:
        self._is_running = False
        self._verification = verification
        lang = self.app.lang
        outcome = {True: "worked", False: "did_not_help", None: "unverified"}[verification.solved]
        if self._runner.was_stopped:
            outcome = "stopped"
        mark = {"worked": "✓", "did_not_help": "✗"}.get(outcome, "?")
        state = f"{mark} {say(outcome, lang)}: {verification.because}"
        self.query_one("#run-state", Static).update(state)
        self.query_one("#run-hint", Static).update(f"Enter {say('close', lang)}")

    def action_stop(self) -> None:
        """End the running command."""
        if self._is_running:
            self.run_worker(self._runner.stop, thread=True)

    def action_finish(self) -> None:
        """Close, once it has ended."""
        if not self._is_running:
            self.dismiss(self._verification)
