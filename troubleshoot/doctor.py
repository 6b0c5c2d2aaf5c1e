"""``whyfail doctor``: what would go wrong on this machine, told before anything ran."""

from __future__ import annotations

from troubleshoot import packdata
from troubleshoot.context import Context, commands
from troubleshoot.document import Document
from troubleshoot.probes import register
from troubleshoot.proof import Proof, Prover
from troubleshoot.reader import Reader
from troubleshoot.records import record
from troubleshoot.words import pick

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from troubleshoot.facts import Facts
    from troubleshoot.index import Index

    Record = dict[str, Any]

WRONG = "wrong"
FINE = "fine"
UNKNOWN = "unknown"
GROUPS = ("gpu", "torch", "python", "media", "memory", "disk", "network", "ray", "other")
SLOW = 0.5
"""Seconds from which a fact is only measured where all other conditions hold."""

_DEFAULTS: Record = {
    "op": "==",
    "value": True,
    "of": None,
    "strength": "strong",
    "otherwise": "strong",
    "against": False,
    "why": None,
}
_ALWAYS = ("host.os", "host.package_manager", "python.environment", "python.conda_env")


@record
class Finding:
    """What one check found.

    Attributes:
        id: of the check, or of the rule.
        group: one of `GROUPS`.
        severity: ``error``, ``warning`` or ``note``.
        state: `WRONG`, `FINE` or `UNKNOWN`.
        title: what is wrong, or fine, in one line.
        evidence: the facts behind it, or the reason why it is unknown.
        commands: what to run.
        advice: what else to do, or ``""``.
        rule: id of the rule that explains it, or ``""``.
        quiet: worth showing only on request.
    """

    id: str
    group: str
    severity: str
    state: str
    title: str
    evidence: tuple[str, ...]
    commands: tuple[str, ...]
    advice: str
    rule: str
    quiet: bool = False

    @property
    def counts(self) -> bool:
        """Whether it makes the exit status 1."""
        return self.state == WRONG and self.severity != "note"


class Doctor:
    """Examines one machine.

    Args:
        facts: of the machine, measured as they are asked for.
        fact_type: registered type of a fact's name.
        python: the interpreter examined.
        lang: ``en`` or ``zh``.
    """

    def __init__(
        self, facts: Facts, fact_type: Callable[[str], str], python: str, lang: str
    ) -> None:
        reader = Reader(Document.from_text(""), ())
        self._facts = facts
        self._lang = lang
        self._prover = Prover(reader, facts, frozenset(), fact_type)
        self._context = Context(reader, facts, fact_type, None, python)

    def examine(self, checks: Sequence[Record]) -> list[Finding]:
        """The findings of all checks, in the order of their groups."""
        names = [*_ALWAYS, *(name for check in checks for name in _names(check["when"]))]
        self._facts.prefetch([name for name in names if register.cost(name) < SLOW])
        found = [self._check(check) for check in checks]
        return sorted(found, key=lambda finding: GROUPS.index(finding.group))

    def _check(self, check: Record) -> Finding:
        proofs: list[Proof] = []
        for condition in check["when"]:
            proofs.append(self._prover.prove(condition, None))
            if proofs[-1].truth is False:
                break
            if proofs[-1].truth is None and any(
                register.cost(name) >= SLOW for name in _names(check["when"])
            ):
                break
        truths = [proof.truth for proof in proofs]
        state = FINE if False in truths else UNKNOWN if None in truths else WRONG
        wrong = state == WRONG
        words = check["title"] if wrong else check.get("fine") or check["title"]
        title = self._context.text(pick(words, self._lang))
        if state == UNKNOWN:
            title += "？" if self._lang == "zh" else "?"
        return Finding(
            id=check["id"],
            group=check["group"],
            severity=check["severity"],
            state=state,
            title=title,
            evidence=tuple(_evidence(proofs, state)),
            commands=tuple(self._commands(check)) if wrong else (),
            advice=self._context.text(pick(check.get("edit"), self._lang)) if wrong else "",
            rule=check.get("rule") or "",
            quiet=bool(check.get("quiet")),
        )

    def _commands(self, check: Record) -> Iterator[str]:
        pip = self._context.command("{pip}")
        for command in commands(check, self._context, self._facts):
            # The tables write the bare `pip`, which may be another environment's.
            yield f"{pip} {command[4:]}" if command.startswith("pip ") else command


