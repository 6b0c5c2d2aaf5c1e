"""From a diagnosis on this machine to its report: the facts, the journal and the project."""

from __future__ import annotations

import getpass
import os
import platform
import time
from contextlib import suppress

from troubleshoot import diagnose, environment, fingerprint, intake, packdata, report, responsible
from troubleshoot.records import replace
from troubleshoot.redact import Redactor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from troubleshoot.diagnose import Diagnosed, Options
    from troubleshoot.guide import Guide
    from troubleshoot.journal import Journal
    from troubleshoot.report import Report
    from troubleshoot.responsible import Choice

_LARGEST_CHECK = 400_000
"""Characters of a trimmed log up to which its verdict is compared with that of the whole."""


def redactor_of(result: Diagnosed, extra: Sequence[str] = ()) -> Redactor:
    """A redactor that knows this machine's names, when the input is from here.

    Raises:
        ReportError: an extra pattern is not a regular expression.
    """
    if not result.origin.here:
        return Redactor(extra)
    users = {os.environ.get(name, "") for name in ("USER", "LOGNAME", "SUDO_USER", "USERNAME")}
    with suppress(OSError, KeyError, ImportError):  # no name for this user id
        users.add(getpass.getuser())
    host = platform.node()
    return Redactor(extra, users, {host, host.split(".")[0]})


def project_of(result: Diagnosed, project: str = "", lang: str = "en") -> Choice:
    """The project that a failure belongs to, and why.

    Raises:
        ReportError: ``project`` names nothing, or a form is broken.
    """

    def urls(package: str) -> Sequence[str]:
        return _urls(result, package)

    return responsible.choose(
        report.shipped_forms(), result.answer, result.reader.failures,
        project=project, lang=lang, urls=urls if result.origin.here else None,
        repositories=packdata.load("repositories")["repositories"],
    )  # fmt: skip


def of(
    result: Diagnosed,
    *,
    choice: Choice,
    options: Options,
    redactor: Redactor | None = None,
    is_redacted: bool = True,
    tried: Sequence[Any] = (),
    said: Mapping[str, str] | None = None,
    command: str = "",
    everything: bool = False,
) -> Report:
    """The report about a diagnosed failure.

    Args:
        result: the diagnosis, in the language of the project's form.
        choice: the project.
        options: with which it was diagnosed.
        redactor: hides what is private; one that knows this machine by default.
        is_redacted: False leaves everything readable.
        tried: fixes that were tried.
        said: what the person said, by part.
        command: the command that failed, if the person named it.
        everything: list all installed packages.
    """
    failures = result.reader.failures
    installed = _installed(result) if result.origin.here and options.probe else ()
    names = environment.names(choice.form.libraries, failures, installed, everything=everything)
    result.facts.prefetch(names)
    unmeasured = replace(options, here=False)
    wanted = {verdict(result.answer)}
    if result.origin.here:  # facts of this machine may have decided it
        text_alone = diagnose.diagnose(result.document, unmeasured, rules=result.rules)
        wanted.add(verdict(text_alone.answer))

    def agrees(text: str) -> bool:
        if len(text) > _LARGEST_CHECK:
            return True
        document = intake.from_bytes(text.encode("utf-8", "replace"))
        again = diagnose.diagnose(document, unmeasured, rules=result.rules)
        return verdict(again.answer) in wanted

    return report.build(
        result.answer,
        result.document,
        facts=result.facts,
        failures=failures,
        choice=choice,
        tried=tried,
        said=said,
        command=command or None,
        lang=choice.form.language,
        redactor=redactor or redactor_of(result),
        is_redacted=is_redacted,
        agrees=agrees,
        everything=everything,
    )


def trials_of(result: Diagnosed, journal: Journal | None = None) -> list[Any]:
    """Fixes that were tried on this failure, oldest first, from the journal."""
    from troubleshoot.journal import Journal as Open

    book = journal or Open()
    code = fingerprint.of(result.answer)
    same = [each["id"] for each in book.incidents() if code and each["fingerprint"] == code]
    trials = [trial for number in same for trial in book.trials(number)]
    return sorted(trials, key=lambda trial: trial.started)


def in_language(result: Diagnosed, spoken: str, lang: str) -> Diagnosed:
    """A diagnosis that is worded in one language, worded in another."""
    if spoken == lang:
        return result
    from troubleshoot.explain import Explainer

    explainer = Explainer(result.reader, result.facts, diagnose.fact_type, result.origin, lang)
    answer = explainer.answer(result.ranking, tuple(result.answer["notes"]))
    answer["timing_ms"] = result.answer["timing_ms"]
    return replace(result, answer=answer)


def verdict(answer: Mapping[str, Any]) -> tuple[str, str, str]:
    """What has to stay the same when a log is trimmed: outcome, rule and cause."""
    diagnoses = answer["diagnoses"]
    first = diagnoses[0] if diagnoses else {"rule": "", "cause_id": ""}
    return str(answer["outcome"]), str(first["rule"]), str(first["cause_id"])


def written(guide: Guide, lang: str) -> tuple[str, Report]:
    """Write the report of a walkthrough beside its log.

    Args:
        guide: the walkthrough, with what was tried.
        lang: ``en`` or ``zh``.

    Returns:
        The path of the Markdown file, and the report.
    """
    result = guide.result
    choice = project_of(result, lang=lang)
    options = diagnose.Options(lang=lang)
    result = in_language(result, lang, choice.form.language)
    made = of(result, choice=choice, options=options, tried=guide.trials)
    path = _free_path(result.document.source)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"# {made.title}\n\n{made.markdown()}")
    return path, made


def write(guide: Guide, lang: str) -> str:
    """`written`, for its path alone."""
    return written(guide, lang)[0]


def _free_path(source: str) -> str:
    """A name beside the log that no file has yet."""
    folder = os.path.dirname(source) if os.path.isfile(source) else os.getcwd()
    if not os.access(folder or ".", os.W_OK):
        folder = os.getcwd()
    stem = os.path.join(folder or ".", f"whyfail-report-{time.strftime('%Y%m%d-%H%M%S')}")
    path, number = f"{stem}.md", 2
    while os.path.exists(path):
        path, number = f"{stem}-{number}.md", number + 1
    return path


def _installed(result: Diagnosed) -> Sequence[str]:
    from troubleshoot import probes, target

    return probes.LiveFacts(target.target(result.origin, result.reader.failures)).distributions()


def _urls(result: Diagnosed, package: str) -> Sequence[str]:
    """Addresses in the metadata of the distribution that provides a package."""
    from troubleshoot import target
    from troubleshoot.probes import Context

    try:
        context = Context(target.target(result.origin, result.reader.failures))
        found = context.installed.provider(package)
    except (LookupError, OSError):
        return ()
    if found is None:
        return ()
    lines = found.metadata.splitlines()
    marked = [line.split(": ", 1)[1] for line in lines if line.startswith("Project-URL: ")]
    urls = [entry.split(",", 1)[-1].strip() for entry in sorted(marked, key=_rank_url)]
    urls += [line.split(": ", 1)[1].strip() for line in lines if line.startswith("Home-page: ")]
    return urls


def _rank_url(entry: str) -> int:
    """Trackers first, then sources, then the rest."""
    label = entry.split(",", 1)[0].lower()
    if any(word in label for word in ("issue", "bug", "tracker")):
        return 0
    return 1 if any(word in label for word in ("source", "repo", "code", "github")) else 2
