"""Processes of this machine: orphans, who waits for the disk, who works, how much waits at all."""

from __future__ import annotations

import os
import re

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_LAUNCHERS = ("systemd", "init", "tini", "dumb-init", "docker-init", "catatonit", "launchd")
"""Processes that take over the children of those that ended."""

_WINDOW = 0.3
"""Seconds between two looks at the processor time of processes."""


def status(pid: int | str, root: str = "/proc") -> list[str]:
    """Fields of ``/proc/<pid>/stat`` from the state on; empty if the process is gone."""
    return read_text(f"{root}/{pid}/stat", 2048).rpartition(")")[2].split()


def is_orphan(pid: int, root: str = "/proc") -> bool:
    """Whether what started a process has ended: its parent took it over, its session is dead."""
    fields = status(pid, root)
    if len(fields) < 4:
        return False
    parent, session = fields[1], fields[3]
    if parent != "1" and read_text(f"{root}/{parent}/comm", 64).strip() not in _LAUNCHERS:
        return False
    if parent == "1" and read_text(f"{root}/1/comm", 64).strip() not in _LAUNCHERS:
        return False  # in a container the program itself may be process 1
    return session != str(pid) and not os.path.isdir(f"{root}/{session}")


def pressure(kind: str, root: str = "/proc/pressure") -> float | None:
    """Share of the last minute, in per cent, in which some task waited for the resource."""
    match = re.search(r"some [^\n]*avg60=([\d.]+)", read_text(os.path.join(root, kind)))
    return float(match.group(1)) if match else None


def _all(root: str = "/proc") -> Iterator[str]:
    for name in os.listdir(root):
        if name.isdigit():
            yield name


def in_state(letter: str, root: str = "/proc") -> list[str]:
    """Ids of the processes in a state: ``D`` waits for a disk, ``Z`` is dead and not collected."""
    return [pid for pid in _all(root) if status(pid, root)[:1] == [letter]]


def processor_times(root: str = "/proc") -> dict[str, int]:
    """Clock ticks that each Python process has used so far."""
    times = {}
    for pid in _all(root):
        if "python" not in read_text(f"{root}/{pid}/comm", 64) and not _is_worker(pid, root):
            continue
        fields = status(pid, root)
        if len(fields) > 12:
            times[pid] = int(fields[11]) + int(fields[12])
    return times


def _is_worker(pid: str, root: str) -> bool:
    # Workers rename themselves (pt_data_worker, ray::…); what they run does not change.
    try:
        return "python" in os.readlink(f"{root}/{pid}/exe")
    except OSError:
        return False


def _busy() -> list[str]:
    import time

    before = processor_times()
    started = time.monotonic()
    time.sleep(_WINDOW)
    seconds = time.monotonic() - started
    ticks = os.sysconf("SC_CLK_TCK") * seconds
    now = processor_times()
    return [pid for pid, used in now.items() if used - before.get(pid, used) > 0.8 * ticks]


def _load(context: Context, request: Request) -> Fact:
    base = request.base.removeprefix("host.")
    if base == "load":
        if not hasattr(os, "getloadavg"):
            return request.unknown("this system keeps no load average")
        one, five, _ = os.getloadavg()
        return request.known(round(one, 2), f"last minute; {five:.2f} in the last five")
    if base.endswith("_pressure"):
        value = pressure(base.removesuffix("_pressure"))
        if value is None:
            return request.unknown("this kernel keeps no pressure statistics")
        return request.known(value, "share of the last minute in which something waited")
    if not os.path.isdir("/proc/self"):
        return request.unknown("processes are not read on this system")
    if base == "busy_python":
        busy = _busy()
        why = f"processes {', '.join(busy[:6])}" if busy else "no Python process is busy"
        return request.known(len(busy), why)
    letter = "D" if base == "waiting_processes" else "Z"
    found = in_state(letter)
    names = [read_text(f"/proc/{pid}/comm", 64).strip() for pid in found[:4]]
    why = ", ".join(f"{name} (pid {pid})" for name, pid in zip(names, found))
    return request.known(len(found), why or f"no process is in state {letter}")


PROBES = (
    Probe(
        (
            "host.load",
            "host.memory_pressure",
            "host.io_pressure",
            "host.cpu_pressure",
            "host.waiting_processes",
            "host.zombies",
        ),
        each(_load),
    ),
    Probe(("host.busy_python",), each(_load), limit=2.0),
)
