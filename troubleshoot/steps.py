"""Instructions for a person, taken apart into steps to tick off."""

from __future__ import annotations

import re

_ABBREVIATED = ("e.g.", "i.e.", "etc.", "cf.", "vs.", "approx.", "incl.")


def steps_of(text: str) -> list[str]:
    """The lines of instructions, or the sentences of a single line."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return _sentences(lines[0]) if len(lines) == 1 else lines


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for piece in re.split(r"(?<=[.!?;])\s+(?=[A-Z`])|(?<=[。；！？])", text):
        if not piece or not piece.strip():
            continue
        if found and found[-1].endswith(_ABBREVIATED):
            found[-1] += f" {piece}"
        else:
            found.append(piece.strip())
    return found
