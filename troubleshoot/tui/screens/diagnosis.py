"""The diagnosis: verdict, next step, rival causes, log, proof and facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from textual import work
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, Static, TabbedContent, TabPane

from troubleshoot import looking
from troubleshoot.errors import WhyfailError
from troubleshoot.guide import Guide
from troubleshoot.records import replace
from troubleshoot.render import reasons, terminal
from troubleshoot.tui.screens.acting import Acting
from troubleshoot.tui.style import fit
from troubleshoot.tui.widgets.bars import Bars
from troubleshoot.tui.widgets.facts import FactsView
from troubleshoot.tui.widgets.keys import Keys
from troubleshoot.tui.widgets.log_view import LogView
from troubleshoot.tui.widgets.step import buttons, step_parts
from troubleshoot.tui.widgets.verdict import rival_parts, verdict
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from troubleshoot.diagnose import Diagnosed, Options
    from troubleshoot.facts import Fact
    from troubleshoot.looking import Input
    from troubleshoot.render.wording import Part
    from troubleshoot.tui.app import WalkApp

_TABS = ("next", "causes", "log", "proof", "facts")
_SCROLLS = {"next": "#step-pane", "causes": "#causes-pane", "log": "#log-view",
            "proof": "#proof-pane", "facts": "#facts-pane"}  # fmt: skip


class DiagnosisScreen(Acting, Screen[None]):
    """One failure being worked on.

    Args:
        given: the log, or the symptoms chosen instead of one.
        options: how to diagnose; None: as the program was started.
    """

    app: WalkApp
    BINDINGS: ClassVar[list[BindingType]] = [
        *[Binding(str(number + 1), f"tab('{name}')", show=False)
          for number, name in enumerate(_TABS)],
        Binding("j", "jump(1)", show=False),
        Binding("k", "jump(-1)", show=False),
        Binding("r", "run_fix", show=False),
        Binding("y", "answer('yes')", show=False),
        Binding("n", "answer('no')", show=False),
        Binding("u", "answer('unsure')", show=False),
        Binding("w", "why", show=False),
        Binding("b", "take_back", show=False),
        Binding("h", "judge(True)", show=False),
        Binding("x", "judge(False)", show=False),
        Binding("s", "skip", show=False),
        Binding("z", "undo", show=False),
        Binding("g", "report", show=False),
        Binding("o", "here", show=False),
        Binding("escape", "leave", show=False),
    ]  # fmt: skip

    def __init__(self, given: Input, options: Options | None = None) -> None:
        super().__init__()
        self._given = given
        self._options = options
        self.is_looking = True

    def compose(self) -> ComposeResult:
        """The screen; filled when the first diagnosis is there."""
        fit(self, *self.app.size)
        lang = self.app.lang
        yield Static(say("looking", lang), id="verdict", markup=False)
        yield Static("", id="state", markup=False)
        with Horizontal(id="body"):
            with TabbedContent(id="tabs"):
                with TabPane(f"1 {say('tab_next', lang)}", id="next"):
                    with VerticalScroll(classes="pane", id="step-pane"):
                        yield Static("", id="step", markup=False)
                    yield Horizontal(classes="buttons", id="actions")
                    yield Bars("bars-next", most=5)
                with (
                    TabPane(f"2 {say('tab_causes', lang)}", id="causes"),
                    VerticalScroll(classes="pane", id="causes-pane"),
                ):
                    yield Bars("bars")
                    yield Static("", id="rivals", markup=False)
                with TabPane(f"3 {say('tab_log', lang)}", id="log"):
                    yield LogView("log-view")
                with (
                    TabPane(f"4 {say('tab_proof', lang)}", id="proof"),
                    VerticalScroll(classes="pane", id="proof-pane"),
                ):
                    yield Static("", id="proof-text", markup=False)
                with (
                    TabPane(f"5 {say('tab_facts', lang)}", id="facts"),
                    VerticalScroll(classes="pane", id="facts-pane"),
                ):
                    yield FactsView()
            with Vertical(id="log-side"):
                yield LogView("log-side-view")
        yield Keys()

    def on_mount(self) -> None:
        """Begin to look, without blocking the screen."""
        self.query_one("#bars-next").set_class(True, "hidden")
        self._show_keys()
        self._look()

    def on_unmount(self) -> None:
        """What is still being measured is of no interest any more."""
        self.is_looking = False

    @work(thread=True, exclusive=True)
    def _look(self) -> None:
        options = self._options or self.app.options
        call = self.app.call_from_thread
        try:
            for result in looking.stages(self._given, options, self._tell):
                if not self.is_looking:
                    return
                call(self._stage, result)
        except WhyfailError as error:
            call(self._failed, str(error))
            return
        if self.is_looking:
            call(self._settled)

    def _tell(self, name: str, fact: Fact | None) -> None:
        if self.is_looking:
            self.app.call_from_thread(self._hear, name, fact)

    def _hear(self, name: str, fact: Fact | None) -> None:
        facts = self.query_one(FactsView)
        facts.hear(name, fact)
        if self.guide is not None:
            facts.show(self.guide.result, self.app.lang)
            self._show_state()

    def _failed(self, message: str) -> None:
        self.is_looking = False
        box = self.query_one("#verdict", Static)
        box.update(message)
        box.set_class(True, "error")

    def _stage(self, result: Diagnosed) -> None:
        if self.guide is None:
            asks = dict(self._given.asks)
            self.guide = Guide(result, self.app.lang, self.app.journal, asks)
            self.app.guide = self.guide
            for name in ("#log-view", "#log-side-view"):
                self.query_one(name, LogView).show(result)
            self.action_tab("next")
        else:
            self.guide.session.adopt(result)
        self.show()

    def _settled(self) -> None:
        self.is_looking = False
        self.query_one(FactsView).settle()
        self.show()

    def show(self) -> None:
        """Draw everything anew after evidence or a fix has changed the plan."""
        guide = self.guide
        if guide is None:
            return
        lang = self.app.lang
        self.step = guide.step()
        text, tone = verdict(guide, self._given.words)
        box = self.query_one("#verdict", Static)
        box.update(text)
        for name in ("error", "warning", "good"):
            box.set_class(tone == name, name)
        self._show_state()
        rows = guide.bars()
        self.query_one("#bars", Bars).show(rows, lang)
        bars = self.query_one("#bars-next", Bars)
        bars.set_class(len(rows) < 3 or self.step.kind not in ("question", "fix"), "hidden")
        bars.show(rows, lang)
        self.query_one("#rivals", Static).update(_drawn(rival_parts(guide)))
        proof = _drawn(reasons.proof_parts(guide.result, lang))
        self.query_one("#proof-text", Static).update(proof)
        self.query_one(FactsView).show(guide.result, lang)
        self.query_one("#step", Static).update(_drawn(step_parts(guide, self.step)))
        self.query_one("#step-pane").scroll_home(animate=False)
        row = self.query_one("#actions", Horizontal)
        row.remove_children()
        row.mount(*[
            Button(f"{key} {words}", name=action, compact=True)
            for key, words, action in buttons(guide, self.step)
        ])  # fmt: skip
        self._show_keys()

    def _show_state(self) -> None:
        if self.guide is None:
            return
        lang = self.app.lang
        facts = self.query_one(FactsView)
        origin = self.guide.result.origin
        if not origin.here:
            told = say("not_here", lang, because=origin.because)
        elif self.is_looking and facts.pending:
            told = say("measuring", lang, names=", ".join(facts.pending))
        elif self.is_looking:
            told = say("text_only", lang)
        else:
            told = f"{facts.summary(lang)} · 5 {say('tab_facts', lang)}"
        self.query_one("#state", Static).update(told)

    def _show_keys(self) -> None:
        lang = self.app.lang
        keys = [("1-5", say("key_tabs", lang), "screen.next_tab")]
        if self.guide is not None:
            keys.append(("j k", say("key_jump", lang), "screen.jump(1)"))
            if self.guide.session.answers:
                keys.append(("b", say("key_back", lang), "screen.take_back"))
            if self.guide.can_undo():
                keys.append(("z", say("key_undo", lang), "screen.undo"))
            result = self.guide.result
            if not result.origin.here and result.answer["outcome"] != "no_failure":
                keys.append(("o", say("key_here", lang), "screen.here"))
            keys.append(("g", say("key_report", lang), "screen.report"))
        keys += [("Esc", say("key_leave", lang), "screen.leave"),
                 ("?", say("key_help", lang), "app.help"),
                 ("q", say("key_quit", lang), "app.quit")]  # fmt: skip
        self.query_one(Keys).show(keys)

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click does what the key does."""
        await self.run_action(event.button.name or "")

    def on_tabbed_content_tab_activated(self) -> None:
        """The arrow keys scroll what is shown."""
        if self.app.screen is self:
            self.query_one(_SCROLLS[self.query_one("#tabs", TabbedContent).active]).focus()

    def action_tab(self, name: str) -> None:
        """Go to a tab; on a wide screen the log is there already."""
        if name == "log" and self.has_class("wide"):
            self.query_one("#log-side-view").focus()
            return
        self.query_one("#tabs", TabbedContent).active = name
        self.query_one(_SCROLLS[name]).focus()

    def action_next_tab(self) -> None:
        """The tab after the active one (a click on the keys)."""
        active = self.query_one("#tabs", TabbedContent).active
        self.action_tab(_TABS[(_TABS.index(active) + 1) % len(_TABS)])

    def action_jump(self, by: int) -> None:
        """Go to the log's next or previous decisive line."""
        name = "#log-side-view" if self.has_class("wide") else "#log-view"
        if name == "#log-view" and self.query_one("#tabs", TabbedContent).active != "log":
            self.action_tab("log")
            return
        self.query_one(name, LogView).jump(by)

    def action_here(self) -> None:
        """The person knows that the log is from this machine: look again, with its facts."""
        if self.guide is None or self.is_looking or self.guide.result.origin.here:
            return
        self._options = replace(self._options or self.app.options, here=True)
        self.is_looking = True
        self._look()

    def action_leave(self) -> None:
        """Back to the start."""
        self.app.pop_screen()


def _drawn(parts: Iterable[Part]) -> Group:
    return Group(*[terminal.drawn(part) for part in parts])
