"""Runs a short child process under a time limit and ends it with all its children."""

from __future__ import annotations

import os
import sys
from time import perf_counter

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

LARGEST_OUTPUT = 200_000
SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "target_scripts")


@record
class Reply:
    """What a child process said.

    Attributes:
        code: exit status, negative for a signal, or None when it was ended for its slowness.
        output: standard output.
        error: standard error.
        seconds: how long it ran.
    """

    code: int | None
    output: str
    error: str
    seconds: float

    @property
    def timed_out(self) -> bool:
        """Whether it was ended because it took too long."""
        return self.code is None


def script(name: str) -> str:
    """Path of a script that runs in the target interpreter."""
    return os.path.join(SCRIPTS, name)


def ask(
    arguments: Sequence[str],
    *,
    limit: float,
    environ: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Reply:
    """Run ``arguments`` and return what it printed.

    The child gets no input, a process group of its own and ``limit`` seconds; then the whole
    group is killed, so that a hung driver call or a grandchild does not stay behind.

    Raises:
        OSError: if it cannot be started.
    """
    import subprocess

    started = perf_counter()
    options: dict[str, object] = {}
    if sys.platform == "win32":
        options["creationflags"] = 0x00000200 | 0x08000000  # own group, no window
    else:
        options["start_new_session"] = True
    child = subprocess.Popen(  # type: ignore[call-overload]
        list(arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=None if environ is None else dict(environ),
        cwd=cwd if cwd and os.path.isdir(cwd) else None,
        **options,
    )
    code: int | None
    try:
        output, error = child.communicate(timeout=limit)
        code = child.returncode
    except subprocess.TimeoutExpired:
        end_group(child)
        output, error = _rest(child)
        code = None
    return Reply(code, _text(output), _text(error), perf_counter() - started)


def end_group(child: subprocess.Popen[bytes]) -> None:
    """Kill a child and everything in its process group."""
    from contextlib import suppress

    if sys.platform == "win32":
        import psutil

        try:
            family = psutil.Process(child.pid).children(recursive=True)
        except psutil.Error:
            family = []
        for process in family:
            with suppress(psutil.Error):
                process.kill()
    else:
        import signal

        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    with suppress(OSError):
        child.kill()


def _rest(child: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    # A child in an uninterruptible driver call survives SIGKILL for now: do not wait for it.
    import subprocess

    try:
        return child.communicate(timeout=0.2)
    except (subprocess.TimeoutExpired, ValueError, OSError):
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue
        return b"", b""


def _text(raw: bytes) -> str:
    return raw[:LARGEST_OUTPUT].decode("utf-8", "replace")
