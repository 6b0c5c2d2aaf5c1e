"""The parts that fill a form's fields: each a small function of the same material."""

from __future__ import annotations

import time

from troubleshoot.fingerprint import initiating
from troubleshoot.render.markdown import escape
from troubleshoot.report_markdown import code, fenced
from troubleshoot.report_material import (
    Material,
    Piece,
    cut_at_sentence,
    error_line,
    user_frame,
)
from troubleshoot.report_words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from troubleshoot.failure import Frame

_EVIDENCE = 3
_LONGEST_NAMED = 70
_RIVALS = 3


HEADED = ("steps", "expected", "actual", "log", "tried", "environment")
"""Parts that get a heading of their own where a field holds several."""


def summary(material: Material, plain: bool) -> Piece:
    """What happened, in one or two sentences."""
    lang = material.lang
    error = error_line(material)
    said = material.said.get("summary", "")
    question = "" if said else say("ask_context", lang)
    if not error:
        return Piece(said or _seen(material, plain), question)
    error = cut_at_sentence(error, 200)
    shown = error if plain else code(error)
    what = _what(material, plain)
    text = say("failed_with", lang, what=what, error=shown)
    return Piece(f"{text}\n\n{said}".strip(), question)


def _seen(material: Material, plain: bool) -> str:
    """What was noticed in a run that no error ended, such as a loss that became NaN."""
    diagnoses = [each for each in material.answer["diagnoses"] if each["severity"] != "benign"]
    if not diagnoses:
        return say("no_failure", material.lang)
    name = diagnoses[0]["title"][:1].upper() + diagnoses[0]["title"][1:]
    return say("seen", material.lang, title=name if plain else escape(name))


def _what(material: Material, plain: bool) -> str:
    """What failed, in a sentence: the command if it is short."""
    if not material.command:
        return say("the_run", material.lang)
    if len(material.command) > _LONGEST_NAMED:
        return say("the_command", material.lang)
    gap = " " if material.lang == "zh" else ""
    return (material.command if plain else code(material.command)) + gap


def command(material: Material, plain: bool) -> Piece:
    """The command alone."""
    if not material.command:
        return Piece("", say("ask_command", material.lang))
    return Piece(material.command if plain else fenced(material.command, "sh"))


def steps(material: Material, plain: bool) -> Piece:
    """How to see it: the command, the line that fails, and what the person adds."""
    lang = material.lang
    said = material.said.get("steps", "")
    lines: list[str] = []
    if material.command:
        body = material.command if plain else fenced(material.command, "sh")
        lines.append(body if plain else f"{say('run_it', lang)}\n\n{body}")
    frame = user_frame(material)
    if frame is not None and frame.code.strip():
        where = f"{frame.path}:{frame.line}" if frame.line else frame.path
        if plain:
            lines.append(f"# {where}\n{frame.code.strip()}")
        else:
            label = say("fails_at", lang, place=code(where))
            lines.append(f"{label}\n\n{fenced(frame.code.strip(), 'python')}")
    if said:
        lines.append(said)
    asked = say("ask_steps", lang)
    if not material.command:
        asked = say("list_semicolon", lang).join((say("ask_command", lang), asked))
    return Piece("\n\n".join(lines), "" if said else asked)


def expected(material: Material, plain: bool) -> Piece:
    """What should have happened."""
    lang = material.lang
    said = material.said.get("expected", "")
    if said:
        return Piece(said)
    what = _what(material, plain)
    return Piece(say("expected_end", lang, what=what), say("ask_expected", lang))


def actual(material: Material, plain: bool) -> Piece:
    """What happened instead: the error, where it was raised, how the process ended."""
    lang = material.lang
    error = error_line(material)
    if not error:
        return Piece(_seen(material, plain))

    def shown(text: str) -> str:
        return text if plain else code(text)

    lines = [shown(error)]
    main = initiating(material.failures)
    if main is not None and main.frames:
        last = main.frames[-1]
        lines.append(say("raised_in", lang, place=shown(_spot(last))))
        own = user_frame(material)
        if own is not None and own is not last:
            lines.append(say("called_from", lang, place=shown(_spot(own))))
    lines += _ends(material)
    ranks = _ranks(material)
    if len(ranks) > 1:
        listed = ", ".join(shown(rank) for rank in ranks[:8]) + (" …" if len(ranks) > 8 else "")
        lines.append(say("workers", lang, count=len(ranks), ranks=listed))
    return Piece("\n".join(lines) if plain else "  \n".join(lines))


def log(material: Material, plain: bool) -> Piece:
    """The trimmed log."""
    if not material.log:
        return Piece("", is_safe=True)
    return Piece(material.log if plain else fenced(material.log, "text"), is_safe=True)


def environment_part(material: Material, plain: bool) -> Piece:
    """The environment."""
    lang = material.lang
    text = material.environment.strip()
    here = bool(material.answer["origin"]["here"])
    recorded = any(fact.source == "recorded" for fact in material.facts)
    question = "" if here or recorded else say("ask_environment", lang)
    if not text:
        return Piece("", say("ask_environment", lang))
    if question:
        text = f"{say('environment_elsewhere', lang)}\n{text}"
    return Piece(text if plain else fenced(text, "text"), question)


