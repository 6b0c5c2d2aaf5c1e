"""List, show, check, test and begin rules."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from troubleshoot import cli, compile, fixtures, index, lending, lint, words
from troubleshoot.errors import UsageError, WhyfailError

if TYPE_CHECKING:
    import argparse

VERDICTS = "verdicts.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``whyfail rules``."""
    actions = ("list", "show", "lint", "test", "bless", "new", "stats", "schema")
    parser.add_argument("action", choices=actions)
    parser.add_argument("ids", nargs="*", metavar="ID", help="rule ids or beginnings of them")
    parser.add_argument("--strict", action="store_true", help="lint: warnings fail too")
    parser.add_argument("--fixtures", metavar="DIR", default="", help="folder of fixtures")
    cli.add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run one action.

    Raises:
        UsageError: no such rule, or nothing to work on.
    """
    action = {
        "list": _list, "show": _show, "lint": _lint, "test": _test, "bless": _bless, "new": _new,
        "stats": _stats, "schema": _schema,
    }[arguments.action]  # fmt: skip
    return action(arguments)


def _rule_folders(arguments: argparse.Namespace) -> list[Path]:
    folders = [Path(folder) for folder in arguments.rules]
    return folders or [Path(index.CHECKOUT)]


def _fixture_folder(arguments: argparse.Namespace) -> Path | None:
    if arguments.fixtures:
        return Path(arguments.fixtures)
    for folder in _rule_folders(arguments):
        beside = folder.resolve().parent / "fixtures"
        if beside.is_dir():
            return beside
    return None


def _wanted(name: str, arguments: argparse.Namespace) -> bool:
    return not arguments.ids or any(name.startswith(wanted) for wanted in arguments.ids)


def _records(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    rules = index.load(arguments.rules)
    for note in rules.notes:
        print(note, file=sys.stderr)
    found = [rules.record(number) for number in range(len(rules))]
    return [each for each in found if _wanted(each["id"], arguments)]


def _list(arguments: argparse.Namespace) -> int:
    lang = words.language(arguments.lang)
    packs = index.load(arguments.rules).packs()
    found = _records(arguments)
    if cli.chosen_format(arguments) == "json":
        keys = ("id", "severity", "specificity", "checked")
        shown = [
            {**{key: each[key] for key in keys}, "title": words.pick(each["title"], lang),
             "pack": packs[each["id"]]}
            for each in found
        ]  # fmt: skip
        print(json.dumps(shown, ensure_ascii=False, indent=1))
        return 0
    for each in found:
        mark = {"error": " ", "warning": "!", "benign": "·"}[each["severity"]]
        print(f"{mark} {each['id']:<44} {words.pick(each['title'], lang)}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    if not arguments.ids:
        raise UsageError("show needs the id of a rule", advice="whyfail rules list")
    for name in arguments.ids:
        record = index.load(arguments.rules).find(name)
        if record is None:
            raise UsageError(f"there is no rule {name}", advice="whyfail rules list")
        path = Path(index.CHECKOUT).joinpath(*name.split(".")).with_suffix(".yaml")
        if path.exists():
            print(path.read_text(encoding="utf-8"))
        else:
            print(json.dumps(record, ensure_ascii=False, indent=1))
    return 0


def _lint(arguments: argparse.Namespace) -> int:
    everything: dict[str, dict[str, Any]] = {}
    broken = 0
    for folder in _rule_folders(arguments):
        for path in compile.rule_paths(folder):
            try:
                rule = compile.load_rule(path, folder)
                record = compile.compile_rule(rule, str(path))
            except WhyfailError as error:
                broken += 1
                print(f"fail  {error}")
                continue
            record["examples"] = rule.symptom.examples.model_dump()
            everything[record["id"]] = record
    whole = lending.lend(list(everything.values()))
    chosen = [record for record in whole if _wanted(record["id"], arguments)]
    library = lint.Library(records=everything, fixtures=_fixture_folder(arguments))
    counts: Counter[str] = Counter()
    for record in chosen:
        for finding in lint.lint(record, library):
            counts[finding.level] += 1
            print(f"{finding.level}  {finding.rule}: {finding.check}: {finding.what}")
            print(f"      → {finding.advice}")
    print(
        f"{len(chosen)} rules: {broken} unreadable, {counts[lint.FAIL]} to mend, "
        f"{counts[lint.WARN]} warnings"
    )
    failed = broken + counts[lint.FAIL] + (counts[lint.WARN] if arguments.strict else 0)
    return 1 if failed else 0


def _test(arguments: argparse.Namespace) -> int:
    folder = _fixture_folder(arguments)
    if folder is None:
        raise UsageError("no folder of fixtures", advice="name one with --fixtures DIR")
    rules = index.load(arguments.rules)
    for note in rules.notes:
        print(note, file=sys.stderr)
    blessed = _blessed(folder)
    wrong = changed = count = 0
    for fixture in fixtures.find(folder):
        if not _wanted(fixture.rule, arguments) and not _wanted(fixture.name, arguments):
            continue
        count += 1
        found = fixtures.verdict(fixture, rules)
        problem = fixtures.complaint(fixture, found, rules)
        if problem:
            wrong += 1
            print(f"wrong    {fixture.name}: {problem}")
        before = blessed.get(fixture.name)
        if before is not None and before != found.named():
            changed += 1
            what = ", ".join(
                f"{key} {before[key] or '–'} → {value or '–'}"
                for key, value in found.named().items()
                if before.get(key) != value
            )
            print(f"changed  {fixture.name}: {what}")
    print(f"{count} fixtures: {wrong} wrong, {changed} changed since blessed")
    return 1 if wrong or changed else 0


def _blessed(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / VERDICTS
    if not path.exists():
        return {}
    data: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _bless(arguments: argparse.Namespace) -> int:
    folder = _fixture_folder(arguments)
    if folder is None:
        raise UsageError("no folder of fixtures", advice="name one with --fixtures DIR")
    rules = index.load(arguments.rules)
    blessed = _blessed(folder)
    present = set()
    for fixture in fixtures.find(folder):
        present.add(fixture.name)
        if _wanted(fixture.rule, arguments):
            blessed[fixture.name] = fixtures.verdict(fixture, rules).named()
    kept = {name: blessed[name] for name in sorted(blessed) if name in present}
    text = json.dumps(kept, indent=0, ensure_ascii=False)
    (folder / VERDICTS).write_text(text + "\n", encoding="utf-8")
    print(f"{len(kept)} verdicts kept in {folder / VERDICTS}")
    return 0


_SCAFFOLD = """\
id: {id}
title: {{en: "…", zh: "…"}}   # completes "the run failed because …"
checked: "{month}"
specificity: exact
symptom:
  any:
    - exception: [RuntimeError]
      message: 'the fixed part of the message (?P<name>\\w+)'
  examples:
    yes: ["RuntimeError: the fixed part of the message alpha"]
    no: ["RuntimeError: a look-alike that is another failure"]
