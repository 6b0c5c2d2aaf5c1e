"""Versions of packages as installers list them."""

from __future__ import annotations

from troubleshoot.shapes import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from troubleshoot.facts import Value
    from troubleshoot.stream import Stream

    Add = Callable[[str, Value, str, int], None]

_MOST = 600  # packages
_LONGEST = 20_000  # characters of one line
_NAME = r"([A-Za-z][\w.-]{0,80}?)"
_VERSION = r"(\d[\w.!+-]{0,40})"


def read(stream: Stream, add: Add) -> None:
    """Report every package whose installed version the text states.

    Args:
        stream: the whole document.
        add: called with name, value, reason and line of every fact.
    """
    versions: dict[str, tuple[str, int, str]] = {}

    def note(name: str, version: str, at: int, line: str) -> None:
        plain = compiled(r"[-_.]+").sub("-", name).lower()
        if len(versions) < _MOST or plain in versions:
            versions[plain] = version.rstrip(".,"), at, line.strip()[:120]

    text = stream.text
    if "Requirement already satisfied: " in text:
        pattern = compiled(
            r"\s*Requirement already satisfied: "
            + _NAME
            + r"(?:[\[<>=!~;].*?)? in \S.*\((\d[^()\s]*)\)$"
        )
        for at, line in stream.lines_with(("Requirement already satisfied: ",)):
            found = pattern.match(line[:2000].rstrip())
            if found:
                note(found.group(1), found.group(2), at, line)
    if "==" in text:
        frozen = compiled(r"\s*(?:\[pip3?\] |\+ )?" + _NAME + r"==" + _VERSION + r"\s*$")
        for at, line in stream.lines_with(("==",))[:5000]:
            if len(line) < 140:
                found = frozen.match(line)
                if found:
                    note(found.group(1), found.group(2), at, line)
    if "Found existing installation: " in text:
        for at, line in stream.lines_with(("Found existing installation: ",)):
            found = compiled(r"\s*Found existing installation: (\S+) (\d\S*)").match(line)
            if found:
                note(found.group(1), found.group(2), at, line)
    if "Successfully installed " in text:
        pattern = compiled(_NAME + r"-" + _VERSION + r"$")
        for at, line in stream.lines_with(("Successfully installed ",)):
            for word in line[:_LONGEST].partition("Successfully installed ")[2].split():
                found = pattern.match(word)
                if found:
                    note(found.group(1), found.group(2), at, line)
    if " requires " in text or " has requirement " in text:
        pattern = compiled(
            r"(?:ERROR: )?([\w.-]+) (\d\S*) (?:requires|has requirement) .{1,200}?, but you(?"
            r": have|'ll have) ([\w.-]+) (\d\S*?)(?: which|\.?$)"
        )
        for at, line in stream.lines_with((", but you",))[:200]:
            found = pattern.match(line[:1000].strip())
            if found:
                note(found.group(1), found.group(2), at, line)
                note(found.group(3), found.group(4), at, line)
    _tables(stream, note)
    for name, (version, at, line) in versions.items():
        add(f"package.version({name})", version, line, at)


def _tables(stream: Stream, note: Callable[[str, str, int, str], None]) -> None:
    """``pip list`` and ``conda list``."""
    texts = stream.texts
    for at, line in stream.lines_with(("Package ", "# packages in environment", "# Name ")):
        if compiled(r"Package\s+Version").match(line):
            ruler = at + 1 < len(texts) and texts[at + 1].startswith("---")
            row, start = compiled(_NAME + r"\s+" + _VERSION + r"(?:\s|$)"), at + 1 + ruler
        elif line.startswith("#"):
            row, start = compiled(_NAME + r"\s+" + _VERSION + r"\s+\S+"), at + 1
        else:
            continue
        for later in range(start, min(start + _MOST, len(texts))):
            text = texts[later]
            if text.startswith("#"):
                continue
            found = row.match(text[:200])
            if found is None:
                break
            note(found.group(1), found.group(2), later, text)
