"""The questions that can be asked about a diagnosis: of its causes, and between told rules."""

from __future__ import annotations

from troubleshoot import values, weights
from troubleshoot.context import Context
from troubleshoot.diagnose import fact_type
from troubleshoot.records import record
from troubleshoot.walk_words import first_sentence
from troubleshoot.words import pick

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from troubleshoot.diagnose import Diagnosed

_SECONDS = 10.0
"""What answering a question of the symptom list costs a person."""


@record
class Question:
    """A question that can be asked now.

    Attributes:
        rule: id of the rule it belongs to.
        cause: id of the cause a yes speaks for.
        text: the question.
        why: why it is asked.
        seconds: what answering costs a person.
        strength: how strongly an answer speaks.
    """

    rule: str
    cause: str
    text: str
    why: str
    seconds: float
    strength: str

    @property
    def key(self) -> tuple[str, str]:
        """Rule and cause id."""
        return self.rule, self.cause


def still_open(
    result: Diagnosed, lang: str, answered: Container[tuple[str, str]], asks: Mapping[str, str]
) -> list[Question]:
    """Questions that are not answered yet, of causes still alive.

    Args:
        result: the diagnosis as it stands.
        lang: ``en`` or ``zh``.
        answered: rule and cause ids whose question was answered.
        asks: questions that tell the rules of a told symptom apart, by rule id.
    """
    return [*_between_rules(result, lang, answered, asks), *_of_causes(result, lang, answered)]


def _between_rules(
    result: Diagnosed, lang: str, answered: Container[tuple[str, str]], asks: Mapping[str, str]
) -> Iterator[Question]:
    titles = {each["rule"]: each["title"] for each in result.answer["diagnoses"]}
    stop = "。" if lang == "zh" else "."
    for rule, text in asks.items():
        if (rule, "") not in answered and len(titles) > 1 and rule in titles:
            title = f"{titles[rule][:1].upper()}{titles[rule][1:].rstrip('.。')}{stop}"
            yield Question(rule, "", text, title, _SECONDS, "strong")


def _of_causes(
    result: Diagnosed, lang: str, answered: Container[tuple[str, str]]
) -> Iterator[Question]:
    causes = {
        (shown["rule"], shown["cause_id"]): shown["cause"] for shown in result.answer["diagnoses"]
    }
    for diagnosis in result.ranking.diagnoses:
        ask = diagnosis.cause["ask"]
        if not ask or diagnosis.key in answered or diagnosis.confidence < weights.SHOWN:
            continue
        decided = any(
            proof.kind == "fact" and proof.truth is not None for proof in diagnosis.proofs
        )
        if decided and ask.get("if_no_probe", True):
            continue
        context = Context(
            result.reader, result.facts, fact_type, diagnosis.match, result.origin.python
        )
        yield Question(
            rule=diagnosis.key[0],
            cause=diagnosis.key[1],
            text=context.text(pick(ask["question"], lang)),
            why=first_sentence(causes[diagnosis.key], lang),
            seconds=values.seconds(ask["cost"]),
            strength=ask["strength"],
        )
