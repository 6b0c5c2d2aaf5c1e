"""The diagnoses as SARIF 2.1.0, so that CI systems show them beside the log's lines."""

from __future__ import annotations

from urllib.parse import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from troubleshoot.document import Document

    Data = dict[str, Any]

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
UNKNOWN = "whyfail/unknown-failure"
_LEVELS = {"error": "error", "warning": "warning", "benign": "none"}
_MOST_RESULTS = 20


def render(answer: Mapping[str, Any], document: Document) -> Data:
    """A SARIF log of one run of whyfail.

    Args:
        answer: the answer in its published form.
        document: the input, for its name.
    """
    from troubleshoot import __version__

    source = uri(document.source)
    diagnoses = list(answer["diagnoses"])[:_MOST_RESULTS]
    rules: list[Data] = []
    results = [_result(each, answer, source, rules) for each in diagnoses]
    if answer["outcome"] == "unknown":
        results += _unknown(answer, source, rules)
    driver = {"name": "whyfail", "version": __version__, "rules": rules}
    run: Data = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": note}} for note in answer["notes"]
                ],
            }
        ],
        "artifacts": [{"location": {"uri": source}, "roles": ["analysisTarget"]}],
        "results": results,
        "columnKind": "unicodeCodePoints",
        "properties": {"outcome": answer["outcome"]},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def uri(source: str) -> str:
    """A file's name as a URI reference; standard input is ``stdin``."""
    if source.startswith("<"):
        return source.strip("<>") or "input"
    path = source.replace("\\", "/")
    if path[1:3] == ":/":
        return "file:///" + quote(path, safe="/:")
    return ("file://" if path.startswith("/") else "") + quote(path)


def _result(diagnosis: Mapping[str, Any], answer: Mapping[str, Any], source: str,
            rules: list[Data]) -> Data:  # fmt: skip
    from troubleshoot import fingerprint

    level = _LEVELS[diagnosis["severity"]]
    index = _rule(rules, diagnosis, level)
    result: Data = {
        "ruleId": diagnosis["rule"],
        "ruleIndex": index,
        "kind": "informational" if level == "none" else "fail",
        "level": level,
        "message": _message(diagnosis),
        "locations": _locations(diagnosis, source),
        "rank": round(diagnosis["confidence"] * 100, 1),
        "properties": {
            "cause": diagnosis["cause_id"],
            "confidence": diagnosis["confidence"],
            "certain": answer["outcome"] == "diagnosed",
        },
    }
    code = fingerprint.of(answer)
    if code:
        result["partialFingerprints"] = {"whyfail/v1": f"{code}/{diagnosis['cause_id']}"}
    frame = _frame(answer)
    if frame is not None:
        result["relatedLocations"] = [frame]
    return result


def _rule(rules: list[Data], diagnosis: Mapping[str, Any], level: str) -> int:
    for index, rule in enumerate(rules):
        if rule["id"] == diagnosis["rule"]:
            return index
    rule = {
        "id": diagnosis["rule"],
        "name": "".join(part.title() for part in _words(diagnosis["rule"])),
        "shortDescription": {"text": diagnosis["title"] or diagnosis["rule"]},
        "defaultConfiguration": {"level": level},
        "help": {"text": diagnosis["cause"] or diagnosis["title"] or diagnosis["rule"]},
    }
    if diagnosis["references"]:
        rule["helpUri"] = diagnosis["references"][0]
    rules.append(rule)
    return len(rules) - 1


def _words(name: str) -> list[str]:
    return name.replace("-", ".").replace("_", ".").split(".")


def _message(diagnosis: Mapping[str, Any]) -> Data:
    """What is shown beside the line: the cause, then the first fix with its command."""
    text = f"{diagnosis['title']}. {diagnosis['cause']}".strip(". ")
    for fix in diagnosis["fixes"][:1]:
        text += f"\n{fix['title']}"
        if fix["commands"]:
            text += ": " + "; ".join(fix["commands"])
        elif fix["detail"]:
            text += f": {fix['detail']}"
    return {"text": text or diagnosis["rule"]}


def _locations(diagnosis: Mapping[str, Any], source: str) -> list[Data]:
    lines = [item["line"] for item in diagnosis["evidence"] if item["line"]]
    region = {"region": {"startLine": lines[0]}} if lines else {}
    return [{"physicalLocation": {"artifactLocation": {"uri": source, "index": 0}, **region}}]


def _frame(answer: Mapping[str, Any]) -> Data | None:
    """The line of the user's own code, as the traceback names it."""
    for failure in answer["failures"]:
        if failure["role"] != "initiating" or not failure["where"]:
            continue
        path, _, number = failure["where"].rpartition(":")
        if not path or path.startswith("<") or not number.isdigit():
            return None
        place: Data = {"artifactLocation": {"uri": uri(path)}}
        if int(number) > 0:
            place["region"] = {"startLine": int(number)}
        return {"id": 1, "physicalLocation": place, "message": {"text": "the line that failed"}}
    return None


def _unknown(answer: Mapping[str, Any], source: str, rules: list[Data]) -> list[Data]:
    from troubleshoot import fingerprint

    failure = fingerprint.main_failure(answer)
    if failure is None:
        return []
    rules.append(
        {
            "id": UNKNOWN,
            "name": "UnknownFailure",
            "shortDescription": {"text": "a failure that no rule knows"},
            "defaultConfiguration": {"level": "error"},
        }
    )
    first = failure["message"].strip().split("\n")[0]
    text = f"{failure['exception']}: {first}" if first else failure["exception"]
    place: Data = {"artifactLocation": {"uri": source, "index": 0}}
    if failure["line"] > 0:
        place["region"] = {"startLine": failure["line"]}
    result: Data = {
        "ruleId": UNKNOWN,
        "ruleIndex": len(rules) - 1,
        "kind": "fail",
        "level": "error",
        "message": {"text": text[:1000] or "a failure that no rule knows"},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"whyfail/v1": fingerprint.of(answer)},
    }
    frame = _frame(answer)
    if frame is not None:
        result["relatedLocations"] = [frame]
    return [result]
