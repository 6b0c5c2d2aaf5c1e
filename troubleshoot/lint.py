"""Checks of rules, each small and with a recommendation."""

from __future__ import annotations

import datetime
import re

from troubleshoot import failures, fill, lending, match, packdata, patterns
from troubleshoot.document import Document
from troubleshoot.facts import Facts
from troubleshoot.reader import Reader
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    Record = dict[str, Any]

FAIL = "fail"
WARN = "warn"
STALE_MONTHS = 12
LEAST_WORTH = 2.5
"""Characters of its own that a literal needs beside the phrases all messages share."""
_BUILT_IN = {
    "exception", "message", "file", "line", "function", "code", "package", "python", "pip",
    "command", "metric", "step", "value", "share", "median", "count", "before", "threshold",
}  # fmt: skip


@record
class Finding:
    """One thing to mend in a rule.

    Attributes:
        rule: its id.
        check: name of the check.
        level: `FAIL` or `WARN`.
        what: what is wrong.
        advice: what to write instead.
    """

    rule: str
    check: str
    level: str
    what: str
    advice: str


@record
class Library:
    """What checks across rules need: all records by id, and the folder of fixtures."""

    records: dict[str, Record]
    fixtures: Path | None


def lint(rule: Record, library: Library) -> list[Finding]:
    """All findings on one compiled rule."""
    found = []
    for check, (level, advice) in CHECKS.items():
        for what in check(rule, library):
            name = check.__name__.strip("_").replace("_", "-")
            found.append(Finding(rule["id"], name, level, what, advice))
    return found


def symptom_patterns(node: Any) -> Iterator[tuple[str, Any]]:
    """All patterns of a symptom with the kind of their leaf."""
    if node[0] in ("any", "all", "none"):
        for child in node[1]:
            yield from symptom_patterns(child)
    elif node[0] == "text":
        yield "text", node[1]
    elif node[0] in ("exception", "failure"):
        for part in node[2:]:
            if isinstance(part, tuple):
                yield node[0], part


def _conditions(rule: Record) -> Iterator[Record]:
    queue = [*rule["doctor"]]
    for cause in rule["causes"]:
        queue.extend(cause["when"])
        for fix in cause["fixes"]:
            queue.extend(fix["when"])
    while queue:
        condition = queue.pop()
        yield condition
        if condition["kind"] in ("any", "all", "none"):
            queue.extend(condition["subject"])


def _all_patterns(rule: Record) -> Iterator[Any]:
    for _, pattern in symptom_patterns(rule["symptom"]):
        yield pattern
    for condition in _conditions(rule):
        if condition["kind"] in ("text", "frame"):
            yield condition["subject"]


def holds(rule: Record, text: str) -> bool:
    """Whether a rule's symptom holds in a text on its own."""
    document = Document.from_text(text)
    reader = Reader(document, failures.find(document))
    return match.holds(rule["symptom"], reader, Facts())


def _example_not_matched(rule: Record, library: Library) -> Iterator[str]:
    for example in rule["examples"]["yes"]:
        if not holds(rule, example):
            yield f"does not match its own example {example[:100]!r}"


def _look_alike_matched(rule: Record, library: Library) -> Iterator[str]:
    for example in rule["examples"]["no"]:
        if holds(rule, example):
            yield f"matches the look-alike {example[:100]!r}"


def _missing_look_alike(rule: Record, library: Library) -> Iterator[str]:
    if not rule["examples"]["no"]:
        yield "no look-alike that it must not match"


def _no_literal(rule: Record, library: Library) -> Iterator[str]:
    for kind, pattern in symptom_patterns(rule["symptom"]):
        if not pattern[1] and kind == "text":
            yield f"pattern without a literal of four characters: {pattern[0][:80]}"
    catches_all = rule["specificity"] == "catch-all" and rule["needs"] == "failure"
    if not rule["literals"] and rule["needs"] in ("any", "failure") and not catches_all:
        yield "nothing in its symptom has a literal: it would run on every input"


def _super_linear(rule: Record, library: Library) -> Iterator[str]:
    for pattern in _all_patterns(rule):
        if not pattern[2]:
            yield f"may be slow (repeats in repeats, or three unbounded gaps): {pattern[0][:80]}"


def _dead_pattern(rule: Record, library: Library) -> Iterator[str]:
    for pattern in _all_patterns(rule):
        if re.search(r"(?<!\\)\$[^)|\s]", pattern[0]) and "\\n" not in pattern[0]:
            yield f"an unescaped $ in the middle matches nothing: {pattern[0][:80]}"


