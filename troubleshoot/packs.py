"""Rule packs that are not compiled yet: a checkout's rules, a user's or a team's folder.

Each file is compiled once and kept, keyed by its path, time and size; a file with an error is
skipped and reported. The first pack that defines an id keeps it.
"""

from __future__ import annotations

import marshal
import os
import sys
from pathlib import Path

import platformdirs

from troubleshoot import index
from troubleshoot.errors import PackError, WhyfailError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def load(folders: Sequence[str]) -> index.Index:
    """The index of the built-in rules and the given folders, compiled where needed.

    Raises:
        PackError: there are no rules at all.
    """
    roots = [(folder, f"folder {folder}") for folder in folders]
    roots += [(path, f"package {name}") for name, path in _installed()]
    records: list[tuple[dict[str, Any], str]] = []
    notes: list[str] = []
    seen: dict[str, str] = {}
    if os.path.isdir(index.CHECKOUT):
        roots.append((index.CHECKOUT, "built-in"))
    cached = [(root, name, *_cached(root)) for root, name in roots]
    if all(fresh for *_, fresh in cached) and len(roots) == 1:
        whole = read_cache(cache_path(roots[0][0], "index"))
        if whole is not None:
            return index.Index(whole)
    for root, name, known, _ in cached:
        for record, problem in _records(root, known):
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
        write_cache(cache_path(roots[0][0], "index"), data)
    result = index.Index(data)
    result.notes.extend(notes)
    return result


def _installed() -> list[tuple[str, str]]:
    """Packs of installed packages that declare the entry point group ``whyfail.rules``."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    found = []
    for point in entry_points(group="whyfail.rules"):
        try:
            spec = find_spec(point.module)
        except (ImportError, ValueError):
            continue
        if spec is not None and spec.submodule_search_locations:
            found.append((point.name, next(iter(spec.submodule_search_locations))))
    return found


def cache_path(root: str, kind: str) -> str:
    """Where something compiled from ``root`` is kept."""
    folder = os.environ.get("WHYFAIL_CACHE") or platformdirs.user_cache_dir("whyfail", False)
    name = "".join(letter if letter.isalnum() else "-" for letter in os.path.abspath(root))
    return os.path.join(folder, f"{name[-120:]}.{sys.hexversion:x}.{kind}")


def read_cache(path: str) -> bytes | None:
    """A cache file's content, or None."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def write_cache(path: str, data: bytes) -> None:
    """Keep a cache file; a cache that cannot be written only costs time."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = f"{path}.{os.getpid()}"
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        pass


def _compiler_stamp() -> list[tuple[str, int]]:
    """Files whose change makes every compiled record stale."""
    names = ("compile.py", "patterns.py", "rule_model.py")
    paths = [os.path.join(index.PACKAGE, name) for name in names]
    return [(path, os.stat(path).st_mtime_ns) for path in paths if os.path.exists(path)]


def _cached(root: str) -> tuple[dict[Any, Any], bool]:
    """Records kept for a pack by stamp, and whether they are exactly today's files."""
    data = read_cache(cache_path(root, "records"))
    known: dict[Any, Any] = {}
    if data is not None:
        try:
            compiler, known = marshal.loads(data)
        except (EOFError, ValueError, TypeError):
            return {}, False
        if compiler != _compiler_stamp():
            return {}, False
    stamps = index.scan(root)
    fresh = len(stamps) == len(known) and all(stamp in known for stamp in stamps)
    return known, fresh


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
        write_cache(cache_path(root, "records"), marshal.dumps((_compiler_stamp(), kept), 4))
    return results
