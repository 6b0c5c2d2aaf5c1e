"""The verdict and the rival causes in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troubleshoot.render.wording import Part, labelled, parts
from troubleshoot.walk_words import first_sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from troubleshoot.guide import Guide


def verdict(guide: Guide, symptom: str) -> tuple[str, str]:
    """What the box at the top says, and its tone.

    Args:
        guide: the walk.
        symptom: what the person chose instead of a log, or "".
    """
    lang = guide.lang
    answer = guide.result.answer
    diagnoses = answer["diagnoses"]
    if guide.session.is_solved:
        title = diagnoses[0]["title"] if diagnoses else ""
        return say("solved_verdict", lang, title=title), "good"
    first = next(iter(parts(guide.result, lang)))
    lines, tone = [first.text], first.tone
    if symptom:
        lines, tone = [say("told_verdict", lang, words=symptom)], "warning"
    elif answer["outcome"] == "candidates":
        lines.append(say("candidates_lead", lang))
    if diagnoses and answer["outcome"] != "no_failure":
        cause, share, _ = guide.bars()[0]
        lines.append(say("likely", lang, percent=round(share * 100), cause=cause))
    return "\n".join(lines), tone


def rival_parts(guide: Guide) -> Iterator[Part]:
    """Every cause in full, with what does not help against it."""
    lang = guide.lang
    for each in guide.result.answer["diagnoses"]:
        lead = first_sentence(each["cause"], lang)
        yield Part("heading", lead)
        rest = each["cause"][len(lead) :].strip()
        if rest:
            yield Part("text", rest)
        for end in each["dead_ends"][:2]:
            told = labelled(end["try"], end["why"], lang)
            yield Part("dim", labelled(say("dead_ends", lang), told, lang))
