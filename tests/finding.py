"""What the reader of failures finds in a text."""

from __future__ import annotations

from troubleshoot.document import Document
from troubleshoot.failure import Failure
from troubleshoot.failures import find


def found(text: str) -> tuple[Failure, ...]:
    """All failures of a text."""
    return find(Document.from_text(text))


def only(text: str) -> Failure:
    """The one failure of a text."""
    failures = found(text)
    assert len(failures) == 1, failures
    return failures[0]
