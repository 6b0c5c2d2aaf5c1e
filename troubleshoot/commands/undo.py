"""Undo what a fix changed, as far as it can be undone, and say what cannot."""

from __future__ import annotations


from troubleshoot import asking, cli, fixes, snapshots, words
from troubleshoot.errors import FixError, UsageError
from troubleshoot.journal import Journal
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
        trials = [each for each in trials if each.before.get("python") or each.before.get("files")]
    if not trials:
        raise FixError("nothing to undo", advice=journal.trouble or "whyfail history lists trials")
    trial = trials[0]
    print(f"{say('undo', lang)} {trial.number}: {trial.title}")
    commands, cannot = snapshots.way_back(trial.before)
    files = list(trial.before.get("files", {}))
    for command in commands:
        print(f"    {command}")
    for path in files:
        print(f"    {say('restore', lang, path=path)}")
    for sentence in cannot:
        print(f"  ! {say('cannot_restore', lang)}: {sentence}")
    if not commands and not files:
        print(f"  {say('nothing_changed', lang)}")
    if arguments.dry_run:
        return 0
    if not arguments.yes:
        if not asking.can_ask():
            raise UsageError("nobody can be asked", advice="add --yes or --dry-run")
        if not asking.yes(f"  {say('run_it', lang)}"):
            return 1
    status = fixes.Runner(lambda text: print(f"  {text}")).run(commands)
    for line in snapshots.restore_files(trial.before):
        print(f"  {line}")
    if status == 0:
        journal.mark_undone(trial.number)
    return 0 if status == 0 else 1
