"""Tracebacks in rich's boxes, rewritten to the form of CPython.

A boxed traceback shows several source lines a frame, and wraps paths and messages at the width
of the console. What comes out has one ``File "…", line N, in f`` line and one source line a
frame, and the message in one piece.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from troubleshoot.page import Page

_HEADER = re.compile(r"^(\S.{0,1000}?):(\d{1,7}) in (.{1,300})$")
_CODE = re.compile(r"^ ?(❱|>)? {0,8}(\d{1,7})(?: (.*))?$")
_GUIDES = re.compile(r"^[│┊| ]{1,200}")
_TITLE = "Traceback (most recent call last)"
_LONGEST_MESSAGE = 400


def open_boxes(page: Page) -> None:
    """Rewrite the boxes of ``page`` that hold a traceback or an error message."""
    lines = page.lines
    changes: dict[int, Sequence[str]] = {}
    index = 0
    while index < len(lines):
        line = lines[index]
        top = _top(line) if "╭─" in line or "+--" in line else None
        if top is None:
            if "❱" in line and line.lstrip().startswith("│"):
                index = _open_topless(lines, index, changes)
            else:
                index += 1
            continue
        margin, title = top
        is_traceback = _TITLE in title
        if not is_traceback and "rror" not in title and title:
            index += 1
            continue
        end = _end(lines, index, margin)
        if end < 0 or not (is_traceback or title):
            index += 1
            continue
        width = len(line.rstrip()) - margin
        if line[:margin].strip():
            changes[index] = [line[:margin].rstrip()]
        if is_traceback:
            changes[index] = [*changes.get(index, ()), _TITLE + ":"]
            _frames(lines, index + 1, end, margin, changes)
            if end < len(lines) and _is_border(lines[end][margin:]):
                changes[end] = []
                end += 1
            end = _syntax_box(lines, end, margin, changes)
            index = _message(lines, end, margin, width, changes)
        else:
            _error_box(lines, index, end, margin, title, changes)
            index = end + 1
    page.expand(changes)


def _top(line: str) -> tuple[int, str] | None:
    """Column and title of a box whose upper border ends ``line``."""
    border = line[:1000].rstrip()
    margin = max(border.find("╭─"), border.find("+--"))
    if margin < 0 or not border.endswith(("─╮", "-+")):
        return None
    return margin, border[margin + 1 : -1].strip("─- ")


def _end(lines: Sequence[str], top: int, margin: int) -> int:
    """Index behind the last content line of a box, or -1 if it has none."""
    end = top + 1
    while end < len(lines) and lines[end][margin : margin + 1] in ("│", "|"):
        end += 1
    return end if end > top + 1 else -1


def _is_border(line: str) -> bool:
    return line.startswith(("╰", "+--", "└"))


def _content(line: str, margin: int) -> str:
    """Text between the borders, with its blanks on the right."""
    inner = line[margin + 1 :].rstrip()
    if inner.endswith(("│", "|")):
        inner = inner[:-1]
    return inner[1:] if inner.startswith(" ") else inner


def _frames(
    lines: Sequence[str], start: int, end: int, margin: int, changes: dict[int, Sequence[str]]
) -> None:
    """Rewrite the frames of a box; its other lines go."""
    header = ""
    header_index = -1
    for index in range(start, end):
        changes[index] = []
        text = _content(lines[index], margin)
        bare = text.strip()
        if not bare:
            header, header_index = "", -1
            continue
        if bare[0] in "╭╰│" and not bare.startswith("│ ❱"):
            continue  # the inner box of local variables
        code = _CODE.match(text)
        if code is not None and not header:
            if code.group(1):
                source = _GUIDES.sub("", code.group(3) or "").strip()
                if source:
                    changes[index] = ["    " + source]
            continue
        if header_index < 0:
            header, header_index = text, index
        else:
            full = len(header.rstrip()) >= len(header) - 1
            glue = "" if full and " " not in header.strip() else " "
            header = header.rstrip() + glue + text
        found = _HEADER.match(header.rstrip())
        if found is not None:
            path, number, function = found.groups()
            changes[header_index] = [f'  File "{path}", line {number}, in {function}']
            header, header_index = "", -1


def _open_topless(lines: Sequence[str], index: int, changes: dict[int, Sequence[str]]) -> int:
    """Rewrite a box whose top was cut off."""
    margin = len(lines[index]) - len(lines[index].lstrip())
    start = index
    while start > 0 and start - 1 not in changes and lines[start - 1][margin : margin + 1] == "│":
        start -= 1
    end = _end(lines, index - 1, margin)
    _frames(lines, start, end, margin, changes)
    width = len(lines[index].rstrip()) - margin
    if end < len(lines) and _is_border(lines[end][margin:]):
        changes[end] = []
        end += 1
    return _message(lines, end, margin, width, changes)


def _syntax_box(
    lines: Sequence[str], start: int, margin: int, changes: dict[int, Sequence[str]]
) -> int:
    """Take the borders off the second box, which shows the line of a syntax error."""
    if start >= len(lines) or not lines[start][margin:].startswith("╭"):
        return start
    top = _top(lines[start])
    if top is None or top[1]:
        return start
    end = _end(lines, start, margin)
    if end < 0:
        return start
    changes[start] = []
    for index in range(start + 1, end):
        text = _content(lines[index], margin).rstrip().replace("▲", "^")
        found = re.match(r"^(\S.{0,500}):(\d{1,7})$", text)
        changes[index] = [
            f'  File "{found.group(1)}", line {found.group(2)}' if found else "    " + text
        ]
    if end < len(lines) and _is_border(lines[end][margin:]):
        changes[end] = []
        end += 1
    return end


def _message(
    lines: Sequence[str], start: int, margin: int, width: int, changes: dict[int, Sequence[str]]
) -> int:
    """Join the wrapped lines of the message below a box."""
    end = start
    while end < len(lines) and end - start < _LONGEST_MESSAGE:
        text = lines[end][margin:]
        if not text.strip() or text.lstrip()[:1] in "╭│╰" or lines[end][:margin].strip():
            break
        end += 1
    if end == start:
        return start
    texts = [line[margin:] for line in lines[start:end]]
    joined = unwrapped(texts, width)
    for index in range(start, end):
        changes[index] = joined[index - start]
    return end


def unwrapped(texts: Sequence[str], width: int) -> list[list[str]]:
    """Undo wrapping at ``width`` columns.

    Returns:
        For each text what takes its place: one line, or none if it went to one before.
    """
    width = max([width, *(columns(text.rstrip()) for text in texts)])
    result: list[list[str]] = []
    last = -1
    for index, text in enumerate(texts):
        result.append([])
        if last >= 0:
            before = texts[index - 1]
            glue = _glue(before, text, width)
            if glue is not None:
                result[last][0] = result[last][0].rstrip() + glue + text.rstrip()
                continue
        result[index] = [text.rstrip()]
        last = index
    return result


def _glue(before: str, text: str, width: int) -> str | None:
    """What to put between a line and the next one: a blank, nothing, or None to keep them."""
    if text[:1] in ("", " ", "\t"):
        return None
    if before.endswith(" "):
        return " "
    used = columns(before)
    if used >= width and " " not in before:
        return ""
    word = text.split(" ", 1)[0]
    return " " if used + 1 + columns(word) > width else None


def columns(text: str) -> int:
    """Width of ``text`` on a terminal, East Asian characters counted twice."""
    if text.isascii():
        return len(text)
    return len(text) + sum(
        "\u1100" <= char <= "\u115f"
        or "\u2e80" <= char <= "\ud7a3"
        or "\uf900" <= char <= "\ufaff"
        or "\ufe30" <= char <= "\ufe6f"
        or "\uff00" <= char <= "\uff60"
        for char in text
    )


def _error_box(
    lines: Sequence[str],
    top: int,
    end: int,
    margin: int,
    title: str,
    changes: dict[int, Sequence[str]],
) -> None:
    """Take the borders off a command line tool's error message, and join its lines."""
    texts = [_content(line, margin) for line in lines[top + 1 : end]]
    width = max(len(lines[top].rstrip()) - margin - 4, 10)
    changes[top] = [*changes.get(top, ()), title]
    for place, joined in enumerate(unwrapped([text.rstrip() for text in texts], width)):
        changes[top + 1 + place] = joined
    if end < len(lines) and _is_border(lines[end][margin:]):
        changes[end] = []
