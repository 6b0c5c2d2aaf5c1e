"""The ranking in words: the machine-readable answer that every renderer prints.

The form is the published one (``whyfail schema``); `troubleshoot.answer_model` holds its schema.
"""

from __future__ import annotations

from troubleshoot import failure as kinds
from troubleshoot import values, weights
from troubleshoot.context import Context, clean, commands
from troubleshoot.proof import said
from troubleshoot.words import pick

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from troubleshoot.facts import Facts
    from troubleshoot.failure import Failure
    from troubleshoot.match import Match
    from troubleshoot.origin import Origin
    from troubleshoot.proof import Proof
    from troubleshoot.rank import Diagnosis, Ranking
    from troubleshoot.reader import Reader
    from troubleshoot.trials import RankedFix

    Answer = dict[str, Any]

SCHEMA = "whyfail/1"
LONGEST_EVIDENCE = 600
MOST_FIXES = 12


class Explainer:
    """Puts one ranking into words.

    Args:
        reader: the input.
        facts: of the diagnosis.
        fact_type: registered type of a fact's name.
        origin: where the input is from.
        lang: ``en`` or ``zh``.
    """

    def __init__(
        self,
        reader: Reader,
        facts: Facts,
        fact_type: Callable[[str], str],
        origin: Origin,
        lang: str,
    ) -> None:
        self._reader = reader
        self._facts = facts
        self._fact_type = fact_type
        self._origin = origin
        self._lang = lang
        self._contexts: dict[int, Context] = {}
        self._fixes: dict[int, Answer] = {}

    def answer(self, ranking: Ranking, notes: tuple[str, ...] = ()) -> Answer:
        """The answer in its published form."""
        diagnoses = [self._diagnosis(each, ranking) for each in ranking.diagnoses]
        fixes = [
            {**self._fix(each), "rule": each.diagnosis.key[0], "cause_id": each.diagnosis.key[1]}
            for each in ranking.fixes[:MOST_FIXES]
        ]
        known = sorted((fact for fact in self._facts if fact.is_known), key=lambda fact: fact.name)
        unknown = {fact.name: fact.because for fact in self._facts if not fact.is_known}
        return {
            "schema": SCHEMA,
            "outcome": outcome(ranking, self._reader.failures),
            "origin": {
                "here": self._origin.here,
                "because": self._origin.because,
                "python": self._origin.python,
            },
            "diagnoses": diagnoses,
            "fixes": fixes,
            "facts": {fact.name: fact.value for fact in known},
            "unknown_facts": dict(sorted(unknown.items())),
            "failures": [self._failure(each) for each in self._shown_failures()],
            "notes": list(notes),
            "timing_ms": {"total": 0},
        }

    def _context(self, match: Match) -> Context:
        context = self._contexts.get(id(match))
        if context is None:
            context = Context(
                self._reader, self._facts, self._fact_type, match, self._origin.python
            )
            self._contexts[id(match)] = context
        return context

    def _shown_failures(self) -> list[Failure]:
        failures = self._reader.failures
        if len(failures) <= 40:
            return list(failures)
        return [*failures[:20], *failures[-20:]]

    def _failure(self, each: Failure) -> Answer:
        frame = each.user_frame
        return {
            "exception": each.name,
            "kind": each.kind,
            "message": each.message[:2000],
            "role": each.role,
            "line": self._reader.raw_number(each.line),
            "rank": each.rank or None,
            "where": f"{frame.path}:{frame.line}" if frame else None,
            "package": each.frames[-1].package if each.frames else None,
        }

    def _diagnosis(self, each: Diagnosis, ranking: Ranking) -> Answer:
        context = self._context(each.match)
        rule = each.match.rule
        title = context.text(pick(rule["title"], self._lang))
        cause_title = context.text(pick(each.cause["title"], self._lang))
        cause_text = context.text(pick(each.cause["text"], self._lang))
        fixes = [self._fix(fix) for fix in ranking.fixes if fix.diagnosis is each]
        return {
            "rule": rule["id"],
            "cause_id": each.cause["id"],
            "severity": rule["severity"],
            "confidence": round(each.confidence, 3),
            "title": title,
            "cause": _sentences(
                cause_title,
                cause_text,
                self._lang,
                capital=not pick(each.cause["title"], self._lang).startswith("{"),
            ),
            "evidence": self._evidence(each),
            "consequences": [
                self._context(match).text(pick(match.rule["title"], self._lang))
                for match in each.consequences
            ],
            "dead_ends": [
                {
                    "try": context.text(pick(end["try"], self._lang)),
                    "why": context.text(pick(end["why"], self._lang)),
                    **({"source": end["source"]} if end.get("source") else {}),
                }
                for end in (*each.cause["dead_ends"], *rule["dead_ends"])
            ],
            "fixes": fixes,
            "references": list(rule["references"]),
            "report": rule["report"] or None,
        }

    def _fix(self, each: RankedFix) -> Answer:
        """A fix in words, found once: it stands under its diagnosis and in the order of trial."""
        fix = self._fixes.get(id(each))
        if fix is None:
            fix = self._fixes[id(each)] = self._worded(each)
        return dict(fix)

    def _worded(self, each: RankedFix) -> Answer:
        context = self._context(each.diagnosis.match)
        fix = each.fix
        title = _imperative(context.text(pick(fix["title"], self._lang)))
        detail = context.text(pick(fix.get("edit"), self._lang))
        if detail and _imperative(detail).rstrip(".。") == title.rstrip(".。"):
            detail = ""  # the title says it all; nobody reads the same sentence twice
        return {
            "id": fix["id"],
            "title": title,
            "why": context.text(pick(fix.get("why"), self._lang)),
            "detail": detail,
            "commands": commands(fix, context, self._facts),
            "changes": context.text(pick(fix.get("changes"), self._lang)),
            "safety": fix["safety"],
            "probability": round(each.probability, 3),
            "cost_seconds": round(each.seconds),
            "verify": self._check(fix.get("verify"), context),
            "undo": context.command(pick(fix.get("undo"), self._lang)),
        }

    def _check(self, check: dict[str, Any] | None, context: Context) -> str:
        if not check:
            check = {"rerun": True}
        if check.get("say"):
            return context.text(pick(check["say"], self._lang))
        if check.get("run"):
            command = context.command(check["run"])
            expected = check.get("expect")
            return f"{command}  →  {expected}" if expected else command
        if check.get("fact"):
            name = context.text(check["fact"])
            value = check.get("value", True)
            shown = context.text(str(value)) if isinstance(value, str) else values.show(value)
            return f"{name} {check.get('op', '==')} {shown}"
        return "再运行一次" if self._lang == "zh" else "run it again"

    def _evidence(self, each: Diagnosis) -> list[Answer]:
        found: list[Answer] = []
        shown: set[tuple[int, str]] = set()
        for sighting in each.match.sightings[:4]:
            place = (sighting.line, sighting.text[:80])
            if place in shown:
                continue
            shown.add(place)
            found.append(
                {
                    "kind": "exception" if sighting.kind == "failure" else sighting.kind,
                    "line": self._reader.raw_number(sighting.line) or None,
                    "text": _bounded(sighting.text),
                    "effect": "for",
                    "strength": "decisive",
                }
            )
        for proof in each.proofs:
            for part in _leaves(proof):
                if part.truth is None or part.ratio == 1.0 or not part.text:
                    continue
                if (part.line, part.text[:80]) in shown:
                    continue
                shown.add((part.line, part.text[:80]))
                found.append(
                    {
                        "kind": part.kind if part.kind in ("fact", "text", "answer") else "text",
                        "line": self._reader.raw_number(part.line) or None,
                        "text": _bounded(said(part, pick(part.why, self._lang))),
                        "effect": "for" if part.ratio > 1.0 else "against",
                        "strength": part.strength,
                    }
                )
        return found


