"""Walk a failure through, from "it died" to "it runs", on a full screen or line by line."""

from __future__ import annotations

import os
import sys

from troubleshoot import asking, cli, inputs
from troubleshoot.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``whyfail walk``."""
    parser.add_argument("file", nargs="?", default="", metavar="FILE", help="the log")
    parser.add_argument("--plain", action="store_true", help="line by line, without a screen")
    cli.add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    """Walk; 0 when the failure was solved."""
    options = cli.options_of(arguments)
    data = None
    source = arguments.file
    if source == "-" or (not source and not sys.stdin.isatty()):
        options = inputs.with_writer(options)
        data = sys.stdin.buffer.read()
        source = ""
        if not asking.take_terminal():
            raise UsageError(
                "the log came by pipe and there is no terminal to ask on",
                advice="name the log as a file",
            )
    if arguments.plain or not _has_screen():
        from troubleshoot import dialogue

        return dialogue.walk(options, source, data)
    from troubleshoot.tui.app import WalkApp

    return WalkApp(options, source, data).run() or 0


def _has_screen() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("dumb", "")
