"""Applying a fix: the framework asks, runs exactly what was confirmed, verifies, and keeps a way
back.

Nothing here asks a person anything: a caller confirms the commands first and hands them in.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time

from troubleshoot import snapshots, values
from troubleshoot.context import Context, commands
from troubleshoot.diagnose import fact_type
from troubleshoot.errors import FixError
from troubleshoot.journal import FAILED, STOPPED, UNVERIFIED, WORKED, Trial
from troubleshoot.proof import fact_name
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.journal import Journal
    from troubleshoot.rank import RankedFix

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


class Runner:
    """Runs confirmed commands one after the other, line by line, and can be stopped.

    Args:
        show: receives every line of output.
        cwd: folder to run in; None: the current one.
    """

    def __init__(self, show: Callable[[str], None], cwd: str | None = None) -> None:
        self._show = show
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the running command and its children."""
        self._stopped.set()
        process = self._process
        if process is not None and process.poll() is None:
            _end(process)

    @property
    def was_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def run(self, lines: Sequence[str]) -> int:
        """Run commands until one fails; returns the last exit status."""
        status = 0
        for line in lines:
            if self._stopped.is_set():
                return 130
            self._show(f"$ {line}")
            status = self._one(line)
            if status != 0:
                break
        return status

    def _one(self, line: str) -> int:
        options: dict[str, object] = {}
        if os.name == "posix":
            options["start_new_session"] = True
            options["executable"] = "/bin/bash" if os.path.exists("/bin/bash") else "/bin/sh"
        try:
            process = subprocess.Popen(  # type: ignore[call-overload]
                line, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, cwd=self._cwd, **options,
            )  # fmt: skip
        except OSError as error:
            self._show(f"cannot run it: {error}")
            return 127
        self._process = process
        if self._stopped.is_set():
            _end(process)
        for raw in process.stdout:
            self._show(raw.decode("utf-8", "replace").rstrip("\r\n"))
        status: int = process.wait()
        self._process = None
        return status


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process group to end, and insist after two seconds."""
    try:
        if os.name != "posix":
            process.terminate()
            return
        os.killpg(process.pid, signal.SIGTERM)
        for _ in range(20):
            if process.poll() is not None:
                return
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
    except (OSError, ProcessLookupError):
        return


def apply(
    result: Diagnosed,
    confirmed: Plan,
    runner: Runner,
    journal: Journal,
    incident: int,
    rerun: Callable[[], bool | None] | None = None,
) -> tuple[Trial, Verification]:
    """Run a fix whose exact commands a person has confirmed, verify it, and keep what came of it.

    Args:
        result: the diagnosis.
        confirmed: the fix with the commands as confirmed (perhaps edited).
        runner: runs them.
        journal: keeps the trial.
        incident: its incident in the journal, or 0.
        rerun: runs the failed command again, for fixes that are verified that way.

    Raises:
        FixError: a command still has a placeholder.
    """
    if confirmed.commands and not confirmed.is_runnable:
        raise FixError(
            "a value is missing in the command", where=confirmed.commands[0],
            advice="edit it first",
        )  # fmt: skip
    before = (
        snapshots.take(result.origin.python, _files(confirmed))
        if confirmed.safety != "safe"
        else {"python": "", "packages": None, "files": {}}
    )
    started = time.time()
    status = runner.run(confirmed.commands)
    seconds = time.time() - started
    if runner.was_stopped:
        verification = Verification(None, "it was stopped")
        outcome = STOPPED
    elif status != 0:
        verification = Verification(False, f"the command ended with status {status}")
        outcome = FAILED
    else:
        verification = verify(result, confirmed.ranked, rerun)
        outcome = {True: WORKED, False: FAILED, None: UNVERIFIED}[verification.solved]
    rule, cause = confirmed.ranked.diagnosis.key
    trial = Trial(
        number=0, incident=incident, rule=rule, cause=cause, fix=confirmed.ranked.fix["id"],
        title=confirmed.ranked.fix["title"]["en"], commands=confirmed.commands, started=started,
        seconds=seconds, outcome=outcome, before=before, undone=False,
    )  # fmt: skip
    number = journal.add_trial(trial) if incident else 0
    return Trial(**{**trial.__dict__, "number": number}), verification


def _files(confirmed: Plan) -> tuple[str, ...]:
    """Files that a command redirects into or edits in place."""
    found: list[str] = []
    for command in confirmed.commands:
        found += re.findall(r">>?\s*([^\s;&|<>]+)", command)
        if re.search(r"\bsed\s+-i", command):
            found.append(command.split()[-1])
    return tuple(os.path.expanduser(path.strip("'\"")) for path in found if "/dev/" not in path)


def verify(
    result: Diagnosed, ranked: RankedFix, rerun: Callable[[], bool | None] | None = None
) -> Verification:
    """Ask again what condemned the run: the fact, the fix's own check, or the run itself."""
    check = ranked.fix.get("verify") or {"rerun": True}
    if check.get("fact"):
        return _verify_fact(result, ranked, check)
    if check.get("run"):
        return _verify_command(_context(result, ranked).command(check["run"]), check)
    if rerun is None:
        return Verification(None, "run it again to see")
    solved = rerun()
    return Verification(solved, "the command was run again")


def _verify_fact(
    result: Diagnosed, ranked: RankedFix, check: dict[str, object]
) -> Verification:
    name = fact_name(str(check["fact"]), ranked.diagnosis.match)
    if name is None:
        return Verification(None, "the check needs a value that the text does not give")
    wanted = check.get("value", True)
    if isinstance(wanted, str):
        wanted = _context(result, ranked).text(wanted)
    kind = fact_type(name.split("(")[0])
    solved: bool | None = None
    for _ in range(SETTLE_TRIES):
        fact = result.facts.measure_again(name)
        if not fact.is_known:
            return Verification(None, f"{name} is unknown: {fact.because}")
        solved = values.compare(fact.value, str(check.get("op", "==")), wanted, kind)  # type: ignore[arg-type]
        if solved:
            break
        time.sleep(SETTLE_SECONDS)
    return Verification(solved, f"{name} is now {values.show(fact.value, kind)}")


def _verify_command(command: str, check: dict[str, object]) -> Verification:
    if re.search(PLACEHOLDER, command):
        return Verification(None, f"a value is missing in its check: {command}")
    try:
        done = subprocess.run(
            command, shell=True, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=CHECK_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return Verification(None, f"its check could not be run: {error}")
    output = (done.stdout + done.stderr).decode("utf-8", "replace")
    expected = check.get("expect")
    if expected:
        solved = str(expected) in output
        return Verification(solved, f"{command} {'printed' if solved else 'did not print'} {expected}")
    return Verification(done.returncode == 0, f"{command} ended with status {done.returncode}")
