"""Tables that rules stand on (compatibility, names, facts): compiled with them, loaded lazily."""

from __future__ import annotations

import marshal
import os
import zlib

from troubleshoot.index import CHECKOUT
from troubleshoot.places import PACKAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FOLDER = os.path.join(PACKAGE, "_compiled", "data")
LONGEST_TEXT = 4096
"""Letters of a text above which a table keeps it compressed (`text` reads it)."""
_kept: dict[str, Any] = {}


def path(name: str) -> str:
    """Where the data file or folder ``name`` lies, as written by its authors."""
    checkout = os.path.join(CHECKOUT, "_data", name)
    return checkout if os.path.exists(checkout) else os.path.join(PACKAGE, "_data", name)


def load(name: str) -> Any:
    """The table ``name`` (without its ending) as plain dicts and lists.

    In an installed package it is read from its compiled form; in a checkout the YAML is parsed
    once per change and kept in the cache.
    """
    if name not in _kept:
        compiled = os.path.join(_FOLDER, f"{name}.bin")
        source = os.path.join(CHECKOUT, "_data", f"{name}.yaml")
        if os.path.exists(source):
            _kept[name] = _from_source(name, source)
        else:
            with open(compiled, "rb") as file:
                _kept[name] = marshal.loads(file.read())
    return _kept[name]


def text(row: dict[str, Any], key: str) -> str:
    """A text of a table, which keeps long ones compressed until they are first read."""
    value = row[key]
    if isinstance(value, bytes):
        value = row[key] = zlib.decompress(value).decode("utf-8")
    return str(value)


def _from_source(name: str, source: str) -> Any:
    from troubleshoot import packs, places

    status = os.stat(source)
    stamp = (status.st_mtime_ns, status.st_size)
    place = packs.cache_path(CHECKOUT, f"data-{name}")
    kept = places.read(place)
    if kept is not None:
        try:
            known, table = marshal.loads(kept)
            if known == stamp:
                return table
        except (EOFError, ValueError, TypeError):
            pass
    table = parse(source)
    places.write(place, marshal.dumps((stamp, table), 4))
    return table


def parse(source: str) -> Any:
    """A YAML table as values that marshal can hold (dates become text)."""
    from pathlib import Path

    from troubleshoot.compile import load_yaml

    return _plain(load_yaml(Path(source)))


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(value) for value in data]
    if isinstance(data, str) and len(data) > LONGEST_TEXT:
        return zlib.compress(data.encode("utf-8"), 9)
    if data is None or isinstance(data, bool | int | float | str):
        return data
    return str(data)
