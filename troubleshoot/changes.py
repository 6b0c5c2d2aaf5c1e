"""Names that libraries removed or added, and in which release: the table ``api_changes``.

A message about a missing name, attribute, argument or submodule is looked up in the table, so
that a rule knows which library is too new or too old and from which release on.
"""

from __future__ import annotations

import re

from troubleshoot import packdata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from troubleshoot.failure import Failure, Frame

    Entry = tuple[str, str, str, str]
    """Library, what happened to it, release, what stands in its place."""
    Asked = tuple[str, str, str]
    """Form (``import``, ``member``, ``argument``, ``module``), owner and name that is missing."""

SIGNS = ("cannot import name", "has no attribute", "unexpected keyword argument", "No module named")
"""Texts of which one stands in every message that `missing` understands."""
REMOVED = "removed"
ADDED = "added"

_NAME = r"['\"‘]?(?P<name>\w+)"
_FORMS = (
    ("import", rf"cannot import name {_NAME}['\"’]?(?: from ['\"‘]?(?P<owner>[\w.]+))?"),
    ("import", rf"module ['\"](?P<owner>[\w.]+)['\"] has no attribute {_NAME}"),
    ("member", rf"['\"](?P<owner>[\w.]+)['\"](?: object)? has no attribute {_NAME}"),
    ("member", rf"^(?P<owner>[A-Z]\w+) has no attribute {_NAME}"),
    ("argument", rf"(?P<owner>[\w.<>]{{1,120}})\(\) got an unexpected keyword argument {_NAME}"),
    ("module", r"No module named ['\"]?(?P<owner>[A-Za-z_][\w.]*)"),
)
_WRAPPERS = ("wrapper", "wrapped_func", "inner_f", "inner", "wrapped", "decorate_context")
_NOT_SHIPPED = "(unknown location)", "partially initialized", "is not a package"


def missing(failure: Failure) -> Asked | None:
    """What a failure's message says is missing, or None where it speaks of something else."""
    message = failure.message[:4000]
    if any(sign in message for sign in _NOT_SHIPPED):
        return None
    for form, pattern in _FORMS:
        found = re.search(pattern, message)
        if found is None:
            continue
        parts = found.groupdict()
        owner = parts.get("owner") or ""
        if form == "import" and not owner and failure.frames:
            source = re.search(r"from ([\w.]+) import", failure.frames[-1].code)
            owner = source[1] if source else ""
        return form, owner, parts.get("name") or ""
    return None


def look_up(failure: Failure, kind: str) -> dict[str, str] | None:
    """What the table says of a failure's missing name.

    Args:
        failure: an exception.
        kind: `REMOVED` or `ADDED`; an entry of the other kind is none.

    Returns:
        Captures ``library``, ``member``, ``since`` and ``pin``, with ``instead`` and ``user``
        (the installed package that asked for it) where they are known.
    """
    asked = missing(failure)
    if asked is None:
        return None
    table = packdata.load("api_changes")
    entries = _entries(table, asked, failure)
    found = next((each for each in entries if each[0][1] == kind), None)
    if found is None:
        return None
    (library, _, since, instead), member = found
    own = table["libraries"][library]["imports"]
    return captures_of(asked, failure, (library, kind, since, instead), member, own)


def captures_of(
    asked: Asked, failure: Failure, entry: Entry, member: str, own: Sequence[str]
) -> dict[str, str] | None:
    """An entry as captures, or None where the library itself asks for its name.

    Args:
        asked: what is missing.
        failure: the exception.
        entry: what happened to it, and when.
        member: its name for the reader.
        own: import names of the library.
    """
    library, kind, since, instead = entry
    captures = {
        "library": library,
        "member": member,
        "since": since,
        "pin": library + ("<" if kind == REMOVED else ">=") + since,
    }
    if instead:
        captures["instead"] = instead
    if asked[0] == "import" and "cannot import name" in failure.message and failure.package in own:
        return None  # the library asks itself: its files are of two releases
    callers = (each for each in reversed(failure.frames) if not _is_wrapper(each))
    user = next((each.package for each in callers if each.package not in own), "")
    if user:
        captures["user"] = str(packdata.load("import_names")["names"].get(user, user))
    return captures


