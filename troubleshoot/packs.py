"""Rule packs that are not compiled yet: a checkout's rules, a user's or a team's folder.

Each file is compiled once and kept, keyed by its path, time and size; a file with an error is
skipped and reported. The first pack that defines an id keeps it.
"""

from __future__ import annotations

import marshal
import os
import sys
from pathlib import Path

from troubleshoot import index, places
from troubleshoot.errors import PackError, WhyfailError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def load(folders: Sequence[str], installed: Sequence[tuple[str, str]] = ()) -> index.Index:
    """The index of the built-in rules and the given folders, compiled where needed.

    Args:
        folders: folders of rules, first come first.
        installed: name and module of each pack that an installed package declares.

    Raises:
        PackError: there are no rules at all.
    """
    roots = [(folder, f"folder {folder}") for folder in folders]
    roots += [(path, f"package {name}") for name, path in _located(installed)]
    records: list[tuple[dict[str, Any], str]] = []
    notes: list[str] = []
    seen: dict[str, str] = {}
    if os.path.isdir(index.CHECKOUT):
        roots.append((index.CHECKOUT, "built-in"))
    if len(roots) == 1:
        whole = _assembled(roots[0][0])
        if whole is not None:
            return index.Index(whole)
    for root, name in roots:
        for record, problem in _records(root, _cached(root)):
            if problem:
                notes.append(problem)
            elif record is not None and record["id"] in seen:
                if name != "built-in":
                    notes.append(f"{name}: {record['id']} is defined by {seen[record['id']]} too")
            elif record is not None:
                seen[record["id"]] = name
                records.append((record, name))
    if os.path.exists(index.BUILT_IN) and not os.path.isdir(index.CHECKOUT):
        with open(index.BUILT_IN, "rb") as file:
            built = index.Index(file.read())
        for number, rule_id in enumerate(built.ids()):
            if rule_id not in seen:
                records.append((built.record(number), "built-in"))
    if not records:
        advice = notes[0] if notes else "reinstall whyfail, or name a folder with --rules"
        raise PackError("no rules found", advice=advice)
    from troubleshoot import compile

    data = compile.assemble(records)
    if len(roots) == 1 and not notes:
        head = marshal.dumps((_compiler_stamp(), index.scan(roots[0][0])), 4)
        packed = len(head).to_bytes(8, "little") + head + data
        places.write(cache_path(roots[0][0], "index"), packed)
    result = index.Index(data)
    result.notes.extend(notes)
    return result


def _located(installed: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Name and folder of the packs that installed packages declare."""
    from importlib.util import find_spec

    found = []
    for name, module in installed:
        try:
            spec = find_spec(module)
        except (ImportError, ValueError):
            continue
        if spec is not None and spec.submodule_search_locations:
            found.append((name, next(iter(spec.submodule_search_locations))))
    return found


def cache_path(root: str, kind: str) -> str:
    """Where something compiled from ``root`` is kept."""
    name = f"{places.name_of(root)}.{sys.hexversion:x}.{kind}"
    return os.path.join(places.cache_folder(), name)


def _compiler_stamp() -> list[tuple[str, int]]:
    """Files whose change makes every compiled record stale."""
    names = ("compile.py", "lending.py", "patterns.py", "rule_model.py")
    paths = [os.path.join(places.PACKAGE, name) for name in names]
    return [(path, os.stat(path).st_mtime_ns) for path in paths if os.path.exists(path)]


def _assembled(root: str) -> bytes | None:
    """The index kept for a pack, if its files and the compiler are still those of then."""
    kept = places.read(cache_path(root, "index"))
    if kept is None:
        return None
    size = int.from_bytes(kept[:8], "little")
    try:
        stamps = marshal.loads(kept[8 : 8 + size])
    except (EOFError, ValueError, TypeError):
        return None
    if stamps != (_compiler_stamp(), index.scan(root)):
        return None
    return kept[8 + size :]


def _cached(root: str) -> dict[Any, Any]:
    """Records kept for a pack by the stamp of their file."""
    data = places.read(cache_path(root, "records"))
    if data is None:
        return {}
    try:
        compiler, known = marshal.loads(data)
    except (EOFError, ValueError, TypeError):
        return {}
    return dict(known) if compiler == _compiler_stamp() else {}


def _records(root: str, known: dict[Any, Any]) -> list[tuple[dict[str, Any] | None, str]]:
    """Compiled records (or the problem) of each file of a pack."""
    from troubleshoot import compile

    kept = {}
    results: list[tuple[dict[str, Any] | None, str]] = []
    for stamp in index.scan(root):
        entry = known.get(stamp)
        if entry is None:
            try:
                rule = compile.load_rule(Path(stamp[0]), Path(root))
                entry = (compile.compile_rule(rule, stamp[0]), "")
            except WhyfailError as error:
                entry = (None, f"rule skipped: {error}")
        kept[stamp] = entry
        results.append(entry)
    if kept.keys() != known.keys():
        places.write(cache_path(root, "records"), marshal.dumps((_compiler_stamp(), kept), 4))
    return results
