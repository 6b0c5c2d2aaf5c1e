"""Memory: RAM, swap, and the control group that limits them."""

from __future__ import annotations

import os

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_NO_LIMIT = 1 << 60


@record
class ControlGroup:
    """The memory control group of a process.

    Attributes:
        folder: its folder below ``/sys/fs/cgroup``.
        version: 1 or 2.
    """

    folder: str
    version: int

    def limit(self) -> tuple[int, str]:
        """Memory limit in bytes and where it stands; the least of all parents; 0 if none."""
        best, where = 0, ""
        name = "memory.max" if self.version == 2 else "memory.limit_in_bytes"
        for folder in self._folders():
            text = read_text(os.path.join(folder, name)).strip()
            if text.isdigit() and int(text) < _NO_LIMIT and (not best or int(text) < best):
                best, where = int(text), os.path.join(folder, name)
        return best, where

    def used(self) -> int:
        """Memory in use in bytes, or 0 if it cannot be read."""
        name = "memory.current" if self.version == 2 else "memory.usage_in_bytes"
        text = read_text(os.path.join(self.folder, name)).strip()
        return int(text) if text.isdigit() else 0

    def oom_kills(self) -> int | None:
        """How often the kernel killed a process of this group for memory."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        for line in read_text(os.path.join(self.folder, name)).splitlines():
            key, _, value = line.partition(" ")
            if key == "oom_kill" and value.strip().isdigit():
                return int(value)
        return None

    def limit_hits(self) -> int | None:
        """How often the group ran into its limit."""
        if self.version == 1:
            text = read_text(os.path.join(self.folder, "memory.failcnt")).strip()
            return int(text) if text.isdigit() else None
        for line in read_text(os.path.join(self.folder, "memory.events")).splitlines():
            key, _, value = line.partition(" ")
            if key == "max" and value.strip().isdigit():
                return int(value)
        return None

    def _folders(self) -> list[str]:
        found, folder = [], self.folder
        while folder.startswith("/sys/fs/cgroup") and folder != "/sys/fs/cgroup":
            found.append(folder)
            folder = os.path.dirname(folder)
        return [*found, "/sys/fs/cgroup"] if self.version == 2 else found


def control_group(pid: int | str = "self") -> ControlGroup | None:
    """The memory control group of a process, or None where there is none."""
    for line in read_text(f"/proc/{pid}/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "" and os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
            return _existing("/sys/fs/cgroup", path, 2)
        if "memory" in controllers.split(","):
            return _existing("/sys/fs/cgroup/memory", path, 1)
    return None


def _existing(root: str, path: str, version: int) -> ControlGroup:
    # In a container the path is the host's, and the group is mounted at the root.
    folder = os.path.normpath(root + path)
    return ControlGroup(folder if os.path.isdir(folder) else root, version)


def kernel_oom_kills() -> int | None:
    """How often the kernel killed a process of this machine for memory since boot."""
    for line in read_text("/proc/vmstat").splitlines():
        if line.startswith("oom_kill "):
            return int(line.split()[1])
    return None


def memory_table() -> dict[str, int]:
    """``/proc/meminfo`` in bytes; empty where there is none."""
    table = {}
    for line in read_text("/proc/meminfo").splitlines():
        words = line.split()
        if len(words) >= 2 and words[1].isdigit():
            table[words[0].rstrip(":")] = int(words[1]) * 1024
    return table


def _memory(context: Context, request: Request) -> Fact:
    base = request.base.removeprefix("host.")
    group = control_group()
    if base == "memory_limit":
        limit, where = group.limit() if group else (0, "")
        if limit:
            return request.known(limit, where)
        return request.unknown("no memory limit is set")
    if base == "oom_kills":
        kills = group.oom_kills() if group else None
        if group is not None and kills is not None:
            return request.known(kills, f"counter of {group.folder}")
        kills = kernel_oom_kills()
        if kills is not None:
            return request.known(kills, "/proc/vmstat, the whole machine since boot")
        return request.unknown("the kernel keeps no such counter")
    if base == "memory_limit_hits":
        hits = group.limit_hits() if group else None
        if group is None or hits is None:
            return request.unknown("no control group counts that here")
        return request.known(hits, f"counter of {group.folder}")
    table = memory_table()
    if not table:
        return _portable(request)
    if base == "memory_total":
        return request.known(table["MemTotal"], "/proc/meminfo")
    if base == "swap_total":
        return request.known(table.get("SwapTotal", 0), "/proc/meminfo")
    available, why = table.get("MemAvailable", table.get("MemFree", 0)), "/proc/meminfo"
    limit, where = group.limit() if group else (0, "")
    if group and limit and limit - group.used() < available:
        return request.known(max(limit - group.used(), 0), f"what {where} leaves")
    return request.known(available, why)


def _portable(request: Request) -> Fact:
    import psutil

    if request.base == "host.swap_total":
        return request.known(psutil.swap_memory().total, "psutil")
    memory = psutil.virtual_memory()
    total = request.base == "host.memory_total"
    return request.known(memory.total if total else memory.available, "psutil")


PROBES = (
    Probe(
        (
            "host.memory_total",
            "host.memory_available",
            "host.memory_limit",
            "host.swap_total",
            "host.oom_kills",
            "host.memory_limit_hits",
        ),
        each(_memory),
    ),
)
