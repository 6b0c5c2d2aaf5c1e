"""The command line: options that are the same everywhere, and who answers what.

A bare input is diagnosed here; every other command lives in `troubleshoot.commands` and is
imported when it is asked for.
"""

from __future__ import annotations

import os
import sys
import time

from troubleshoot import words
from troubleshoot.errors import WhyfailError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from troubleshoot.diagnose import Options

COMMANDS = (
    "doctor", "facts", "fix", "history", "report", "rules", "run", "schema", "undo", "walk",
)  # fmt: skip
"""Commands by name; each is a module of `troubleshoot.commands` with ``add_arguments`` and
``run``."""

FORMATS = ("terminal", "plain", "markdown", "json", "sarif")

_USAGE = """\
whyfail [FILE …]            why did it fail? (no FILE: standard input; -: standard input too)
       python train.py 2>&1 | whyfail
       whyfail COMMAND …         """


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options every command understands."""
    group = parser.add_argument_group("common options")
    group.add_argument(
        "--format", choices=FORMATS, default=None, help="form of the answer (default: terminal)"
    )
    group.add_argument("--json", action="store_true", help="short for --format json")
    group.add_argument("--lang", choices=("en", "zh"), default="", help="language")
    where = group.add_mutually_exclusive_group()
    where.add_argument("--here", action="store_true", help="the input is from this machine")
    where.add_argument("--elsewhere", action="store_true", help="it is from another machine")
    group.add_argument("--python", default="", metavar="PATH", help="interpreter that failed")
    group.add_argument("--facts", default="", metavar="FILE", help="facts recorded elsewhere")
    group.add_argument(
        "--rules", action="append", default=[], metavar="DIR", help="a further folder of rules"
    )


def options_of(arguments: argparse.Namespace | Quick) -> Options:
    """What the common options ask of a diagnosis.

    Raises:
        FactsError: the file of facts cannot be used.
    """
    from troubleshoot.diagnose import Options

    given: tuple[object, ...] = ()
    if arguments.facts:
        from troubleshoot import facts_file

        given = tuple(facts_file.load(arguments.facts))
    here = True if arguments.here else False if arguments.elsewhere else None
    if here is None and arguments.facts:
        here = False
    return Options(
        lang=words.language(arguments.lang),
        here=here,
        python=arguments.python,
        rules=tuple(arguments.rules),
        given=given,  # type: ignore[arg-type]
    )


def chosen_format(arguments: argparse.Namespace | Quick) -> str:
    """The output format in force."""
    if arguments.json:
        return "json"
    if arguments.format:
        return str(arguments.format)
    return "terminal" if sys.stdout.isatty() else "plain"


def run(words_given: Sequence[str]) -> int:
    """Run one command line.

    Returns:
        0 diagnosed or nothing wrong, 1 a failure that no rule knows, 2 usage or input error.
    """
    started = time.perf_counter()
    try:
        _prepare_streams()
        first = words_given[0] if words_given else ""
        if first in COMMANDS and not os.path.isfile(first):
            return _command(first, words_given[1:])
        if not words_given and sys.stdin.isatty():
            return _command("walk", ())
        return _diagnose(words_given, started)
    except WhyfailError as error:
        print(f"whyfail: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except RecursionError:
        print("whyfail: the input is nested too deeply to be read", file=sys.stderr)
        return 2
    except Exception as error:
        if os.environ.get("WHYFAIL_DEBUG"):
            raise
        name = type(error).__name__
        print(
            f"whyfail: internal error, {name}: {' '.join(str(error).split())[:300]} "
            "(WHYFAIL_DEBUG=1 shows where; please report it)",
            file=sys.stderr,
        )
        return 2


def _prepare_streams() -> None:
    """UTF-8 out wherever the terminal's own encoding cannot print the answer."""
    for stream in (sys.stdout, sys.stderr):
        encoding = (getattr(stream, "encoding", "") or "").lower().replace("-", "")
        if encoding != "utf8" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _command(name: str, rest: Sequence[str]) -> int:
    import argparse
    from importlib import import_module

    module = import_module(f"troubleshoot.commands.{name}")
    parser = argparse.ArgumentParser(prog=f"whyfail {name}", description=module.__doc__)
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(rest)))


class Quick:
    """The arguments of a plain diagnosis, without argparse, whose import costs a third of it.

    Attributes are those of `_parser`'s namespace; a test holds the two together.
    """

    FLAGS = ("json", "here", "elsewhere", "why", "all", "whole", "version")
    VALUES = ("format", "lang", "python", "facts")

    def __init__(self) -> None:
        self.files: list[str] = []
        self.rules: list[str] = []
        self.format: str | None = None
        self.lang = self.python = self.facts = ""
        self.json = self.here = self.elsewhere = False
        self.why = self.all = self.whole = self.version = False


def quick(given: Sequence[str]) -> Quick | None:
    """The arguments if they are plain ones, else None: then argparse reads or refuses them."""
    found = Quick()
    words_left = list(given)
    while words_left:
        word = words_left.pop(0)
        name = word[2:]
        if word == "-" or not word.startswith("-"):
            found.files.append(word)
        elif word.startswith("--") and name in Quick.FLAGS:
            setattr(found, name, True)
        elif word.startswith("--") and name in Quick.VALUES and words_left:
            value = words_left.pop(0)
            choices = {"format": FORMATS, "lang": ("en", "zh")}.get(name)
            if value.startswith("-") or (choices is not None and value not in choices):
                return None
            setattr(found, name, value)
        else:
            return None
    return None if found.here and found.elsewhere else found


def _formatter(prog: str) -> argparse.HelpFormatter:
    """A formatter no wider than is good to read."""
    import argparse

    try:
        width = os.get_terminal_size().columns
    except OSError:
        width = 80
    return argparse.HelpFormatter(prog, width=max(40, min(width, 100)))


def _parser() -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(
        prog="whyfail",
        formatter_class=_formatter,
        usage=_USAGE,
        description="Says why a run failed, proves it, and gives the fix.",
        epilog=f"commands: {', '.join(COMMANDS)} (whyfail COMMAND --help)",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="logs, tracebacks, notebooks")
    parser.add_argument("--why", action="store_true", help="print the full proof")
    parser.add_argument("--all", action="store_true", help="print the rival causes too")
    parser.add_argument("--whole", action="store_true", help="read all of a large file")
    parser.add_argument("--version", action="store_true", help="print the version")
    add_common(parser)
    return parser


def _diagnose(given: Sequence[str], started: float) -> int:
    arguments = quick(given) or _parser().parse_args(given)
    if arguments.version:
        from troubleshoot import __version__

        print(f"whyfail {__version__}")
        return 0
    from troubleshoot import inputs, render

    options = options_of(arguments)
    form = chosen_format(arguments)
    status = 0
    for name in arguments.files or ["-"]:
        result = inputs.diagnosed(name, options, whole=arguments.whole, started=started)
        render.show(result, form, options.lang, why=arguments.why, rivals=arguments.all)
        status = max(status, exit_status(result.answer["outcome"]))
    return status


def exit_status(outcome: str) -> int:
    """Exit status of an outcome."""
    return 1 if outcome in ("unknown", "candidates") else 0
