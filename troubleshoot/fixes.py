"""Applying a fix: the framework asks, runs exactly what was confirmed, verifies, and keeps a way
back.

Nothing here asks a person anything: a caller confirms the commands first and hands them in.
"""

from __future__ import annotations

import os
import re
import subprocess
import time

from troubleshoot import snapshots, values
from troubleshoot.context import Context, commands
from troubleshoot.diagnose import fact_type
from troubleshoot.errors import FixError
from troubleshoot.journal import FAILED, STOPPED, UNVERIFIED, WORKED, Trial
from troubleshoot.proof import fact_name
from troubleshoot.records import record
from troubleshoot.walk_words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.journal import Journal
    from troubleshoot.runner import Runner
    from troubleshoot.trials import RankedFix

PLACEHOLDER = r"<[a-zA-Z][\w -]*>"
"""What a command holds where a value is unknown: it must be edited before it can run."""
CHECK_SECONDS = 120.0
SETTLE_TRIES = 5
SETTLE_SECONDS = 0.4
"""A process that was asked to end, or memory it held, takes a moment to be gone."""


@record
class Plan:
    """A fix ready to be confirmed.

    Attributes:
        ranked: the fix.
        commands: what would be run, filled.
        steps: what a person has to do by hand, or "".
        safety: ``safe``, ``changes-environment``, ``destructive`` or ``manual``.
        undo: how it is undone, for a person.
        check: how it is verified, for a person.
    """

    ranked: RankedFix
    commands: tuple[str, ...]
    steps: str
    safety: str
    undo: str
    check: str

    @property
    def is_runnable(self) -> bool:
        """Whether the commands can be run as they stand."""
        return bool(self.commands) and not any(
            re.search(PLACEHOLDER, command) for command in self.commands
        )


@record
class Verification:
    """Whether a fix did what it should: True, False or None (unknown), and how that is known."""

    solved: bool | None
    because: str


def plan(result: Diagnosed, position: int) -> Plan:
    """The fix at a position of the order, ready to be confirmed.

    Raises:
        FixError: there is no such fix.
    """
    if not 0 <= position < len(result.ranking.fixes):
        count = len(result.ranking.fixes)
        raise FixError(f"there is no fix {position + 1}", advice=f"this failure has {count}")
    ranked = result.ranking.fixes[position]
    shown = result.answer["fixes"][position] if position < len(result.answer["fixes"]) else {}
    return Plan(
        ranked=ranked,
        commands=tuple(commands(ranked.fix, _context(result, ranked), result.facts)),
        steps=shown.get("detail", ""),
        safety=ranked.fix["safety"],
        undo=shown.get("undo", ""),
        check=shown.get("verify", ""),
    )


def _context(result: Diagnosed, ranked: RankedFix) -> Context:
    match = ranked.diagnosis.match
    return Context(result.reader, result.facts, fact_type, match, result.origin.python)


