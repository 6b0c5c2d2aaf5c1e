"""A tolerant reader of JSON that knows where each string stands in the text.

Notebooks and copied errors are JSON, but what people paste is cut off, has real line ends
inside strings, and the raw line of each piece of text is needed; the standard reader gives up
on the first and forgets the last.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    Value = Union[dict[str, "Value"], list["Value"], "Quoted", str]

_BLANK = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[^\s,\]}\"{\[:]{1,200}")
_CLOSING = re.compile(r"[ \t\r\n]*(?:[,:}\]]|$)")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[^\n])|\n")
_NAMES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_DEEPEST = 64


class Quoted:
    """A string of the text, decoded only when asked for."""

    __slots__ = ("end", "start", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end

    def __str__(self) -> str:
        return "\n".join(line for line, _ in self.lines())

    def lines(self) -> list[tuple[str, int]]:
        """The lines of the string, each with the offset in the text at which it begins."""
        raw = self.text[self.start : self.end]
        result: list[tuple[str, int]] = []
        pieces: list[str] = []
        begin = done = 0
        for found in _ESCAPE.finditer(raw):
            pieces.append(raw[done : found.start()])
            done = found.end()
            escape = found.group(1)
            char = "\n" if escape is None else _unescaped(escape)
            if char == "\n":
                result.append(("".join(pieces), self.start + begin))
                pieces = []
                begin = done
            else:
                pieces.append(char)
        pieces.append(raw[done:])
        result.append(("".join(pieces), self.start + min(begin, max(0, len(raw) - 1))))
        if "\\u" in raw:
            result = [(_paired(line), offset) for line, offset in result]
        return result


def _unescaped(escape: str) -> str:
    if escape[0] == "u" and len(escape) == 5:
        return chr(int(escape[1:], 16))
    # An unknown escape keeps its backslash: a Windows path that nobody escaped.
    return _NAMES.get(escape, escape if escape in "\"\\/'" else "\\" + escape)


def _paired(text: str) -> str:
    """``text`` with surrogate pairs joined, and lone ones replaced."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class Reader:
    """Reads values; what is missing at the end of a cut text is left out."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.is_cut = False

    def read(self, place: int = 0) -> Value:
        """The value that begins at ``place``; afterwards ``self.place`` is behind it."""
        self.place = place
        return self._value(0)

    def _blank(self) -> str:
        found = _BLANK.match(self.text, self.place)
        self.place = found.end() if found else self.place
        char = self.text[self.place : self.place + 1]
        if not char:
            self.is_cut = True
        return char

    def _value(self, depth: int) -> Value:
        char = self._blank()
        if char == '"':
            return self._string()
        if char == "{" and depth < _DEEPEST:
            return self._object(depth)
        if char == "[" and depth < _DEEPEST:
            return self._array(depth)
        found = _WORD.match(self.text, self.place)
        if found is None:
            self.place += 1
            return ""
        self.place = found.end()
        return found.group()

    def _string(self) -> Quoted:
        start = place = self.place + 1
        text = self.text
        while True:
            end = text.find('"', place)
            if end < 0:
                self.is_cut = True
                self.place = len(text)
                return Quoted(text, start, len(text))
            slashes = end
            while slashes > start and text[slashes - 1] == "\\":
                slashes -= 1
            # A quotation mark that nobody escaped is part of the string: nothing that can
            # follow a string follows it.
            if (end - slashes) % 2 == 0 and _CLOSING.match(text, end + 1):
                self.place = end + 1
                return Quoted(text, start, end)
            place = end + 1

    def _object(self, depth: int) -> dict[str, Value]:
        self.place += 1
        result: dict[str, Value] = {}
        while True:
            char = self._blank()
            if char == "}" or not char:
                self.place += 1
                return result
            if char != '"':
                self.place += 1
                continue
            key = str(self._string())
            if self._blank() == ":":
                self.place += 1
                value = self._value(depth + 1)
                result.setdefault(key, value)

    def _array(self, depth: int) -> list[Value]:
        self.place += 1
        result: list[Value] = []
        while True:
            char = self._blank()
            if char == "]" or not char:
                self.place += 1
                return result
            if char == ",":
                self.place += 1
                continue
            result.append(self._value(depth + 1))


class LineNumbers:
    """Raw line numbers of offsets, asked for in growing order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.number = 1

    def at(self, offset: int) -> int:
        """The 1-based line that holds ``offset``, or the last one asked for if it is later."""
        if offset > self.place:
            self.number += self.text.count("\n", self.place, offset)
            self.place = offset
        return self.number
