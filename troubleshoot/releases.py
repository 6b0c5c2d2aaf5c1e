"""Up to which Python a release of a distribution has wheels (table ``releases``)."""

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
    """The newest Python with wheels of ``asked``: ``numba==0.56.4``, ``numba-0.56.4``, ``numba (0.56.4)``.

    None where the table does not know the distribution or so new a release.
    """
    found = compiled(_RELEASE).match(asked)
    pythons = table.get("newest_python")
    if found is None or not isinstance(pythons, dict):
        return None
    name = found.group(1).lower().replace("_", "-").replace(".", "-")
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
