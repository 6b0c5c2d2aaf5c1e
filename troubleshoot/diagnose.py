"""The main path: an input, the rules and the facts, to an answer."""

from __future__ import annotations

import time

from troubleshoot import failures, index, intake, match, packdata, patterns, rank, textfacts
from troubleshoot.derived import DerivedFacts
from troubleshoot.explain import Explainer
from troubleshoot.facts import PROBE, RECORDED, Fact, Facts
from troubleshoot.origin import Origin
from troubleshoot.proof import Prover, fact_name
from troubleshoot.reader import Reader
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from troubleshoot.document import Document
    from troubleshoot.facts import FactSource
    from troubleshoot.failure import Failure
    from troubleshoot.match import Match
    from troubleshoot.pipeline import Writer
    from troubleshoot.rank import Ranking
    from troubleshoot.trials import Worked


@record
class Options:
    """How to diagnose.

    Attributes:
        lang: ``en`` or ``zh``.
        here: whether the input is from this machine; None: find out.
        python: interpreter that failed, if the person named it.
        rules: folders of further rule packs.
        given: facts that are known already (``--facts``, ``whyfail run``).
        probe: whether this machine may be measured at all.
        writer: the run at the other end of the pipe, if one was seen.
        patience: seconds that one fact may usually cost and still be measured.
    """

    lang: str = "en"
    here: bool | None = None
    python: str = ""
    rules: tuple[str, ...] = ()
    given: tuple[Fact, ...] = ()
    probe: bool = True
    writer: Writer | None = None
    patience: float = 1.0


@record
class Diagnosed:
    """One diagnosis with everything it rests on, for the rooms that go on from there.

    Attributes:
        answer: the published form.
        document: the cleaned input.
        reader: the searchable input.
        facts: of the diagnosis, able to measure more.
        matches: rules that matched.
        ranking: causes and fixes.
        origin: where the input is from.
        rules: the index in force.
    """

    answer: dict[str, Any]
    document: Document
    reader: Reader
    facts: Facts
    matches: tuple[Match, ...]
    ranking: Ranking
    origin: Origin
    rules: index.Index


def diagnose(
    document: Document,
    options: Options | None = None,
    *,
    source: FactSource | None = None,
    rules: index.Index | None = None,
    worked: Worked | None = None,
    answers: Mapping[tuple[str, str], bool] | None = None,
    told: Sequence[tuple[str, str]] = (),
    started: float | None = None,
) -> Diagnosed:
    """Why the run in ``document`` failed.

    Args:
        document: the cleaned input.
        options: how to diagnose.
        source: measures facts; None: the live probes, when the input is from this machine.
        rules: the rules; None: the built-in and the user's own.
        worked: past outcomes of fixes on this machine.
        answers: a person's answers to the questions of (rule, cause).
        told: symptoms a person told instead of a log: rule ids with the words chosen.
        started: `time.perf_counter` when the work began, for the timing.
    """
    options = options or Options()
    started = time.perf_counter() if started is None else started
    rules = rules if rules is not None else index.load(options.rules)
    found = failures.find(document)
    origin = _origin(document, found, options)
    if source is None and origin.here and options.probe:
        source = _live(origin, found, options)
    elif source is None and any(fact.source == RECORDED for fact in options.given):
        from troubleshoot.facts_file import RecordedFacts

        source = RecordedFacts(options.given)
    derived = DerivedFacts(source)
    facts = Facts(_given(options, origin), derived)
    derived.facts = facts
    for fact in textfacts.read(document, found):
        facts.add(fact)
    if origin.here:
        for fact in _sentinel(document):
            facts.add(fact)
    reader = Reader(document, found)
    matches = match.find(reader, rules, facts)
    matches += [
        match.told(record, words) for rule_id, words in told if (record := rules.find(rule_id))
    ]
    facts.prefetch(list(_wanted(matches)))
    prover = Prover(reader, facts, frozenset(each.rule["id"] for each in matches), fact_type)
    ranking = rank.rank(matches, found, prover, worked, answers)
    notes = [*document.notes, *rules.notes]
    notes += [f"a pattern took too long and was left out: {each}" for each in
              dict.fromkeys(patterns.slow_patterns)]  # fmt: skip
    answer = Explainer(reader, facts, fact_type, origin, options.lang).answer(ranking, tuple(notes))
    answer["timing_ms"]["total"] = round((time.perf_counter() - started) * 1000, 1)
    return Diagnosed(
        answer=answer,
        document=document,
        reader=reader,
        facts=facts,
        matches=tuple(matches),
        ranking=ranking,
        origin=origin,
        rules=rules,
    )


def diagnose_bytes(data: bytes, options: Options | None = None, **more: Any) -> Diagnosed:
    """`diagnose` of raw input.

    Raises:
        IntakeError: the bytes cannot be read as text.
    """
    return diagnose(intake.from_bytes(data), options, **more)


def fact_type(name: str) -> str:
    """Registered type of a fact's name without its argument, or ``""``."""
    kind = packdata.load("facts").get(name)
    return kind["type"] if kind else ""


def _wanted(matches: Sequence[Match]) -> Iterable[str]:
    """Names of the facts that the causes of the matches ask for."""
    for each in matches:
        for cause in each.rule["causes"]:
            for condition in cause["when"]:
                yield from _asked(condition, each)


def _asked(condition: dict[str, Any], each: Match) -> Iterable[str]:
    if condition["kind"] == "fact":
        name = fact_name(condition["subject"], each)
        if name is not None:
            yield name
        if condition["of"] is not None:
            yield condition["of"]
    elif condition["kind"] in ("any", "all", "none"):
        for child in condition["subject"]:
            yield from _asked(child, each)


def _origin(document: Document, found: tuple[Failure, ...], options: Options) -> Origin:
    if options.here is False:
        return Origin(here=False, because="you said so (--elsewhere)")
    from troubleshoot import target

    return target.infer(
        document, found, here=options.here, python=options.python or None, live=options.writer
    )


def _sentinel(document: Document) -> Iterable[Fact]:
    """Facts of the torch sentinel, when the log names the file it wrote on this machine."""
    sign = "whyfail sentinel: "
    for line in document.lines:
        if sign in line and "; facts in " in line:
            from troubleshoot import facts_file
            from troubleshoot.errors import FactsError

            try:
                return tuple(facts_file.load(line.rsplit("; facts in ", 1)[1].strip()))
            except FactsError:
                return ()
    return ()


def _given(options: Options, origin: Origin) -> Iterable[Fact]:
    yield from options.given
    if options.writer is not None and options.writer.python and origin.here:
        because = f"process {options.writer.pid} at the other end of the pipe"
        yield Fact("run.command", options.writer.command, PROBE, because)


def _live(origin: Origin, found: tuple[Failure, ...], options: Options) -> FactSource:
    from troubleshoot import probes, target

    measured = target.target(origin, found, live=options.writer)
    return probes.LiveFacts(measured, patience=options.patience)