cause: {{en: "What happened, and why.", zh: "……"}}
fixes:
  - id: first-fix
    title: {{en: "Do this", zh: "……"}}
    run: ["command"]
    safety: safe
    works: often
    cost: 60s
    verify: {{rerun: true}}
references: []
"""


def _new(arguments: argparse.Namespace) -> int:
    import datetime

    if len(arguments.ids) != 1 or "." not in arguments.ids[0]:
        raise UsageError("new needs one id such as torch.cuda.oom")
    name = arguments.ids[0]
    folder = _rule_folders(arguments)[0]
    path = folder.joinpath(*name.split(".")).with_suffix(".yaml")
    if path.exists():
        raise UsageError(f"{path} exists already", advice="edit it")
    log = folder.resolve().parent.joinpath("fixtures", *name.split("."), "plain.log")
    for target, text in (
        (path, _SCAFFOLD.format(id=name, month=f"{datetime.date.today():%Y-%m}")),
        (log, "RuntimeError: the fixed part of the message alpha\n"),
    ):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(f"wrote {target}")
    print(f"next: edit both, then whyfail rules lint {name} and whyfail rules test {name}")
    return 0


def _stats(arguments: argparse.Namespace) -> int:
    found = _records(arguments)
    for key in ("severity", "specificity", "checked"):
        counted = Counter(each[key] for each in found)
        print(
            f"{key:<12} "
            + ", ".join(f"{value} {count}" for value, count in sorted(counted.items()))
        )
    domains = Counter(each["id"].split(".")[0] for each in found)
    print("domains      " + ", ".join(f"{name} {count}" for name, count in domains.most_common()))
    causes = sum(len(each["causes"]) for each in found)
    fixes = sum(len(cause["fixes"]) for each in found for cause in each["causes"])
    slow = sum(len(lint.slow_patterns(each)) for each in found)
    print(f"{len(found)} rules, {causes} causes, {fixes} fixes, {slow} patterns under a time limit")
    return 0


def _schema(arguments: argparse.Namespace) -> int:
    from troubleshoot.rule_model import Rule

    print(json.dumps(Rule.model_json_schema(), indent=1))
    return 0
