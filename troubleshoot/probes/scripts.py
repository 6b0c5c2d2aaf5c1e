"""What is wrong with the lines of a shell script: line ends, continuations, look-alike letters."""

from __future__ import annotations

import itertools
import os

from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_LARGEST = 1_000_000
_LOOK_ALIKES = {
    "\u00a0": "a non-breaking space",
    "\u3000": "a full-width space",
    "\u2013": "a typographic dash",
    "\u2014": "a typographic dash",
    "\u2212": "a minus sign that is no hyphen",
    "\u201c": "a typographic quote",
    "\u201d": "a typographic quote",
    "\u2018": "a typographic quote",
    "\u2019": "a typographic quote",
    "\uff0d": "a full-width hyphen",
}


def fault(text: str) -> str:
    """The first thing in a script that breaks its commands, with its line, or ``""``.

    Args:
        text: the script, line ends untouched.
    """
    lines = text.split("\n")
    if len(lines) > 1 and lines[0].endswith("\r"):
        return "every line ends with CR LF (written on Windows)"
    for number, line in enumerate(lines, start=1):
        stripped = line.rstrip(" \t")
        if stripped.endswith("\\") and stripped != line and not line.lstrip().startswith("#"):
            return f"line {number} has a blank after its backslash"
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("#"):
            continue
        for letter, name in _LOOK_ALIKES.items():
            if letter in line:
                return f"line {number} contains {name}"
    for number, (line, following) in enumerate(itertools.pairwise(lines), start=1):
        is_option = following.lstrip().startswith("--") and following[:1] in " \t"
        ended = line.strip() and not line.rstrip().endswith(("\\", "(", "|", "&&"))
        if is_option and ended and not line.lstrip().startswith("#"):
            return f"line {number} lacks a backslash at its end: line {number + 1} is run by itself"
        if is_option and line.lstrip().startswith("#"):
            return f"line {number} is a comment inside the command: it ends there"
    return ""


def _measure(context: Context, request: Request) -> Fact:
    path = context.path(request.argument) if request.argument else ""
    if not path or not os.path.isfile(path):
        return request.unknown(f"{path or 'the script'} is not here")
    with open(path, "rb") as file:
        start = file.read(_LARGEST)
    if b"\0" in start:
        return request.unknown(f"{path} is no text")
    found = fault(start.decode("utf-8", "replace"))
    return request.known(found, path if found else f"nothing wrong seen in {path}")


PROBES = (Probe(("script.fault",), each(_measure), limit=1.0),)