def _is_wrapper(frame: Frame) -> bool:
    """Whether a frame only passes a decorated call on."""
    return "deprecat" in frame.path or frame.function in _WRAPPERS


def _entries(table: Any, asked: Asked, failure: Failure) -> list[tuple[Entry, str]]:
    """Entries that speak of what is missing, with its name for the reader: those of the best key.

    There are two for a name that came and went again.
    """
    form, owner, name = asked
    entries = _kept(table)
    if form == "member":
        keys = list(_members(owner.rpartition(".")[2], name))
    elif form == "argument":
        keys = _callables(entries, owner, name, failure)
    else:
        keys = list(_paths(table, owner, name))
    key = next((each for each in keys if each in entries), None)
    if key is None:
        return []
    return [(entry, _shown(form, owner, name, key)) for entry in entries[key]]


def _shown(form: str, owner: str, name: str, key: str) -> str:
    if form == "member":
        return f"{owner.rpartition('.')[2]}.{name}"
    if form == "argument":
        return key
    return f"{owner}.{name}" if owner and name else owner or name


def _members(kind: str, name: str) -> Iterator[str]:
    """Keys for a member of a class: the class, the last words of its name (``*Config.x``), any."""
    yield f"{kind}.{name}"
    for place in range(1, len(kind)):
        if kind[place].isupper() and not kind[place - 1].isupper():
            yield f"*{kind[place:]}.{name}"
    yield f"*.{name}"


def _paths(table: Any, owner: str, name: str) -> Iterator[str]:
    """Keys for a dotted path: the whole, its parents (a moved module), the bare name."""
    package = owner.partition(".")[0]
    whole = f"{owner}.{name}" if name else owner
    path = whole
    while "." in path:
        yield path
        path = path.rpartition(".")[0]
    last = whole.rpartition(".")[2]
    for library, row in table["libraries"].items():
        if package in row["imports"]:
            yield f"{library}:{last}"


def _callables(
    entries: dict[str, list[Entry]], owner: str, name: str, failure: Failure
) -> list[str]:
    """Keys ``Callable(argument)`` for a call; old Pythons do not say whose ``__init__`` it is."""
    path = [part for part in owner.split(".") if part not in ("__init__", "__new__", "<locals>")]
    if path:
        method = f".{path[-1]}({name})"
        named = [key for key in entries if key.endswith(method)] if len(path) == 1 else []
        return [f"{'.'.join(path[-2:])}({name})", f"{path[-1]}({name})", *named]
    ending = f"({name})"
    keys = [key for key in entries if key.endswith(ending) and key[:1].isupper()]
    if not failure.frames:
        return keys if len(keys) == 1 else []
    code = " ".join(frame.code for frame in failure.frames)
    packages = {frame.package for frame in failure.frames}
    table = packdata.load("api_changes")["libraries"]
    named = [key for key in keys if re.search(rf"\b{re.escape(key.partition('(')[0])}\b", code)]
    within = [
        key for key in keys if packages & set(table[entries[key][0][0]]["imports"])
    ]  # fmt: skip
    return named or within


_index: dict[int, dict[str, list[Entry]]] = {}


def _kept(table: Any) -> dict[str, list[Entry]]:
    """The table by key; built once a process."""
    known = _index.get(id(table))
    if known is None:
        known = _index[id(table)] = _by_key(table)
    return known


def _by_key(table: Any) -> dict[str, list[Entry]]:
    entries: dict[str, list[Entry]] = {}
    for library, row in table["libraries"].items():
        for kind in (REMOVED, ADDED):
            for since, names in (row.get(kind) or {}).items():
                for name in names:
                    key, _, instead = name.partition(" -> ")
                    if "(" not in key and "." not in key:
                        key = f"{library}:{key}"
                    entries.setdefault(key, []).append((library, kind, since, instead))
    return entries
