"""Watches a running command: memory of its processes, of its GPUs, and the kernel's kills."""

from __future__ import annotations

import os
import sys
from time import monotonic

from troubleshoot.interpreter import read_text
from troubleshoot.probes import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_LEAST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        try:
            threads = os.listdir(f"/proc/{current}/task")
        except OSError:
            continue
        for thread in threads:
            children = read_text(f"/proc/{current}/task/{thread}/children").split()
            waiting += [int(child) for child in children]
        if len(found) > 5000:
            break
    return found


def resident(pids: list[int]) -> int:
    """Bytes of RAM that processes hold together; pages they share are counted once."""
    private = shared = 0
    for pid in pids:
        words = read_text(f"/proc/{pid}/statm").split()
        if len(words) > 2:
            total, common = int(words[1]), int(words[2])
            private += total - common
            shared = max(shared, common)
    return (private + shared) * _PAGE


class Watch:
    """Samples a command from its start to its end.

    Attributes:
        peak_memory: most RAM its processes held together, in bytes; 0 if never seen.
        peak_gpu_memory: most GPU memory they held on one GPU, in bytes; 0 if never seen.
        pids: all its processes that were seen.
    """

    def __init__(self) -> None:
        self.peak_memory = 0
        self.peak_gpu_memory = 0
        self.pids: set[int] = set()
        self.started = monotonic()
        # a child that has not begun the command yet is a copy of this very process
        self._own = read_text("/proc/self/cmdline")
        self._group = memory.control_group()
        self._kills = self._group.oom_kills() if self._group else None
        self._machine_kills = memory.kernel_oom_kills()
        self._gpu = _GpuWatch()

    def tick(self, pid: int) -> float:
        """Take one sample; returns the seconds until the next is worth its cost."""
        began = monotonic()
        if os.path.isdir("/proc/self/task"):
            pids = family(pid)
            if read_text(f"/proc/{pid}/cmdline") != self._own:
                self.peak_memory = max(self.peak_memory, resident(pids))
        else:
            pids = self._portable(pid)
        self.pids.update(pids)
        self.peak_gpu_memory = max(self.peak_gpu_memory, self._gpu.read(self.pids))
        spent = monotonic() - began
        age = began - self.started
        # At most one part in a hundred of the time, and rarer in long runs.
        return min(max(spent * 100, _LEAST_PAUSE if age < 60 else 1.0), _LONGEST_PAUSE)

    def close(self) -> None:
        """End the watch of the GPUs."""
        self._gpu.close()

    @property
    def memory_limit(self) -> int | None:
        """Memory limit of the control group the command ran in, or None."""
        limit = self._group.limit()[0] if self._group else 0
        return limit or None

    def oom_killed(self, was_killed: bool) -> tuple[bool | None, str]:
        """Whether the kernel ended a process of the command for want of memory.

        Args:
            was_killed: whether the command, as far as is known, died of SIGKILL.

        Returns:
            The answer, None for unknown, and the reason.
        """
        group = self._group.oom_kills() if self._group else None
        if group is not None and self._kills is not None and group > self._kills:
            return True, "the control group's oom_kill counter rose during the run"
        machine = memory.kernel_oom_kills()
        if machine is None or self._machine_kills is None:
            return None, "the kernel keeps no counter of such kills here"
        if machine == self._machine_kills:
            return False, "the kernel's oom_kill counter did not rise during the run"
        if was_killed:
            return True, "the kernel's oom_kill counter rose during the run"
        return None, "the kernel killed a process for memory; whether of this run is not known"

    def _portable(self, pid: int) -> list[int]:
        import psutil

        total, pids = 0, []
        try:
            root = psutil.Process(pid)
            for process in [root, *root.children(recursive=True)]:
                total += process.memory_info().rss
                pids.append(process.pid)
        except psutil.Error:
            pass
        self.peak_memory = max(self.peak_memory, total)
        return pids


class _GpuWatch:
    """A child that asks NVML every few seconds; started only where there is a driver."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._idle: dict[int, int] = {}
        driver = os.path.exists("/dev/nvidiactl") or os.path.exists("/dev/dxg")
        if driver or os.environ.get("WHYFAIL_WATCH_GPU"):
            self._start()

    def _start(self) -> None:
        import subprocess

        from troubleshoot.probes.child import script

        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", script("watch_nvml.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return
        if self._child.stdout is not None and hasattr(os, "set_blocking"):
            os.set_blocking(self._child.stdout.fileno(), False)

    def read(self, pids: set[int]) -> int:
        """Most memory the processes held on one GPU since the last call."""
        if self._child is None or self._child.stdout is None:
            return 0
        try:
            data = os.read(self._child.stdout.fileno(), 1 << 20)
        except OSError:
            return 0
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()[-100_000:]
        return max((self._line(line, pids) for line in lines), default=0)

    def _line(self, line: bytes, pids: set[int]) -> int:
        import json

        try:
            devices = json.loads(line)
        except ValueError:
            return 0
        most = 0
        for index, used, processes in devices:
            self._idle.setdefault(index, used)
            own = sum(size for pid, size in processes if pid in pids)
            # In a container NVML names no process: what was added since the start is ours.
            most = max(most, own or (0 if processes else used - self._idle[index]))
        return most

    def close(self) -> None:
        if self._child is not None:
            from troubleshoot.probes.child import end_group

            end_group(self._child)
            try:
                self._child.wait(0.5)
            except Exception:  # a child stuck in the driver is left to the kernel
                return
