"""Write the bug report in the issue form of the project that raised the error, safe to post."""

from __future__ import annotations

import argparse
import json
import sys
import time

from troubleshoot import (
    asking,
    bundle,
    cli,
    clipboard,
    inputs,
    issue_link,
    redact,
    render,
    reporting,
)
from troubleshoot.errors import ReportError, UsageError
from troubleshoot.records import replace
from troubleshoot.report_words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.diagnose import Diagnosed, Options
    from troubleshoot.redact import Redactor
    from troubleshoot.report import Report

_QUESTIONS = ("command", "summary", "expected", "steps", "tried")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``whyfail report``."""
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="the log (-: stdin)")
    parser.add_argument(
        "-o", "--out", default="", metavar="PATH", help="write the report to a file"
    )
    parser.add_argument("--copy", action="store_true", help="copy it to the clipboard")
    parser.add_argument(
        "--open", action="store_true", help="print the prefilled new-issue link; open it on a yes"
    )
    parser.add_argument(
        "--bundle", default="", metavar="PATH", help="write log, facts, diagnosis, report (.tar.gz)"
    )
    parser.add_argument(
        "--project", default="", metavar="NAME", help="whose form: a name or OWNER/NAME"
    )
    parser.add_argument("--command", default="", metavar="TEXT", help="the command that failed")
    parser.add_argument(
        "--ask",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="ask for what only you know (default: on a terminal, for a named file)",
    )
    parser.add_argument("--packages", action="store_true", help="list all installed packages")
    parser.add_argument(
        "--show-redactions", action="store_true", help="where something was hidden, never what"
    )
    parser.add_argument(
        "--redact-extra", action="append", default=[], metavar="PATTERN", help="hide this too"
    )
    parser.add_argument(
        "--no-redact", action="store_true", help="hide nothing (not for anything public)"
    )
    cli.add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the report.

    Returns:
        0; the report does not depend on whether a rule knows the failure.
    """
    options = cli.options_of(arguments)
    result = inputs.diagnosed(arguments.file, options, started=time.perf_counter())
    redactor = reporting.redactor_of(result, arguments.redact_extra)
    if arguments.format == "sarif":
        _print_sarif(result, None if arguments.no_redact else redactor, arguments.out)
        return 0
    if not result.document.lines:
        raise UsageError("the input is empty", advice="whyfail report FILE")
    lang = options.lang
    choice = reporting.project_of(result, arguments.project, lang)
    worded = reporting.in_language(result, lang, choice.form.language)
    said = _asked(arguments, result, lang)
    report = reporting.of(
        worded,
        choice=choice,
        options=options,
        redactor=redactor,
        is_redacted=not arguments.no_redact,
        tried=reporting.trials_of(result),
        said=said,
        command=said.pop("command", "") or arguments.command,
        everything=arguments.packages,
    )
    _deliver(report, worded, redactor, arguments, options)
    return 0


def _asked(arguments: argparse.Namespace, result: Diagnosed, lang: str) -> dict[str, str]:
    """What only the person knows, asked one line each."""
    wanted = arguments.ask
    if wanted is None:
        wanted = arguments.file != "-" and asking.can_ask() and sys.stdout.isatty()
    if not wanted:
        return {}
    if not asking.can_ask():
        raise UsageError(
            "nobody can be asked: standard input is not a terminal", advice="name the log as a file"
        )
    print(say("asking", lang), file=sys.stderr)
    typed = result.facts.given("run.command")
    found = {}
    for part in _QUESTIONS:
        if part == "command" and (arguments.command or (typed is not None and typed.is_known)):
            continue
        key = "question_context" if part == "summary" else f"question_{part}"
        said = asking.line(f"  {say(key, lang)}: ")
        if said:
            found[part] = said
    return found


def _print_sarif(result: Diagnosed, redactor: Redactor | None, out: str) -> None:
    from troubleshoot.render import sarif

    data = sarif.render(result.answer, result.document)
    if redactor is not None:
        redactor.learn(result.document.joined())
        data = redactor.redact_data(data)
    _write(json.dumps(data, ensure_ascii=False, indent=1) + "\n", out)


