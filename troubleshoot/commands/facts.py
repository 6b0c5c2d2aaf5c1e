"""Record what whyfail would measure here, to be used with --facts on another machine."""

from __future__ import annotations

import sys

from troubleshoot import facts_file
from troubleshoot.probes import LiveFacts
from troubleshoot.target import Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from troubleshoot.facts import Fact


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``whyfail facts``."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="facts to measure, such as package.version(torch)"
    )
    parser.add_argument("--json", action="store_true", help="print the form that --facts reads")
    parser.add_argument("--out", default="", metavar="FILE", help="write that form to a file")
    parser.add_argument("--python", default="", metavar="PATH", help="interpreter to look at")
    parser.add_argument(
        "--fast", action="store_true", help="leave out what needs torch to be imported"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure and print facts."""
    target = Target.of_shell(arguments.python)
    source = LiveFacts(target)
    names = arguments.names or _names(source, fast=arguments.fast)
    measured = source.measure(names)
    facts = [measured[name] for name in dict.fromkeys(names)]
    if arguments.out:
        facts_file.save(facts, arguments.out)
        known = sum(fact.is_known for fact in facts)
        print(f"{known} facts, {len(facts) - known} unknown: {arguments.out}")
    elif arguments.json:
        print(facts_file.dump(facts))
    else:
        _print(facts)
    return 0


def _names(source: LiveFacts, *, fast: bool) -> list[str]:
    from troubleshoot.probes.register import cost

    names = facts_file.default_names(source.distributions())
    return [name for name in names if not fast or cost(name) < 1.0]


def _print(facts: Iterable[Fact]) -> None:
    from troubleshoot.diagnose import fact_type
    from troubleshoot.values import show

    terminal = sys.stdout.isatty()
    for fact in facts:
        if fact.is_known:
            text = show(fact.value, fact_type(fact.name.split("(")[0])) or '""'
            note = f"  ({fact.because})" if fact.because else ""
        else:
            text, note = "unknown", f"  ({fact.because})"
        if terminal:
            note = f"\x1b[2m{note}\x1b[0m"
        line = f"{fact.name} = {text}{note}"
        print("".join(char if char.isprintable() or char == "\x1b" else "?" for char in line))