def system(material: Material, plain: bool) -> Piece:
    """The operating system."""
    return Piece(material.system, "" if material.system else say("ask_environment", material.lang))


def versions(material: Material, plain: bool) -> Piece:
    """Versions of Python and of the project."""
    if not material.versions:
        return Piece("", say("ask_environment", material.lang))
    return Piece(material.versions if plain else fenced(material.versions, "text"))


def tried(material: Material, plain: bool) -> Piece:
    """Fixes that were tried, with what came of each."""
    lang = material.lang
    said = material.said.get("tried", "")
    lines = [_trial(each, lang, plain) for each in material.tried]
    if said:
        lines.append(f"- {said}")
    return Piece("\n".join(lines), "" if lines else say("ask_tried", lang))


def diagnosis(material: Material, plain: bool) -> Piece:
    """whyfail's own diagnosis, marked as such."""
    from troubleshoot import __version__

    lang = material.lang
    answer = material.answer
    label = say("diagnosis", lang, version=__version__)
    stop = "：" if lang == "zh" else ": "
    diagnoses = [each for each in answer["diagnoses"] if each["severity"] != "benign"]
    lines: list[str] = []
    if answer["outcome"] == "diagnosed" and diagnoses:
        lines.append(label + stop + _diagnosed(diagnoses[0], lang, plain))
        shown = {item["line"]: item for item in reversed(diagnoses[0]["evidence"])}
        spots = [
            say(
                "line",
                lang,
                number=item["line"],
                text=_shown(item["text"].split("\n")[0][:240], plain),
            )
            for item in sorted(shown.values(), key=lambda item: item["line"] or 0)
            if item["line"] and item["effect"] == "for"
        ][:_EVIDENCE]
        if spots:
            lines.append(say("evidence", lang, lines=say("list_semicolon", lang).join(spots)))
    elif answer["outcome"] == "candidates" and diagnoses:
        lines.append(label + stop + say("candidates", lang))
        lines += [f"- {_diagnosed(each, lang, plain)}" for each in diagnoses[:_RIVALS]]
    else:
        lines.append(label + stop + say("undiagnosed", lang))
    if material.fingerprint:
        lines.append(say("fingerprint", lang, code=_shown(material.fingerprint, plain)))
    if plain:
        return Piece("\n".join(lines))
    return Piece("\n>\n".join(f"> {line}" for line in lines))


PARTS: dict[str, Callable[[Material, bool], Piece]] = {
    "summary": summary,
    "command": command,
    "steps": steps,
    "expected": expected,
    "actual": actual,
    "log": log,
    "environment": environment_part,
    "system": system,
    "versions": versions,
    "tried": tried,
    "diagnosis": diagnosis,
}
"""Parts by name; each gets the material and whether the field is plain text."""


def _shown(text: str, plain: bool) -> str:
    return text if plain else code(text)


def _diagnosed(found: Mapping[str, Any], lang: str, plain: bool) -> str:
    percent = round(found["confidence"] * 100)
    cause = found["cause"][:1].upper() + found["cause"][1:]
    text = say("diagnosed", lang, title=found["title"], percent=percent, cause=cause)
    return text if plain else escape(text)


def _trial(trial: Mapping[str, Any], lang: str, plain: bool) -> str:
    run = [str(each) for each in trial.get("commands") or ()]
    outcome = str(trial.get("outcome", "")).replace(" ", "_")
    known = ("worked", "did_not_help", "stopped", "unverified")
    result = say(outcome, lang) if outcome in known else outcome.replace("_", " ")
    shown = f" ({', '.join(_shown(each, plain) for each in run)})" if run else ""
    started = trial.get("started")
    when = ""
    if isinstance(started, int | float) and started > 0:
        when = time.strftime(" (%Y-%m-%d %H:%M)", time.localtime(started))
    undone = f"; {say('undone', lang)}" if trial.get("undone") else ""
    name = str(trial.get("title", ""))
    return f"- {name if plain else escape(name)}{shown}: {result}{undone}{when}"


def _spot(frame: Frame) -> str:
    where = f"{frame.path}:{frame.line}" if frame.line else frame.path
    return f"{where} in {frame.function}" if frame.function else where


def _ends(material: Material) -> list[str]:
    lang = material.lang
    found: list[str] = []
    for name, key, word in (
        ("run.signal", "signalled", "signal"),
        ("run.exit_code", "ended", "code"),
    ):
        fact = material.facts.given(name)
        if fact is not None and fact.is_known and fact.value not in ("", 0):
            found.append(say(key, lang, **{word: fact.value}))
    if found:
        return found[:1]
    for failure in material.failures:
        if failure.signal:
            return [say("signalled", lang, signal=failure.signal)]
        if failure.exit_code:
            return [say("ended", lang, code=failure.exit_code)]
    return []


def _ranks(material: Material) -> list[str]:
    main = initiating(material.failures)
    if main is None:
        return []
    same = [
        failure.rank
        for failure in material.failures
        if failure.rank and failure.name == main.name and failure.message[:80] == main.message[:80]
    ]
    return list(dict.fromkeys(same))
