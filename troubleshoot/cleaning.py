"""Text to clean lines: which cleaners an input needs at all, and in which order.

Each cleaner costs nothing where a search for its mark in the whole text finds nothing; an
ordinary traceback passes through untouched and without a regular expression compiled.
"""

from __future__ import annotations

import re

from troubleshoot import markup, prefixes, screen
from troubleshoot.page import Page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = "Traceback (most recent call last):"


def clean(text: str, numbers: list[int] | None = None) -> Page:
    """Clean a decoded text.

    Args:
        text: the text; lines end with ``\\n`` or ``\\r\\n``.
        numbers: the raw line numbers of its lines, if the text is not the whole input.
    """
    text = _without_carriage_returns(_repaired(text))
    text = markup.clean_text(screen.strip_escapes(text))
    page = Page.from_text(text, numbers)
    if "\r" in text:
        screen.settle(page)
    clean_page(page, text)
    return page


def clean_page(page: Page, text: str) -> None:
    """Clean lines that are split already (a page, or what a notebook's outputs hold).

    Args:
        page: what to clean.
        text: its text, or a text that contains it, for cheap checks.
    """
    if "\n>" in text or text[:1] == ">":
        prefixes.unquote(page)
    markup.clean_lines(page, text)
    prefixes.peel(page)
    if "❱" in text or "─ Traceback" in text or "- Traceback (" in text or "rror ─" in text:
        from troubleshoot import boxes

        boxes.open_boxes(page)
    _split_glued(page, text)


def _repaired(text: str) -> str:
    """``text`` without lone surrogates and with Chinese that was decoded wrongly restored."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    from troubleshoot import mojibake

    return mojibake.repair(text)


def _without_carriage_returns(text: str) -> str:
    if "\r" not in text:
        return text
    if "\n" not in text and text.count("\r") > 1 and not re.search(r"%\||it/s|\d ?%", text):
        # Line ends of an old Macintosh, or of a serial console.
        return text.replace("\r", "\n")
    return re.sub(r"\r{1,8}\n", "\n", text)


_GLUED = (
    "]Killed", "]Aborted", "]Segmentation fault", "]Bus error", "zsh: killed ", "zsh: abort ",
    "zsh: segmentation fault ", "zsh: bus error ", "zsh: illegal hardware instruction ",
)  # fmt: skip


def _split_glued(page: Page, text: str) -> None:
    """Give a failure its own line where it was printed behind something unfinished."""
    bars = "it/s]" in text or "s/it]" in text or " eta " in text
    words = [word for word in _GLUED if word in text]
    heads = 0
    if not bars and not words:
        heads = text.count(_HEAD)
        if not heads or heads == sum(line.startswith(_HEAD) for line in page.lines):
            return
    changes: dict[int, Sequence[str]] = {}
    for index, line in enumerate(page.lines):
        pieces = [line]
        if bars and ("/s]" in line or "s/it]" in line or " eta " in line):
            pieces = _behind_bar(line)
        for word in words:
            # What the shell says about the death of a program that had not ended its line.
            at = pieces[-1].find(word)
            if at >= 0 and (at or word.startswith("]")):
                at += word.startswith("]")
                pieces = [*pieces[:-1], pieces[-1][:at], pieces[-1][at:]]
                break
        position = pieces[-1].find(_HEAD)
        if position >= 0:
            pieces = _behind_text(pieces, position)
        if len(pieces) > 1:
            changes[index] = pieces
    page.expand(changes)


def _behind_bar(line: str) -> list[str]:
    # tqdm ends with "2.60s/it]" and pip with "eta 0:00:09"; neither ends its line itself.
    found = re.search(r"(?:it/s|s/it|B/s)\](?=[^\s,\]])|\beta -?[\d:]+(?=[A-Z][a-zA-Z]+:)", line)
    if found is None:
        return [line]
    rest = line[found.end() :]
    bar = re.search(r"\s{2,}\S{0,40}\|? *\d+/\d+ \[[^\]\n]{1,120}\]$", rest)
    return [line[: found.end()], rest[: bar.start()] if bar else rest]


def _behind_text(pieces: list[str], position: int) -> list[str]:
    text = pieces[-1]
    before, rest = text[:position], text[position:]
    if "\\n" in rest[len(_HEAD) : len(_HEAD) + 4]:
        # A traceback that was printed with repr(): one line, its line ends spelled out.
        inner = rest.replace("\\\\n", "\\n").split("\\n")
        inner = [part.replace("\\'", "'").replace('\\"', '"') for part in inner]
        return [*pieces[:-1], *([before] if before.strip() else []), *inner]
    if not before.strip(" |+") or before.endswith("Exception Group "):
        return pieces  # indentation, or an exception group with its margin
    return [*pieces[:-1], before.rstrip(), rest]
