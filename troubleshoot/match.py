"""Which rules' symptoms hold in an input, where, and with what captured values."""

from __future__ import annotations

from troubleshoot import failure as kinds
from troubleshoot import outcome
from troubleshoot.patterns import search
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from troubleshoot.facts import Facts
    from troubleshoot.failure import Failure
    from troubleshoot.index import Index
    from troubleshoot.patterns import Pattern
    from troubleshoot.reader import Reader

    Record = dict[str, Any]

ROLE_ORDER = (
    kinds.INITIATING, "", kinds.WRAPPER, kinds.CASCADE, kinds.ADVICE, kinds.TEARDOWN,
)  # fmt: skip
"""Which of several places of one symptom stands for it, best first; "" is a line outside all."""


METRIC_SIGNS = (
    "loss=", "loss:", "loss'", 'loss"', "loss ", "Loss", "_loss", "grdn", "grad_norm", "gnorm",
    "data_s", "updt_s", "data_time", "reward", "ep_", "return", "lr=", "lr:", "utili", "Util",
    "conflict", "lambda", "λ", "accuracy", "scale",
)  # fmt: skip
"""Parts of the names of series; an input without any has no training log to read."""
NOT_FINITE_SIGNS = (
    "=nan", ":nan", "= nan", ": nan", "=inf", ":inf", "= inf", ": inf", "| nan", "NaN",
)  # fmt: skip
"""How a series shows a value that is not finite."""


@record
class Sighting:
    """One place where a part of a symptom was seen.

    Attributes:
        kind: ``exception``, ``failure``, ``text``, ``metric`` or ``exit``.
        line: index of the document line, or -1.
        failure: position of the failure it belongs to, or -1.
        text: what stands there, for a person.
        captures: values of the pattern's named groups.
    """

    kind: str
    line: int
    failure: int
    text: str
    captures: dict[str, str]


@record
class Match:
    """A rule whose symptom holds.

    Attributes:
        rule: the compiled record.
        sightings: the places, the deciding one first.
        captures: values of all named groups, the deciding place's first.
        role: role of the failure it belongs to, or "".
    """

    rule: Record
    sightings: tuple[Sighting, ...]
    captures: dict[str, str]
    role: str

    @property
    def failure(self) -> int:
        """Position of the failure it explains, or -1."""
        return self.sightings[0].failure

    @property
    def line(self) -> int:
        """Index of the deciding line, or -1."""
        return self.sightings[0].line

    @property
    def repeats(self) -> bool:
        """Whether it only repeats what a tool said, without knowing the message."""
        return self.rule["specificity"] == "catch-all" and self.sightings[0].kind == "failure"


Hit = tuple[Sighting, ...]
KNOWING = ("exact", "family")
"""How specific a rule is that knows a failure."""
STEPS_AFTER = 4  # training steps after a reported trouble that show that it stopped nothing


def find(reader: Reader, index: Index, facts: Facts) -> list[Match]:
    """All rules whose symptom holds, in the order of the index.

    Args:
        reader: the input.
        index: the rules.
        facts: for symptoms on the exit status (``run.exit_code``, ``run.signal``).
    """
    needs = ["exit", "failure"] if reader.failures else ["exit"]
    rules = [index.record(number) for number in index.candidates(reader.text, needs)]
    matches = [
        match for rule in rules if (match := _matched(rule, reader, facts)) is not None
    ]  # fmt: skip
    if not any(_knows(match) for match in matches):
        matches.extend(_untyped_matches(rules, reader, facts))
    if _asks_for_series(reader, matches):
        seen = {match.rule["id"] for match in matches}
        for number in index.candidates("", ["metric"]):
            rule = index.record(number)
            if rule["id"] not in seen:
                found = _matched(rule, reader, facts)
                if found is not None:
                    matches.append(found)
    return _survived(matches, reader)


def _knows(match: Match) -> bool:
    return match.rule["severity"] == "error" and match.rule["specificity"] in KNOWING


def _untyped_matches(rules: list[Record], reader: Reader, facts: Facts) -> list[Match]:
    """Rules of which a message stands in the input without the type of its exception."""
    found = []
    for rule in rules:
        if rule["specificity"] in KNOWING:
            hits = _evaluate(rule["symptom"], reader, facts, is_untyped=True)
            if hits:
                found.append(_match(rule, hits, reader))
    return found


def _survived(matches: list[Match], reader: Reader) -> list[Match]:
    """Matches of mere lines weaken to warnings when the run then came to a good end."""
    if not any(each.rule["severity"] == "error" for each in matches):
        return matches
    died = (kinds.INITIATING, kinds.CASCADE)
    if any(each.role in died and each.kind != kinds.LOG for each in reader.failures):
        return matches
    end = max(outcome.good_end(reader.document.lines), _trained_until(matches, reader))
    kept = []
    for each in matches:
        if each.rule["severity"] == "error" and 0 <= each.line < end and _is_mere(each, reader):
            rule = {**each.rule, "severity": "warning"}
            each = Match(rule, each.sightings, each.captures, each.role)
        kept.append(each)
    return kept


