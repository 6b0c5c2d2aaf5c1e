"""Runs a command as if whyfail were not there, and listens.

On a terminal the command gets a pseudo-terminal, so that colours, progress bars and prompts
live; elsewhere its output and errors stay apart. Signals are passed on to it, stopping it
stops whyfail, and its exit status comes back.
"""

from __future__ import annotations

import os
import sys

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence
    from typing import Any

_BLOCK = 65536
_GRACE = 0.3  # seconds for the output of processes that outlive the command
FORWARDED = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2")


@record
class Outcome:
    """How a command ended.

    Attributes:
        status: exit status as a shell would give it: 128 + number after a signal.
        signal: name of the signal that ended it, or ``""``.
        pid: its process id, or 0 if it could not be started.
        largest: peak resident memory in bytes of its largest process, or 0.
    """

    status: int
    signal: str
    pid: int
    largest: int


class Relay:
    """One command at work.

    Args:
        command: program and arguments.
        hear: called with everything it prints.
        tick: called from time to time with its pid; returns the seconds until the next call.
    """

    def __init__(
        self,
        command: Sequence[str],
        hear: Callable[[bytes], None],
        tick: Callable[[int], float],
    ) -> None:
        self._command = list(command)
        self._hear = hear
        self._tick = tick
        self._outputs: dict[int, int] = {}
        self._saved: list[Any] | None = None
        self._stdin = -1
        self._screen = -1
        self._child: subprocess.Popen[bytes] | None = None
        self._own_group = False

    def run(self) -> Outcome:
        """Run it to its end.

        Raises:
            OSError: if it cannot be started.
        """
        if sys.platform == "win32":
            return self._run_portable()
        import signal

        child = self._start()
        self._child = child
        before = self._forward()
        awake, wake = os.pipe()
        for end in (awake, wake):
            os.set_blocking(end, False)
        old_wake = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        try:
            self._raw()
            status, largest = self._loop(child.pid, awake)
        finally:
            self._cook()
            signal.set_wakeup_fd(old_wake)
            for number, handler in before.items():
                signal.signal(number, handler)
            for descriptor in (awake, wake, *self._outputs):
                os.close(descriptor)
        child.returncode = 0  # it has been waited for below
        code = os.waitstatus_to_exitcode(status)
        name = signal.Signals(-code).name if code < 0 else ""
        return Outcome(code if code >= 0 else 128 - code, name, child.pid, largest)

    def _start(self) -> subprocess.Popen[bytes]:
        import subprocess

        streams: list[int] = []
        on_screen = [os.isatty(number) for number in (1, 2)]
        tty = -1
        if any(on_screen):
            master, tty = os.openpty()
            self._screen = master
            self._copy_size()
        ends = []
        for number, shown in zip((1, 2), on_screen):
            if shown:
                streams.append(tty)
                self._outputs[self._screen] = number
            else:
                reading, writing = os.pipe()
                streams.append(writing)
                ends.append(writing)
                self._outputs[reading] = number
        interactive = tty >= 0 and os.isatty(0)
        if interactive:
            self._stdin = 0
        self._own_group = tty >= 0
        try:
            return subprocess.Popen(
                self._command,
                stdin=tty if interactive else None,
                stdout=streams[0],
                stderr=streams[1],
                start_new_session=self._own_group,
                preexec_fn=_take_terminal(tty) if tty >= 0 else None,
            )
        finally:
            for descriptor in {tty, *ends} - {-1}:
                os.close(descriptor)

    def _forward(self) -> dict[int, Any]:
        import signal

        before: dict[int, Any] = {}
        for name in FORWARDED:
            number = getattr(signal, name)
            before[number] = signal.signal(number, self._pass_on)
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        before[signal.SIGWINCH] = signal.signal(signal.SIGWINCH, lambda *_: self._copy_size())
        return before

    def _pass_on(self, number: int, frame: object) -> None:
        import signal

        from_keyboard = number in (signal.SIGINT, signal.SIGQUIT) and _in_foreground()
        if from_keyboard and not self._own_group:
            return  # the terminal sent it to the command as well
        if self._child is not None:
            try:
                os.kill(self._child.pid, number)
            except ProcessLookupError:
                return

    def _loop(self, pid: int, awake: int) -> tuple[int, int]:
        import select
        from time import monotonic

        reading = {*self._outputs, awake}
        if self._stdin >= 0:
            reading.add(self._stdin)
        ended: tuple[int, int] | None = None
        last_call = 0.0
        next_tick = monotonic()
        while True:
            now = monotonic()
            if ended is None and now >= next_tick:
                next_tick = now + self._tick(pid)
            wait = min(next_tick - now, 0.5) if ended is None else last_call - now
            ready = select.select(list(reading), [], [], max(wait, 0.0))[0]
            for descriptor in ready:
                if descriptor == awake:
                    os.read(awake, 512)
                elif not self._move(descriptor):
                    reading.discard(descriptor)
                    if descriptor in self._outputs and descriptor != self._screen:
                        del self._outputs[descriptor]
                        os.close(descriptor)  # so that the command learns that nobody reads
            if ended is None:
                ended = self._wait(pid)
                last_call = monotonic() + _GRACE
            elif not ready or monotonic() > last_call + 5:
                return ended
            if ended is not None and not any(number in reading for number in self._outputs):
                return ended

    def _move(self, descriptor: int) -> bool:
        """Pass on what is ready; False at the end of the stream."""
        try:
            data = os.read(descriptor, _BLOCK)
        except OSError:  # the other end of a pseudo-terminal was closed
            data = b""
        if not data:
            return False
        if descriptor == self._stdin:
            return _write(self._screen, self._without_suspend(data))
        self._hear(data)
        return _write(self._outputs[descriptor], data)

    def _without_suspend(self, data: bytes) -> bytes:
        """Stop the command if Ctrl-Z was typed; returns what else was typed.

        The kernel ignores Ctrl-Z on a pseudo-terminal whose session has no shell, so the
        command is stopped here, and whyfail with it once the stop is seen.
        """
        import signal
        import termios

        settings = termios.tcgetattr(self._screen)
        suspend = settings[6][termios.VSUSP]
        if not settings[3] & termios.ISIG or not suspend or suspend not in data:
            return data
        os.killpg(os.tcgetpgrp(self._screen), signal.SIGSTOP)
        return data.replace(suspend, b"")

    def _wait(self, pid: int) -> tuple[int, int] | None:
        import signal

        found, status, usage = os.wait4(pid, os.WNOHANG | os.WUNTRACED)
        if not found:
            return None
        if os.WIFSTOPPED(status):
            self._cook()
            os.kill(os.getpid(), signal.SIGSTOP)
            self._raw()
            self._copy_size()
            if self._own_group:
                os.killpg(os.tcgetpgrp(self._screen), signal.SIGCONT)
            os.kill(pid, signal.SIGCONT)
            return None
        import resource

        # Until it begins the command, a child is a copy of this process and counts as large:
        # a peak that this process has had itself says nothing about the command.
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        scale = 1 if sys.platform == "darwin" else 1024
        return status, usage.ru_maxrss * scale if usage.ru_maxrss > own else 0

    def _raw(self) -> None:
        if self._stdin >= 0:
            import termios
            import tty

            self._saved = termios.tcgetattr(self._stdin)
            tty.setraw(self._stdin)

    def _cook(self) -> None:
        if self._saved is not None:
            import termios

            termios.tcsetattr(self._stdin, termios.TCSADRAIN, self._saved)
            self._saved = None

    def _copy_size(self) -> None:
        if self._screen < 0:
            return
        import fcntl
        import termios

        for number in (1, 2, 0):
            if os.isatty(number):
                size = fcntl.ioctl(number, termios.TIOCGWINSZ, b"\0" * 8)
                fcntl.ioctl(self._screen, termios.TIOCSWINSZ, size)
                return

    def _run_portable(self) -> Outcome:
        import subprocess
        import threading

        child = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        pairs = ((child.stdout, sys.stdout.buffer), (child.stderr, sys.stderr.buffer))
        threads = []
        for source, sink in pairs:
            assert source is not None

            def copy(source: object = source, sink: object = sink) -> None:
                while data := source.read1(_BLOCK):  # type: ignore[attr-defined]
                    self._hear(data)
                    sink.write(data)  # type: ignore[attr-defined]
                    sink.flush()  # type: ignore[attr-defined]

            threads.append(threading.Thread(target=copy, daemon=True))
            threads[-1].start()
        while True:
            try:
                child.wait(self._tick(child.pid))
                break
            except subprocess.TimeoutExpired:
                continue
            except KeyboardInterrupt:  # the console sent it to the command as well
                continue
        for thread in threads:
            thread.join(_GRACE)
        return Outcome(child.returncode, "", child.pid, 0)


def _take_terminal(tty: int) -> Callable[[], None]:
    def take() -> None:
        import fcntl
        import termios

        fcntl.ioctl(tty, termios.TIOCSCTTY, 0)

    return take


def _in_foreground() -> bool:
    try:
        tty = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(tty) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(tty)


def _write(descriptor: int, data: bytes) -> bool:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            import select

            select.select([], [descriptor], [], 1.0)
        except OSError:
            return False
    return True
