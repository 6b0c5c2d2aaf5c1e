"""Ray: running sessions and the room of the object store."""

from __future__ import annotations

import os

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.probes.storage import free_space

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context, Request

_DAEMONS = ("gcs_server", "raylet")


def daemons() -> list[tuple[int, str]]:
    """Ray's own processes on this machine: pid and name."""
    if not os.path.isdir("/proc"):
        import psutil

        return [
            (process.pid, process.info["name"])
            for process in psutil.process_iter(["name"])
            if (process.info["name"] or "").removesuffix(".exe") in _DAEMONS
        ]
    found = []
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            name = read_text(f"/proc/{pid}/comm", 64).strip()
            if name in _DAEMONS:
                found.append((int(pid), name))
    return found


def _measure(context: Context, request: Request) -> Fact:
    if request.base == "ray.running":
        found = daemons()
        why = ", ".join(f"{name} (pid {pid})" for pid, name in found[:4])
        return request.known(bool(found), why or "neither gcs_server nor raylet runs here")
    if request.base == "ray.sessions":
        folder = os.path.join(context.environ.get("RAY_TMPDIR") or "/tmp", "ray")
        try:
            names = [name for name in os.listdir(folder) if name.startswith("session_2")]
        except FileNotFoundError:
            names = []
        return request.known(len(names), f"session folders in {folder}")
    place = "/dev/shm" if os.path.isdir("/dev/shm") else "/tmp"
    return request.known(*free_space(place))


PROBES = (Probe(("ray.running", "ray.sessions", "ray.object_store_free"), each(_measure)),)
