"""Posterior, specificity, consequences, abstention and the order of fixes, on small packs."""

import json
from pathlib import Path

import pytest
import yaml

from troubleshoot import compile, diagnose, index, intake
from troubleshoot.diagnose import Options
from troubleshoot.facts import RECORDED, Fact
from troubleshoot.rule_model import Rule


def text(words):
    return {"en": words, "zh": "原因：" + words}


def rule(rule_id, message, *, causes=None, **more):
    base = {
        "id": rule_id,
        "title": text(f"{rule_id} happened"),
        "checked": "2026-11",
        "specificity": "exact",
        "symptom": {
            "any": [{"exception": ["*"], "message": message}],
            "examples": {"yes": ["RuntimeError: x"], "no": ["y"]},
        },
    }
    base["causes"] = causes or [cause("only")]
    base.update(more)
    return base


def cause(name, *, prior="common", when=(), fixes=None):
    fixes = fixes or [fix(f"{name}-fix")]
    return {"id": name, "title": text(name), "prior": prior, "when": list(when), "fixes": fixes}


def fix(name, *, works="often", cost="60s", safety="safe", run=("do it",)):
    return {
        "id": name, "title": text(name), "run": list(run), "works": works, "cost": cost,
        "safety": safety,
    }  # fmt: skip


