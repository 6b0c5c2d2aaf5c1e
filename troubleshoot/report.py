"""The bug report: a project's issue form filled from the answer, the log and the facts.

What a person alone knows is marked as such and never invented. Everything that comes from the
log or the machine passes the redactor before it is put into a field.
"""

from __future__ import annotations

from troubleshoot import (
    environment,
    fingerprint,
    issue_forms,
    report_material,
    report_parts,
    responsible,
)
from troubleshoot.records import record
from troubleshoot.redact import Redactor
from troubleshoot.report_markdown import fenced, visible
from troubleshoot.report_words import say
from troubleshoot.trim import trim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from troubleshoot.document import Document
    from troubleshoot.facts import Facts
    from troubleshoot.failure import Failure
    from troubleshoot.issue_forms import Field, Form
    from troubleshoot.redact import Hidden
    from troubleshoot.responsible import Choice
    from troubleshoot.trim import Trimmed

    Answer = Mapping[str, Any]

SCHEMA = "whyfail-report/1"
_MOST_TOLD = 40


@record
class Filled:
    """One field of the form, filled.

    Attributes:
        field: of the form.
        text: Markdown, or plain text where the form makes a code block of it.
        open: questions that only a person can answer, marked in the text.
    """

    field: Field
    text: str
    open: tuple[str, ...] = ()


@record
class Report:
    """A report, ready to post.

    Attributes:
        form: the project's form.
        because: why this project.
        title: of the issue.
        fields: in the form's order.
        fingerprint: for finding duplicates, or ``""``.
        query: words to search the tracker with.
        log: the trimmed log.
        hidden: what was hidden.
        lang: language of the report.
        is_redacted: whether private things were hidden.
    """

    form: Form
    because: str
    title: str
    fields: tuple[Filled, ...]
    fingerprint: str
    query: str
    log: Trimmed
    hidden: tuple[Hidden, ...]
    lang: str
    is_redacted: bool = True

    @property
    def open(self) -> tuple[str, ...]:
        """Labels of the fields in which something is left for the person."""
        return tuple(
            filled.field.label
            for filled in self.fields
            if filled.open or (filled.field.options and not filled.field.optional)
        )

    def markdown(self) -> str:
        """The whole report as the tracker will show it."""
        blocks = []
        for filled in self.fields:
            blocks.append(f"### {filled.field.label}")
            text = filled.text
            if filled.field.render and text:
                text = fenced(text, filled.field.render.lower())
            blocks.append(text or "_No response_")
        return "\n\n".join(blocks) + "\n"

    def data(self) -> dict[str, Any]:
        """The report as JSON-like data."""
        return {
            "schema": SCHEMA,
            "project": self.form.repository or None,
            "project_name": self.form.name,
            "because": self.because,
            "form": self.form.key,
            "title": self.title,
            "fields": [
                {
                    "label": filled.field.label,
                    "id": filled.field.id or None,
                    "text": filled.text,
                    "open": list(filled.open),
                }
                for filled in self.fields
            ],
            "fingerprint": self.fingerprint or None,
            "search": self.query,
            "log": {
                "kept": self.log.kept,
                "whole": self.log.whole,
                "same_verdict": self.log.same_verdict,
            },
            "redacted": self.is_redacted,
            "hidden": [
                {
                    "kind": each.kind,
                    "token": each.token,
                    "count": each.count,
                    "positions": [f"{where}:{row}:{at}" for where, row, at in each.positions],
                }
                for each in self.hidden
            ],
        }


class _Open:
    """A redactor that hides nothing (``--no-redact``)."""

    found: tuple[Hidden, ...] = ()

    def learn(self, text: str) -> None:
        """Nothing to learn."""

    def redact(self, text: str, where: str = "", *, count: bool = True) -> str:
        """The text as it is."""
        return text

    def redact_data(self, data: Any, where: str = "", *, count: bool = True) -> Any:
        """The data as they are."""
        return data


