"""Everything that went wrong in a document, in the order of its lines.

Detectors live in sibling modules and are imported only when one of their literals occurs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from troubleshoot import tracebacks
from troubleshoot.stream import finish, split

if TYPE_CHECKING:
    from troubleshoot.document import Document
    from troubleshoot.failure import Failure
    from troubleshoot.stream import Found

MOST_FAILURES = 400  # the first and the last half are kept


def find(document: Document) -> tuple[Failure, ...]:
    """All failures of ``document``, each with its role, in the order of their lines."""
    found: list[Found] = []
    for stream in split(document):
        if stream.has(tracebacks.LITERALS):
            found.extend(tracebacks.find(stream))
    if not found:
        return ()
    if len(found) > 1:
        from troubleshoot import roles

        roles.assign(document, found)
    return finish(found, MOST_FAILURES)
