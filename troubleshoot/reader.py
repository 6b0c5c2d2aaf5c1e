"""Everything the rules may ask of one input, found once and kept."""

from __future__ import annotations

from troubleshoot import failure as kinds
from troubleshoot.document import LineMap
from troubleshoot.patterns import search

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from troubleshoot.document import Document
    from troubleshoot.failure import Failure
    from troubleshoot.metrics import Series
    from troubleshoot.patterns import Pattern

LAST_LINES = 4
"""Lines that may follow the last thing a program said: an exit status, a prompt."""
LINES_TRIED = 400
"""Lines with a literal on which one pattern is tried before the search gives up."""


class Reader:
    """A document with its failures, made searchable by literal.

    Attributes:
        document: the cleaned input.
        failures: what went wrong in it.
        text: all lines joined, then messages that were wrapped, on one line each.
    """

    def __init__(self, document: Document, failures: tuple[Failure, ...]) -> None:
        self.document = document
        self.failures = failures
        self._joined = document.joined()
        wrapped = [" ".join(each.message.split()) for each in failures if "\n" in each.message]
        self.text = "\n".join([self._joined, *wrapped]) if wrapped else self._joined
        self._map = LineMap(document.lines)
        self._owner: list[int] = [-1] * len(document.lines)
        self._source: set[int] = set()
        for position, each in enumerate(failures):
            for index in range(max(0, each.start), min(each.end + 1, len(self._owner))):
                self._owner[index] = position
            if each.kind == kinds.EXCEPTION and each.frames:
                self._source.update(range(each.start, each.line))
        self._metrics: Mapping[str, Series] | None = None
        self._found: dict[str, tuple[tuple[int, re.Match[str]], ...]] = {}

    @property
    def metrics(self) -> Mapping[str, Series]:
        """Series of the training log, read when a rule first asks."""
        if self._metrics is None:
            from troubleshoot import metrics

            self._metrics = metrics.read(self.document)
        return self._metrics

    def owner(self, index: int) -> int:
        """Position of the failure whose lines include this one, or -1."""
        return self._owner[index] if 0 <= index < len(self._owner) else -1

    def is_last(self, failure: Failure) -> bool:
        """Whether the input ends with a failure, up to a few lines of its shell or launcher."""
        rest = self.document.lines[failure.end + 1 :]
        return len(rest) < 40 and sum(1 for line in rest if line.strip()) <= LAST_LINES

    def raw_number(self, index: int) -> int:
        """Number of the raw line behind a cleaned line, or 0."""
        return self.document.numbers[index] if 0 <= index < len(self.document.numbers) else 0

    def lines(self, pattern: Pattern) -> tuple[tuple[int, re.Match[str]], ...]:
        """Lines on which a pattern matches (source lines of tracebacks are skipped).

        A pattern that contains a line end is searched in the forty lines from its literal on,
        and from twenty lines before.
        """
        source = pattern[0]
        found = self._found.get(source)
        if found is None:
            spans = "\\n" in source
            hits: list[tuple[int, re.Match[str]]] = []
            for index in self._indexes(pattern[1]):
                if index in self._source and not spans:
                    continue
                if spans:
                    first = max(0, index - 20)
                    text = "\n".join(self.document.lines[first : index + 40])
                else:
                    text = self.document.lines[index]
                matched = search(pattern, text)
                if matched is not None:
                    hits.append((index, matched))
                    if len(hits) >= 12 or spans:
                        break
            found = self._found[source] = tuple(hits)
        return found

    def _indexes(self, literals: tuple[str, ...]) -> list[int]:
        """Lines that hold one of the literals, in order; all lines when there is none."""
        if not literals:
            return list(range(min(len(self.document.lines), LINES_TRIED)))
        indexes: set[int] = set()
        for literal in literals:
            position = self._joined.find(literal)
            while position >= 0 and len(indexes) < LINES_TRIED:
                index = self._map.index(position)
                indexes.add(index)
                position = self._joined.find(literal, position + len(literal))
        return sorted(indexes)
