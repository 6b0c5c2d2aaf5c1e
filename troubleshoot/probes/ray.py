"""Ray: running sessions, the room of the object store, and what a worker said last."""

from __future__ import annotations

import os
import re

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.probes.storage import free_space

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_DAEMONS = ("gcs_server", "raylet")
_LOGS = 40  # the newest of them; a session may hold thousands
_TAIL = 65536
_RAISED = re.compile(
    r"^(?:[A-Za-z_][\w.]{0,80}(?:Error|Exception|Exit|Interrupt|Killed)\b.{0,300})$"
)
_CRASHED = re.compile(
    r"SIG(?:SEGV|ABRT|BUS|ILL|FPE) received|^Fatal Python error: |Segmentation fault"
)
EXTRAS = {
    "data": ("pyarrow", "pandas"),
    "rllib": ("gymnasium", "pandas"),
    "tune": ("pandas", "tensorboardX", "pyarrow"),
    "serve": ("starlette", "fastapi", "uvicorn"),
    "default": ("aiohttp", "prometheus-client"),
}
"""What each extra brings that nothing else of Ray does, enough to tell whether it is there."""


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


def sessions(folder: str) -> list[str]:
    """Folders of the sessions below Ray's temporary folder, the newest first."""
    try:
        names = [name for name in os.listdir(folder) if name.startswith("session_2")]
    except OSError:
        return []
    return [os.path.join(folder, name) for name in sorted(names, reverse=True)]


def worker_logs(session: str) -> list[str]:
    """Error logs of a session's workers that hold something, the newest first."""
    folder = os.path.join(session, "logs")
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("worker-") and entry.name.endswith(".err"):
                    status = entry.stat()
                    if status.st_size:
                        found.append((status.st_mtime, entry.path))
    except OSError:
        return []
    return [path for _, path in sorted(found, reverse=True)]


def last_error(text: str) -> str:
    """The last exception or crash that a worker's log tells of, or ``""``."""
    found = ""
    for line in text.splitlines():
        if _RAISED.match(line) or _CRASHED.search(line):
            found = line.strip()
    return found[:300]


def _worker_error(request: Request, folder: str) -> Fact:
    newest = sessions(folder)[:1]
    if not newest:
        return request.unknown(f"there is no session in {folder}")
    logs = worker_logs(newest[0])
    for path in logs[:_LOGS]:
        try:
            with open(path, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
                text = file.read(_TAIL).decode("utf-8", "replace")
        except OSError:
            continue
        error = last_error(text)
        if error:
            return request.known(error, path)
    return request.known("", f"{len(logs)} logs of workers in {newest[0]} tell of no error")


def _extras(context: Context, request: Request) -> Fact:
    installed = context.installed
    if installed.find("ray") is None:
        return request.unknown("ray is not installed in the interpreter that failed")
    whole, lacking = [], []
    for extra, names in EXTRAS.items():
        absent = [name for name in names if installed.find(name) is None]
        if absent:
            lacking.append(f"{extra} lacks {', '.join(absent)}")
        else:
            whole.append(extra)
    return request.known(tuple(whole), "; ".join(lacking) or "all of them are there")


def _measure(context: Context, request: Request) -> Fact:
    if request.base == "ray.running":
        found = daemons()
        why = ", ".join(f"{name} (pid {pid})" for pid, name in found[:4])
        return request.known(bool(found), why or "neither gcs_server nor raylet runs here")
    folder = os.path.join(context.environ.get("RAY_TMPDIR") or "/tmp", "ray")
    if request.base == "ray.worker_error":
        return _worker_error(request, folder)
    if request.base == "ray.extras":
        return _extras(context, request)
    if request.base == "ray.sessions":
        return request.known(len(sessions(folder)), f"session folders in {folder}")
    place = "/dev/shm" if os.path.isdir("/dev/shm") else "/tmp"
    return request.known(*free_space(place))


PROBES = (
    Probe(
        (
            "ray.running",
            "ray.sessions",
            "ray.object_store_free",
            "ray.worker_error",
            "ray.extras",
        ),
        each(_measure),
        limit=2.0,
    ),
)