def checks(rules: Index | None = None) -> list[Record]:
    """All checks: those of ``rules/_data/doctor.yaml``, and the rules that facts alone decide."""
    found = [each for check in packdata.load("doctor")["checks"] for each in _spread(check)]
    for rule in rules.with_doctor() if rules is not None else ():
        found.append(_of_rule(rule))
    return found


def _spread(check: Record) -> Iterator[Record]:
    values = check.get("each") or {"": ""}
    pairs = values.items() if isinstance(values, dict) else ((value, value) for value in values)
    for value, name in pairs:
        made = {
            key: _replaced(part, str(value), str(name))
            for key, part in check.items()
            if key != "each"
        }
        made["when"] = [_condition(condition) for condition in made["when"]]
        if value:
            made["id"] = f"{check['id']}-{value}"
        yield made


def _replaced(part: Any, value: str, name: str) -> Any:
    if isinstance(part, str):
        return part.replace("{value}", value).replace("{name}", name)
    if isinstance(part, dict):
        return {key: _replaced(each, value, name) for key, each in part.items()}
    if isinstance(part, list | tuple):
        return tuple(_replaced(each, value, name) for each in part)
    return part


def _condition(data: Record) -> Record:
    """A condition as the compiled rules hold it."""
    for kind in ("any", "all", "none"):
        if kind in data:
            children = tuple(_condition(child) for child in data[kind])
            return {**_DEFAULTS, "kind": kind, "subject": children}
    made = {**_DEFAULTS, **data, "kind": "fact", "subject": data["fact"]}
    if isinstance(made["value"], list):
        made["value"] = tuple(made["value"])
    return made


def _of_rule(rule: Record) -> Record:
    """A rule's check, with the first fix of its likeliest cause."""
    order = ("usual", "common", "uncommon", "rare")
    causes = sorted(rule["causes"], key=lambda cause: order.index(cause["prior"]))
    fixes = [fix for cause in causes for fix in cause["fixes"]]
    fix = fixes[0] if fixes else {}
    domain = rule["id"].split(".", 1)[0]
    groups = {
        "nvidia": "gpu",
        "cuda": "gpu",
        "pip": "python",
        "imports": "python",
        "numpy": "python",
        "conda": "python",
        "mujoco": "media",
        "display": "media",
        "port": "network",
        "rllib": "ray",
    }
    group = groups.get(domain, domain)
    return {
        "id": rule["id"],
        "group": group if group in GROUPS else "other",
        "severity": "note" if rule["severity"] == "benign" else rule["severity"],
        "title": rule["title"],
        "when": rule["doctor"],
        "run": fix.get("run") or (),
        "on": fix.get("on"),
        "edit": fix.get("edit"),
        "rule": rule["id"],
    }


def _names(conditions: Iterable[Record]) -> Iterator[str]:
    for condition in conditions:
        if condition["kind"] in ("any", "all", "none"):
            yield from _names(condition["subject"])
        elif condition["kind"] == "fact":
            yield condition["subject"]
            if condition["of"]:
                yield condition["of"]


def _evidence(proofs: Iterable[Proof], state: str) -> Iterator[str]:
    wanted = {WRONG: True, FINE: False, UNKNOWN: None}[state]
    for proof in proofs:
        if proof.children:
            yield from _evidence(proof.children, state)
        elif proof.truth is wanted and proof.text:
            yield proof.text
