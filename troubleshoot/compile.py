"""Rule files to an index: YAML, through the pydantic models, to plain marshalled records.

Runs when the package is built and, cached by file, for a checkout or a user's own pack; never
during an ordinary diagnosis.
"""

from __future__ import annotations

import marshal
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from troubleshoot import changes, lending, patterns, values
from troubleshoot.errors import RuleError
from troubleshoot.rule_model import Cause, Condition, Fix, Rule, Symptom, TopSymptom

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Record = dict[str, Any]

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]
    """YAML 1.2's idea of a boolean: ``yes``, ``no`` and ``on`` are keys of the rule form."""


_Loader.yaml_implicit_resolvers = {
    letter: [
        (tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))
    ]
    for letter, resolvers in _BASE.yaml_implicit_resolvers.items()
}


def _mapping(loader: Any, node: Any) -> Any:
    """A mapping whose keys each stand once; YAML's reader would silently keep the last."""
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key.value!r} stands twice", key.start_mark
            )
        if isinstance(key.value, str):
            seen.add(key.value)
    yield (content := {})
    content.update(loader.construct_mapping(node))


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|True|False)$"), list("tfTF")
)


def load_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises:
        RuleError: it is not YAML or not UTF-8.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        detail = " ".join(str(error).split())
        raise RuleError(f"not valid YAML: {detail}", where=str(path)) from None


def load_rule(path: Path, root: Path) -> Rule:
    """One rule file as a checked model.

    Args:
        path: the file.
        root: folder of the pack; the path below it must spell the rule's id.

    Raises:
        RuleError: with path, key, what is wrong and what to write.
    """
    data = load_yaml(path)
    if not isinstance(data, dict):
        raise RuleError("a rule file holds one mapping", where=str(path))
    try:
        rule = Rule.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(top)"
        more = f" and {error.error_count() - 1} more" if error.error_count() > 1 else ""
        raise RuleError(f"{key}: {first['msg']}{more}", where=str(path)) from None
    expected = path.relative_to(root).with_suffix("").as_posix().replace("/", ".")
    if rule.id != expected:
        raise RuleError(
            f"id: {rule.id!r} does not follow from the path", where=str(path),
            advice=f"write id: {expected}, or move the file",
        )  # fmt: skip
    return rule


def rule_paths(root: Path) -> list[Path]:
    """All rule files of a pack, sorted; folders that begin with ``_`` hold data, not rules."""
    return sorted(
        path
        for path in root.rglob("*.yaml")
        if not any(part.startswith(("_", ".")) for part in path.relative_to(root).parts)
    )


def compile_rule(rule: Rule, where: str = "") -> Record:
    """A rule as a plain record of dicts, tuples and strings, its patterns analysed.

    Raises:
        RuleError: a pattern is not a valid regex.
    """
    try:
        symptom = _symptom(rule.symptom)
        causes = [_cause(cause) for cause in rule.causes]
    except re.error as error:
        raise RuleError(
            f"symptom: bad regex {error.pattern!r}: {error}", where=where or rule.id
        ) from None
    if rule.cause is not None:
        causes = [
            {
                "id": "cause",
                "title": None,
                "text": rule.cause.model_dump(),
                "prior": "usual",
                "when": tuple(_condition(condition) for condition in rule.when),
                "ask": None,
                "fixes": tuple(_fix(fix) for fix in rule.fixes),
                "dead_ends": (),
            }
        ]
    literals, needs = _requirements(symptom)
    return {
        "id": rule.id,
        "title": rule.title.model_dump(),
        "checked": rule.checked,
        "severity": rule.severity,
        "specificity": rule.specificity,
        "entries": tuple(rule.entries),
        "symptom": symptom,
        "literals": literals,
        "needs": needs,
        "captures": dict(rule.captures),
        "refines": tuple(rule.refines),
        "yields": rule.yields,
        "leads_to": tuple(rule.leads_to),
        "doctor": tuple(_condition(condition) for condition in rule.doctor),
        "causes": tuple(causes),
        "borrows": tuple(rule.borrows.items()),
        "dead_ends": tuple(_plain(end.model_dump(by_alias=True)) for end in rule.dead_ends),
        "references": tuple(rule.references),
        "report": rule.report.project if rule.report else "",
    }


