"""What an answer says, part by part, in the order a tired reader needs it.

The renderers only decide how a part looks: verdict first, then the fix, then the evidence.
"""

from __future__ import annotations

from troubleshoot import values, weights
from troubleshoot.context import clean
from troubleshoot.records import record
from troubleshoot.render.chinese import translated
from troubleshoot.words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from troubleshoot.diagnose import Diagnosed

    Answer = dict[str, Any]

FIRST_FIXES = 2
EVIDENCE_LINES = 4


@record
class Part:
    """One piece of an answer.

    Attributes:
        kind: ``verdict``, ``text``, ``heading``, ``command``, ``item``, ``quote`` or ``dim``.
        text: what it says.
        mark: what stands before an item or quoted line (a number, a raw line number).
        tone: ``error``, ``warning``, ``good`` or "".
    """

    kind: str
    text: str
    mark: str = ""
    tone: str = ""


def parts(
    result: Diagnosed, lang: str, *, why: bool = False, rivals: bool = False
) -> Iterator[Part]:
    """The parts of an answer, in order."""
    answer = result.answer
    outcome = answer["outcome"]
    if not result.document.lines and not result.matches:
        yield Part("verdict", say("empty", lang), tone="warning")
        return
    if outcome == "diagnosed":
        yield from _diagnosed(answer, lang, rivals)
    elif outcome == "candidates":
        yield from _candidates(answer, lang)
    elif outcome == "unknown":
        yield from _unknown(result, lang)
    else:
        yield from _no_failure(result, lang)
    if why:
        from troubleshoot.render import reasons

        yield from reasons.parts(result, lang)
    yield from _footer(answer, lang)


def _verdict(diagnosis: Answer, lang: str, confidence: float) -> Part:
    percent = round(confidence * 100)
    word = weights.confidence_word(confidence, lang)
    sure = say("confidence", lang, word=word, percent=percent)
    if diagnosis["severity"] == "benign":
        text = labelled(say("benign", lang), diagnosis["title"], lang)
        return Part("verdict", text, tone="good")
    if diagnosis["severity"] == "warning":
        text = labelled(say("warning", lang), f"{diagnosis['title']} · {sure}", lang)
        return Part("verdict", text, tone="warning")
    gap = "" if lang == "zh" else " "
    return Part(
        "verdict", f"{say('because', lang)}{gap}{diagnosis['title']} · {sure}", tone="error"
    )


def _diagnosed(answer: Answer, lang: str, rivals: bool) -> Iterator[Part]:
    first = answer["diagnoses"][0]
    rivals_of_rule = [each for each in answer["diagnoses"] if each["rule"] == first["rule"]]
    together = sum(each["confidence"] for each in rivals_of_rule)
    yield _verdict(first, lang, min(together, 0.99))
    if len(rivals_of_rule) > 1:
        percent = round(first["confidence"] / together * 100)
        lead = f"{say('likely_reason', lang)} ({percent} %)"
        yield Part("text", labelled(lead, first["cause"], lang))
    else:
        yield Part("text", first["cause"])
    yield from _fixes(answer["fixes"], lang, len(answer["fixes"]) if rivals else FIRST_FIXES)
    yield from _evidence(first, lang)
    if first["consequences"]:
        yield Part("heading", say("consequences", lang))
        for consequence in first["consequences"]:
            yield Part("item", consequence)
    others = [each for each in answer["diagnoses"][1:] if each["severity"] != "benign"]
    if others and (rivals or others[0]["confidence"] >= 0.15):
        yield Part("heading", say("rivals", lang))
        for other in others if rivals else others[:2]:
            yield from _rival(other, lang)
    if first["dead_ends"]:
        yield Part("heading", say("dead_ends", lang))
        for end in first["dead_ends"] if rivals else first["dead_ends"][:1]:
            yield Part("item", labelled(end["try"], end["why"], lang))
    if rivals and first["references"]:
        yield Part("heading", say("references", lang))
        for reference in first["references"]:
            yield Part("item", reference)


def _candidates(answer: Answer, lang: str) -> Iterator[Part]:
    yield Part("verdict", say("candidates", lang), tone="warning")
    for diagnosis in answer["diagnoses"][:3]:
        yield from _rival(diagnosis, lang, with_text=True)
    yield from _fixes(answer["fixes"], lang, 3)
    yield from _evidence(answer["diagnoses"][0], lang)


def _rival(diagnosis: Answer, lang: str, with_text: bool = False) -> Iterator[Part]:
    percent = round(diagnosis["confidence"] * 100)
    cause = diagnosis["cause"]
    if not with_text:
        cause = cause.split("。" if lang == "zh" else ". ")[0]
    text = labelled(diagnosis["title"], cause, lang) if with_text else cause
    yield Part("item", text, mark=f"{percent:>3} %")