def build(
    answer: Answer,
    document: Document,
    *,
    facts: Facts,
    failures: Sequence[Failure] = (),
    project: str | None = None,
    forms: Mapping[str, Form] | None = None,
    choice: Choice | None = None,
    tried: Sequence[Any] = (),
    said: Mapping[str, str] | None = None,
    command: str | None = None,
    lang: str = "en",
    redactor: Redactor | None = None,
    is_redacted: bool = True,
    agrees: Callable[[str], bool] | None = None,
    everything: bool = False,
) -> Report:
    """Fill the form of the project that a failure belongs to.

    Args:
        answer: the answer in its published form (``whyfail/1``).
        document: the cleaned input.
        facts: of the machine where it failed, as far as they are known.
        failures: what went wrong in the document; found anew when not given.
        project: the person's word for the project.
        forms: all forms; None: those that come with the package.
        choice: the project, when it was chosen before.
        tried: fixes that were tried, with ``title``, ``commands``, ``outcome``, ``started``.
        said: what the person said, by part (``summary``, ``steps``, ``expected``, ``tried``).
        command: the command that failed; None: as the facts say.
        lang: ``en`` or ``zh``; the form's own language wins.
        redactor: hides what is private; one of its own by default.
        is_redacted: False leaves everything readable.
        agrees: whether a trimmed log leads to the same verdict.
        everything: list all installed packages.

    Raises:
        ReportError: ``project`` names nothing, or a form is broken.
    """
    if not failures:
        from troubleshoot import failures as finder

        failures = finder.find(document)
    if choice is None:
        known = forms if forms is not None else shipped_forms()
        choice = responsible.choose(known, answer, failures, project=project or "", lang=lang)
    form = choice.form
    lang = form.language
    hide: Redactor | _Open = (redactor or Redactor()) if is_redacted else _Open()
    hide.learn(document.joined())
    evidence = [
        item["line"]
        for each in answer["diagnoses"][:2]
        for item in each["evidence"]
        if item["line"]
    ]
    evidence += _told_lines(document, facts, failures)

    def as_posted(text: str) -> bool:
        return agrees is None or agrees(hide.redact(text, count=False))

    log = trim(document, failures, evidence, as_posted if agrees is not None else None)
    typed = facts.given("run.command")
    material = report_material.Material(
        answer=hide.redact_data(answer, count=False),
        failures=tuple(failures),
        facts=facts,
        log=hide.redact(log.text, "log"),
        command=command or (str(typed.value) if typed is not None and typed.value else ""),
        environment=environment.section(facts, form.libraries, failures, everything=everything),
        system=environment.system_line(facts),
        versions=environment.versions(facts, form.libraries),
        tried=tuple(hide.redact_data(_plain(each), count=False) for each in tried),
        said=dict(said or {}),
        fingerprint=fingerprint.of(answer, failures),
        lang=lang,
    )
    fields = tuple(_fill(field, material, hide) for field in form.fields)
    title = form.title.replace("{summary}", report_material.title(material))
    return Report(
        form=form,
        because=hide.redact(choice.because, count=False),
        title=hide.redact(title, "title"),
        fields=fields,
        fingerprint=material.fingerprint,
        query=hide.redact(fingerprint.query(answer), "search"),
        log=log,
        hidden=hide.found,
        lang=lang,
        is_redacted=is_redacted,
    )


def shipped_forms() -> dict[str, Form]:
    """The forms that come with the package."""
    from troubleshoot import packdata

    return issue_forms.load(packdata.path("issue_forms"))


def _told_lines(document: Document, facts: Facts, failures: Sequence[Failure]) -> list[int]:
    """Raw numbers of the lines outside of failures that tell the command and the versions."""
    inside = [range(failure.start, failure.end + 1) for failure in failures]
    numbers = document.numbers
    found: list[int] = []
    for fact in facts:
        at = fact.line
        if fact.source != "text" or not 0 <= at < len(numbers) or len(found) >= _MOST_TOLD:
            continue
        if any(at in lines for lines in inside):
            continue
        found.append(numbers[at])
        if fact.name == "run.command":  # a command may go on over several lines
            while document.lines[at].rstrip().endswith(("\\", "^", "`")) and at + 1 < len(numbers):
                at += 1
                found.append(numbers[at])
    return found


def _fill(field: Field, material: report_material.Material, hide: Redactor | _Open) -> Filled:
    lang = material.lang
    if field.options:
        boxes = "\n".join(f"- [ ] {option}" for option in field.options)
        return Filled(field=field, text=boxes)
    if field.choose:
        return Filled(field=field, text=field.choose)
    if field.ask:
        if field.optional:
            return Filled(field=field, text="")
        return Filled(field=field, text=_mark(say("fill", lang, question=field.ask), field),
                      open=(field.ask,))  # fmt: skip
    blocks: list[str] = []
    questions: list[str] = []
    for part in field.parts:
        piece = report_parts.PARTS[part](material, bool(field.render))
        text = piece.text if piece.is_safe else hide.redact(piece.text, field.label)
        if not field.render:
            text = visible(text)
        if len(field.parts) > 1 and part in report_parts.HEADED and (text or piece.question):
            heading = say(f"part_{part}", lang)
            blocks.append(f"# {heading}" if field.render else f"**{heading}**")
        if text:
            blocks.append(text)
        if piece.question and not (field.optional and not text):
            questions.append(piece.question)
            blocks.append(_mark(say("fill", lang, question=piece.question), field))
    return Filled(field=field, text="\n\n".join(blocks), open=tuple(questions))


def _plain(trial: Any) -> Any:
    """A record of a trial as plain data."""
    if isinstance(trial, dict):
        return trial
    names = ("title", "commands", "outcome", "started", "undone")
    return {name: getattr(trial, name, "") for name in names}


def _mark(line: str, field: Field) -> str:
    """A line left for the person, easy to see in either kind of field."""
    return "# " + line.replace("**", "") if field.render else f"> {line}"
