"""Filling captured values and facts into titles, texts and commands, safely.

``{name}`` is a capture, a value of the failure (``{file}``), or a fact (``{gpu.name}``,
``{network.port_pid({port})}``); after ``|`` stands what to write when it is unknown. In a command
a captured value must be of its kind and is quoted for the shell: input is hostile.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Lookup = Callable[[str], "str | None"]

_FIELD = (
    r"(?<![$\\])\{([A-Za-z_][\w.-]*(?:\((?:[^(){}]|\{\w+\}){1,200}\))?)"
    r"(?:\|((?:[^{}]|\{\w+\})*))?\}"
)

KINDS = {
    "module": r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*",
    "dist": r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?",
    "version": r"v?[0-9][0-9A-Za-z.+!_-]{0,60}",
    "port": r"\d{1,5}",
    "pid": r"\d{1,10}",
    "int": r"-?\d{1,18}",
    "float": r"-?[\d.]+(?:e[-+]?\d+)?",
    "size": r"[\d.]+ ?[KMGT]?i?B?(?:ytes)?",
    "host": r"[A-Za-z0-9_.:\[\]-]{1,255}",
    "path": r"[^\x00-\x1f`$\"'\\;|&<>*?!]{1,400}|[A-Za-z]:[\\/][^\x00-\x1f`$\"';|&<>*?!]{1,400}",
    "word": r"[\w.+:@/-]{1,200}",
    "any": r"[^\x00-\x1f\x7f]{1,400}",
}
"""What a captured value of each kind may contain."""

_BY_NAME = {
    "module": "module", "package": "dist", "dist": "dist", "distribution": "dist",
    "version": "version", "port": "port", "pid": "pid", "path": "path", "file": "path",
    "host": "host",
}  # fmt: skip


def kind_of(name: str, captures: dict[str, str]) -> str:
    """The kind of a capture: as the rule says, else by its name, else ``any``."""
    return captures.get(name) or _BY_NAME.get(name, "any")


def is_valid(kind: str, value: str) -> bool:
    """Whether a captured value is of the kind it should be."""
    return re.fullmatch(KINDS.get(kind, KINDS["any"]), value) is not None


def quote(value: str) -> str:
    """A value as one word of a POSIX shell."""
    if value and re.fullmatch(r"[\w@%+=:,./\[\]-]+", value):
        return value
    return "'" + value.replace("'", "'\"'\"'") + "'"


def within_quotes(value: str) -> str | None:
    """A value for a place that the template itself has quoted, or None where it could break out."""
    harmless = re.fullmatch(r"(?:[^\x00-\x1f\x7f$`\"'\\!]|!=|\\(?=[\w.]))+", value)
    return value if harmless else None


def _is_quoted(template: str, end: int) -> bool:
    """Whether a place of a command lies inside quotes that the template opened before it."""
    opened = ""
    for index in range(end):
        mark = template[index]
        if opened:
            if mark == opened and template[index - 1] != "\\":
                opened = ""
        elif mark in "\"'":
            opened = mark
    return bool(opened)


def fields(template: str) -> list[tuple[str, str | None]]:
    """Names a template asks for, each with its fallback or None."""
    return [(found[1], found[2]) for found in re.finditer(_FIELD, template)]


def fill(
    template: str,
    lookup: Lookup,
    *,
    is_known: Callable[[str], bool],
    in_quotes: Lookup | None = None,
) -> str:
    """A template with its values.

    Args:
        template: the text.
        lookup: gives the printed value of a name, or None when it is unknown.
        is_known: whether a name without a dot is one that exists; other braces stay as they are.
        in_quotes: the same for places inside quotes of a command, where a second pair of quotes
            would become part of the word.
    """
    if "{" not in template:
        return template

    def one(found: re.Match[str]) -> str:
        name, fallback = found[1], found[2]
        here = lookup
        if in_quotes is not None and _is_quoted(template, found.start()):
            here = in_quotes

        def inside(text: str) -> str:
            return re.sub(r"\{(\w+)\}", lambda inner: here(inner[1]) or f"<{inner[1]}>", text)

        if "{" in name:
            name = re.sub(r"\{(\w+)\}", lambda inner: here(inner[1]) or "", name)
        if "." not in name.split("(")[0] and not is_known(name):
            return found[0] if fallback is None else inside(fallback)
        value = here(name)
        if value is not None and value != "":
            return value
        if fallback is not None:
            return inside(fallback)
        return f"<{name.split('(')[0].rsplit('.', 1)[-1]}>"

    return re.sub(_FIELD, one, template)