def _unknown_fact(rule: Record, library: Library) -> Iterator[str]:
    known = packdata.load("facts")
    for condition in _conditions(rule):
        names = [condition["subject"]] if condition["kind"] == "fact" else []
        names += [condition["of"]] if names and condition["of"] else []
        for name in names:
            if name.split("(")[0] not in known:
                yield f"no fact is called {name}"
    for template in _templates(rule):
        for name, _ in fill.fields(template):
            base = name.split("(")[0]
            if "." in base and base not in known and re.fullmatch(r"[a-z_]+\.[a-z_]+", base):
                yield f"no fact is called {base} (in {template[:60]!r})"


def _templates(rule: Record) -> Iterator[str]:
    """Every filled text of a rule in both languages, and its commands."""
    queue: list[Any] = [rule["title"], rule["dead_ends"]]
    for cause in rule["causes"]:
        queue += [cause["title"], cause["text"], cause["ask"], cause["dead_ends"]]
        for fix in cause["fixes"]:
            queue += [fix.get(key) for key in ("title", "why", "run", "edit", "undo", "changes")]
            queue += list((fix.get("on") or {}).values())
    while queue:
        item = queue.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            queue.extend(item.values())
        elif isinstance(item, tuple | list):
            queue.extend(item)


def _group_names(rule: Record) -> set[str]:
    names: set[str] = set(rule["captures"])
    for _, pattern in symptom_patterns(rule["symptom"]):
        names.update(re.findall(r"\(\?P<(\w+)>", pattern[0]))
    return names


def _unknown_capture(rule: Record, library: Library) -> Iterator[str]:
    names = _group_names(rule) | _BUILT_IN
    templates = [rule["title"]]
    for cause in rule["causes"]:
        templates += [cause["title"], cause["text"]]
        templates += [fix.get(key) for fix in cause["fixes"] for key in ("title", "why")]
    for text in templates:
        for template in (text or {}).values():
            for name, fallback in fill.fields(template):
                base = name.split("(")[0]
                if "." not in base and base not in names and fallback is None:
                    yield f"{{{name}}} is no capture of the rule (in {template[:60]!r})"


def _nested_field(rule: Record, library: Library) -> Iterator[str]:
    for template in _templates(rule):
        nested = re.search(r"\{[\w.()]{1,60}\|[^{}]{0,80}\{\w", template)
        if nested:
            yield f"a value inside the fallback of another is not filled in ({nested[0]!r})"


def _unfilled_title(rule: Record, library: Library) -> Iterator[str]:
    for language, template in rule["title"].items():
        if template.rstrip().endswith((".", "。")):
            yield f"the {language} title ends with a full stop"


def _missing_chinese(rule: Record, library: Library) -> Iterator[str]:
    def texts(item: Any) -> Iterator[dict[str, str]]:
        if isinstance(item, dict):
            if item.keys() == {"en", "zh"}:
                yield item
            else:
                for value in item.values():
                    yield from texts(value)
        elif isinstance(item, tuple | list):
            for value in item:
                yield from texts(value)

    for text in texts({key: rule[key] for key in ("title", "causes", "dead_ends")}):
        letters = re.sub(r"\{[^}]*\}|[`'\"][^`'\"]*[`'\"]", "", text["zh"])
        if len(text["en"].split()) > 3 and not re.search(r"[\u4e00-\u9fff]", letters):
            yield f"no Chinese in {text['zh'][:60]!r}"


def _unreachable_cause(rule: Record, library: Library) -> Iterator[str]:
    causes = rule["causes"]
    for cause in causes[1:]:
        order = ("rare", "uncommon", "common", "usual")
        lower = order.index(cause["prior"]) < max(order.index(each["prior"]) for each in causes)
        if lower and not cause["when"] and not cause["ask"]:
            yield f"cause {cause['id']} is less likely than a rival and nothing can raise it"


def _fix_without_verify(rule: Record, library: Library) -> Iterator[str]:
    for cause in rule["causes"]:
        for fix in cause["fixes"]:
            if not fix.get("verify") and fix["safety"] in ("changes-environment", "destructive"):
                yield f"fix {fix['id']} says not how it is verified"


