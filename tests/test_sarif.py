"""SARIF 2.1.0: the constraints that CI systems rest on, and the whole schema where it is at hand.

``WHYFAIL_SARIF_SCHEMA`` names a copy of the OASIS schema (sarif-schema-2.1.0.json).
"""

import json
import os

import jsonschema
import pytest

from troubleshoot import diagnose, index
from troubleshoot.document import Document
from troubleshoot.render import sarif

RULES = index.load(())
LOGS = {
    "diagnosed": (
        "Traceback (most recent call last):\n"
        '  File "/home/ada/my train.py", line 3, in <module>\n'
        "    import torch_scatter\n"
        "ModuleNotFoundError: No module named 'torch_scatter'\n"
    ),
    "unknown": (
        "Traceback (most recent call last):\n"
        '  File "C:\\rl\\run.py", line 9, in spin\n'
        "    wheel.turn()\n"
        "zorblib.errors.WheelJam: sprocket 9 refuses the frobnicator\n"
    ),
    "no_failure": "Epoch 1 loss 0.3\nEpoch 2 loss 0.2\n",
    "empty": "",
}
MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
}
LOCATION = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "properties": {"uri": {"type": "string", "pattern": r"^[^\s\\<>]+$"}},
                },
                "region": {
                    "type": "object",
                    "properties": {"startLine": {"type": "integer", "minimum": 1}},
                },
            },
        },
    },
}
ESSENTIAL = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id", "shortDescription"],
                                            "properties": {"shortDescription": MESSAGE},
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["ruleId", "ruleIndex", "message", "level", "kind"],
                            "properties": {
                                "message": MESSAGE,
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "kind": {"enum": ["fail", "informational", "review", "open"]},
                                "rank": {"type": "number", "minimum": 0, "maximum": 100},
                                "locations": {"type": "array", "minItems": 1, "items": LOCATION},
                                "relatedLocations": {"type": "array", "items": LOCATION},
                                "partialFingerprints": {
                                    "type": "object",
                                    "additionalProperties": {"type": "string"},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}  # fmt: skip


def render(text: str, source: str = "logs/run 1.log"):
    document = Document.from_text(text, source)
    result = diagnose.diagnose(document, diagnose.Options(here=False), rules=RULES)
    return sarif.render(result.answer, document)


@pytest.mark.parametrize("name", LOGS)
def test_keeps_the_constraints(name):
    data = json.loads(json.dumps(render(LOGS[name])))
    jsonschema.validate(data, ESSENTIAL)
    run = data["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["kind"] == "fail") is (result["level"] != "none")
    path = os.environ.get("WHYFAIL_SARIF_SCHEMA")
    if path:
        with open(path, encoding="utf-8") as file:
            jsonschema.Draft4Validator(json.load(file)).validate(data)


def test_a_diagnosis_points_at_its_line_in_the_log_and_in_the_code():
    result = render(LOGS["diagnosed"])["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "logs/run%201.log"
    assert place["region"]["startLine"] == 4
    related = result["relatedLocations"][0]["physicalLocation"]
    assert related["artifactLocation"]["uri"] == "file:///home/ada/my%20train.py"
    assert related["region"]["startLine"] == 3
    assert result["level"] == "error" and "torch_scatter" in result["message"]["text"]
    assert result["partialFingerprints"]["whyfail/v1"]


def test_an_unknown_failure_is_a_result_too():
    (result,) = render(LOGS["unknown"])["runs"][0]["results"]
    assert result["ruleId"] == sarif.UNKNOWN
    assert "WheelJam" in result["message"]["text"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 4
    assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == (
        "file:///C:/rl/run.py"
    )


def test_a_healthy_run_has_no_results():
    assert render(LOGS["no_failure"])["runs"][0]["results"] == []


def test_standard_input_has_a_name():
    assert sarif.uri("<stdin>") == "stdin"
    assert sarif.uri("/data/a b.log") == "file:///data/a%20b.log"
