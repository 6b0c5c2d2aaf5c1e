"""Running confirmed commands: streamed, stoppable, with all their children."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Runner:
    """Runs confirmed commands one after the other, line by line, and can be stopped.

    Args:
        show: receives every line of output and every remark.
        cwd: folder to run in; None: the current one.
    """

    def __init__(self, show: Callable[[str], None], cwd: str | None = None) -> None:
        self.show = show
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
            self.show(f"$ {line}")
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
            self.show(f"cannot run it: {error}")
            return 127
        self._process = process
        if self._stopped.is_set():
            _end(process)
        for raw in process.stdout:
            self.show(raw.decode("utf-8", "replace").rstrip("\r\n"))
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