def _deliver(
    report: Report,
    result: Diagnosed,
    redactor: Redactor,
    arguments: argparse.Namespace,
    options: Options,
) -> None:
    lang = options.lang
    link = issue_link.prefilled(report)
    if arguments.json or arguments.format == "json":
        data = {
            **report.data(),
            "new_issue": link.url or None,
            "to_paste": list(link.left),
            "search_url": issue_link.search(report) or None,
        }
        text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    else:
        text = f"# {report.title}\n\n{report.markdown()}"
    names: tuple[str, ...] = ()
    if arguments.bundle:
        names = bundle.write(
            arguments.bundle,
            report,
            result.answer,
            result.document,
            result.facts,
            redactor if report.is_redacted else None,
        )
        report = replace(report, hidden=redactor.found if report.is_redacted else ())
    if not (arguments.copy and not arguments.out and sys.stdout.isatty()):
        _write(text, arguments.out)
    _tell(report, result, redactor, lang, places=arguments.show_redactions)
    if arguments.out:
        _note(say("written", lang, path=arguments.out))
    if names:
        _note(say("bundled", lang, path=arguments.bundle, names=", ".join(names)))
    if arguments.copy:
        tool, trouble = clipboard.copy(text)
        _note(say("copied", lang, tool=tool) if tool else say("not_copied", lang, why=trouble))
    if arguments.open:
        _open(link, report, lang)


def _tell(
    report: Report, result: Diagnosed, redactor: Redactor, lang: str, *, places: bool
) -> None:
    """What the person should know beside the report, on standard error."""
    comma = say("list_comma", lang)
    key = "project" if report.form.repository else "no_project"
    name = report.form.name
    if report.form.repository:
        name = f"{name} ({report.form.repository})"
    _note(say(key, lang, name=name, because=report.because))
    diagnoses = result.answer["diagnoses"]
    if result.answer["outcome"] == "diagnosed":
        shown = reporting.in_language(result, report.lang, lang).answer
        fixes = shown["diagnoses"][0]["fixes"]
        if fixes and report.form.repository and not diagnoses[0]["report"]:
            title = shown["diagnoses"][0]["title"]
            fix = fixes[0]["commands"][0] if fixes[0]["commands"] else fixes[0]["title"]
            line = say("try_first", lang, name=report.form.name, title=title, fix=fix)
            _note(redactor.redact(line, count=False) if report.is_redacted else line)
    url = issue_link.search(report)
    if url:
        _note(say("search", lang, url=url))
    elif report.query:
        _note(say("search_words", lang, query=report.query))
    if report.open:
        _note(say("to_fill", lang, list=comma.join(report.open)))
    if report.log.same_verdict is False:
        _note(say("verdict_changed", lang))
    if not report.is_redacted:
        _note(say("not_redacted", lang))
        return
    if not report.hidden:
        _note(say("nothing_hidden", lang))
    elif places:
        _note(say("hidden", lang, list=""))
        for line in redact.summary(report.hidden, places=True):
            _note(f"  {line}")
    else:
        kinds: dict[str, int] = {}
        for hidden in report.hidden:
            kinds[hidden.kind] = kinds.get(hidden.kind, 0) + hidden.count
        listed = comma.join(f"{kind} × {count}" for kind, count in kinds.items())
        _note(say("hidden", lang, list=listed))


def _open(link: issue_link.Link, report: Report, lang: str) -> None:
    if not link.url:
        _note(say("no_project", lang, because=report.because))
        return
    _note(say("open_url", lang, url=link.url))
    if link.left:
        _note(say("to_paste", lang, list=say("list_comma", lang).join(link.left)))
    if asking.can_ask() and asking.yes(say("open_now", lang)):
        import webbrowser

        webbrowser.open(link.url)


def _note(line: str) -> None:
    print(line, file=sys.stderr)


def _write(text: str, path: str) -> None:
    if not path:
        render.write(text)
        return
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ReportError(error.strerror or "cannot be written", where=path) from None
