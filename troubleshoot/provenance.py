"""Whether a text comes from this machine: are its files here, do their lines read as printed?"""

from __future__ import annotations

import os
import re
import sys

from troubleshoot.installations import exists, is_volatile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from troubleshoot.failure import Frame
    from troubleshoot.installations import Installation

_LONGEST_FILE = 4_000_000
NO_EVIDENCE = "the text names no file by which to recognise this machine (--here if it is)"
_COMMON_PREFIXES = ("/usr", "/usr/local", "/opt/conda", "/opt/venv", "/venv", "/root/.local")


def is_here(frames: Sequence[Frame], shapes: Sequence[Installation], cwd: str) -> tuple[bool, str]:
    """Whether the text comes from this machine, and the reason."""
    own = [frame for frame in frames if frame.is_user and is_file(frame.path)]
    full = [(frame, _compare(frame, cwd)) for frame in own if _is_absolute(frame.path)]
    for frame, verdict in full:
        if verdict == "same":
            return True, f"{frame.path} is here and its line {frame.line} reads as printed"
    if sys.platform != "win32" and any(frame.path[1:3] in (":\\", ":/") for frame in frames):
        return False, "the paths are Windows paths"
    lasting = [frame for frame, _ in full if not is_volatile(frame.path)]
    if lasting and all(verdict == "absent" for _, verdict in full):
        return False, f"{lasting[-1].path} is not on this machine"
    personal = [shape for shape in shapes if shape.prefix not in _COMMON_PREFIXES]
    for shape in personal:
        if exists(shape.path):
            return True, f"the environment {shape.prefix} is on this machine"
    if personal:
        return False, f"{personal[0].prefix} is not on this machine"
    changed = next((frame for frame, verdict in full if verdict != "absent"), None)
    if changed is not None:
        return True, f"{changed.path} is on this machine (that line has changed since)"
    for frame in own:
        if len(frame.code.strip()) > 6 and _compare(frame, cwd) == "same":
            return True, f"{frame.path} is in this folder and line {frame.line} reads as printed"
    return _library_verdict(frames, cwd)


def _library_verdict(frames: Sequence[Frame], cwd: str) -> tuple[bool, str]:
    """What files say that are installed where every machine has some (``/usr``)."""
    installed = [frame for frame in frames if frame.package and frame.code]
    for frame in installed:
        if _compare(frame, cwd) != "same":
            return False, f"{frame.path} is not here, or it is another version"
    if installed:
        return True, f"all {len(installed)} lines of installed files read as printed"
    return False, NO_EVIDENCE


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or bool(re.match(r"[A-Za-z]:[\\/]", path))


def is_file(path: str) -> bool:
    if path.startswith("<") or not path.strip() or "\0" in path or len(path) > 1000:
        return False
    volatile = ("/tmp/ipykernel_", "/tmp/ipython-input", "ipython-input-", "Cell In", "Input In")
    return not path.lstrip("<").startswith(volatile)


def _compare(frame: Frame, cwd: str) -> str:
    """``same`` if the file's line reads as printed, else ``changed`` or ``absent``."""
    import stat

    try:
        path = os.path.join(cwd, os.path.expanduser(frame.path))
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "absent"
        if not frame.code or frame.line < 1 or status.st_size > _LONGEST_FILE:
            return "changed"
        with open(path, "rb") as file:
            lines = file.read(_LONGEST_FILE).split(b"\n")
    except (OSError, ValueError):
        return "absent"
    if frame.line > len(lines):
        return "changed"
    present = lines[frame.line - 1].decode("utf-8", "replace").strip()
    printed = frame.code.split("\n", 1)[0].strip()
    return "same" if present == printed and len(printed) > 2 else "changed"
