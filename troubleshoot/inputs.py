"""From a named input to its diagnosis: small inputs whole, large ones from the end."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from troubleshoot import diagnose, index, intake
from troubleshoot.errors import IntakeError

if TYPE_CHECKING:
    from troubleshoot.diagnose import Diagnosed, Options
    from troubleshoot.document import Document

LARGE = 8_000_000
"""Bytes from which a file is scanned instead of read whole."""


def diagnosed(name: str, options: Options, *, whole: bool = False, started: float) -> Diagnosed:
    """The diagnosis of a file or, for ``-``, of standard input.

    Of a large file the end is read first; the rest is only scanned when the end does not hold
    the failure itself, or when ``whole`` asks for it.

    Raises:
        IntakeError: it cannot be read.
    """
    rules = index.load(options.rules)
    if name != "-" and _is_large(name):
        from troubleshoot import scan

        if not whole:
            result = diagnose.diagnose(scan.tail(name), options, rules=rules, started=started)
            if _is_decided(result):
                return result
        literals = [literal.encode() for literal in rules.literals]
        return diagnose.diagnose(
            scan.whole(name, literals), options, rules=rules, started=started
        )
    document = _read(name, rules)
    return diagnose.diagnose(document, options, rules=rules, started=started)


def _read(name: str, rules: index.Index) -> Document:
    if name != "-":
        return intake.read(name)
    if sys.stdin is None or sys.stdin.closed:
        raise IntakeError("there is no standard input", advice="name a file")
    stream = sys.stdin.buffer
    data = stream.read(LARGE)
    if len(data) < LARGE:
        return intake.from_bytes(data)
    from troubleshoot import scan

    return scan.pipe(data, stream, [literal.encode() for literal in rules.literals])


def _is_large(name: str) -> bool:
    try:
        return os.path.getsize(name) > LARGE and not os.path.isdir(name)
    except OSError:
        return False


def _is_decided(result: Diagnosed) -> bool:
    """Whether the end of a file holds the failure itself, not only what followed from it."""
    if result.answer["outcome"] != "diagnosed":
        return False
    return result.ranking.diagnoses[0].match.role == "initiating"
