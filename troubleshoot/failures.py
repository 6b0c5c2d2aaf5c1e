"""Everything that went wrong in a document, in the order of its lines.

Detectors live in sibling modules and are imported only when one of their literals occurs in
lines that no traceback explains, so that an ordinary traceback costs no more than reading it.
"""

from __future__ import annotations

from troubleshoot import signs, tracebacks
from troubleshoot.stream import finish, kept, split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from troubleshoot.document import Document
    from troubleshoot.failure import Failure
    from troubleshoot.stream import Found, Stream

MOST_FAILURES = 400  # the first and the last half are kept


def find(document: Document) -> tuple[Failure, ...]:
    """All failures of ``document``, each with its role, in the order of their lines."""
    found: list[Found] = []
    for stream in split(document):
        found.extend(_of_stream(stream))
    if not found:
        return ()
    found = kept(found, MOST_FAILURES)
    from troubleshoot import roles

    roles.assign(document, found)
    return finish(found)


def _of_stream(stream: Stream) -> list[Found]:
    """What the detectors find; each sees only lines that those before it left."""
    found: list[Found] = []
    if stream.has(signs.PYTESTS):
        from troubleshoot import pytests

        found.extend(pytests.find(stream))
    if stream.has(signs.TRACEBACKS):
        found.extend(tracebacks.find(stream))
    rest = stream.rest()
    if not rest or rest.isspace():
        return found
    for literals, detector in (
        (signs.LAUNCHERS, _launchers),
        (signs.CRASHES, _crashes),
        (signs.INSTALLERS, _installers),
        (signs.COMPILERS, _compilers),
        (signs.SHELLS, _shells),
        (signs.LOGS, _logs),
    ):
        if any(literal in rest for literal in literals):
            found.extend(detector()(stream))
    return found


def _launchers() -> Callable[[Stream], list[Found]]:
    from troubleshoot import launchers

    return launchers.find


def _crashes() -> Callable[[Stream], list[Found]]:
    from troubleshoot import crashes

    return crashes.find


def _installers() -> Callable[[Stream], list[Found]]:
    from troubleshoot import installers

    return installers.find


def _compilers() -> Callable[[Stream], list[Found]]:
    from troubleshoot import compilers

    return compilers.find


def _shells() -> Callable[[Stream], list[Found]]:
    from troubleshoot import shells

    return shells.find


def _logs() -> Callable[[Stream], list[Found]]:
    from troubleshoot import logs

    return logs.find