@pytest.fixture
def pack(tmp_path):
    def build(*rules):
        records = []
        for each in rules:
            path = tmp_path.joinpath(*each["id"].split(".")).with_suffix(".yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.safe_dump(each, allow_unicode=True))
            loaded = compile.load_rule(path, tmp_path)
            records.append((compile.compile_rule(loaded), "test"))
        return index.Index(compile.assemble(records))

    return build


def answer(log, rules, facts=None, **more):
    given = tuple(Fact(name=k, value=v, source=RECORDED) for k, v in (facts or {}).items())
    options = Options(here=False, given=given, probe=False)
    return diagnose.diagnose(intake.clean_text(log), options, rules=rules, **more).answer


TRACEBACK = """Traceback (most recent call last):
  File "/home/ada/train.py", line 7, in <module>
    main()
RuntimeError: the widget {what} broke
"""


def test_facts_flip_the_rivals(pack):
    rules = pack(
        rule(
            "test.widget", "the widget (?P<what>\\w+) broke",
            causes=[
                cause("big", prior="usual"),
                cause("other", when=[
                    {"fact": "gpu.foreign_memory", "op": ">", "value": "20%",
                     "of": "gpu.total_memory", "strength": "strong"}
                ]),
            ],
        )
    )  # fmt: skip
    log = TRACEBACK.format(what="alpha")
    assert answer(log, rules)["diagnoses"][0]["cause_id"] == "big"
    gib = 1024**3
    facts = {"gpu.foreign_memory": 8 * gib, "gpu.total_memory": 24 * gib}
    assert answer(log, rules, facts)["diagnoses"][0]["cause_id"] == "other"
    facts["gpu.foreign_memory"] = 1 * gib
    low = answer(log, rules, facts)["diagnoses"]
    unknown = answer(log, rules)["diagnoses"]
    assert low[0]["cause_id"] == "big"
    assert low[0]["confidence"] > unknown[0]["confidence"]


def test_a_refined_rule_gives_way(pack):
    rules = pack(
        rule("test.general", "widget"),
        rule("test.special", "widget alpha broke", refines=["test.general"]),
    )
    found = answer(TRACEBACK.format(what="alpha"), rules)["diagnoses"]
    assert [each["rule"] for each in found] == ["test.special"]
    found = answer(TRACEBACK.format(what="beta"), rules)["diagnoses"]
    assert [each["rule"] for each in found] == ["test.general"]


def test_a_consequence_never_outranks_what_leads_to_it(pack):
    rules = pack(
        rule("test.follow", "the pipe burst", specificity="exact"),
        rule("test.lead", "widget alpha broke", specificity="family", leads_to=["test.follow"]),
    )
    log = (
        TRACEBACK.format(what="alpha")
        + "\n"
        + TRACEBACK.replace("the widget {what} broke", "the pipe burst")
    )
    found = answer(log, rules)["diagnoses"]
    assert found[0]["rule"] == "test.lead"
    assert found[0]["consequences"] == ["test.follow happened"]
    assert all(each["rule"] != "test.follow" for each in found)


def test_an_unknown_failure_is_abstained_from(pack):
    rules = pack(rule("test.other", "something else entirely"))
    found = answer(TRACEBACK.format(what="alpha"), rules)
    assert found["outcome"] == "unknown"
    assert found["diagnoses"] == []
    assert found["failures"][0]["where"] == "/home/ada/train.py:7"


def test_a_benign_line_does_not_explain_a_failure(pack):
    harmless = rule("test.harmless", "x", severity="benign")
    harmless["symptom"]["any"] = [{"text": "do not worry about this"}]
    rules = pack(harmless)
    log = "do not worry about this\n" + TRACEBACK.format(what="alpha")
    assert answer(log, rules)["outcome"] == "unknown"
    assert answer("do not worry about this\nepoch 1 done", rules)["outcome"] == "no_failure"


def test_fixes_are_ordered_by_probability_over_cost(pack):
    rules = pack(
        rule(
            "test.widget", "widget alpha broke",
            causes=[cause("only", fixes=[
                fix("slow", works="usually", cost="3h"),
                fix("cheap", works="often", cost="10s"),
                fix("risky", works="usually", cost="10s", safety="destructive"),
                fix("hopeless", works="rarely", cost="10s"),
            ])],
        )
    )  # fmt: skip
    fixes = answer(TRACEBACK.format(what="alpha"), rules)["fixes"]
    assert [each["id"] for each in fixes] == ["cheap", "hopeless", "slow", "risky"]


def test_experience_outranks_the_rules_own_number(pack):
    rules = pack(
        rule("test.widget", "widget alpha broke", causes=[cause("only", fixes=[
            fix("first", works="often"), fix("second", works="sometimes"),
        ])])
    )  # fmt: skip
    log = TRACEBACK.format(what="alpha")
    assert answer(log, rules)["fixes"][0]["id"] == "first"

    def worked(rule_id, cause_id, fix_id):
        return (9, 0) if fix_id == "second" else None

    assert answer(log, rules, worked=worked)["fixes"][0]["id"] == "second"


def test_the_answer_is_valid_json_of_the_published_form(pack):
    import jsonschema

    from troubleshoot.answer_model import Answer

    rules = pack(rule("test.widget", "the widget (?P<what>\\w+) broke"))
    found = json.loads(json.dumps(answer(TRACEBACK.format(what="alpha"), rules)))
    jsonschema.validate(found, Answer.model_json_schema(by_alias=True))


def test_a_broken_rule_is_reported_and_skipped(tmp_path, monkeypatch):
    from troubleshoot import packs

    monkeypatch.setenv("WHYFAIL_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "pack" / "test"
    folder.mkdir(parents=True)
    good = rule("test.good", "widget alpha broke")
    (folder / "good.yaml").write_text(yaml.safe_dump(good, allow_unicode=True))
    (folder / "bad.yaml").write_text("id: test.bad\ntitel: {en: x}\n")
    (folder / "worse.yaml").write_text("{:::")
    loaded = packs.load([str(folder.parent)])
    assert "test.good" in loaded.ids()
    notes = "\n".join(loaded.notes)
    assert ("bad.yaml" in notes and "titel" in notes) or "title" in notes
    assert "worse.yaml" in notes
    assert Path(folder / "bad.yaml").exists()


def test_a_duplicate_id_in_a_second_pack_is_reported(tmp_path, monkeypatch):
    from troubleshoot import packs

    monkeypatch.setenv("WHYFAIL_CACHE", str(tmp_path / "cache"))
    for name in ("one", "two"):
        folder = tmp_path / name / "test"
        folder.mkdir(parents=True)
        (folder / "good.yaml").write_text(yaml.safe_dump(rule("test.good", "alpha broke")))
    loaded = packs.load([str(tmp_path / "one"), str(tmp_path / "two")])
    assert loaded.ids().count("test.good") == 1
    assert any("test.good is defined by" in note for note in loaded.notes)


def test_an_installed_package_can_bring_rules(tmp_path, monkeypatch):
    """The entry point group is found again only when the package folder changes."""
    from troubleshoot import packs, places

    monkeypatch.setenv("WHYFAIL_CACHE", str(tmp_path / "cache"))
    site = tmp_path / "site"
    (site / "acme_rules" / "acme").mkdir(parents=True)
    (site / "acme_rules" / "__init__.py").write_text("")
    body = yaml.safe_dump(rule("acme.widget", "widget alpha broke"), allow_unicode=True)
    (site / "acme_rules" / "acme" / "widget.yaml").write_text(body)
    info = site / "acme_rules-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[whyfail.rules]\nacme = acme_rules\n")
    monkeypatch.syspath_prepend(str(site))
    assert places._search() == [("acme", "acme_rules")]
    loaded = packs.load([], places._search())
    assert loaded.packs()["acme.widget"] == "package acme"
    calls = []
    monkeypatch.setattr(places, "_search", lambda: calls.append(1) or [])
    assert places.installed_packs() == [] and places.installed_packs() == []
    assert len(calls) == 1


def lonely(rule_id, message, **more):
    """A rule of one cause, written in the short form."""
    whole = rule(rule_id, message, **more)
    del whole["causes"]
    return {**whole, "cause": text("the widget is old"), "fixes": [fix("renew")]}


def test_facts_confirm_and_refute_the_only_cause(pack):
    when = [{"fact": "storage.free(/x)", "op": "<", "value": "1 GB", "strength": "strong"}]
    rules = pack(lonely("test.full", "widget alpha broke", when=when))
    log = TRACEBACK.format(what="alpha")
    unknown = answer(log, rules)
    confirmed = answer(log, rules, {"storage.free(/x)": 1000})
    refuted = answer(log, rules, {"storage.free(/x)": 10**12})
    first = [each["diagnoses"][0]["confidence"] for each in (confirmed, unknown, refuted)]
    assert first == sorted(first, reverse=True)
    assert first[2] < 0.6 < first[1] < first[0]
    shown = [
        each["effect"] for each in refuted["diagnoses"][0]["evidence"] if each["kind"] == "fact"
    ]
    assert shown == ["against"]


def test_facts_that_refute_one_rival_leave_the_rule_believed(pack):
    low = [{"fact": "storage.free(/x)", "op": "<", "value": "1 GB", "strength": "strong"}]
    rules = pack(
        rule("test.two", "widget", causes=[cause("full", when=low), cause("worn")]),
    )
    found = answer(TRACEBACK.format(what="a"), rules, {"storage.free(/x)": 10**12})["diagnoses"]
    assert found[0]["cause_id"] == "worn"
    assert found[0]["confidence"] > 0.9


def test_a_lent_cause_is_a_rival_of_the_borrower(pack):
    there = {"fact": "module.elsewhere({what})", "op": "matches", "value": "/"}
    seen = cause("there", when=[{**there, "strength": "decisive"}])
    rules = pack(
        rule("test.general", "widget (?P<what>\\w+)", causes=[cause("own"), seen]),
        lonely(
            "test.special", "widget (?P<what>alpha)", refines=["test.general"],
            borrows={"test.general/there": "rare", "test.nobody/none": "rare"},
        ),
    )  # fmt: skip
    log = TRACEBACK.format(what="alpha")
    assert answer(log, rules)["diagnoses"][0]["cause_id"] == "cause"
    first = answer(log, rules, {"module.elsewhere(alpha)": "/opt/b/python"})["diagnoses"][0]
    assert (first["rule"], first["cause_id"]) == ("test.special", "there")


def test_conditions_stand_under_their_cause():
    whole = rule("test.two", "widget", when=[{"text": "blue"}])
    with pytest.raises(ValueError, match="stand under their cause"):
        Rule.model_validate(whole)


def test_last_words_of_a_tool_are_repeated_but_not_believed(pack):
    words = {"any": [{"failure": "log", "name": "FATAL", "last": True}],
             "examples": {"yes": ["[FATAL] x: y"], "no": ["y"]}}  # fmt: skip
    known = rule("test.known", "x", specificity="family")
    known["symptom"]["any"] = [{"text": "the widget is blue"}]
    rules = pack(rule("test.words", "x", specificity="catch-all", symptom=words), known)
    log = "{before}2026-11-11 10:00:00 [FATAL] fleet: r2 answers with protocol 5\n$ echo $?\n1\n"
    alone = answer(log.format(before=""), rules)
    assert (alone["outcome"], alone["diagnoses"][0]["rule"]) == ("unknown", "test.words")
    beside = answer(log.format(before="the widget is blue\n"), rules)
    assert [each["rule"] for each in beside["diagnoses"]] == ["test.known"]
    went_on = answer(log.format(before="") + "step\n" * 30, rules)
    assert went_on["diagnoses"] == []


def test_rivals_with_the_same_fix_offer_it_once(pack):
    rivals = [cause("left", fixes=[fix("same"), fix("own")]), cause("right", fixes=[fix("same")])]
    found = answer("RuntimeError: no gizmo", pack(rule("a.gizmo", "no gizmo", causes=rivals)))
    assert [each["id"] for each in found["fixes"]] == ["same", "own"]


@pytest.mark.parametrize(
    ("path", "command"),
    [("run.py", "run run.py"), ("/v/lib/python3.11/site-packages/lib/a.py", "run it.py")],
)
def test_a_command_names_a_file_of_the_user_only(pack, path, command):
    frame = f'  File "{path}", line 1, in f\n    g()\n'
    log = f"Traceback (most recent call last):\n{frame}RuntimeError: no gizmo\n"
    rules = pack(
        rule("a.gizmo", "no gizmo", causes=[cause("x", fixes=[fix("f", run=["run {file|it.py}"])])])
    )
    assert answer(log, rules)["fixes"][0]["commands"] == [command]


@pytest.mark.parametrize(
    ("python", "command"),
    [
        ("/opt/robo/bin/python", "uv pip install -p /opt/robo/bin/python x"),
        ("/home/ada/p/.venv/bin/python", "uv pip install x"),
    ],
)
def test_uv_is_told_an_environment_it_does_not_find_by_itself(pack, python, command):
    fixes = [fix("f", run=["{pip} install x"])]
    rules = pack(rule("test.widget", "widget alpha broke", causes=[cause("x", fixes=fixes)]))
    facts = {"python.environment": "uv", "python.executable": python}
    found = answer(TRACEBACK.format(what="alpha"), rules, facts)
    assert found["fixes"][0]["commands"] == [command]


def test_a_rule_of_a_table_gives_way_and_lends_what_it_read(pack):
    table = rule("test.table", "widget (?P<what>\\w+) (?P<pin>broke)", yields=True)
    vague = rule("test.vague", "widget", specificity="family")
    vague["causes"][0]["fixes"][0]["run"] = ["install {pin|<some version>}"]
    log = TRACEBACK.format(what="alpha")
    alone = answer(log, pack(vague))
    assert alone["fixes"][0]["commands"] == ["install <some version>"]
    both = answer(log, pack(vague, table))
    assert [each["rule"] for each in both["diagnoses"]] == ["test.vague"]
    assert both["fixes"][0]["commands"] == ["install broke"]
    assert answer(log, pack(table))["diagnoses"][0]["rule"] == "test.table"
