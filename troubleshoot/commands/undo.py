"""Undo what a fix changed, as far as it can be undone, and say what cannot."""

from __future__ import annotations

from troubleshoot import asking, cli, undoing, words
from troubleshoot.errors import FixError, UsageError
from troubleshoot.journal import Journal
from troubleshoot.runner import Runner
from troubleshoot.words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``whyfail undo``."""
    parser.add_argument("number", nargs="?", type=int, default=0, help="trial (whyfail history)")
    parser.add_argument("--dry-run", action="store_true", help="show, change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    cli.add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    """Undo one trial, by default the last that can be.

    Raises:
        FixError: there is nothing to undo.
    """
    lang = words.language(arguments.lang)
    journal = Journal()
    trials = [each for each in journal.trials() if not each.undone]
    if arguments.number:
        trials = [each for each in trials if each.number == arguments.number]
    else:
        trials = [each for each in trials if undoing.has_state(each)]
    if not trials:
        raise FixError("nothing to undo", advice=journal.trouble or "whyfail history lists trials")
    trial = trials[0]
    back = undoing.way_back(trial)
    print(f"{say('undo', lang)} {trial.number}: {trial.title}")
    for command in back.commands:
        print(f"    {command}")
    for path in back.files:
        print(f"    {say('restore', lang, path=path)}")
    for sentence in back.cannot:
        print(f"  ! {say('cannot_restore', lang)}: {sentence}")
    if back.is_empty:
        print(f"  {say('nothing_changed', lang)}")
        return 1 if back.cannot else 0
    if arguments.dry_run:
        return 0
    if not arguments.yes:
        if not asking.can_ask():
            raise UsageError("nobody can be asked", advice="add --yes or --dry-run")
        if not asking.yes(f"  {say('run_it', lang)}"):
            return 1
    runner = Runner(lambda text: print(f"  {text}", flush=True))
    return 0 if undoing.go(back, runner, journal) else 1
