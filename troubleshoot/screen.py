"""What a terminal did with the text: colours, links, cursor moves and progress bars."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from troubleshoot.page import Page

# One escape sequence: CSI, OSC (ended by BEL or ST), other strings, two-character sequences.
_ESCAPE = (
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,4}[@-~]"
    r"|\][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)?"
    r"|[PX^_][^\x1b\n]{0,4096}(?:\x1b\\)?"
    r"|[ -/]{0,4}[0-~])"
)
# Moves to the start of the line: what follows overwrites it, as after a carriage return.
_RESTART = r"\x1b\[(?:[0-2]?K(?=\r)|2K|[01]?G)"
# Colours whose escape character was lost or spelled out on the way (``^[[31m``, ``\x1b[0m``).
_LOST_ESCAPE = r"(?:\\x1[bB]|\\u001[bB]|\\033|\\e|\^\[|␛)?\[\d{0,3}(?:;\d{1,3}){0,5}m"

_PROGRESS_MARKS = ("%|", "it/s", "s/it", "█", "━", "B/s", " eta ", "ETA", "[=", "=>", "ms/step")
_KEPT_STATES = 64


def strip_escapes(text: str) -> str:
    """``text`` without terminal control sequences; their links and colours leave plain text."""
    if "\x1b" in text:
        if "K\r" in text or "[2K" in text or "G" in text:
            text = re.sub(_RESTART, "\r", text)
        text = re.sub(_ESCAPE, "", text)
        if "\x1b" in text:
            text = text.replace("\x1b", "")
    if "[0m" in text or "[39m" in text or "[22m" in text:
        text = re.sub(_LOST_ESCAPE, "", text)
    if "\x08" in text:
        text = _backspaced(text)
    if "\x07" in text:
        text = text.replace("\x07", "")
    return text


def _backspaced(text: str) -> str:
    # Overstruck text (bold in manual pages) is a letter, a backspace, and the letter again;
    # a run of backspaces goes back to redraw a progress bar.
    text = re.sub(r"([^\n\x08])\x08\1", r"\1", text)
    text = re.sub(r"\x08{2,}", "\r", text)
    return text.replace("\x08", "")


def settle(page: Page) -> None:
    """Apply the carriage returns: keep the last state of a bar, and all that is no bar."""
    changes: dict[int, Sequence[str]] = {}
    for index, line in enumerate(page.lines):
        if "\r" in line:
            changes[index] = states(line)
    page.expand(changes)


def states(line: str) -> list[str]:
    """The lines a raw line with carriage returns leaves for a reader.

    Of the states of a progress bar the last one stays, and a bounded choice of those that
    carry metrics (``loss=nan`` in a bar is evidence). Text written between them stays.
    """
    parts = [part for part in line.split("\r") if part.strip()]
    if len(parts) < 2:
        return parts or [""]
    kept: list[str] = []
    bars: list[str] = []
    for part in parts:
        if _is_progress(part):
            bars.append(part)
            continue
        kept.extend(_thinned(bars))
        bars = []
        if not kept or kept[-1] != part:
            kept.append(part)
    kept.extend(_thinned(bars))
    return kept


def _is_progress(part: str) -> bool:
    if "Traceback (most" in part or "Error" in part or "ERROR" in part:
        return False
    if any(mark in part for mark in _PROGRESS_MARKS):
        return True
    first = part.lstrip()[:1]
    if "\u2800" <= first <= "\u28ff" or first in "|/-\\◐◓◑◒":
        return True
    return re.search(r"\d ?%|\d/\d", part) is not None


def _thinned(bars: list[str]) -> list[str]:
    if len(bars) < 2:
        return bars
    if not re.search(r"[A-Za-z_]\w*[=:] ?(?:[-+.\d]|nan|inf)", bars[-1].rsplit("|", 1)[-1]):
        return bars[-1:]
    first_bad = next((bar for bar in bars if re.search(r"[=:] ?-?(?:nan|inf)\b", bar)), None)
    step = max(1, len(bars) // _KEPT_STATES)
    chosen = [
        bar
        for index, bar in enumerate(bars)
        if index % step == 0 or index == len(bars) - 1 or bar is first_bad
    ]
    return chosen