def apply(
    result: Diagnosed,
    confirmed: Plan,
    runner: Runner,
    journal: Journal,
    incident: int,
    rerun: Callable[[], bool | None] | None = None,
    lang: str = "en",
) -> tuple[Trial, Verification]:
    """Run a fix whose exact commands a person has confirmed, verify it, and keep what came of it.

    Args:
        result: the diagnosis.
        confirmed: the fix with the commands as confirmed (perhaps edited).
        runner: runs them.
        journal: keeps the trial.
        incident: its incident in the journal, or 0.
        rerun: runs the failed command again, for fixes that are verified that way.
        lang: ``en`` or ``zh``.

    Raises:
        FixError: a command still has a placeholder.
    """
    if confirmed.commands and not confirmed.is_runnable:
        raise FixError(
            "a value is missing in the command", where=confirmed.commands[0],
            advice="edit it first",
        )  # fmt: skip
    before: dict[str, Any] = {"python": "", "packages": None, "files": {}}
    files = files_of(confirmed)
    if confirmed.safety != "safe" or files:
        runner.show(f"# {say('saving', lang)}")
        python = result.origin.python if confirmed.safety != "safe" else ""
        before = snapshots.take(python, files)
    started = time.time()
    status = runner.run(confirmed.commands)
    seconds = time.time() - started
    if runner.was_stopped:
        verification = Verification(None, say("was_stopped", lang))
        outcome = STOPPED
    elif status != 0:
        verification = Verification(False, say("ended_with", lang, status=status))
        outcome = FAILED
    else:
        check = confirmed.ranked.fix.get("verify") or {}
        if check.get("fact") or check.get("run"):
            runner.show(f"# {say('checking', lang, what=confirmed.check)}")
        verification = verify(result, confirmed.ranked, rerun, lang)
        outcome = {True: WORKED, False: FAILED, None: UNVERIFIED}[verification.solved]
    rule, cause = confirmed.ranked.diagnosis.key
    trial = Trial(
        number=0, incident=incident, rule=rule, cause=cause, fix=confirmed.ranked.fix["id"],
        title=confirmed.ranked.fix["title"]["en"], commands=confirmed.commands, started=started,
        seconds=seconds, outcome=outcome, before=before, undone=False,
    )  # fmt: skip
    number = journal.add_trial(trial) if incident else 0
    return Trial(**{**trial.__dict__, "number": number}), verification


def files_of(confirmed: Plan) -> tuple[str, ...]:
    """Files that a command redirects into or edits in place."""
    found: list[str] = []
    for command in confirmed.commands:
        found += re.findall(r">>?\s*([^\s;&|<>]+)", command)
        if re.search(r"\bsed\s+-i", command):
            found.append(command.split()[-1])
    return tuple(os.path.expanduser(path.strip("'\"")) for path in found if "/dev/" not in path)


def verify(
    result: Diagnosed,
    ranked: RankedFix,
    rerun: Callable[[], bool | None] | None = None,
    lang: str = "en",
) -> Verification:
    """Ask again what condemned the run: the fact, the fix's own check, or the run itself."""
    check = ranked.fix.get("verify") or {"rerun": True}
    if check.get("fact"):
        return _verify_fact(result, ranked, check, lang)
    if check.get("run"):
        command = _context(result, ranked).command(check["run"])
        return _verify_command(command, check, lang)
    if rerun is None:
        return Verification(None, say("run_to_see", lang))
    return Verification(rerun(), say("ran_again", lang))


def _verify_fact(
    result: Diagnosed, ranked: RankedFix, check: dict[str, object], lang: str
) -> Verification:
    name = fact_name(str(check["fact"]), ranked.diagnosis.match)
    if name is None:
        return Verification(None, say("check_value_missing", lang))
    wanted = check.get("value", True)
    if isinstance(wanted, str):
        wanted = _context(result, ranked).text(wanted)
    kind = fact_type(name.split("(")[0])
    solved: bool | None = None
    for _ in range(SETTLE_TRIES):
        fact = result.facts.measure_again(name)
        if not fact.is_known:
            told = say("check_unknown", lang, name=name, because=fact.because)
            return Verification(None, told)
        solved = values.compare(fact.value, str(check.get("op", "==")), wanted, kind)  # type: ignore[arg-type]
        if solved:
            break
        time.sleep(SETTLE_SECONDS)
    told = say("check_is", lang, name=name, value=values.show(fact.value, kind))
    return Verification(solved, told)


def _verify_command(command: str, check: dict[str, object], lang: str) -> Verification:
    if re.search(PLACEHOLDER, command):
        return Verification(None, say("check_value_missing", lang))
    try:
        done = subprocess.run(
            command, shell=True, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=CHECK_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return Verification(None, say("check_not_run", lang, error=error))
    output = (done.stdout + done.stderr).decode("utf-8", "replace")
    expected = check.get("expect")
    if expected:
        solved = str(expected) in output
        key = "check_printed" if solved else "check_not_printed"
        return Verification(solved, say(key, lang, command=command, expected=expected))
    told = say("check_status", lang, command=command, status=done.returncode)
    return Verification(done.returncode == 0, told)
