"""The form of a rule file, as pydantic models: the border between YAML and the engine.

Only the tools that author, check and compile rules import this module; a diagnosis reads
compiled records (`troubleshoot.index`). The JSON Schema for editors is generated from here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, model_validator

Strength = Literal["weak", "moderate", "strong", "decisive"]
Operator = Literal[
    "==", "!=", "<", "<=", ">", ">=", "in", "not in", "contains", "matches", "known", "unknown"
]
Scalar = Union[bool, int, float, str]
Platform = Literal[
    "linux", "macos", "windows", "wsl", "apt", "dnf", "yum", "pacman", "zypper", "apk", "brew",
    "choco", "winget", "conda", "uv", "colab", "docker",
]  # fmt: skip


class Form(BaseModel):
    """Base of all parts: unknown keys are errors, so that a typo is told at once."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Text(Form):
    """A sentence in both languages. ``{name}`` is filled from captures and facts."""

    en: str
    zh: str


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | int) else value


class Symptom(Form):
    """A boolean tree over what the document shows; exactly one of the leaf keys or any/all/not.

    Leaves: ``exception`` (type names, with or without module; ``"*"`` for any) with optional
    ``message`` and ``frame`` regexes; ``failure`` (a kind such as ``kill``, ``installer``) with
    optional ``name``, ``message``, ``frame`` and ``last`` (nothing but a few lines follows it);
    ``text`` (regex on one cleaned line, or on the lines around when it contains ``\\n``);
    ``metric``; ``exit`` (status numbers or signals);
    ``change`` (a missing name that the table ``api_changes`` knows as removed or added, or
    ``api_history`` as gone or new).
    """

    any: list[Symptom] | None = None
    all: list[Symptom] | None = None
    none: list[Symptom] | None = None
    exception: list[str] | None = None
    failure: str | None = None
    name: str | None = None
    message: str | None = None
    frame: str | None = None
    last: bool = False
    text: str | None = None
    metric: list[str] | None = None
    becomes: Literal[
        "nan", "inf", "nonfinite", "rising", "not falling", "oscillating", "above", "below",
        "at bound", "exploding",
    ] | None = None  # fmt: skip
    value: float | None = None
    share: float | None = None
    least: int | None = None
    exit: list[Union[int, str]] | None = None
    change: Literal["removed", "added", "gone", "new"] | None = None
    captures: dict[str, str] | None = None

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in ("exception", "metric", "exit"):
                if key in data:
                    data[key] = _as_list(data[key])
        return data

    @model_validator(mode="after")
    def _one_kind(self) -> Symptom:
        kinds = ("any", "all", "none", "exception", "failure", "text", "metric", "exit", "change")
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"a symptom needs exactly one of {', '.join(kinds)}; got {given}")
        if self.metric is not None and self.becomes is None:
            raise ValueError("a metric symptom needs 'becomes'")
        return self


class Examples(Form):
    """Texts that must and must not match; checked by ``rules lint`` and ``rules test``."""

    yes: list[str] = Field(min_length=1)
    no: list[str] = Field(default_factory=list)


class TopSymptom(Form):
    """The symptom of a rule with its examples."""

    any: list[Symptom] | None = None
    all: list[Symptom] | None = None
    none: list[Symptom] | None = None
    examples: Examples

    @model_validator(mode="after")
    def _not_empty(self) -> TopSymptom:
        if not (self.any or self.all):
            raise ValueError("a symptom needs 'any' or 'all'")
        return self


class Condition(Form):
    """Evidence for or against a cause; three-valued (an unknown fact is neither).

    Exactly one of ``fact`` (with ``op``, ``value``, ``of``), ``text`` (regex anywhere in the
    document), ``capture`` (with ``op``/``value``, and another capture in ``of``), ``frame`` (regex
    over the matched failure's frames), ``matched`` (id of another rule that matched), ``any``,
    ``all``, ``none``.

    ``strength`` says how much it speaks for the cause when true; ``otherwise`` how much its
    being false speaks against it. ``against: true`` turns a true condition into evidence
    against the cause.
    """

    fact: str | None = None
    text: str | None = None
    capture: str | None = None
    frame: str | None = None
    matched: str | None = None
    any: list[Condition] | None = None
    all: list[Condition] | None = None
    none: list[Condition] | None = None
    op: Operator = "=="
    value: Union[Scalar, list[Scalar], None] = True
    of: str | None = None
    strength: Strength = "strong"
    otherwise: Literal["none", "weak", "moderate", "strong", "decisive"] | None = None
    against: bool = False
    why: Text | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Condition:
        kinds = ("fact", "text", "capture", "frame", "matched", "any", "all", "none")
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"a condition needs exactly one of {', '.join(kinds)}; got {given}")
        return self


