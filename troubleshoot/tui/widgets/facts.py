"""Facts as they arrive from the probes, with their cost, and those that could not be measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from textual.widgets import Static

from troubleshoot import values
from troubleshoot.diagnose import fact_type
from troubleshoot.facts import PROBE, TEXT
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.facts import Fact

_LONGEST = 400


class FactsView(Static):
    """One row for each fact: a mark, its name, its value or why it is unknown, and its cost."""

    def __init__(self) -> None:
        super().__init__("", id="facts-text", markup=False)
        self._pending: dict[str, None] = {}
        self._live: dict[str, Fact] = {}
        self._result: Diagnosed | None = None

    def hear(self, name: str, fact: Fact | None) -> None:
        """A fact is being measured (None), or was."""
        if fact is None:
            self._pending[name] = None
        else:
            self._pending.pop(name, None)
            self._live[name] = fact

    def show(self, result: Diagnosed, lang: str) -> None:
        """Draw the facts of a diagnosis, and those that are still on their way."""
        self._result = result
        known = {fact.name: fact for fact in result.facts}
        known.update(self._live)
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        table.add_column(ratio=1, overflow="fold")
        table.add_column(justify="right")
        for name in self._pending:
            table.add_row("…", Text(name, "dim"), "")
        for fact in _ordered(known.values()):
            if fact.name not in self._pending:
                table.add_row(*_row(fact, result, lang))
        self.update(table)

    @property
    def pending(self) -> list[str]:
        """Names of the facts that are being measured."""
        return list(self._pending)

    def settle(self) -> None:
        """Nothing is on its way any more."""
        self._pending = {}

    def summary(self, lang: str) -> str:
        """How many are known and unknown, and what measuring them took, in words."""
        if not self._live:
            return say("nothing_measured", lang)
        known = [fact for fact in self._live.values() if fact.is_known]
        unknown = len(self._live) - len(known)
        told = say("measured", lang, known=len(known), unknown=unknown)
        seconds = max((fact.seconds for fact in self._live.values()), default=0.0)
        return f"{told} · {say('measured_in', lang, seconds=_cost(seconds))}"


def _ordered(facts: Iterable[Fact]) -> list[Fact]:
    order = {PROBE: 0, TEXT: 1}
    return sorted(facts, key=lambda each: (not each.is_known, order.get(each.source, 2), each.name))


def _row(fact: Fact, result: Diagnosed, lang: str) -> tuple[Text, Text, Text]:
    line = Text(fact.name, "bold" if fact.is_known else "dim")
    if fact.is_known:
        kind = fact_type(fact.name.split("(")[0])
        line.append(f" = {values.show(fact.value, kind)}"[:_LONGEST], "")
        where = _cost(fact.seconds) if fact.seconds else fact.source
        if fact.line >= 0:
            where = say("line", lang, number=result.reader.raw_number(fact.line))
        return Text("+"), line, Text(where, "dim")
    line.append(f": {fact.because}"[:_LONGEST], "dim")
    return Text("?"), line, Text(_cost(fact.seconds) if fact.seconds else "", "dim")


def _cost(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