def _no_fix(rule: Record, library: Library) -> Iterator[str]:
    if rule["severity"] == "error":
        for cause in rule["causes"]:
            if not cause["fixes"]:
                yield f"cause {cause['id']} has no fix"


def _stale(rule: Record, library: Library) -> Iterator[str]:
    today = datetime.date.today()
    year, month = map(int, rule["checked"].split("-"))
    if (today.year - year) * 12 + today.month - month > STALE_MONTHS:
        yield f"last verified {rule['checked']}"


def _unknown_rule(rule: Record, library: Library) -> Iterator[str]:
    for key in ("refines", "leads_to"):
        for name in rule[key]:
            if name not in library.records:
                yield f"{key} names {name}, which does not exist"
    for name in lending.lacking(library.records.values(), rule):
        yield f"borrows {name}, which does not exist"


def _refines_itself(rule: Record, library: Library) -> Iterator[str]:
    seen: set[str] = set()
    queue = list(rule["refines"])
    while queue:
        name = queue.pop()
        if name == rule["id"]:
            yield "refines itself, by way of the rules it refines: all of them would vanish"
            return
        if name not in seen:
            seen.add(name)
            queue.extend(library.records.get(name, {}).get("refines", ()))


def _common_literal(rule: Record, library: Library) -> Iterator[str]:
    for literal in rule["literals"]:
        if patterns.worth(literal) < LEAST_WORTH and rule["severity"] != "benign":
            yield f"it is looked for by {literal!r}, which stands in very many logs"


def _destructive_first(rule: Record, library: Library) -> Iterator[str]:
    for cause in rule["causes"]:
        fixes = cause["fixes"]
        if fixes and fixes[0]["safety"] == "destructive" and len(fixes) > 1:
            yield f"cause {cause['id']} begins with a destructive fix"
        for fix in fixes:
            lines = [*(fix.get("run") or ()), *sum((fix.get("on") or {}).values(), ())]
            for line in lines:
                if re.search(r"\brm -rf?\b|\bkill -9\b|\bmkfs|\bdd if=|--force-remove", line) and (
                    fix["safety"] != "destructive"
                ):
                    yield f"fix {fix['id']} runs {line[:60]!r} but is not marked destructive"


def _missing_fixture(rule: Record, library: Library) -> Iterator[str]:
    if library.fixtures is not None:
        folder = library.fixtures.joinpath(*rule["id"].split("."))
        if not folder.is_dir() or not any(path.is_file() for path in folder.iterdir()):
            yield "has no fixture"


Check = "Callable[[Record, Library], Iterator[str]]"

CHECKS: dict[Any, tuple[str, str]] = {
    _example_not_matched: (FAIL, "mend the pattern or the example"),
    _look_alike_matched: (FAIL, "narrow the pattern"),
    _missing_look_alike: (WARN, "add a message that looks alike but is another failure"),
    _no_literal: (FAIL, "let the pattern contain a fixed text, not under (?i)"),
    _super_linear: (WARN, "bound the gaps: .{0,80} instead of .*"),
    _dead_pattern: (FAIL, "escape it: \\$"),
    _unknown_fact: (FAIL, "use a name of rules/_data/facts.yaml, or add one there"),
    _unknown_capture: (FAIL, "name a group of the symptom, or give a fallback after |"),
    _nested_field: (FAIL, "write [[{a}]][[{b}]], or plain words after |"),
    _unfilled_title: (WARN, "titles complete 'the run failed because …' without a full stop"),
    _missing_chinese: (FAIL, "write it in Chinese"),
    _unreachable_cause: (WARN, "give it a condition or a question"),
    _fix_without_verify: (WARN, "say what shows that it worked"),
    _no_fix: (FAIL, "every cause of an error has a fix, if only how to find out more"),
    _stale: (WARN, "verify message, cause and fixes again and set checked"),
    _unknown_rule: (FAIL, "use an id that exists"),
    _refines_itself: (FAIL, "let the more special of the two refine the other only"),
    _common_literal: (WARN, "let the pattern hold a word of its own in one piece"),
    _destructive_first: (FAIL, "safe fixes first; mark what cannot be undone destructive"),
    _missing_fixture: (FAIL, "add a log under fixtures/ (whyfail rules new shows where)"),
}
"""Checks with their level and recommendation."""


def slow_patterns(rule: Record) -> list[str]:
    """Patterns whose order of growth is above quadratic (for the statistics)."""
    return [each[0] for each in _all_patterns(rule) if patterns.growth(each[0]) > 2]