def _plain(data: Any) -> Any:
    """Lists as tuples, so that records are values."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items() if value is not None}
    if isinstance(data, list | tuple):
        return tuple(_plain(value) for value in data)
    return data


def _pattern(source: str | None) -> Any:
    return None if source is None else patterns.analyse(source)


def _symptom(symptom: Symptom | TopSymptom) -> Any:
    if isinstance(symptom, TopSymptom):
        parts = []
        for kind in ("any", "all", "none"):
            children = getattr(symptom, kind)
            if children:
                parts.append((kind, tuple(_symptom(child) for child in children)))
        return parts[0] if len(parts) == 1 else ("all", tuple(parts))
    for kind in ("any", "all", "none"):
        children = getattr(symptom, kind)
        if children is not None:
            return kind, tuple(_symptom(child) for child in children)
    if symptom.exception is not None:
        return (
            "exception", tuple(symptom.exception), _pattern(symptom.message),
            _pattern(symptom.frame),
        )  # fmt: skip
    if symptom.failure is not None:
        return (
            "failure", symptom.failure, _pattern(symptom.name), _pattern(symptom.message),
            _pattern(symptom.frame), symptom.last,
        )  # fmt: skip
    if symptom.text is not None:
        return "text", _pattern(symptom.text)
    if symptom.metric is not None:
        return (
            "metric", tuple(symptom.metric), symptom.becomes, symptom.value, symptom.share,
            symptom.least,
        )  # fmt: skip
    if symptom.change is not None:
        return "change", symptom.change
    return "exit", tuple(symptom.exit or ())


def _requirements(node: Any) -> tuple[tuple[str, ...], str]:
    """Literals of which one must stand in the input for the symptom to hold, and other needs.

    Returns:
        The literals, and which evaluation is needed even without any (``metric``, ``exit``,
        ``failure`` or ``any``); ``""`` when the literals alone decide.
    """
    kind = node[0]
    if kind == "any":
        literals: set[str] = set()
        needs: set[str] = set()
        for child in node[1]:
            found, need = _requirements(child)
            literals.update(found)
            if need:
                needs.add(need)
        return tuple(sorted(literals)), (needs.pop() if len(needs) == 1 else "any" if needs else "")
    if kind == "all":
        options = [_requirements(child) for child in node[1] if child[0] != "none"]
        decided = [option for option in options if not option[1]]
        if decided:
            return max(decided, key=lambda option: min(map(len, option[0])) / len(option[0]))
        return options[0] if options else ((), "any")
    if kind == "exception":
        names = tuple(name.rsplit(".", 1)[-1] for name in node[1] if name != "*")
        message = node[2][1] if node[2] else ()
        if message and (not names or min(map(len, message)) >= min(8, *map(len, names))):
            return message, ""
        if names and "*" not in node[1]:
            return names, ""
        return message, "" if message else "any"
    if kind == "failure":
        for pattern in (node[3], node[2], node[4]):
            if pattern and pattern[1]:
                return pattern[1], ""
        return (), "failure"
    if kind == "text":
        return node[1][1], "" if node[1][1] else "any"
    if kind == "metric":
        return (), "metric"
    if kind == "change":
        return changes.SIGNS, ""
    return (), "exit"


def _condition(condition: Condition) -> Record:
    for kind in ("any", "all", "none"):
        children = getattr(condition, kind)
        if children is not None:
            subject: Any = tuple(_condition(child) for child in children)
            break
    else:
        for kind in ("fact", "text", "capture", "frame", "matched"):
            subject = getattr(condition, kind)
            if subject is not None:
                break
    if kind in ("text", "frame"):
        subject = _pattern(subject)
    value = condition.value
    otherwise = condition.otherwise
    if otherwise is None:
        otherwise = condition.strength if kind in ("fact", "capture") else "none"
    return {
        "kind": kind,
        "subject": subject,
        "op": condition.op,
        "value": tuple(value) if isinstance(value, list) else value,
        "of": condition.of,
        "strength": condition.strength,
        "otherwise": otherwise,
        "against": condition.against,
        "why": condition.why.model_dump() if condition.why else None,
    }


def _fix(fix: Fix) -> Record:
    data: Record = _plain(fix.model_dump(exclude={"when"}))
    data["when"] = tuple(_condition(condition) for condition in fix.when)
    data["seconds"] = values.seconds(fix.cost)
    return data


def _cause(cause: Cause) -> Record:
    return {
        "id": cause.id,
        "title": cause.title.model_dump(),
        "text": cause.text.model_dump() if cause.text else None,
        "prior": cause.prior,
        "when": tuple(_condition(condition) for condition in cause.when),
        "ask": _plain(cause.ask.model_dump()) if cause.ask else None,
        "fixes": tuple(_fix(fix) for fix in cause.fixes),
        "dead_ends": tuple(_plain(end.model_dump(by_alias=True)) for end in cause.dead_ends),
    }


def assemble(records: Sequence[tuple[Record, str]]) -> bytes:
    """The index file of compiled records.

    Args:
        records: records with the name of the pack they came from, in order of preference.

    Returns:
        Marshalled head (literals, owners, offsets) followed by the marshalled records.
    """
    blobs: list[bytes] = []
    rules: list[tuple[Any, ...]] = []
    literals: dict[str, list[int]] = {}
    offset = 0
    whole = lending.lend([record for record, _ in records])
    for number, (record, (_, pack)) in enumerate(zip(whole, records)):
        blob = marshal.dumps(record, 4)
        rules.append(
            (record["id"], offset, len(blob), record["needs"], record["refines"],
             record["specificity"], bool(record["doctor"]), pack)
        )  # fmt: skip
        offset += len(blob)
        blobs.append(blob)
        for literal in record["literals"]:
            literals.setdefault(literal, []).append(number)
    names = sorted(literals)
    head = {
        "format": 1,
        "rules": tuple(rules),
        "literals": tuple(names),
        "owners": tuple(tuple(literals[name]) for name in names),
        "led": tuple(sorted({led for record, _ in records for led in record["leads_to"]})),
        "grams": _grams(names),
        "short": tuple(number for number, name in enumerate(names) if len(name) < 4),
    }
    packed = marshal.dumps(head, 4)
    return len(packed).to_bytes(8, "little") + packed + b"".join(blobs)


def _grams(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """For each literal its least shared run of four characters, to find it by."""
    names = list(names)
    shared: dict[str, int] = {}
    for name in names:
        for start in range(len(name) - 3):
            gram = name[start : start + 4]
            shared[gram] = shared.get(gram, 0) + 1
    grams: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        options = [name[start : start + 4] for start in range(len(name) - 3)]
        if not options:
            continue
        best = min(options, key=lambda gram: (shared.get(gram, 0), gram.isalpha()))
        grams.setdefault(best, []).append(number)
    return {gram: tuple(numbers) for gram, numbers in grams.items()}
