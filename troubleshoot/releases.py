"""Tables of packages: up to which Python they have wheels, and what compiling them needs."""

from __future__ import annotations

from troubleshoot.shapes import compiled
from troubleshoot.tables import version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from troubleshoot.facts import Value

_RELEASE = r"([A-Za-z][\w.-]{0,80}?)(?:\[[^\]]{0,80}\])? ?(?:-|===?|~=|<=| ?\() ?v?(\d[\w.]{0,40})"


def newest_python(asked: str, table: Mapping[str, Any]) -> str | None:
    """The newest Python with wheels of ``numba==0.56.4`` (``numba-0.56.4``, ``numba (0.56.4)``).

    None where the table does not know the distribution or so new a release.
    """
    found = compiled(_RELEASE).match(asked)
    pythons = table.get("newest_python")
    if found is None or not isinstance(pythons, dict):
        return None
    name = _normal(found.group(1))
    release = version(found.group(2))
    for last, python in pythons.get(name, ()):
        bound = version(last)
        if release and release[: len(bound)] <= bound:
            return str(python)
    return None


def too_new(asked: str, python: Value, table: Mapping[str, Any]) -> bool | None:
    """Whether ``python`` is newer than every Python with wheels of ``asked``."""
    newest, running = version(newest_python(asked, table)), version(python)[:2]
    return running > newest if newest and running else None


def source_need(name: str, distribution: str, manager: Value, table: Mapping[str, Any]) -> Value:
    """What compiling a distribution needs.

    Args:
        name: ``needs`` (in words), ``packages`` (for the package manager) or ``conda`` (its
            compiled package there).
        distribution: its name, in any spelling.
        manager: the host's package manager; apt where it is unknown.
        table: ``source_builds``.
    """
    rows = table.get("packages")
    wanted = _normal(distribution)
    for row in rows if isinstance(rows, list | tuple) else ():
        if row["name"] == wanted:
            column = name if name != "packages" else "brew" if manager == "brew" else "apt"
            return row.get(column) or None
    return None


def development(name: str, manager: Value, table: Mapping[str, Any]) -> str | None:
    """The package with the development files of a library.

    Args:
        name: a header (``GL/osmesa.h``), pkg-config module or CMake package, in any case.
        manager: the host's package manager; apt where it is unknown.
        table: ``development``.
    """
    wanted = name.strip().replace("\\", "/").lower()
    names = [wanted]
    parts = wanted.split("/")
    names += ["/".join(parts[:count]) + "/" for count in range(len(parts) - 1, 0, -1)]
    column = "brew" if manager == "brew" else "apt"
    rows = table.get("libraries")
    for asked in names:
        for row in rows if isinstance(rows, list | tuple) else ():
            if asked in row["names"]:
                return row.get(column) or None
    return None


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
