"""When a name came into a library and when it went: the table ``api_history``, read from wheels.

It is wider and drier than the table of `troubleshoot.changes`, which is written by hand: rules that
stand on it give way to rules that know more (`yields`).
"""

from __future__ import annotations

import re

from troubleshoot import changes, packdata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from troubleshoot.failure import Failure

    Library = dict[str, Any]

GONE = "gone"
NEW = "new"
KINDS = (GONE, NEW)
_COLUMNS = {GONE: "removed", NEW: "added"}


def look_up(failure: Failure, kind: str) -> dict[str, str] | None:
    """What the table says of a failure's missing name, as captures (see `changes.look_up`).

    Args:
        failure: an exception.
        kind: `GONE` or `NEW`. A name that came and went again counts as gone.
    """
    asked = changes.missing(failure)
    if asked is None:
        return None
    form, owner, name = asked
    keys = list(_keys(form, owner, name))
    libraries = packdata.load("api_history")["libraries"]
    for library, row in _at_hand(libraries, form, owner, failure):
        for column in (GONE, NEW):
            text = packdata.text(row, _COLUMNS[column])
            hits = ((key, _line(text, key)) for key in keys)
            key, found = next((hit for hit in hits if hit[1] is not None), ("", None))
            if found is None:
                continue
            if column != kind:
                return None
            since, _, instead = found.partition(" -> ")
            happened = changes.REMOVED if kind == GONE else changes.ADDED
            entry = (library, happened, since, instead)
            return changes.captures_of(asked, failure, entry, key, row["imports"])
    return None


def _line(text: str, key: str) -> str | None:
    """What stands behind a key in a sorted text of lines ``key rest``."""
    start = 0 if text.startswith(f"{key} ") else text.find(f"\n{key} ") + 1
    if start == 0 and not text.startswith(f"{key} "):
        return None
    end = text.find("\n", start)
    return text[start + len(key) + 1 : end if end >= 0 else len(text)]


def _keys(form: str, owner: str, name: str) -> Iterator[str]:
    if form in ("import", "module"):
        path = f"{owner}.{name}" if name else owner
        while path:
            yield path
            path = path.rpartition(".")[0] if form == "module" else ""
    elif form == "member":
        yield f"{owner.rpartition('.')[2]}.{name}"
    else:
        parts = [part for part in owner.split(".") if part not in ("__init__", "__new__")]
        if parts:
            yield f"{parts[-1]}({name})"


def _at_hand(
    libraries: Mapping[str, Library], form: str, owner: str, failure: Failure
) -> Iterator[tuple[str, Library]]:
    """Libraries that the missing name can be of: the owner's, else those of the traceback."""
    if form in ("import", "module"):
        names = {owner.partition(".")[0]}
    else:
        names = {frame.package for frame in failure.frames if frame.package}
        code = " ".join(frame.code for frame in failure.frames)
        names.update(re.findall(r"\b([a-z_]\w+)\.", code))
        names.add(owner.partition(".")[0])
    for library, row in libraries.items():
        if names.intersection(row["imports"]):
            yield library, row
