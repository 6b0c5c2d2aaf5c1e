"""Hides what must not leave the machine, and nothing else.

The same secret becomes the same token everywhere (``<user-1>``), also over several texts, so
that a report stays readable: paths keep their shape, workers stay distinguishable. What was
hidden is listed with kind, count and positions, never with its value.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from troubleshoot.errors import ReportError
from troubleshoot.records import record
from troubleshoot.redaction import (
    LITERAL,
    NOWHERE,
    PART,
    WORD,
    Span,
    addresses,
    hosts,
    named,
    people,
    remote,
    vendors,
)
from troubleshoot.redaction.spans import is_whole, merged, merged_with, touches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

_DETECTORS = (vendors, named, addresses, people, hosts, remote)
_CONTROL = re.compile(r"\x1b\[[0-9;:?]{0,32}[A-Za-z]|\x1b\][^\x07\x1b\n]{0,400}(?:\x07|\x1b\\)")
_TOKEN = re.compile(r"<[a-z][a-z-]{1,30}-\d{1,6}>")
_LONGEST_EXTRA = 400


@record
class Hidden:
    """One secret that was hidden.

    Attributes:
        kind: such as ``hf-token``.
        token: what stands in its place, such as ``<hf-token-1>``.
        count: how often it was hidden.
        positions: where, as (text, line, column), lines and columns from 1.
    """

    kind: str
    token: str
    count: int
    positions: tuple[tuple[str, int, int], ...]


class Redactor:
    """Replaces secrets, people, hosts and addresses by stable tokens.

    Args:
        extra_patterns: regular expressions of further private texts; a group named ``it``, else
            the first group, else the whole match is hidden.
        known_users: user names of this machine.
        known_hosts: host names of this machine.

    Raises:
        ReportError: an extra pattern is not a regular expression.
    """

    def __init__(
        self,
        extra_patterns: Sequence[str] = (),
        known_users: Iterable[str] = (),
        known_hosts: Iterable[str] = (),
    ) -> None:
        self._extra = [_extra(pattern) for pattern in extra_patterns]
        self._tokens: dict[str, tuple[str, str]] = {}
        self._numbers: dict[str, int] = {}
        self._spread: dict[str, tuple[str, str]] = {}
        self._positions: dict[str, list[tuple[str, int, int]]] = {}
        self._texts = 0
        self._wide: re.Pattern[str] | None = None
        self._wide_stamp = -1
        for name in known_users:
            if name and not people.is_generic(name) and name.lower() not in people.TECHNICAL:
                self._spread[name] = ("user", PART)
        for name in known_hosts:
            if name and name.lower() not in ("localhost", "localhost.localdomain"):
                self._spread[name] = ("host", WORD)

    @property
    def found(self) -> tuple[Hidden, ...]:
        """What was hidden so far, in order of appearance."""
        return tuple(
            Hidden(kind, token, len(self._positions[token]), tuple(self._positions[token]))
            for kind, token in self._tokens.values()
            if self._positions.get(token)
        )

    def counts(self) -> dict[str, int]:
        """How many different secrets of each kind were hidden."""
        kinds: dict[str, int] = {}
        for hidden in self.found:
            kinds[hidden.kind] = kinds.get(hidden.kind, 0) + 1
        return kinds

    def learn(self, text: str) -> None:
        """Find the secrets of a text without redacting it, so that other texts hide them too."""
        for span in self._spans(_plain(text)):
            self._remember(_plain(text)[span.start : span.end], span)

    def redact(self, text: str, where: str = "", *, count: bool = True) -> str:
        """``text`` with tokens in place of everything private.

        Terminal control sequences are removed: a secret could hide behind one.

        Args:
            text: any text.
            where: what to call it in the positions; numbered by default.
            count: whether what is hidden here is listed; not for a text that is seen nowhere.
        """
        self._texts += count
        text = _plain(text)
        spans = self._spans(text)
        for span in spans:
            self._remember(text[span.start : span.end], span)
        spans = merged_with(spans, self._known(text))
        if not spans:
            return text
        starts = _line_starts(text)
        label = where or f"text {self._texts}"
        pieces: list[str] = []
        position = 0
        for span in spans:
            value = text[span.start : span.end]
            token = self._token(value, span.kind)
            if count:
                spot = (label, *_place(starts, span.start))
                self._positions.setdefault(token, []).append(spot)
            pieces += (text[position : span.start], token)
            position = span.end
        pieces.append(text[position:])
        return "".join(pieces)

    def redact_data(self, data: Any, where: str = "data", *, count: bool = True) -> Any:
        """A copy of JSON-like data with every text in it redacted, keys too.

        A value is judged together with the key before it (``{"HF_TOKEN": "…"}``).
        """
        if isinstance(data, str):
            return self.redact(data, where, count=count)
        if isinstance(data, dict):
            return {
                self.redact(str(key), where, count=count): self._entry(
                    str(key), value, where, count
                )
                for key, value in data.items()
            }
        if isinstance(data, list | tuple):
            return [self.redact_data(item, where, count=count) for item in data]
        return data

    def _entry(self, key: str, value: Any, where: str, count: bool) -> Any:
        if not isinstance(value, str):
            return self.redact_data(value, where, count=count)
        # facts are named like env.variable(HF_TOKEN) and git.url
        name = re.search(r"\(([A-Za-z_]\w*)\)$", key)
        lead = f"{name[1] if name else key.split('(')[0].rsplit('.', 1)[-1]}="
        redacted = self.redact(f"{lead}{value}", where, count=count)
        if redacted.startswith(lead):
            return redacted[len(lead) :]
        return self.redact(value, where, count=count)

    def _spans(self, text: str) -> list[Span]:
        lower = text.lower()
        if len(lower) != len(text):  # a letter whose lower case is longer would move everything
            lower = "".join(each.lower() if len(each.lower()) == 1 else each for each in text)
        spans: list[Span] = []
        for detector in _DETECTORS:
            spans.extend(detector.find(text, lower))
        for pattern in self._extra:
            for match in pattern.finditer(text):
                start, end = _group(match)
                if end > start:
                    spread = LITERAL if end - start >= 6 else NOWHERE
                    spans.append(Span(start, end, "extra", spread))
        taken = [(match.start(), match.end()) for match in _TOKEN.finditer(text)]
        if taken:
            spans = [span for span in spans if not touches(span, taken)]
        return merged(spans)

    def _remember(self, value: str, span: Span) -> None:
        if span.spread != NOWHERE and value not in self._spread:
            self._spread[value] = (span.kind, span.spread)

    def _known(self, text: str) -> list[Span]:
        """Other places of values that were found somewhere."""
        if len(self._spread) != self._wide_stamp:
            self._wide_stamp = len(self._spread)
            self._wide = _all_of(self._spread)
        if self._wide is None:
            return []
        spans = []
        for match in self._wide.finditer(text):
            kind, spread = self._spread.get(match[0], ("", NOWHERE))
            if kind and is_whole(text, match.start(), match.end(), spread):
                spans.append(Span(match.start(), match.end(), kind, spread))
        taken = [(match.start(), match.end()) for match in _TOKEN.finditer(text)]
        return [span for span in spans if not touches(span, taken)] if taken else spans

    def _token(self, value: str, kind: str) -> str:
        known = self._tokens.get(value)
        if known is None:
            number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
            known = self._tokens[value] = (kind, f"<{kind}-{number}>")
        return known[1]


def summary(found: Iterable[Hidden], places: bool = False) -> list[str]:
    """One line for each hidden secret: token, count and, if asked for, its positions."""
    lines = []
    for hidden in found:
        line = f"{hidden.token} × {hidden.count}"
        if places:
            spots = [f"{label}:{row}:{column}" for label, row, column in hidden.positions[:20]]
            more = len(hidden.positions) - len(spots)
            line += "  " + " ".join(spots) + (f" (+{more})" if more > 0 else "")
        lines.append(line)
    return lines


def _plain(text: str) -> str:
    return _CONTROL.sub("", text) if "\x1b" in text else text


def _extra(pattern: str) -> re.Pattern[str]:
    if len(pattern) > _LONGEST_EXTRA:
        raise ReportError("the pattern is too long", where="--redact-extra")
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ReportError(
            f"{pattern!r} is not a regular expression: {error}",
            where="--redact-extra",
            advice="escape special characters with a backslash",
        ) from None


def _group(match: re.Match[str]) -> tuple[int, int]:
    if "it" in match.re.groupindex:
        return match.span("it")
    return match.span(1) if match.re.groups else match.span()


def _all_of(values: Mapping[str, object]) -> re.Pattern[str] | None:
    """A pattern of all values, the longest first."""
    if not values:
        return None
    ordered = sorted(values, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered)))


def _line_starts(text: str) -> list[int]:
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts


def _place(starts: list[int], position: int) -> tuple[int, int]:
    line = bisect_right(starts, position)
    return line, position - starts[line - 1] + 1