def outcome(ranking: Ranking, failures: tuple[Failure, ...]) -> str:
    """``diagnosed``, ``candidates``, ``unknown`` or ``no_failure``."""
    serious = [each for each in ranking.diagnoses if each.match.rule["severity"] != "benign"]
    if ranking.unexplained and not any(each.match.rule["severity"] == "error" for each in serious):
        return "unknown"
    if serious and serious[0].match.repeats:
        return "unknown"
    if serious:
        # rivals of one rule share the verdict: the rule is believed when they are together
        first = serious[0].match
        believed = sum(each.confidence for each in serious if each.match is first)
        enough = serious[0].confidence >= weights.DIAGNOSED or (
            believed >= 0.75 and serious[0].confidence >= weights.DIAGNOSED * 0.7
        )
        return "diagnosed" if enough else "candidates"
    if any(each.role in (kinds.INITIATING, kinds.WRAPPER) for each in failures):
        return "unknown" if not ranking.diagnoses else "no_failure"
    return "no_failure"


def _leaves(proof: Proof) -> list[Proof]:
    if not proof.children:
        return [proof]
    from troubleshoot.records import replace

    return [
        replace(child, ratio=proof.ratio) for child in proof.children if child.truth is not None
    ]


def _imperative(title: str) -> str:
    """A fix title that can stand anywhere: the order of fixes is not the order in the rule."""
    if title.startswith("Or ") and len(title) > 3:
        return title[3].upper() + title[4:]
    if title.startswith("或") and not title.startswith("或许"):
        return title[1:].removeprefix("者").lstrip("，, ")
    return title


_WRITTEN_SMALL = ("apt", "conda", "git", "macOS", "nvcc", "pip", "torch", "uv", "wandb")
"""Names that keep their small letter at the start of a sentence."""


def _sentences(title: str, text: str, lang: str, *, capital: bool = True) -> str:
    """A cause's title and text as one paragraph."""
    if not title:
        return text
    first = title.split(" ", 1)[0]
    name = first.removesuffix("'s").removesuffix("'") in _WRITTEN_SMALL
    if capital and lang != "zh" and not name and not any(mark in first for mark in "._/="):
        title = title[:1].upper() + title[1:]
    stop = "。" if lang == "zh" else ". "
    return (title.rstrip("。.") + stop + text).strip()


def _bounded(text: str) -> str:
    lines = [clean(line) for line in text.strip().split("\n")[:6]]
    shown = "\n".join(line for line in lines if line)
    return shown if len(shown) <= LONGEST_EVIDENCE else shown[: LONGEST_EVIDENCE - 1] + "…"
