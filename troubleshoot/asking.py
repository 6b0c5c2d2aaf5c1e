"""Asking a person on a plain terminal; a pipe never answers yes."""

from __future__ import annotations

import sys


def can_ask() -> bool:
    """Whether there is a person to ask: a terminal for input, even if the log came by pipe."""
    return sys.stdin is not None and sys.stdin.isatty()


def line(prompt: str, default: str = "") -> str:
    """One line of answer; the default at the end of input."""
    print(prompt, end="", flush=True)
    try:
        answer = input()
    except EOFError:
        print()
        return default
    return answer.strip() or default


def yes(question: str) -> bool:
    """Whether the person says yes, in full; anything else is no."""
    return line(f"{question} [y/N] ").lower() in ("y", "yes", "是", "好")


def typed(question: str, word: str) -> bool:
    """Whether the person types a word, for what cannot be undone."""
    return line(f"{question} ({word}): ") == word
