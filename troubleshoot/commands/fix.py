"""Apply a fix: show the exact command, ask, run, verify, and keep a way back."""

from __future__ import annotations

import time

from troubleshoot import asking, cli, inputs, undoing
from troubleshoot.errors import UsageError
from troubleshoot.guide import DESTROY, Guide
from troubleshoot.journal import UNVERIFIED, Journal
from troubleshoot.records import replace
from troubleshoot.runner import Runner
from troubleshoot.steps import steps_of
from troubleshoot.walk_words import say

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
    result = inputs.diagnosed(arguments.file, options, started=time.perf_counter())
    lang = options.lang
    count = len(result.ranking.fixes)
    if not count:
        print(say("unknown" if result.answer["failures"] else "no_failure", lang))
        return 1 if result.answer["failures"] else 0
    first = result.answer["diagnoses"][0]
    print(f"{say('because', lang)} {first['title']}")
    guide = Guide(result, lang, Journal())
    runner = Runner(lambda text: print(f"  {text}", flush=True))
    if arguments.file == "-" and not (arguments.dry_run or arguments.yes):
        asking.take_terminal()
    for position in [arguments.pick - 1] if arguments.pick else range(count):
        chosen = guide.plan(position)
        print()
        _show(guide, chosen, position)
        if arguments.dry_run:
            continue
        confirmed = _confirm(chosen, arguments, lang)
        if confirmed is None:
            if not chosen.commands and _helped(guide, chosen, arguments):
                return 0
            continue
        verification = guide.run(confirmed, runner)
        trial = guide.trials[-1]
        print(f"  → {say(trial.outcome.replace(' ', '_'), lang)}: {verification.because}")
        if undoing.has_state(trial):
            print(f"  {say('undo_later', lang, number=trial.number)}")
        if verification.solved or _helped(guide, confirmed, arguments):
            return 0
        if arguments.yes:
            return 1
    return 0 if arguments.dry_run else 1


def _helped(guide: Guide, chosen: Plan, arguments: argparse.Namespace) -> bool:
    """Whether a person says that a fix helped which could not be verified, or was by hand."""
    last = guide.trials[-1] if guide.trials else None
    is_open = not chosen.commands or (last is not None and last.outcome == UNVERIFIED)
    if arguments.yes or not is_open or not asking.can_ask():
        return False
    said = asking.line(f"  {say('did_it_help', guide.lang)} [y/n/u] ", "u").lower()
    if said in ("y", "n"):
        guide.judge(chosen, said == "y")
    return said == "y"


def _show(guide: Guide, chosen: Plan, position: int) -> None:
    lang = guide.lang
    print(f"{position + 1}. {guide.title(chosen.ranked)} · {say(chosen.safety, lang)}")
    past = guide.remembered(chosen)
    if past:
        print(f"  {past}")
    for command in chosen.commands:
        print(f"    {command}")
    if chosen.steps:
        print("\n".join(f"  - {step}" for step in steps_of(chosen.steps)))
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
        return chosen if asking.typed(f"  {say('type_word', lang)}", DESTROY) else None
    if arguments.yes:
        return chosen
    if not asking.can_ask():
        raise UsageError(
            "nobody can be asked: standard input is not a terminal",
            advice="name the log as a file, or add --yes or --dry-run",
        )
    return chosen if asking.yes(f"  {say('run_it', lang)}") else None
