"""Asking a person on a plain terminal; a pipe never answers yes."""

from __future__ import annotations

import os
import sys


def can_ask() -> bool:
    """Whether there is a person to ask: a terminal for input, even if the log came by pipe."""
    return sys.stdin is not None and sys.stdin.isatty()


def take_terminal() -> bool:
    """Read keys from the terminal from now on, after a log has come by pipe.

    Returns:
        Whether there is a terminal to read from.
    """
    if can_ask():
        return True
    path = "CONIN$" if os.name == "nt" else "/dev/tty"
    try:
        terminal = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except OSError:
        return False
    os.dup2(terminal, 0)
    os.close(terminal)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (it stays open to the end)
    return True


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
