"""The published form of the answer (``whyfail/1``): pydantic models and their JSON Schema."""

from __future__ import annotations

from typing import Literal, Union

from pydantic import BaseModel, ConfigDict, Field

Scalar = Union[bool, int, float, str, None]
Safety = Literal["safe", "changes-environment", "destructive", "manual"]


class Form(BaseModel):
    """Base of all parts."""

    model_config = ConfigDict(extra="forbid")


class Origin(Form):
    """Where the input is from, how that was found out, and the interpreter that failed."""

    here: bool
    because: str
    python: str


class Evidence(Form):
    """One piece of evidence; ``line`` is the number of the raw line."""

    kind: Literal["exception", "text", "metric", "exit", "fact", "answer"]
    line: Union[int, None]
    text: str
    effect: Literal["for", "against"]
    strength: Literal["weak", "moderate", "strong", "decisive"]


class DeadEnd(Form):
    """What people try in vain."""

    try_: str = Field(alias="try")
    why: str
    source: Union[str, None] = None


class Fix(Form):
    """One repair; ``probability`` is that it solves the problem, all in."""

    id: str
    title: str
    why: str
    detail: str
    commands: list[str]
    changes: str
    safety: Safety
    probability: float
    cost_seconds: int
    verify: str
    undo: str


class OrderedFix(Fix):
    """A fix in the order to try them, with whose it is."""

    rule: str
    cause_id: str


class Diagnosis(Form):
    """A cause believed with a probability."""

    rule: str
    cause_id: str
    severity: Literal["error", "warning", "benign"]
    confidence: float = Field(ge=0, le=1)
    title: str
    cause: str
    evidence: list[Evidence]
    consequences: list[str]
    dead_ends: list[DeadEnd]
    fixes: list[Fix]
    references: list[str]
    report: Union[str, None]


class Failure(Form):
    """One thing that went wrong in the input."""

    exception: str
    kind: str
    message: str
    role: Literal["initiating", "cascade", "teardown", "wrapper", "advice"]
    line: int
    rank: Union[str, None]
    where: Union[str, None]
    package: Union[str, None]


class Timing(Form):
    """Milliseconds."""

    total: float


class Answer(Form):
    """The whole answer; diagnoses best first, fixes in the order to try them."""

    schema_: Literal["whyfail/1"] = Field(alias="schema")
    outcome: Literal["diagnosed", "candidates", "unknown", "no_failure"]
    origin: Origin
    diagnoses: list[Diagnosis]
    fixes: list[OrderedFix]
    facts: dict[str, Union[Scalar, list[Scalar]]]
    unknown_facts: dict[str, str]
    failures: list[Failure]
    notes: list[str]
    timing_ms: Timing
