"""``whyfail run``: runs a command, and knows more about its end than its output says."""

from __future__ import annotations

import os
import re
import shlex
import time

from troubleshoot.capture import Capture
from troubleshoot.facts import PROBE, Fact
from troubleshoot.probes.secrecy import hide_arguments
from troubleshoot.records import record, replace
from troubleshoot.relay import Outcome, Relay
from troubleshoot.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from troubleshoot.document import Document

_MOST_FILES = 40
_MOST_ENTRIES = 30_000
_SKIPPED = frozenset(
    (".git", "__pycache__", "node_modules", ".venv", "venv", "site-packages", ".cache", ".tox")
)
_LAST_WORDS = {
    "SIGKILL": "Killed",
    "SIGSEGV": "Segmentation fault",
    "SIGABRT": "Aborted",
    "SIGBUS": "Bus error",
    "SIGILL": "Illegal instruction",
    "SIGFPE": "Floating point exception",
    "SIGTERM": "Terminated",
    "SIGXCPU": "CPU time limit exceeded",
}
"""What a shell prints about a signal; the command itself could not say it."""
_TIMED_OUT = 124  # the status of timeout(1), which says nothing itself


@record
class Ended:
    """A command that ended.

    Attributes:
        outcome: how it ended.
        capture: what it printed.
        facts: what is known about the run.
    """

    outcome: Outcome
    capture: Capture
    facts: tuple[Fact, ...]

    def document(self) -> Document:
        """Its output, closed by the words a shell has for the signal that ended it.

        Raises:
            IntakeError: the output is not text.
        """
        words = _LAST_WORDS.get(self.outcome.signal, "")
        if self.outcome.status == _TIMED_OUT:
            words = f"exited with code {_TIMED_OUT}"
        if words:
            start = "" if self.capture.last in (b"", b"\n") else "\n"
            self.capture.feed(f"{start}{words}\n".encode())
        found = self.capture.document("<output>")
        if words:
            found = replace(found, notes=(*found.notes, f"the last line ({words}) is whyfail's"))
        return found


def run(command: Sequence[str], literals: Sequence[str]) -> Ended:
    """Run a command to its end, passing everything through.

    Args:
        command: program and arguments.
        literals: literals of the rules, to pick failure lines out of a very long output.
    """
    capture = Capture(lambda: [literal.encode() for literal in literals])
    watch = Watch()
    began = time.time()
    started = time.monotonic()
    try:
        outcome = Relay(command, capture.feed, watch.tick).run()
    except OSError as error:
        outcome = _not_started(command[0], error, capture)
    finally:
        watch.close()
    duration = time.monotonic() - started
    if outcome.status == 0:
        capture.close()
    facts = tuple(_facts(command, outcome, watch, duration, began))
    return Ended(outcome, capture, facts)


def _not_started(program: str, error: OSError, capture: Capture) -> Outcome:
    """What a shell says and returns when it cannot start a program."""
    import errno

    if error.errno == errno.ENOENT and os.sep not in program:
        text, status = f"{program}: command not found", 127
    elif error.errno == errno.ENOENT:
        text, status = f"{program}: No such file or directory", 127
    else:
        text, status = f"{program}: {error.strerror}", 126
    os.write(2, f"{text}\n".encode())
    capture.feed(f"bash: {text}\n".encode())
    return Outcome(status, "", 0, 0)


def _facts(
    command: Sequence[str], outcome: Outcome, watch: Watch, duration: float, began: float
) -> list[Fact]:
    killed = outcome.signal == "SIGKILL" or outcome.status == 137
    peak = max(watch.peak_memory, outcome.largest)
    oom, oom_reason = watch.oom_killed(killed)
    limit = watch.memory_limit
    failed = outcome.status != 0
    measured: list[tuple[str, object, str]] = [
        ("run.exit_code", outcome.status, "whyfail ran it"),
        ("run.signal", outcome.signal, "whyfail ran it"),
        ("run.duration", round(duration, 3), "whyfail ran it"),
        ("run.command", shlex.join(hide_arguments(list(command))), "whyfail ran it"),
        ("run.peak_memory", peak or None, "largest sum over its processes that was seen"),
        ("run.memory_limit", limit, "control group" if limit else "no memory limit was set"),
        ("run.oom_killed", oom, oom_reason),
        (
            "run.gpu_peak_memory",
            watch.peak_gpu_memory or None,
            "NVML" if watch.peak_gpu_memory else "it was not seen on a GPU",
        ),
        (
            "run.changed_files",
            changed_files(os.getcwd(), began) if failed else None,
            "changed in the working folder during the run" if failed else "it did not fail",
        ),
    ]
    return [Fact(name, value, PROBE, because) for name, value, because in measured]  # type: ignore[arg-type]


def changed_files(folder: str, since: float) -> tuple[str, ...]:
    """Files below a folder that changed after ``since`` (seconds since the epoch).

    Large trees are looked at in part only; environments and version control are left out.
    """
    found: list[tuple[float, str]] = []
    seen = 0
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in files:
            seen += 1
            path = os.path.join(place, name)
            try:
                changed = os.stat(path).st_mtime
            except OSError:
                continue
            if changed >= since - 0.01:
                found.append((changed, os.path.relpath(path, folder)))
        if seen > _MOST_ENTRIES:
            break
    return tuple(name for _, name in sorted(found)[-_MOST_FILES:])


def python_of(command: Sequence[str], environ: Mapping[str, str]) -> str:
    """The interpreter that a command runs on: itself, or the one its script names; or ``""``."""
    from troubleshoot.interpreter import read_text, resolve_shim
    from troubleshoot.programs import on_path

    words = list(command)
    while words and (words[0] in ("env", "nohup", "time", "exec") or "=" in words[0]):
        words.pop(0)
    if not words:
        return ""
    path = words[0] if os.sep in words[0] else on_path(words[0], environ)
    if not path or not os.path.isfile(path):
        return ""
    path = resolve_shim(os.path.abspath(path), environ)
    if re.match(r"(?:python|pypy)[\d.]*(?:\.exe)?$", os.path.basename(path)):
        return path
    match = re.match(r"#!\s*(\S*/python[\d.]*)\s", read_text(path, 500))
    return match.group(1) if match and os.path.isfile(match.group(1)) else ""
