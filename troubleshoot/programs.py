"""Programs on ``PATH``."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def on_path(name: str, environ: Mapping[str, str]) -> str:
    """Path of a program on ``PATH``, or ``""`` (``shutil`` is too slow to import)."""
    endings = environ.get("PATHEXT", ".EXE;.BAT;.CMD").split(";") if os.name == "nt" else [""]
    for folder in environ.get("PATH", "").split(os.pathsep):
        for ending in endings:
            path = os.path.join(folder, name + ending)
            if folder and os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return ""