def _trained_until(matches: list[Match], reader: Reader) -> int:
    """Index of the first step after all that was reported, if the run trained on; else -1."""
    from troubleshoot.shapes import is_progress

    last = max((each.line for each in matches if each.rule["severity"] == "error"), default=-1)
    lines = reader.document.lines
    if last < 0 or len(lines) - last <= STEPS_AFTER:
        return -1
    steps = [at for at in range(last + 1, len(lines)) if is_progress(lines[at])]
    return steps[0] if len(steps) >= STEPS_AFTER else -1


def _is_mere(match: Match, reader: Reader) -> bool:
    """Whether nothing but a line, a log message or a handled failure stands behind a match."""
    if any(sighting.kind in ("metric", "exit") for sighting in match.sightings):
        return False
    logged = match.failure >= 0 and reader.failures[match.failure].kind == kinds.LOG
    return logged or match.role in ("", kinds.ADVICE)


def _matched(rule: Record, reader: Reader, facts: Facts) -> Match | None:
    hits = _evaluate(rule["symptom"], reader, facts)
    return _match(rule, hits, reader) if hits else None


def _asks_for_series(reader: Reader, matches: list[Match]) -> bool:
    """Whether the training log is to be read as numbers.

    A run that died of a known failure did not die of slow data loading; only values that are not
    finite may have led there.
    """
    if not any(sign in reader.text for sign in METRIC_SIGNS):
        return False
    explained = any(
        match.role == kinds.INITIATING
        and match.rule["severity"] == "error"
        and match.rule["specificity"] in KNOWING
        for match in matches
    )
    return not explained or any(sign in reader.text for sign in NOT_FINITE_SIGNS)


def told(rule: Record, words: str) -> Match:
    """The match of a symptom that a person chose from the list of symptoms."""
    sighting = Sighting(kind="answer", line=-1, failure=-1, text=words, captures={})
    return Match(rule=rule, sightings=(sighting,), captures={}, role="")


def _match(rule: Record, hits: list[Hit], reader: Reader) -> Match:
    def order(hit: Hit) -> tuple[int, int]:
        first = hit[0]
        return ROLE_ORDER.index(_role(first, reader)), first.line

    hits = sorted(hits, key=order)
    sightings: list[Sighting] = []
    captures: dict[str, str] = {}
    for hit in hits:
        for sighting in hit:
            if sighting not in sightings and len(sightings) < 8:
                sightings.append(sighting)
            for name, value in sighting.captures.items():
                captures.setdefault(name, value)
    for name in ("path", "port"):
        if rule["captures"].get(name) == name and name not in captures:
            failures = (reader.failures[each.failure] for each in sightings if each.failure >= 0)
            named = next((failure.named(name) for failure in failures), "")
            if named:
                captures[name] = named
    return Match(
        rule=rule,
        sightings=tuple(sightings),
        captures=captures,
        role=_role(sightings[0], reader),
    )


def _role(sighting: Sighting, reader: Reader) -> str:
    return reader.failures[sighting.failure].role if sighting.failure >= 0 else ""


def holds(symptom: Any, reader: Reader, facts: Facts) -> bool:
    """Whether a compiled symptom holds anywhere in the input."""
    return bool(_evaluate(symptom, reader, facts))


def _evaluate(node: Any, reader: Reader, facts: Facts, is_untyped: bool = False) -> list[Hit]:
    """The places where a symptom holds; empty when it does not.

    With ``is_untyped`` the exceptions are looked for by their messages alone.
    """
    kind = node[0]
    if kind == "any":
        return [hit for child in node[1] for hit in _evaluate(child, reader, facts, is_untyped)]
    if kind == "all":
        return _every(node[1], reader, facts, is_untyped)
    if kind == "none":
        if any(_evaluate(child, reader, facts) for child in node[1]):
            return []
        return [()]
    if kind == "text":
        return [
            (_sighting("text", line, reader, matched.groupdict()),)
            for line, matched in reader.lines(node[1])
        ]
    if kind == "metric":
        from troubleshoot import trends

        return [(sighting,) for sighting in trends.sightings(node[1:], reader)]
    if kind == "exit":
        return [(sighting,) for sighting in _exits(node[1], reader, facts)]
    if kind == "change":
        return [(sighting,) for sighting in _changes(node[1], reader)]
    if is_untyped:
        from troubleshoot import spoken

        return [(_untyped(*place, reader),) for place in spoken.places(node, reader)]
    return [(sighting,) for sighting in _failures(node, reader)]