class Question(Form):
    """What to ask the person when no probe can tell."""

    question: Text
    if_no_probe: bool = True
    cost: str = "10s"
    strength: Strength = "strong"


class Check(Form):
    """How a fix is verified: a fact measured again, a command's output, or the run again."""

    fact: str | None = None
    op: Operator = "=="
    value: Union[Scalar, list[Scalar], None] = True
    run: str | None = None
    expect: str | None = None
    rerun: bool = False
    say: Text | None = None


class Fix(Form):
    """A repair. ``run`` are commands, ``on`` commands by platform, ``edit`` steps for a person."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Text
    why: Text | None = None
    run: list[str] = Field(default_factory=list)
    on: dict[Platform, list[str]] = Field(default_factory=dict)
    edit: Text | None = None
    when: list[Condition] = Field(default_factory=list)
    changes: Text | None = None
    safety: Literal["safe", "changes-environment", "destructive", "manual"]
    works: Literal["rarely", "sometimes", "often", "usually"]
    cost: Annotated[str, Field(pattern=r"^\d+(\.\d+)?(s|m|h)$")]
    verify: Check | None = None
    undo: Union[str, Text, None] = None

    @model_validator(mode="after")
    def _does_something(self) -> Fix:
        if not (self.run or self.on or self.edit):
            raise ValueError(f"fix {self.id!r} needs 'run', 'on' or 'edit'")
        return self


class Cause(Form):
    """One of a rule's rival causes, mutually exclusive."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Text
    text: Text | None = None
    prior: Literal["rare", "uncommon", "common", "usual"] = "common"
    when: list[Condition] = Field(default_factory=list)
    ask: Question | None = None
    fixes: list[Fix] = Field(default_factory=list)
    dead_ends: list[DeadEnd] = Field(default_factory=list)


class DeadEnd(Form):
    """What people try in vain, with the reason and a source."""

    try_: Annotated[Text, Field(alias="try")]
    why: Text
    source: str | None = None


class ReportTo(Form):
    """Whose bug it would be."""

    project: str


class Rule(Form):
    """One known failure: symptom, rival causes, fixes, dead ends, references."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$")]
    title: Text
    checked: Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
    severity: Literal["error", "warning", "benign"] = "error"
    specificity: Literal["exact", "family", "generic", "catch-all"] = "family"
    entries: list[str] = Field(default_factory=list)
    symptom: TopSymptom
    captures: dict[str, str] = Field(default_factory=dict)
    refines: list[str] = Field(default_factory=list)
    yields: bool = False
    leads_to: list[str] = Field(default_factory=list)
    doctor: list[Condition] = Field(default_factory=list)
    cause: Text | None = None
    when: list[Condition] = Field(default_factory=list)
    fixes: list[Fix] = Field(default_factory=list)
    borrows: dict[
        Annotated[str, Field(pattern=r"^[a-z0-9.-]+/[a-z0-9-]+$")],
        Literal["rare", "uncommon", "common", "usual"],
    ] = Field(default_factory=dict)
    causes: list[Cause] = Field(default_factory=list)
    dead_ends: list[DeadEnd] = Field(default_factory=list)
    references: list[str] = Field(default_factory=list)
    report: ReportTo | None = None

    @model_validator(mode="after")
    def _causes(self) -> Rule:
        if bool(self.causes) == bool(self.cause) and (self.causes or not self.borrows):
            raise ValueError("a rule has either 'causes' or one 'cause' with 'fixes'")
        if self.causes and self.when:
            raise ValueError("conditions stand under their cause when a rule has 'causes'")
        if self.causes and self.fixes:
            raise ValueError("fixes stand under their cause when a rule has 'causes'")
        seen: set[str] = set()
        for cause in self.causes:
            if cause.id in seen:
                raise ValueError(f"cause {cause.id!r} stands twice")
            seen.add(cause.id)
        return self


Symptom.model_rebuild()
Condition.model_rebuild()
Cause.model_rebuild()
