"""Where Python packages are installed, as the paths of a text show it."""

from __future__ import annotations

import os
import re

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from troubleshoot.document import Document
    from troubleshoot.failure import Frame

COLAB = "colab"
KAGGLE = "kaggle"
DEBIAN = "debian"
USER = "user"
POETRY = "poetry"

_POSIX = re.compile(
    r"(?P<prefix>/[^\n]{0,300}?)/lib(?:64)?/(?:python|pypy)(?P<minor>[23](?:\.\d{1,2})?)t?"
    r"/(?P<kind>(?:site|dist)-packages(?=/|$))?"
)
_WINDOWS = re.compile(
    r"(?P<prefix>[A-Za-z]:[\\/][^\n]{0,300}?)[\\/][Ll]ib[\\/](?P<kind>site-packages(?=[\\/]|$))?"
)
_VOLATILE = re.compile(
    r"/tmp/|/var/tmp/|/var/folders/|/private/var/|(?i:[a-z]:[\\/].*[\\/]temp[\\/])|.*/\.cache/uv/builds-"
)
"""Files that are gone soon after a run: their absence says nothing about the machine."""
_PIP_HAS = "Requirement already satisfied: "


@record
class Installation:
    """A path that shows where packages are installed."""

    prefix: str
    minor: str
    kind: str
    path: str


def named_in(document: Document, frames: Sequence[Frame]) -> Iterator[Installation]:
    """Installation prefixes named by frames, innermost first, then by other lines."""
    seen = set()
    for frame in reversed(frames):
        shape = None if is_volatile(frame.path) else of_path(frame.path)
        if shape is not None and (shape.prefix, shape.kind) not in seen:
            seen.add((shape.prefix, shape.kind))
            yield shape
    budget = 40
    for line in reversed(document.lines[-4000:]):
        if frames and _PIP_HAS in line:
            continue  # where pip installs says nothing about the Python that ran afterwards
        if "-packages" in line and len(line) < 2000:
            path = _token(line)
            shape = None if is_volatile(path) else of_path(path)
            if shape is not None and (shape.prefix, shape.kind) not in seen:
                seen.add((shape.prefix, shape.kind))
                yield shape
            budget -= 1
            if not budget:
                return


def _token(line: str) -> str:
    """The path around ``-packages`` in a line of prose."""
    middle = line.index("-packages")
    start = max(line.rfind(mark, 0, middle) for mark in " \t\"'`(<=,;") + 1
    return line[start : middle + len("-packages")]


def of_path(path: str) -> Installation | None:
    pattern = _WINDOWS if path[1:2] == ":" else _POSIX
    match = pattern.match(path[:1000])
    if match is None:
        return None
    minor = match["minor"] if pattern is _POSIX else ""
    return Installation(match["prefix"], minor, match["kind"] or "", match.group())


def classify(frames: Sequence[Frame], shapes: Sequence[Installation]) -> tuple[str, str]:
    """Kind and folder of the environment that the paths show."""
    paths = [frame.path.replace("\\", "/") for frame in frames]
    best = next((shape for shape in shapes if shape.kind), None)
    if best is None and shapes:
        best = shapes[0]
    where = best.prefix.replace("\\", "/") if best else ""
    prefix = best.prefix if best else ""
    if any(path.startswith("/kaggle/") for path in paths):
        return KAGGLE, prefix
    notebook = any("ipython-input-" in path or "/ipykernel_" in path for path in paths)
    colab = any(path.startswith("/content/") for path in paths)
    if best and best.kind == "dist-packages" and where == "/usr/local" and (notebook or colab):
        return COLAB, prefix
    if colab and notebook:
        return COLAB, prefix
    if best is None:
        return ("windows" if any(path[1:3] == ":/" for path in paths) else ""), ""
    return _kind(where, best.kind), prefix


def _kind(where: str, packages: str) -> str:
    if "/.pixi/envs/" in where:
        return "pixi"
    if "/pypoetry/virtualenvs/" in where or "/pypoetry/Cache/virtualenvs/" in where:
        return POETRY
    if re.search(r"(?i)/(?:mini|ana)?(?:conda|forge|mamba)\w*(?:/|$)|/envs/[^/]+$", where):
        return "conda"
    if "/.cache/uv/" in where or "/uv/tools/" in where or "/share/uv/" in where:
        return "uv"
    if "/.pyenv/versions/" in where or "/pyenv/versions/" in where:
        return "pyenv"
    if where.endswith("/.local") or "/AppData/Roaming/Python/" in where:
        return USER
    if os.path.isfile(os.path.join(where, "pyvenv.cfg")):
        return _made_by(os.path.join(where, "pyvenv.cfg"))
    if packages == "dist-packages":
        return DEBIAN
    if re.match(r"[A-Za-z]:/", where):
        return "venv" if re.search(r"(?i)/\.?v?env[^/]*$", where) else "windows"
    if where in ("/usr", "/usr/local") or where.startswith(("/opt/homebrew", "/Library/")):
        return "system"
    return "venv"


def _made_by(path: str) -> str:
    from troubleshoot.interpreter import read_text, settings_of

    settings = settings_of(read_text(path))
    return "uv" if "uv" in settings else "virtualenv" if "virtualenv" in settings else "venv"


def is_volatile(path: str) -> bool:
    if not _VOLATILE.match(path):
        return False
    return not exists(path)  # present, it is evidence like any other


def exists(path: str) -> bool:
    try:
        return os.path.exists(path)
    except (OSError, ValueError):
        return False
