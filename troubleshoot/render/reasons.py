"""The proof in words: HOW a verdict was concluded, and WHY a fact would matter.

In the manner of MYCIN's explanations (Buchanan & Shortliffe, "Rule-Based Expert Systems", 1984).
"""

from __future__ import annotations

from troubleshoot.proof import said
from troubleshoot.render.chinese import translated
from troubleshoot.render.wording import Part
from troubleshoot.words import pick, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.proof import Proof
    from troubleshoot.rank import Diagnosis


def parts(result: Diagnosed, lang: str) -> Iterator[Part]:
    """The proof of every diagnosis, the facts, and the time taken."""
    yield from proof_parts(result, lang)
    yield Part("heading", say("facts", lang))
    for fact in sorted(result.facts, key=lambda each: (not each.is_known, each.name)):
        if fact.is_known:
            origin = fact.source
            if fact.line >= 0:
                origin = say("line", lang, number=result.reader.raw_number(fact.line))
            cost = f", {fact.seconds * 1000:.1f} ms" if fact.seconds else ""
            yield Part("tree", f"{fact.name} = {fact.value} ({origin}{cost})", mark="0")
        else:
            yield Part(
                "tree",
                f"{fact.name}: {say('undecided', lang)}: {translated(fact.because, lang)}",
                mark="0",
            )
    yield Part("dim", say("time", lang, ms=result.answer["timing_ms"]["total"]))


def proof_parts(result: Diagnosed, lang: str) -> Iterator[Part]:
    """How every diagnosis was concluded; what a rule saw is said once for all of its causes."""
    yield Part("heading", say("how", lang))
    told: set[str] = set()
    for diagnosis, shown in zip(result.ranking.diagnoses, result.answer["diagnoses"]):
        percent = round(diagnosis.confidence * 100)
        rule = diagnosis.match.rule["id"]
        yield Part("item", f"{rule} / {diagnosis.cause['id']}: {shown['title']}", f"{percent:>3} %")
        if rule not in told:
            told.add(rule)
            yield from _sightings(diagnosis, result, lang)
        prior = say(diagnosis.cause["prior"], lang)
        yield Part("tree", f"= {say('prior', lang, word=prior)}", mark="1")
        for proof in diagnosis.proofs:
            yield from _tree(proof, result, lang, 1)
    other = round(result.ranking.something_else * 100)
    yield Part("item", say("something_else", lang), mark=f"{other:>3} %")
    for failure in result.ranking.unexplained[:5]:
        number = result.reader.raw_number(failure.line)
        yield Part("item", f"{say('unexplained', lang)}: {failure.name}: {failure.message[:100]}",
                   mark=str(number))  # fmt: skip


def _sightings(diagnosis: Diagnosis, result: Diagnosed, lang: str) -> Iterator[Part]:
    lines = []
    for sighting in diagnosis.match.sightings:
        number = result.reader.raw_number(sighting.line)
        where = say("line", lang, number=number) if number else sighting.kind
        text = sighting.text.strip().split("\n")[0]
        lines.append(f"+ {where}: {text}")
    for line in list(dict.fromkeys(lines))[:4]:
        yield Part("tree", line, mark="1")


def _tree(proof: Proof, result: Diagnosed, lang: str, depth: int) -> Iterator[Part]:
    if proof.truth is None:
        mark, effect = "?", say("undecided", lang)
    elif proof.ratio > 1:
        mark, effect = "+", f"{say('for', lang)}, {proof.strength} ×{proof.ratio:.0f}"
    elif proof.ratio < 1:
        mark, effect = "-", f"{say('against', lang)}, {proof.strength} ÷{1 / proof.ratio:.0f}"
    else:
        mark, effect = "·", say("not_for", lang)
    line = say("line", lang, number=result.reader.raw_number(proof.line)) if proof.line >= 0 else ""
    text = said(proof, pick(proof.why, lang))
    if line:
        text = f"{line}: {text}"
    yield Part("tree", f"{mark} {text} [{effect}]", mark=str(depth))
    for child in proof.children:
        yield from _tree(child, result, lang, depth + 1)
