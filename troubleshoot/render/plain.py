"""The answer as plain text: a pipe, a dumb terminal, a screen reader."""

from __future__ import annotations

from troubleshoot.render import wording

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.diagnose import Diagnosed

WIDTH = 80


def render(result: Diagnosed, lang: str, *, why: bool = False, rivals: bool = False) -> str:
    """The answer at 80 columns without colours or boxes."""
    lines: list[str] = []
    for part in wording.parts(result, lang, why=why, rivals=rivals):
        if part.kind == "verdict":
            lines += wrap(part.text, "", "  ")
        elif part.kind == "heading":
            lines += ["", part.text]
        elif part.kind == "command":
            lines.append(f"    {part.text}")
        elif part.kind == "item":
            lines += wrap(part.text, f"  {part.mark or '-'} ", "    ")
        elif part.kind == "tree":
            indent = "  " * (int(part.mark) + 1)
            lines += wrap(part.text, indent, indent + "  ")
        elif part.kind == "quote":
            lines += [fitted(f"  {part.mark:>6} | {line}") for line in part.text.split("\n")]
        else:
            lines += wrap(part.text, "  ", "  ")
    return "\n".join(lines).strip("\n") + "\n"


def wrap(text: str, first: str, rest: str, width: int = WIDTH) -> list[str]:
    """Lines of at most ``width`` columns, East Asian characters counted as two."""
    lines: list[str] = []
    current, used, indent = first, columns(first), rest
    is_empty = True
    for word in _words(text):
        size = columns(word)
        if not is_empty and used + columns(word.rstrip()) > width:
            lines.append(current.rstrip())
            current, used, is_empty = indent, columns(indent), True
            word = word.lstrip()
            size = columns(word)
        current += word
        used += size
        is_empty = False
    lines.append(current.rstrip())
    return lines


def fitted(text: str, width: int = WIDTH) -> str:
    """A line cut to a number of columns; only quoted input is cut."""
    if columns(text) <= width:
        return text
    while columns(text) > width - 1:
        text = text[: min(len(text) - 1, width)]
    return text + "…"


def columns(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(2 if _is_wide(letter) else 1 for letter in text)


def _is_wide(letter: str) -> bool:
    code = ord(letter)
    return code >= 0x1100 and (
        code <= 0x115F or 0x2E80 <= code <= 0xA4CF or 0xAC00 <= code <= 0xD7A3
        or 0xF900 <= code <= 0xFAFF or 0xFE30 <= code <= 0xFE6F or 0xFF00 <= code <= 0xFF60
        or 0xFFE0 <= code <= 0xFFE6 or 0x20000 <= code <= 0x3FFFD or 0x1F300 <= code <= 0x1FAFF
    )  # fmt: skip


def _words(text: str) -> list[str]:
    """Pieces between which a line may break: after spaces, and around wide characters."""
    pieces: list[str] = []
    current = ""
    for letter in text:
        if _is_wide(letter):
            if letter in "，。：；？！、）」』”》":
                current += letter
                continue
            if current:
                pieces.append(current)
            current = letter
        elif letter == " ":
            pieces.append(current + " ")
            current = ""
        else:
            if current and _is_wide(current[-1]) and current[-1] not in "（「『“《":
                pieces.append(current)
                current = ""
            current += letter
    if current:
        pieces.append(current)
    return pieces
