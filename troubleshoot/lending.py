"""Causes that several rules share: written once, in one rule, and lent to the others.

That a package is installed in another interpreter can be behind every missing module, whatever
else is known of that module. The borrowing rule names the cause and how likely it is there.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    Record = dict[str, Any]


def lend(records: Sequence[Record]) -> list[Record]:
    """The records with the causes they borrow; a cause that no record has is left out."""
    by_id = {record["id"]: record for record in records}
    return [_complete(record, by_id) if record["borrows"] else record for record in records]


def lacking(records: Iterable[Record], record: Record) -> list[str]:
    """What a record wants to borrow and nobody has."""
    by_id = {each["id"]: each for each in records}
    return [name for name, _ in record["borrows"] if _find(name, by_id) is None]


def _find(name: str, by_id: dict[str, Record]) -> Record | None:
    rule, _, wanted = name.partition("/")
    lender = by_id.get(rule)
    causes: tuple[Record, ...] = lender["causes"] if lender else ()
    return next((cause for cause in causes if cause["id"] == wanted), None)


def _complete(record: Record, by_id: dict[str, Record]) -> Record:
    own = {cause["id"] for cause in record["causes"]}
    borrowed = []
    for name, prior in record["borrows"]:
        cause = _find(name, by_id)
        if cause is not None and cause["id"] not in own:
            borrowed.append({**cause, "prior": prior})
    return {**record, "causes": (*record["causes"], *borrowed)}
