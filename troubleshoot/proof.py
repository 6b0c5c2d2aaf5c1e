"""Conditions evaluated three-valued, and the tree that proves a verdict."""

from __future__ import annotations

import re

from troubleshoot import values, weights
from troubleshoot.fill import fill
from troubleshoot.match import in_frames
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from troubleshoot.facts import Facts, Value
    from troubleshoot.match import Match
    from troubleshoot.reader import Reader

    Record = dict[str, Any]


@record
class Proof:
    """One evaluated condition.

    Attributes:
        kind: ``fact``, ``text``, ``capture``, ``frame``, ``matched``, ``answer``, or
            ``any``/``all``/``none``.
        subject: what was asked: the fact's name, the pattern, the capture.
        truth: True, False, or None for unknown.
        ratio: likelihood ratio that it contributes to its cause (1 when unknown).
        strength: the author's word for it.
        line: index of the document line that shows it, or -1.
        text: what was found, for a person.
        why: why it matters, in both languages, or None.
        children: parts of a compound condition.
    """

    kind: str
    subject: str
    truth: bool | None
    ratio: float
    strength: str
    line: int
    text: str
    why: dict[str, str] | None = None
    children: tuple[Proof, ...] = ()


class Prover:
    """Evaluates conditions against one input and its facts."""

    def __init__(
        self,
        reader: Reader,
        facts: Facts,
        matched: frozenset[str],
        fact_type: Callable[[str], str],
    ) -> None:
        self._reader = reader
        self._facts = facts
        self._matched = matched
        self._fact_type = fact_type

    def prove(self, condition: Record, match: Match | None) -> Proof:
        """The proof of one condition for a match (None: outside of any, as in ``doctor``)."""
        kind = condition["kind"]
        truth: bool | None
        line, text = -1, ""
        children: tuple[Proof, ...] = ()
        if kind in ("any", "all", "none"):
            children = tuple(self.prove(child, match) for child in condition["subject"])
            truth = _combine(kind, [child.truth for child in children])
            subject = kind
        elif kind == "fact":
            subject, truth, line, text = self._fact(condition, match)
        elif kind == "capture":
            subject = condition["subject"]
            value = self._captured(subject, match)
            right = self._filled(condition, match)
            if condition["of"] is not None:
                right = _share(right, self._captured(condition["of"], match))
            truth = values.compare(value, condition["op"], right)
            text = f"{subject} = {value}"
        elif kind == "text":
            subject = condition["subject"][0]
            found = self._reader.lines(condition["subject"])
            truth = bool(found)
            if found:
                line = found[0][0]
                text = self._reader.document.lines[line]
        elif kind == "frame":
            subject = condition["subject"][0]
            failures = self._reader.failures
            truth = (
                match is not None
                and match.failure >= 0
                and in_frames(condition["subject"], failures[match.failure]) is not None
            )
        else:
            subject = condition["subject"]
            truth = subject in self._matched
        return Proof(
            kind=kind,
            subject=subject,
            truth=truth,
            ratio=_ratio(condition, truth),
            strength=condition["strength"],
            line=line,
            text=text,
            why=condition["why"],
            children=children,
        )

    def _fact(self, condition: Record, match: Match | None) -> tuple[str, bool | None, int, str]:
        name = fact_name(condition["subject"], match)
        if name is None:
            return condition["subject"], None, -1, "the text does not give its argument"
        fact = self._facts.get(name)
        kind = self._fact_type(name.split("(")[0])
        right = self._filled(condition, match)
        if condition["of"] is not None:
            right = _share(right, self._facts.value(condition["of"]))
        if right is None:
            return name, None, fact.line, "its measure is unknown"
        truth = values.compare(fact.value, condition["op"], right, kind)
        shown = values.show(fact.value, kind) if fact.is_known else f"unknown: {fact.because}"
        return name, truth, fact.line, f"{name} = {shown}"

    def _captured(self, name: str, match: Match | None) -> str | None:
        """A capture of the match, or the package of the innermost frame (``package``)."""
        if match is None:
            return None
        if name == "package" and name not in match.captures and match.failure >= 0:
            return self._reader.failures[match.failure].package
        return match.captures.get(name)

    def _filled(self, condition: Record, match: Match | None) -> Any:
        """The value to compare with; it may name captures (``{user}``)."""
        right = condition["value"]
        if isinstance(right, str) and "{" in right and match is not None:
            right = fill(right, match.captures.get, is_known=lambda key: key in match.captures)
        return right


def said(proof: Proof, why: str) -> str:
    """What a condition shows, for a person: a fact's value together with why it matters."""
    if proof.kind in ("fact", "capture") and why and proof.text:
        return f"{proof.text}: {why}"
    return why or proof.text or proof.subject


def fact_name(template: str, match: Match | None) -> str | None:
    """A fact's name with its argument filled from captures; None when one is missing."""
    if "{" not in template:
        return template
    if match is None:
        return None
    missing = False

    def one(found: re.Match[str]) -> str:
        nonlocal missing
        value = match.captures.get(found[1]) or found[2]
        if not value:
            missing = True
            return ""
        return value

    name = re.sub(r"\{(\w+)(?:\|([^{}]*))?\}", one, template)
    return None if missing else name


def _share(part: Value, whole: Value) -> float | None:
    """A part of a measure, as a number: 20 % of 8 GiB."""
    numbers = values.number(part), values.number(whole)
    return None if numbers[0] is None or numbers[1] is None else numbers[0] * numbers[1]


def _combine(kind: str, truths: list[bool | None]) -> bool | None:
    if kind == "any":
        return True if True in truths else None if None in truths else False
    if kind == "all":
        return False if False in truths else None if None in truths else True
    return False if True in truths else None if None in truths else True


def _ratio(condition: Record, truth: bool | None) -> float:
    if truth is None:
        return 1.0
    if truth:
        ratio = weights.STRENGTH[condition["strength"]]
        return 1.0 / ratio if condition["against"] else ratio
    ratio = weights.STRENGTH[condition["otherwise"]]
    return ratio if condition["against"] else 1.0 / ratio
