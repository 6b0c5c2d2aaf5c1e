"""The whole library of rules against the whole library of fixtures."""

import re
from pathlib import Path

import pytest

from troubleshoot import compile, fixtures, index, lending, lint
from troubleshoot.errors import RuleError

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "rules"
FIXTURES = ROOT / "fixtures"
ENTRIES = (ROOT / "tests" / "catalogue_entries.txt").read_text().split()


@pytest.fixture(scope="module")
def library():
    records = {}
    for path in compile.rule_paths(RULES):
        rule = compile.load_rule(path, RULES)
        record = compile.compile_rule(rule, str(path))
        record["examples"] = rule.symptom.examples.model_dump()
        records[record["id"]] = record
    whole = lending.lend(list(records.values()))
    records = {record["id"]: record for record in whole}
    return lint.Library(records=records, fixtures=FIXTURES)


@pytest.fixture(scope="module")
def rules():
    return index.load()


def test_every_rule_passes_its_checks(library):
    findings = [
        f"{found.rule}: {found.check}: {found.what}"
        for record in library.records.values()
        for found in lint.lint(record, library)
        if found.level == lint.FAIL
    ]
    assert findings == []


def test_every_fixture_gets_its_verdict(rules):
    wrong = []
    count = 0
    for fixture in fixtures.find(FIXTURES):
        count += 1
        problem = fixtures.complaint(fixture, fixtures.verdict(fixture, rules), rules)
        if problem:
            wrong.append(f"{fixture.name}: {problem}")
    assert wrong == []
    assert count >= len(rules)


def test_every_catalogue_entry_has_a_rule_with_a_fixture(library):
    covered = {}
    for record in library.records.values():
        for entry in record["entries"]:
            covered.setdefault(entry, []).append(record["id"])
    assert sorted(set(ENTRIES) - covered.keys()) == []
    for entry in ENTRIES:
        assert any(
            any(FIXTURES.joinpath(*rule_id.split(".")).glob("*")) for rule_id in covered[entry]
        ), entry


def test_no_rule_names_an_entry_that_does_not_exist(library):
    named = {entry for record in library.records.values() for entry in record["entries"]}
    assert named - set(ENTRIES) == set()


def test_no_literal_stands_in_a_healthy_log(library, rules):
    """A literal of an error rule that also occurs in healthy runs would slow every large log."""
    healthy = "\n".join(
        fixture.path.read_text(errors="replace")
        for fixture in fixtures.find(FIXTURES)
        if fixture.rule == fixtures.CLEAN
    )
    lines = max(1, healthy.count("\n"))
    for literal in rules.literals:
        assert healthy.count(literal) <= max(4, lines // 50), literal


def test_texts_name_no_package_registry():
    names = ("pypi", "pythonhosted", "npmjs")
    hosts = re.compile(rf"(?i)(?<![\w-])(?:[\w-]+\.)?(?:{'|'.join(names)})\.org")
    wrong = [
        str(path.relative_to(ROOT))
        for folder in (RULES, FIXTURES)
        for path in folder.rglob("*")
        if path.is_file() and hosts.search(path.read_bytes().decode("utf-8", "replace"))
    ]
    assert wrong == []


def test_a_value_inside_a_fallback_is_complained_of(library):
    record = dict(library.records["ray.desired-gpus"])
    record["title"] = {"en": "only {have|{want|none}} left", "zh": "只剩 {have|无}"}
    assert [f.check for f in lint.lint(record, library)] == ["nested-field"]


def test_a_key_that_stands_twice_is_refused(tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text("id: a.b\ntitle: x\nid: a.c\n")
    with pytest.raises(RuleError, match="'id' stands twice"):
        compile.load_yaml(path)
