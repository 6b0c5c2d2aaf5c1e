"""Run a command unchanged, and say why it failed if it does.

whyfail run -- python train.py --lr 1e-4
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import redirect_stdout

from troubleshoot import cli, index, last_run
from troubleshoot import run as running
from troubleshoot.errors import UsageError, WhyfailError
from troubleshoot.facts import PROBE, Fact
from troubleshoot.records import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.run import Ended


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``whyfail run``."""
    parser.usage = "whyfail run [options] -- COMMAND …"
    parser.add_argument("--why", action="store_true", help="print the full proof")
    parser.add_argument("--all", action="store_true", help="print the rival causes too")
    parser.add_argument("--out", default="", metavar="FILE", help="write the diagnosis to a file")
    cli.add_common(parser)
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; its exit status is returned."""
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        raise UsageError("no command was given", advice="whyfail run -- python train.py")
    options = cli.options_of(arguments)
    rules = index.load(options.rules)
    ended = running.run(command, rules.literals)
    if ended.outcome.status == 0:
        return 0
    try:
        result = diagnosed(ended, command, options, rules)
        last_run.keep(result.document, _known(ended, result))
        _show(result, arguments, options.lang, ended.capture.last)
    except WhyfailError as error:
        print(f"whyfail: {error}", file=sys.stderr)
    return ended.outcome.status


def diagnosed(ended: Ended, command: list[str], options: object, rules: index.Index) -> Diagnosed:
    """The diagnosis of a command that failed on this machine."""
    from troubleshoot import diagnose

    document = ended.document()
    assert isinstance(options, diagnose.Options)
    python = options.python
    if not python and not any("-packages" in line for line in document.lines):
        python = running.python_of(command, os.environ)
    options = replace(
        options,
        here=options.here is not False,
        python=python,
        given=(*options.given, *ended.facts),
    )
    return diagnose.diagnose(document, options, rules=rules)


def _known(ended: Ended, result: Diagnosed) -> tuple[Fact, ...]:
    """What a later look at the same run has to be told."""
    python = result.origin.python
    return (*ended.facts, Fact("python.executable", python or None, PROBE, result.origin.because))


def _show(result: Diagnosed, arguments: argparse.Namespace, lang: str, last: bytes) -> None:
    from troubleshoot import render

    form = "json" if arguments.json else arguments.format
    if arguments.out:
        with open(arguments.out, "w", encoding="utf-8") as file, redirect_stdout(file):
            render.show(result, form or "plain", lang, why=arguments.why, rivals=arguments.all)
        return
    # On standard error, so that a redirected output holds what the command printed alone.
    form = form or ("terminal" if sys.stderr.isatty() else "plain")
    sys.stdout.flush()
    if last != b"\n":
        print(file=sys.stderr)
    with redirect_stdout(sys.stderr):
        render.show(result, form, lang, why=arguments.why, rivals=arguments.all)
