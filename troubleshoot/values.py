"""Values of facts and captures: sizes, versions, numbers; comparing and printing them."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Value

_UNITS = {
    "": 1.0, "b": 1.0, "bytes": 1.0, "byte": 1.0,
    "k": 1e3, "kb": 1e3, "kib": 1024.0, "m": 1e6, "mb": 1e6, "mib": 1024.0**2,
    "g": 1e9, "gb": 1e9, "gib": 1024.0**3, "t": 1e12, "tb": 1e12, "tib": 1024.0**4,
    "s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "%": 0.01,
}  # fmt: skip


def number(value: Value) -> float | None:
    """A number out of ``2.00 GiB`` (bytes), ``0.5 s``, ``20%`` (a share), ``1e-4`` or a number."""
    if isinstance(value, bool) or value is None or isinstance(value, tuple):
        return None
    if isinstance(value, int | float):
        return float(value)
    matched = re.fullmatch(r"([-+]?[\d.]+(?:e[-+]?\d+)?)\s*([a-z%]*)", value.strip().lower())
    if matched is None or matched[2] not in _UNITS:
        return None
    try:
        return float(matched[1]) * _UNITS[matched[2]]
    except ValueError:
        return None


def version(value: Value) -> tuple[int, ...] | None:
    """The release numbers of a version: ``2.5.1+cu121`` is (2, 5, 1); None if it is not one."""
    if isinstance(value, bool) or value is None or isinstance(value, tuple):
        return None
    matched = re.match(r"v?(\d+(?:\.\d+)*)", str(value).strip())
    if matched is None:
        return None
    parts = [int(part) for part in matched[1].split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def compare(left: Value, operator: str, right: Value, kind: str = "") -> bool | None:
    """Whether ``left operator right`` holds; None when the two cannot be compared.

    Args:
        left: the measured value.
        operator: one of the rule form's operators.
        right: the rule's value.
        kind: the fact's registered type; ``version`` compares release numbers.
    """
    if operator == "known":
        return left is not None and left != "" and left != ()
    if operator == "unknown":
        return left is None or left == "" or left == ()
    if left is None:
        return None
    if operator == "in":
        options = right if isinstance(right, tuple) else (right,)
        return any(compare(left, "==", option, kind) for option in options)
    if operator == "not in":
        inside = compare(left, "in", right, kind)
        return None if inside is None else not inside
    if operator == "contains":
        if isinstance(left, tuple):
            return any(compare(item, "==", right) for item in left)
        return str(right).lower() in str(left).lower()
    if operator == "matches":
        return re.search(str(right), str(left)[:4096]) is not None
    if operator in ("==", "!="):
        same = _equal(left, right, kind)
        return same if operator == "==" else not same
    return _ordered(left, operator, right, kind)


def _equal(left: Value, right: Value, kind: str) -> bool:
    if isinstance(right, bool):
        return bool(left) is right
    if kind == "version":
        return version(left) == version(right)
    numbers = number(left), number(right)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return str(left).lower() == str(right).lower()


def _ordered(left: Value, operator: str, right: Value, kind: str) -> bool | None:
    pair: tuple[object, object] = (number(left), number(right))
    if kind == "version" or None in pair:
        pair = (version(left), version(right))
        if None in pair:
            return None
    first, second = pair
    if operator == "<":
        return bool(first < second)  # type: ignore[operator]
    if operator == "<=":
        return bool(first <= second)  # type: ignore[operator]
    if operator == ">":
        return bool(first > second)  # type: ignore[operator]
    return bool(first >= second)  # type: ignore[operator]


def show(value: Value, kind: str = "") -> str:
    """A value for a person: sizes in GiB or MiB, times in seconds, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(show(item) for item in value)
    if kind == "size" and isinstance(value, int | float):
        return size(float(value))
    if kind == "seconds" and isinstance(value, int | float):
        return duration(float(value))
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def size(amount: float) -> str:
    """Bytes for a person: ``3.4 GiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(amount) < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def duration(amount: float) -> str:
    """Seconds for a person: ``12 s``, ``5 min``, ``2.5 h``."""
    if amount < 1:
        return f"{amount * 1000:.0f} ms"
    if amount < 90:
        return f"{amount:.0f} s"
    if amount < 5400:
        return f"{amount / 60:.0f} min"
    hours = amount / 3600
    return f"{hours:.0f} h" if hours == int(hours) else f"{hours:.1f} h"


def seconds(text: str) -> float:
    """A duration such as ``10s``, ``5m`` or ``1.5h`` in seconds."""
    return float(text[:-1]) * {"s": 1.0, "m": 60.0, "h": 3600.0}[text[-1]]
