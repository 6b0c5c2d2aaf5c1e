"""What failed on this machine, which fixes were tried, and what came of them."""

from __future__ import annotations

import json
import time

from troubleshoot import cli, words
from troubleshoot.journal import Journal
from troubleshoot.records import as_dict
from troubleshoot.words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``whyfail history``."""
    parser.add_argument("--delete", metavar="N|all", default="", help="forget an incident, or all")
    parser.add_argument("--limit", type=int, default=20, help="how many incidents to show")
    cli.add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    """List, export (``--json``) or delete."""
    lang = words.language(arguments.lang)
    journal = Journal()
    if arguments.delete:
        number = 0 if arguments.delete == "all" else int(arguments.delete)
        print(say("forgotten", lang, count=journal.delete(number)))
        return 0
    incidents = journal.incidents(arguments.limit)
    if cli.chosen_format(arguments) == "json":
        for each in incidents:
            each["trials"] = [as_dict(trial) for trial in journal.trials(each["id"])]
        print(json.dumps(incidents, ensure_ascii=False, indent=1))
        return 0
    if not incidents:
        print(journal.trouble or say("no_history", lang))
    for each in incidents:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each["seen"]))
        print(f"{each['id']:>4}  {when}  {each['title'] or each['outcome']}")
        for trial in reversed(journal.trials(each["id"])):
            outcome = say(trial.outcome.replace(" ", "_"), lang)
            undone = f" ({say('undone', lang)})" if trial.undone else ""
            print(f"        {trial.number:>4}  {outcome}: {trial.title}{undone}")
    return 0
