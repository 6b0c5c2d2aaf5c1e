"""Looking at a failure in stages: the text first, then this machine, then what takes seconds.

Each stage is a whole diagnosis, so that a person reads the first while the next is being measured.
"""

from __future__ import annotations

import time

from troubleshoot import diagnose, inputs, intake, words
from troubleshoot.document import Document
from troubleshoot.records import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from troubleshoot.diagnose import Diagnosed, Options
    from troubleshoot.facts import Fact

    Tell = Callable[[str, Fact | None], None]
    """Receives the name of each fact when its measuring begins (None) and when it ends."""


@record
class Input:
    """What a walk begins with.

    Attributes:
        source: path of a log, or "".
        data: content of a log, or None to read the path.
        told: symptoms that a person chose instead of a log: rule id and words.
        words: the symptom as it was chosen.
        asks: questions that tell its rules apart: rule id and question.
    """

    source: str = ""
    data: bytes | None = None
    told: tuple[tuple[str, str], ...] = ()
    words: str = ""
    asks: tuple[tuple[str, str], ...] = ()


def symptom(chosen: Mapping[str, Any], lang: str) -> Input:
    """The input that a symptom of the list amounts to."""
    title = words.pick(chosen["title"], lang)
    asks = tuple(
        (rule, words.pick(question, lang)) for rule, question in chosen.get("ask", {}).items()
    )
    return Input(told=tuple((rule, title) for rule in chosen["rules"]), words=title, asks=asks)


def stages(given: Input, options: Options, tell: Tell | None = None) -> Iterator[Diagnosed]:
    """Diagnoses, each with more facts than the one before.

    Args:
        given: the log, or the symptoms told.
        options: how to diagnose.
        tell: hears of every fact as it is measured.

    Raises:
        WhyfailError: the input cannot be read.
    """
    if given.told and options.here is None:
        options = replace(options, here=True)
    first = _read(given, replace(options, probe=False))
    if not (first.origin.here and options.probe):
        yield first
        return
    yield first
    from troubleshoot import probes, target

    aim = target.target(first.origin, first.reader.failures, live=options.writer)
    source = probes.LiveFacts(aim, patience=options.patience, tell=tell)
    second = _again(first, given, options, source)
    yield second
    if source.put_off:
        source.take_time()
        yield _again(first, given, options, source)


def _read(given: Input, options: Options) -> Diagnosed:
    started = time.perf_counter()
    if given.told:
        empty = Document(lines=(), numbers=(), ranks=(), cells=(), source="")
        return diagnose.diagnose(empty, options, told=given.told, started=started)
    if given.data is not None:
        return diagnose.diagnose(intake.from_bytes(given.data), options, started=started)
    return inputs.diagnosed(given.source, options, started=started)


def _again(first: Diagnosed, given: Input, options: Options, source: object) -> Diagnosed:
    return diagnose.diagnose(
        first.document, options, source=source, rules=first.rules, told=given.told,  # type: ignore[arg-type]
    )  # fmt: skip
