"""Failures in notebook files, and in the JSON that VS Code copies for a failed cell."""

from __future__ import annotations

import re

from troubleshoot import cleaning, markup, screen
from troubleshoot.jsontext import LineNumbers, Quoted, Reader
from troubleshoot.page import Page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.jsontext import Value


class _Collector:
    """Gathers decoded lines with the raw lines and cells they came from."""

    def __init__(self, text: str) -> None:
        self.lines: list[str] = []
        self.numbers: list[int] = []
        self.cells: list[int] = []
        self.line_numbers = LineNumbers(text)

    def add(self, value: Value, cell: int) -> None:
        """Add a string, or a list of strings that follow each other (as notebooks store text)."""
        parts = value if isinstance(value, list) else [value]
        is_open = False
        for part in parts:
            if not isinstance(part, Quoted):
                continue
            lines = part.lines()
            for place, (line, offset) in enumerate(lines):
                number = self.line_numbers.at(offset)
                if place == 0 and is_open:
                    self.lines[-1] += line
                else:
                    self._append(line, number, cell)
            # Stored text is split behind its line ends: "…\n" leaves an empty last line.
            if not lines[-1][0]:
                self._drop_last()
                is_open = False
            else:
                is_open = True

    def add_entries(self, value: Value, cell: int) -> None:
        """Add a list of strings that each begin a new line (a stored traceback)."""
        for part in value if isinstance(value, list) else [value]:
            self.add(part, cell)

    def add_text(self, text: str, offset: int, cell: int) -> None:
        """Add one line that stands at ``offset``."""
        self._append(text, self.line_numbers.at(offset), cell)

    def _append(self, line: str, number: int, cell: int) -> None:
        self.lines.append(line)
        self.numbers.append(number)
        self.cells.append(cell)

    def _drop_last(self) -> None:
        if self.lines:
            self.lines.pop()
            self.numbers.pop()
            self.cells.pop()

    def page(self, raw_lines: int) -> Page:
        """The cleaned page of all that was added."""
        text = "\n".join(self.lines)
        cleaned = markup.clean_text(screen.strip_escapes(text))
        lines = cleaned.split("\n") if self.lines else []
        page = Page(lines, self.numbers, raw_lines)
        page.cells = self.cells
        if "\r" in cleaned:
            page.lines = [line.rstrip("\r") for line in page.lines]
            screen.settle(page)
        cleaning.clean_page(page, cleaned)
        return page


def outputs(text: str) -> Page | None:
    """What the cells of a notebook printed, errors and streams; None if it is no notebook.

    Args:
        text: the file, which may be cut off.
    """
    start = text.find("{")
    reader = Reader(text)
    notebook = reader.read(start)
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        return None
    collector = _Collector(text)
    ordinal = 0
    for cell in cells:
        if not isinstance(cell, dict) or str(cell.get("cell_type", "")) != "code":
            continue
        ordinal += 1
        count = cell.get("execution_count")
        number = int(count) if isinstance(count, str) and count.isdecimal() else ordinal
        found = cell.get("outputs")
        for output in found if isinstance(found, list) else []:
            if isinstance(output, dict):
                _add_output(collector, output, number)
    page = collector.page(_raw_lines(text))
    page.note("the outputs of a notebook's cells")
    if reader.is_cut:
        page.note("the notebook is cut off: read up to there")
    return page


def _add_output(collector: _Collector, output: dict[str, Value], cell: int) -> None:
    kind = str(output.get("output_type", ""))
    if kind == "error":
        traceback = output.get("traceback")
        if isinstance(traceback, list) and traceback:
            collector.add_entries(traceback, cell)
        else:
            name, message = output.get("ename"), output.get("evalue")
            if isinstance(name, Quoted):
                lines = message.lines() if isinstance(message, Quoted) else [("", name.start)]
                collector.add_text(f"{name}: {lines[0][0]}", name.start, cell)
                for line, offset in lines[1:]:
                    collector.add_text(line, offset, cell)
    elif kind == "stream":
        collector.add(output.get("text", ""), cell)


def copied_error(text: str) -> Page | None:
    """A page in which the JSON of failed cells is replaced by the traceback it holds.

    Returns:
        None if there is no such JSON in the text.
    """
    found = re.search(r"\{\s{0,20}\"(?:name|message|stack)\": ?\"", text)
    if found is None:
        return None
    collector = _Collector(text)
    place = 0
    while found is not None:
        _add_plain(collector, text, place, found.start())
        reader = Reader(text)
        error = reader.read(found.start())
        place = min(reader.place, len(text))
        if isinstance(error, dict):
            _add_error(collector, error)
        found = re.compile(r"\{\s{0,20}\"(?:name|message|stack)\": ?\"").search(text, place)
    _add_plain(collector, text, place, len(text))
    return collector.page(_raw_lines(text))


def _add_plain(collector: _Collector, text: str, start: int, end: int) -> None:
    """Add the lines around the copied errors; what is left of a shared line only if it is text."""
    lines = text[start:end].split("\n")
    place = start
    for index, line in enumerate(lines):
        if line.strip() or 0 < index < len(lines) - 1:
            collector.add_text(line, place, 0)
        place += len(line) + 1


def _add_error(collector: _Collector, error: dict[str, Value]) -> None:
    name, message, stack = error.get("name"), error.get("message"), error.get("stack")
    shown = str(message) if isinstance(message, Quoted) else ""
    head = f"{name}: {shown}" if isinstance(name, Quoted) else shown
    first = shown.split("\n", 1)[0].strip()
    if isinstance(stack, Quoted) and stack.end > stack.start:
        place = len(collector.lines)
        collector.add(stack, 0)
        # A stack that was cut, or has frames alone, does not repeat what went wrong.
        if head and not any(first in line for line in collector.lines[place:] if first):
            for line in head.split("\n"):
                collector.add_text(line, stack.end - 1, 0)
    elif head:
        place = name.start if isinstance(name, Quoted) else 0
        for line in head.split("\n"):
            collector.add_text(line, place, 0)


def _raw_lines(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n"))