def _untyped(line: int, position: int, captures: dict[str, Any], reader: Reader) -> Sighting:
    return Sighting(
        kind="text",
        line=line,
        failure=position,
        text=reader.document.lines[line],
        captures={name: value for name, value in captures.items() if value is not None},
    )


def _every(
    children: Iterable[Any], reader: Reader, facts: Facts, is_untyped: bool = False
) -> list[Hit]:
    """Hits of the first part that has places, joined with one hit of each other part."""
    groups: list[list[Hit]] = []
    for child in children:
        hits = _evaluate(child, reader, facts, is_untyped)
        if not hits:
            return []
        groups.append(hits)
    placed = [group for group in groups if group[0]]
    if not placed:
        return []
    joined: list[Hit] = []
    for hit in placed[0]:
        parts = list(hit)
        for group in placed[1:]:
            same = [other for other in group if other[0].failure == hit[0].failure]
            parts.extend((same or group)[0])
        joined.append(tuple(parts))
    return joined


def _sighting(kind: str, line: int, reader: Reader, captures: dict[str, Any]) -> Sighting:
    return Sighting(
        kind=kind,
        line=line,
        failure=reader.owner(line),
        text=reader.document.lines[line],
        captures={name: value for name, value in captures.items() if value is not None},
    )


def _failures(node: Any, reader: Reader) -> list[Sighting]:
    """Failures that an ``exception`` or ``failure`` leaf describes."""
    found = []
    for position, each in enumerate(reader.failures):
        captures: dict[str, Any] = {}
        if node[0] == "exception":
            if each.kind not in (kinds.EXCEPTION, kinds.SYNTAX, kinds.LAUNCHER, kinds.NATIVE):
                continue
            if not any(_is_type(each.name, name) for name in node[1]):
                continue
            message, frame = node[2], node[3]
        else:
            if each.kind != node[1] or (node[5] and not reader.is_last(each)):
                continue
            if node[2] is not None:
                named = search(node[2], each.name)
                if named is None:
                    continue
                captures.update(named.groupdict())
            message, frame = node[3], node[4]
        if message is not None:
            matched = _in_message(message, each)
            if matched is None:
                continue
            captures.update(matched)
        if frame is not None:
            matched = in_frames(frame, each)
            if matched is None:
                continue
            captures.update(matched)
        found.append(
            Sighting(
                kind=node[0],
                line=each.line,
                failure=position,
                text=f"{each.name}: {each.message}" if each.message else each.name,
                captures={name: value for name, value in captures.items() if value is not None},
            )
        )
    return found


def _changes(kind: str, reader: Reader) -> list[Sighting]:
    """Failures over a name that the table of library changes knows."""
    from troubleshoot import api_history, changes

    look_up = api_history.look_up if kind in api_history.KINDS else changes.look_up
    found = []
    for position, each in enumerate(reader.failures):
        if each.kind != kinds.EXCEPTION or not any(sign in each.message for sign in changes.SIGNS):
            continue
        captures = look_up(each, kind)
        if captures is not None:
            text = f"{each.name}: {each.message}"
            found.append(Sighting("exception", each.line, position, text, captures))
    return found


def _is_type(name: str, wanted: str) -> bool:
    return wanted == "*" or name == wanted or name.endswith("." + wanted)


def _in_message(pattern: Pattern, each: Failure) -> dict[str, Any] | None:
    matched = search(pattern, each.message)
    if matched is None and "\n" in each.message:
        matched = search(pattern, " ".join(each.message.split()))
    if matched is None and each.name:
        matched = search(pattern, f"{each.name}: {each.message}")
    return None if matched is None else matched.groupdict()


def in_frames(pattern: Pattern, each: Failure) -> dict[str, Any] | None:
    """Named groups of a pattern found in ``path:function: source`` of a frame, innermost first."""
    for frame in reversed(each.frames):
        path = frame.path.replace("\\", "/")
        matched = search(pattern, f"{path}:{frame.function}: {frame.code}")
        if matched is not None:
            return matched.groupdict()
    return None


def _exits(values: Iterable[Any], reader: Reader, facts: Facts) -> list[Sighting]:
    """Exit statuses or signals that the text or the wrapped run reports."""
    wanted = set(values)
    found = []
    for position, each in enumerate(reader.failures):
        if each.exit_code in wanted or (each.signal and each.signal in wanted):
            found.append(Sighting("exit", each.line, position, each.name + " " + each.message, {}))
    for name in ("run.exit_code", "run.signal"):
        fact = facts.given(name)
        if fact is not None and fact.value in wanted:
            found.append(Sighting("exit", -1, -1, f"{name} = {fact.value}", {}))
    return found
