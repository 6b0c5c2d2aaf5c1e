"""Fixtures: raw logs whose path says what the verdict must be.

``fixtures/<rule path>/<cause>[--variant].log`` must be diagnosed as that rule, and as that cause
when the rule has a cause of that name; ``_clean`` must give nothing above a warning; ``_unknown``
must be abstained from. ``<case>.facts.json`` beside a log holds facts as ``--facts`` reads them.
"""

from __future__ import annotations

import json
from pathlib import Path

from troubleshoot import diagnose, intake
from troubleshoot.diagnose import Options
from troubleshoot.facts import RECORDED, Fact
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from troubleshoot.index import Index

CLEAN = "_clean"
UNKNOWN = "_unknown"
_SIDE_FILES = (".facts.json",)


@record
class Fixture:
    """One log with its expected verdict.

    Attributes:
        path: the log.
        name: path below the folder of fixtures, with slashes.
        rule: id of the rule that must win, or `CLEAN` or `UNKNOWN`.
        cause: id the file's name begins with (it only counts if the rule has such a cause).
    """

    path: Path
    name: str
    rule: str
    cause: str


@record
class Verdict:
    """What the tool says of one fixture: its outcome, first rule, cause and fix."""

    outcome: str
    rule: str
    cause: str
    fix: str
    confidence: float

    def named(self) -> dict[str, str]:
        """The parts that are kept when a verdict is blessed."""
        return {
            "outcome": self.outcome, "rule": self.rule, "cause": self.cause, "fix": self.fix,
        }  # fmt: skip


def find(folder: Path) -> Iterator[Fixture]:
    """All fixtures below a folder, sorted by path."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.endswith(_SIDE_FILES) or path.parent == folder:
            continue
        relative = path.relative_to(folder)
        where = relative.parts[:-1]
        special = where[0] if where[0] in (CLEAN, UNKNOWN) else ""
        yield Fixture(
            path=path,
            name=relative.as_posix(),
            rule=special or ".".join(where),
            cause=path.name.split(".")[0].split("--")[0],
        )


def given_facts(fixture: Fixture) -> tuple[Fact, ...]:
    """Facts recorded beside a log."""
    side = fixture.path.with_name(fixture.path.name.split(".")[0] + ".facts.json")
    if not side.exists():
        return ()
    data: dict[str, Any] = json.loads(side.read_text(encoding="utf-8"))
    entries = data.get("facts", data)
    facts = []
    for name, entry in entries.items():
        value = entry.get("value") if isinstance(entry, dict) else entry
        kept = tuple(value) if isinstance(value, list) else value
        facts.append(Fact(name=name, value=kept, source=RECORDED, because=side.name))
    return tuple(facts)


def verdict(fixture: Fixture, rules: Index) -> Verdict:
    """Today's verdict on a fixture."""
    options = Options(here=False, given=given_facts(fixture), probe=False)
    document = intake.read(str(fixture.path))
    answer = diagnose.diagnose(document, options, rules=rules).answer
    first = answer["diagnoses"][0] if answer["diagnoses"] else {}
    return Verdict(
        outcome=answer["outcome"],
        rule=first.get("rule", ""),
        cause=first.get("cause_id", ""),
        fix=answer["fixes"][0]["id"] if answer["fixes"] else "",
        confidence=first.get("confidence", 0.0),
    )


def complaint(fixture: Fixture, found: Verdict, rules: Index) -> str:
    """What is wrong with a verdict, or ``""``."""
    if fixture.rule == CLEAN:
        record_ = rules.find(found.rule) if found.rule else None
        if record_ is not None and record_["severity"] == "error":
            return f"false alarm: {found.rule} ({found.confidence:.2f})"
        return "" if found.outcome != "unknown" else "a healthy run is called a failure"
    if fixture.rule == UNKNOWN:
        if found.outcome in ("unknown", "candidates"):
            return ""
        return f"must be abstained from, but is {found.rule} ({found.confidence:.2f})"
    expected = rules.find(fixture.rule)
    if expected is None:
        return f"there is no rule {fixture.rule}"
    if found.rule != fixture.rule:
        return f"diagnosed as {found.rule or found.outcome} ({found.confidence:.2f})"
    causes = [cause["id"] for cause in expected["causes"]]
    if fixture.cause in causes and found.cause != fixture.cause:
        return f"cause is {found.cause} ({found.confidence:.2f}), not {fixture.cause}"
    return ""
