"""Where whyfail keeps what it can do without, found without importing a library for it."""

from __future__ import annotations

import marshal
import os
import sys

PACKAGE = os.path.dirname(os.path.abspath(__file__))
GROUP = "whyfail.rules"
"""Entry point group in which an installed package declares a folder of rules."""


def cache_folder() -> str:
    """Folder for compiled rules and lists; ``$WHYFAIL_CACHE`` comes first."""
    named = os.environ.get("WHYFAIL_CACHE")
    if named:
        return named
    return _own_folder("Caches", "XDG_CACHE_HOME", ".cache")


def data_folder() -> str:
    """Folder for what must not be lost (the journal), as platformdirs names it."""
    return _own_folder("Application Support", "XDG_DATA_HOME", os.path.join(".local", "share"))


def _own_folder(library: str, variable: str, hidden: str) -> str:
    """Our folder below the platform's: of ``~/Library`` on macOS, of an XDG variable elsewhere."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", library)
    else:
        base = os.environ.get(variable) or os.path.join(home, hidden)
    return os.path.join(base, "whyfail")


def read(path: str) -> bytes | None:
    """A kept file's content, or None."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def write(path: str, data: bytes) -> None:
    """Keep a file; one that cannot be written only costs time."""
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        return


def name_of(path: str) -> str:
    """A path as a file name."""
    return "".join(letter if letter.isalnum() else "-" for letter in os.path.abspath(path))[-120:]


def installed_packs() -> list[tuple[str, str]]:
    """Rule packs of installed packages: the name and the module of each entry point.

    The package folder is only searched when it has changed since the last time.
    """
    folder = os.path.dirname(PACKAGE)
    try:
        stamp = os.stat(folder).st_mtime_ns
    except OSError:
        return []
    place = os.path.join(cache_folder(), f"{name_of(folder)}.packs")
    kept = read(place)
    if kept is not None:
        try:
            known, packs = marshal.loads(kept)
            if known == stamp:
                return list(packs)
        except (EOFError, ValueError, TypeError):
            pass
    packs = _search()
    write(place, marshal.dumps((stamp, packs), 4))
    return packs


def _search() -> list[tuple[str, str]]:
    from importlib.metadata import entry_points

    return sorted({(point.name, point.value.split(":")[0]) for point in entry_points(group=GROUP)})
