"""Facts: typed values somebody measured, or unknown with the reason.

A fact's name may carry an argument: ``package.version(torch)``, ``storage.free(/data)``. The
names that exist stand in ``rules/_data/facts.yaml`` and nowhere else.
"""

from __future__ import annotations

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Protocol, Union

    Value = Union[str, int, float, bool, None, tuple["Value", ...]]

    class FactSource(Protocol):
        """Whatever can measure facts: the live probes, a recorded file, a running kernel."""

        def measure(self, names: Sequence[str]) -> Mapping[str, Fact]:
            """Measure the named facts; every name asked for is answered, if only as unknown."""
            ...


TEXT = "text"  # stands in the input
PROBE = "probe"  # measured on this machine
RECORDED = "recorded"  # from --facts FILE
DERIVED = "derived"  # computed from other facts


@record
class Fact:
    """One measured value.

    Attributes:
        name: registered name, with its argument if it takes one.
        value: the value; None means unknown. Sizes are bytes, times seconds.
        source: `TEXT`, `PROBE`, `RECORDED` or `DERIVED`.
        because: for an unknown value the reason; else how it was found, for a person.
        line: index of the document line it was read from, or -1.
        seconds: what measuring it took.
    """

    name: str
    value: Value
    source: str
    because: str = ""
    line: int = -1
    seconds: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None


def unknown(name: str, because: str, source: str = PROBE) -> Fact:
    """The fact ``name`` as unknown, for the reason given."""
    return Fact(name=name, value=None, source=source, because=because)


class Facts:
    """The facts of one diagnosis: those given, and those a source measures when asked.

    A fact that stands in the text wins over a measured one: it was true when the run died.
    """

    def __init__(self, given: Iterable[Fact] = (), source: FactSource | None = None) -> None:
        self._known: dict[str, Fact] = {}
        self._source = source
        for fact in given:
            self.add(fact)

    def add(self, fact: Fact) -> None:
        """Keep ``fact``; the first known value of a name stays."""
        present = self._known.get(fact.name)
        if present is None or not present.is_known:
            self._known[fact.name] = fact

    def set(self, fact: Fact) -> None:
        """Keep ``fact`` in place of what was known under its name."""
        self._known[fact.name] = fact

    def prefetch(self, names: Sequence[str]) -> None:
        """Measure several facts at once, so that their probes can run side by side."""
        missing = [name for name in dict.fromkeys(names) if name not in self._known]
        if missing and self._source is not None:
            self._known.update(self._source.measure(missing))

    def get(self, name: str) -> Fact:
        """The fact called ``name``, measured now if a source can, else unknown."""
        fact = self._known.get(name)
        if fact is None:
            if self._source is None:
                fact = unknown(name, "not measured: the text does not say")
            else:
                measured = self._source.measure([name])
                fact = measured.get(name) or unknown(name, "no probe measures this")
            self._known[name] = fact
        return fact

    def given(self, name: str) -> Fact | None:
        """The fact called ``name`` if it is here already; nothing is measured."""
        return self._known.get(name)

    def measure_again(self, name: str) -> Fact:
        """The fact called ``name`` measured afresh, after something was changed."""
        fact = unknown(name, "nothing can measure it here")
        if self._source is not None:
            forget = getattr(self._source, "forget", None)
            if forget is not None:
                forget()
            fact = self._source.measure([name]).get(name) or fact
        self._known[name] = fact
        return fact

    def value(self, name: str) -> Value:
        """The value of ``name`` or None."""
        return self.get(name).value

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._known.values())
