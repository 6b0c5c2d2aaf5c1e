"""Markdown around text that nobody vetted: code spans, code blocks, visible tokens."""
# ruff: noqa: E501 (a pattern is easier to read in one line)

from __future__ import annotations

import re

_CODE = re.compile(
    r"(?ms)^(?P<fence>`{3,})[^\n]*\n.*?^(?P=fence)[ \t]*$|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
)
_TOKEN = re.compile(r"(?<!\\)<(?=[a-z][a-z-]{1,30}-\d{1,6}>)")


def code(text: str) -> str:
    """A code span around one line of any text."""
    line = " ".join(text.split())
    ticks = "`"
    while ticks in line:
        ticks += "`"
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def fenced(text: str, language: str = "") -> str:
    """A code block around any text."""
    ticks = "```"
    while ticks in text:
        ticks += "`"
    return f"{ticks}{language}\n{text}\n{ticks}"


def visible(text: str) -> str:
    """Markdown in which tokens such as ``<user-1>`` outside of code are not taken for HTML."""
    pieces: list[str] = []
    position = 0
    for match in _CODE.finditer(text):
        pieces += (_TOKEN.sub(r"\<", text[position : match.start()]), match[0])
        position = match.end()
    pieces.append(_TOKEN.sub(r"\<", text[position:]))
    return "".join(pieces)
