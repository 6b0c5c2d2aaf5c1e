"""Random and mutated bytes through the whole path: a valid answer, or one error."""

import json
import random
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troubleshoot import diagnose, fixtures, index, trim
from troubleshoot.answer_model import Answer
from troubleshoot.diagnose import Options
from troubleshoot.errors import IntakeError
from troubleshoot.render import markdown, plain

ROOT = Path(__file__).resolve().parent.parent
LOGS = [fixture.path for fixture in fixtures.find(ROOT / "fixtures")]
RULES = index.load()
SCHEMA = jsonschema.Draft202012Validator(Answer.model_json_schema(by_alias=True))
OPTIONS = Options(here=False, probe=False)


def check(data):
    try:
        result = diagnose.diagnose_bytes(data, OPTIONS, rules=RULES)
    except IntakeError as error:
        assert "\n" not in str(error)
        return None
    SCHEMA.validate(json.loads(json.dumps(result.answer)))
    for lang in ("en", "zh"):
        shown = plain.render(result, lang, why=True, rivals=True)
        assert "\x1b" not in shown and "\x00" not in shown
    markdown.render(result, "en", why=True, rivals=True)
    return result


def mutated(seed):
    """A fixture's bytes with lines dropped, doubled, swapped, cut and filled with noise."""
    chance = random.Random(seed)
    lines = chance.choice(LOGS).read_bytes().split(b"\n")
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(lines))
        kind = chance.randrange(7)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, lines[at] * chance.choice((1, 2, 40)))
        elif kind == 2:
            lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
        elif kind == 3:
            lines[at] = bytes(chance.randrange(256) for _ in range(chance.randrange(80)))
        elif kind == 4:
            lines[at:at] = chance.choice(LOGS).read_bytes().split(b"\n")[:20]
        elif kind == 5:
            lines = lines[at:]
        else:
            lines = lines[: at + 1]
        if not lines:
            lines = [b""]
    return b"\n".join(lines)


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_mutated_logs(seed):
    check(mutated(seed))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes(data):
    check(data)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=600), st.sampled_from(["utf-8", "utf-16", "gb18030"]))
def test_any_text_in_any_encoding(text, encoding):
    check(text.encode(encoding, "replace"))


@pytest.mark.parametrize(
    "hostile", ["{port}", "{gpu.name|x}", "$(reboot)", "`id`", "a'b\"c", "%s", "\\1"]
)
def test_hostile_captures_stay_text(hostile):
    log = (
        "Traceback (most recent call last):\n"
        f'  File "/home/ada/{hostile}.py", line 3, in <module>\n'
        f"    import x\nModuleNotFoundError: No module named '{hostile}'\n"
    )
    result = check(log.encode())
    for fix in result.answer["fixes"]:
        for command in fix["commands"]:
            assert "$(reboot)" not in command.replace("'$(reboot)", "")
            assert "`id`" not in command.replace("'`id`", "")


def test_a_trimmed_log_gives_the_same_verdict():
    """Every third fixture: what a report shows of a log must be judged as the log itself."""
    different = []
    for path in LOGS[::3]:
        try:
            whole = diagnose.diagnose_bytes(path.read_bytes(), OPTIONS, rules=RULES)
        except IntakeError:
            continue
        if whole.answer["outcome"] != "diagnosed":
            continue
        expected = whole.answer["diagnoses"][0]["rule"]

        def agrees(text, expected=expected):
            answer = diagnose.diagnose_bytes(text.encode(), OPTIONS, rules=RULES).answer
            return bool(answer["diagnoses"]) and answer["diagnoses"][0]["rule"] == expected

        evidence = frozenset(
            whole.reader.raw_number(sighting.line)
            for diagnosis in whole.ranking.diagnoses[:1]
            for sighting in diagnosis.match.sightings
            if sighting.line >= 0
        )
        short = trim.trim(whole.document, whole.reader.failures, evidence, agrees)
        if not agrees(short.text):
            different.append(str(path))
    assert different == []
