"""Which failure the run died of, and what the others are to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troubleshoot.failure import INITIATING

if TYPE_CHECKING:
    from troubleshoot.document import Document
    from troubleshoot.stream import Found


def assign(document: Document, found: list[Found]) -> None:
    """Set the role of every failure that has none yet."""
    for item in found:
        if not item.role:
            item.role = INITIATING