def _fixes(fixes: list[Answer], lang: str, count: int) -> Iterator[Part]:
    for number, fix in enumerate(fixes[:count], start=1):
        takes = say("takes", lang, time=values.duration(fix["cost_seconds"]))
        heading = say("fix_first" if number == 1 else "fix_next", lang)
        yield Part("heading", labelled(heading, fix["title"], lang))
        for command in fix["commands"]:
            for line in command.split("\n"):
                yield Part("command", line)
        if fix["detail"]:
            yield Part("text", fix["detail"])
        if fix["why"]:
            yield Part("text", fix["why"])
        tone = "error" if fix["safety"] == "destructive" else ""
        yield Part("dim", f"{say(fix['safety'], lang)} · {takes}", tone=tone)
        if fix["verify"]:
            yield Part("dim", labelled(say("verify", lang), fix["verify"], lang))
        if number == 1 and fix["undo"]:
            yield Part("dim", labelled(say("undo", lang), fix["undo"], lang))


def _evidence(diagnosis: Answer, lang: str) -> Iterator[Part]:
    shown = diagnosis["evidence"][:EVIDENCE_LINES]
    if not shown:
        return
    yield Part("heading", say("evidence", lang))
    for item in shown:
        text = item["text"].split("\n")[0]
        if item["effect"] == "against":
            text = f"({say('against', lang)}) {text}"
        yield Part("quote", text, mark=str(item["line"] or "·"))


def _unknown(result: Diagnosed, lang: str) -> Iterator[Part]:
    answer = result.answer
    yield Part("verdict", say("unknown", lang), tone="warning")
    position = main_position(result)
    if position < 0:
        return
    failure = result.reader.failures[position]
    frame = failure.user_frame
    package = failure.frames[-1].package if failure.frames else ""
    if frame is not None:
        where = say("broke_at", lang, file=clean(frame.path), line=frame.line or "?")
        inside = (
            f" {say('broke_in', lang, function=clean(frame.function))}" if frame.function else ""
        )
        yield Part("text", where + inside)
        if frame.code:
            yield Part("quote", clean(frame.code), mark=str(frame.line or "·"))
    if package:
        yield Part("text", say("raised_by", lang, package=package))
    yield Part("heading", say("said", lang))
    number = result.reader.raw_number(failure.line)
    said = f"{failure.name}: {failure.message}" if failure.message else failure.name
    for line in said.split("\n")[:4]:
        yield Part("quote", clean(line), mark=str(number or "·"))
    yield from _unusual(result, position, lang)
    key = "next_unknown" if package else "next_unknown_own"
    yield Part("heading", say("what_now", lang))
    yield Part("text", say(key, lang, package=package))
    repeated = {match.rule["id"] for match in result.matches if match.repeats}
    for diagnosis in answer["diagnoses"][:2]:
        if diagnosis["rule"] not in repeated:  # what it repeats stands above
            yield _verdict(diagnosis, lang, diagnosis["confidence"])


def _unusual(result: Diagnosed, position: int, lang: str) -> Iterator[Part]:
    """What else stands out: what it was raised from, the worker, the last words before it."""
    failures = result.reader.failures
    failure = failures[position]
    parts = []
    for other, each in enumerate(failures):
        if other != position and (each.parent == position or failure.parent == other):
            number = result.reader.raw_number(each.line)
            text = clean(f"{each.name}: {each.message}".split("\n")[0])
            parts.append(Part("quote", text, mark=str(number)))
    if failure.rank:
        parts.append(Part("item", failure.rank))
    lines = result.document.lines
    before = [index for index in range(max(0, failure.start - 12), failure.start)
              if lines[index].strip() and result.reader.owner(index) < 0]  # fmt: skip
    for index in before[-2:]:
        parts.append(Part("quote", clean(lines[index]), mark=str(result.reader.raw_number(index))))
    if parts:
        yield Part("heading", say("around", lang))
        yield from parts


def main_position(result: Diagnosed) -> int:
    """Position of the failure a person should look at: the first initiating one, else the last."""
    failures = result.reader.failures
    for position, failure in enumerate(failures):
        if failure.role == "initiating":
            return position
    return len(failures) - 1


def labelled(label: str, text: str, lang: str) -> str:
    """A label and what it labels, with the language's own colon."""
    return f"{label}：{text}" if lang == "zh" else f"{label}: {text}"


def _no_failure(result: Diagnosed, lang: str) -> Iterator[Part]:
    yield Part("verdict", say("no_failure", lang), tone="good")
    lines = f"{result.document.raw_lines or len(result.document.lines):,}"
    yield Part("text", say("no_failure_seen", lang, lines=lines))
    for diagnosis in result.answer["diagnoses"][:3]:
        yield _verdict(diagnosis, lang, diagnosis["confidence"])
        yield Part("text", diagnosis["cause"])


def _footer(answer: Answer, lang: str) -> Iterator[Part]:
    if answer["notes"]:
        yield Part("heading", say("notes", lang))
        for note in answer["notes"][:5]:
            yield Part("item", translated(note, lang))
    because = answer["origin"]["because"]
    if not answer["origin"]["here"] and answer["diagnoses"] and "--elsewhere" not in because:
        yield Part("heading", "")
        yield Part("dim", say("elsewhere", lang, because=translated(because, lang)))
    if answer["outcome"] in ("diagnosed", "candidates"):
        yield Part("dim", say("more", lang))
