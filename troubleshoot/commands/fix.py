"""Apply a fix: show the exact command, ask, run, verify, and keep a way back."""

from __future__ import annotations

import time

from troubleshoot import asking, cli, fingerprint, fixes, inputs
from troubleshoot.errors import UsageError
from troubleshoot.journal import Journal
from troubleshoot.records import replace
from troubleshoot.runner import Runner
from troubleshoot.walk_words import say, times

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from troubleshoot.fixes import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``whyfail fix``."""
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="the log")
    parser.add_argument("--pick", type=int, default=0, metavar="N", help="take the N-th fix")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be run, run nothing"
    )
    parser.add_argument(
        "--yes", action="store_true", help="do not ask (never covers destructive fixes)"
    )
    cli.add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    """Offer the fixes of a failure one after the other.

    Returns:
        0 when a fix is verified (or shown, with ``--dry-run``), 1 when none helped.
    """
    options = cli.options_of(arguments)
    journal = Journal()
    result = inputs.diagnosed(arguments.file, options, started=time.perf_counter())
    lang = options.lang
    count = len(result.ranking.fixes)
    if not count:
        print(say("unknown" if result.answer["failures"] else "no_failure", lang))
        return 1 if result.answer["failures"] else 0
    first = result.answer["diagnoses"][0]
    print(f"{say('because', lang)} {first['title']}")
    incident = 0
    if not arguments.dry_run:
        incident = journal.add_incident(
            fingerprint.of(result.answer), result.document.source, result.answer
        )
    positions = [arguments.pick - 1] if arguments.pick else range(count)
    runner = Runner(lambda text: print(f"  {text}", flush=True))
    if arguments.file == "-" and not (arguments.dry_run or arguments.yes):
        asking.take_terminal()
    for position in positions:
        chosen = fixes.plan(result, position)
        print()
        _show(chosen, position, lang)
        past = journal.worked(*chosen.ranked.diagnosis.key, chosen.ranked.fix["id"])
        if past is not None and past[0]:
            print(f"  {say('from_memory', lang, times=times(past[0], lang))}")
        if arguments.dry_run:
            continue
        confirmed = _confirm(chosen, arguments, lang)
        if confirmed is None:
            continue
        trial, verification = fixes.apply(
            result, confirmed, runner, journal, incident, lang=lang
        )
        print(f"  → {say(trial.outcome.replace(' ', '_'), lang)}: {verification.because}")
        if trial.number and chosen.safety != "safe":
            print(f"  {say('undo', lang)}: whyfail undo {trial.number}")
        if verification.solved:
            return 0
        if arguments.yes:
            return 1
    return 0 if arguments.dry_run else 1


def _show(chosen: Plan, position: int, lang: str) -> None:
    title = chosen.ranked.fix["title"][lang]
    print(f"{position + 1}. {title} · {say(chosen.safety, lang)}")
    for command in chosen.commands:
        print(f"    {command}")
    if chosen.steps:
        print(f"  {chosen.steps}")
    if chosen.check:
        print(f"  {say('verify', lang)}: {chosen.check}")
    if chosen.undo:
        print(f"  {say('undo', lang)}: {chosen.undo}")


def _confirm(chosen: Plan, arguments: argparse.Namespace, lang: str) -> Plan | None:
    """The fix with the commands the person agreed to, or None."""
    if not chosen.commands:
        return None
    if not chosen.is_runnable:
        if not asking.can_ask():
            return None
        edited = tuple(asking.line(f"  {say('edit', lang)}: ", each) for each in chosen.commands)
        chosen = replace(chosen, commands=edited)
        if not chosen.is_runnable:
            return None
    if chosen.safety == "destructive":
        if not asking.can_ask():
            return None
        return chosen if asking.typed(f"  {say('type_word', lang)}", "destroy") else None
    if arguments.yes:
        return chosen
    if not asking.can_ask():
        raise UsageError(
            "nobody can be asked: standard input is not a terminal",
            advice="name the log as a file, or add --yes or --dry-run",
        )
    return chosen if asking.yes(f"  {say('run_it', lang)}") else None
