"""What a report's parts are made of, and how the failure is told in one line."""

from __future__ import annotations

import re

from troubleshoot.fingerprint import initiating, main_failure, place, short
from troubleshoot.records import record
from troubleshoot.report_words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from troubleshoot.facts import Facts
    from troubleshoot.failure import Failure, Frame

LONGEST_TITLE = 120


@record
class Material:
    """What the parts are made of.

    Attributes:
        answer: the answer in its published form.
        failures: what went wrong.
        facts: of the machine, as far as they are known.
        log: the trimmed log, private things hidden already.
        command: that was run, or ``""``.
        environment: the environment section.
        system: the operating system in one line.
        versions: Python's and the project's version.
        tried: records of fixes.
        said: the person's own words, by part.
        fingerprint: of the failure.
        lang: ``en`` or ``zh``.
    """

    answer: Mapping[str, Any]
    failures: tuple[Failure, ...]
    facts: Facts
    log: str
    command: str
    environment: str
    system: str
    versions: str
    tried: tuple[Any, ...]
    said: dict[str, str]
    fingerprint: str
    lang: str


@record
class Piece:
    """One part, written.

    Attributes:
        text: Markdown or plain text, or ``""``.
        question: what only the person can add, or ``""``.
        is_safe: private things are hidden already.
    """

    text: str
    question: str = ""
    is_safe: bool = False


def error_line(material: Material, limit: int = 400) -> str:
    """The failure in one line: type and the first line of its message."""
    failure = main_failure(material.answer)
    if failure is None:
        return ""
    message = failure["message"].strip()
    lines = [line.strip() for line in message.split("\n") if line.strip()]
    first = lines[0] if lines else ""
    if first.endswith(":") and len(lines) > 1:
        first = f"{first} {lines[1]}"
    name = failure["exception"]
    if name and first and not first.startswith(name) and failure["kind"] in _NAMED:
        first = f"{name}: {first}"
    shown = first or name
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


_NAMED = ("exception", "syntax")


def title(material: Material) -> str:
    """The issue's title: the error, short, or the diagnosis where there is none."""
    failure = main_failure(material.answer)
    if failure is None or not error_line(material):
        diagnoses = material.answer["diagnoses"]
        return str(diagnoses[0]["title"]) if diagnoses else say("no_failure", material.lang)
    line = error_line(material)
    if failure["kind"] in _NAMED:
        line = line.replace(failure["exception"], short(failure["exception"]), 1)
    line = re.sub(r"\s*\(Request ID: [^)]{1,200}\)", "", line)
    line = re.sub(r"\s*\(?\b[a-z]{2,10}://[^\s)]+\)?", "", line)
    line = re.sub(r"(?:[A-Za-z]:)?(?:[\\/][^\s\\/'\":]+){2,}[\\/](?=[^\s\\/])", "", line)
    main = initiating(material.failures)
    where = ""
    if main is not None and main.frames and not main.frames[-1].is_user:
        where = f" ({place(main.frames[-1])})"
    if len(line) + len(where) > LONGEST_TITLE:
        where = ""
    return cut_at_sentence(line, LONGEST_TITLE).rstrip(".:") + where


def cut_at_sentence(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    end = text.rfind(". ", 40, limit)
    if end > 0:
        return text[: end + 1]
    end = text.rfind(" ", limit - 30, limit - 1)
    return text[: end if end > 0 else limit - 1] + "…"


def user_frame(material: Material) -> Frame | None:
    main = initiating(material.failures)
    return main.user_frame if main is not None else None
