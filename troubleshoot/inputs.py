"""From a named input to its diagnosis: small inputs whole, large ones from the end."""

from __future__ import annotations

import os

from troubleshoot import diagnose, experience, index, intake

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.diagnose import Diagnosed, Options


def diagnosed(name: str, options: Options, *, whole: bool = False, started: float) -> Diagnosed:
    """The diagnosis of a file or, for ``-``, of standard input.

    Of a large file the end is read first; the rest is only scanned when the end does not hold
    the failure itself, or when ``whole`` asks for it.

    Raises:
        IntakeError: it cannot be read.
    """
    if name == "-":
        options = with_writer(options)
    rules = index.load(options.rules)
    worked = experience.worked()
    if name != "-" and not whole and _is_large(name):
        from troubleshoot import scan

        result = diagnose.diagnose(scan.end(name), options, rules=rules, started=started)
        if _is_decided(result) and _is_whole(result):
            return result
        document = scan.tail(name, rules.literals)
        result = diagnose.diagnose(document, options, rules=rules, started=started)
        if _is_decided(result):
            return result
    document = intake.read(name, literals=rules.literals)
    return diagnose.diagnose(document, options, rules=rules, worked=worked, started=started)


def with_writer(options: Options) -> Options:
    """What the process at the other end of the pipe tells, asked before it ends."""
    if options.here is not None or options.python or not options.probe:
        return options
    from troubleshoot import pipeline

    writer = pipeline.writer()
    if writer is None:
        return options
    from troubleshoot.records import replace

    return replace(options, writer=writer)


def _is_large(name: str) -> bool:
    try:
        if os.path.getsize(name) <= intake.LARGE:
            return False
    except (OSError, ValueError):
        return False
    from troubleshoot import scan

    return scan.has_readable_tail(name)


def _is_decided(result: Diagnosed) -> bool:
    """Whether the end of a file holds the failure itself, not only what followed from it.

    Where several workers write, or the rule is one that others lead to, what came first may
    stand anywhere before.
    """
    if result.answer["outcome"] != "diagnosed" or any(result.document.ranks):
        return False
    match = result.ranking.diagnoses[0].match
    return match.role == "initiating" and match.rule["id"] not in result.rules.consequences


def _is_whole(result: Diagnosed) -> bool:
    """Whether the traceback stands whole in what was read."""
    failure = result.reader.failures[result.ranking.diagnoses[0].match.failure]
    return failure.start > 0 and bool(failure.frames)
