"""Limits of a process: open files, processes, memory, CPU time, and what the kernel promises."""

from __future__ import annotations

import os

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_OVERCOMMIT = {"0": "heuristic", "1": "always", "2": "strict"}


def _limits(context: Context, request: Request) -> Fact:
    base = request.base.removeprefix("host.")
    if base == "overcommit":
        mode = read_text("/proc/sys/vm/overcommit_memory").strip()
        if mode not in _OVERCOMMIT:
            return request.unknown("this system has no such setting")
        return request.known(_OVERCOMMIT[mode], f"vm.overcommit_memory = {mode}")
    if base in ("pids_limit", "pids_used"):
        return _pids(request)
    try:
        import resource
    except ImportError:
        return request.unknown("this system has no such limit")
    if base == "open_files_limit":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return request.unknown("unlimited")
        return request.known(soft, f"soft limit; the hard limit is {hard}")
    if base == "address_space_limit":
        soft = resource.getrlimit(resource.RLIMIT_AS)[0]
        if soft == resource.RLIM_INFINITY:
            return request.unknown("unlimited")
        return request.known(soft, "ulimit -v")
    if base == "cpu_time_limit":
        soft = resource.getrlimit(resource.RLIMIT_CPU)[0]
        if soft == resource.RLIM_INFINITY:
            return request.unknown("unlimited")
        return request.known(soft, "ulimit -t")
    soft = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    least, why = (soft, "ulimit -u") if soft != resource.RLIM_INFINITY else (0, "")
    for folder in process_groups():
        limit = _number(os.path.join(folder, "pids.max"))
        if limit is not None and (not least or limit < least):
            least, why = limit, os.path.join(folder, "pids.max")
    return request.known(least, why) if least else request.unknown("unlimited")


def _pids(request: Request) -> Fact:
    """The control group's limit of processes, and how many there are."""
    folders = process_groups()
    limits = [(_number(os.path.join(folder, "pids.max")), folder) for folder in folders]
    known = [(limit, folder) for limit, folder in limits if limit is not None]
    if not known:
        return request.unknown("no control group limits processes")
    limit, folder = min(known)
    if request.base == "host.pids_limit":
        return request.known(limit, os.path.join(folder, "pids.max"))
    used = _number(os.path.join(folder, "pids.current"))
    if used is None:
        return request.unknown(f"{folder} does not tell")
    return request.known(used, f"of {limit} in {folder}")


def _number(path: str) -> int | None:
    text = read_text(path).strip()
    return int(text) if text.isdigit() else None


def process_groups(pid: int | str = "self", root: str = "/sys/fs/cgroup") -> list[str]:
    """Folders of the control groups that count a process' family, the innermost first."""
    found: list[str] = []
    for line in read_text(f"/proc/{pid}/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if "pids" in controllers.split(","):
            top = os.path.join(root, "pids")
        elif controllers == "":
            top = root
        else:
            continue
        folder = os.path.normpath(top + path)
        while folder.startswith(top + "/"):
            found.append(folder)
            folder = os.path.dirname(folder)
        found.append(top)
    return found


PROBES = (
    Probe(
        (
            "host.open_files_limit",
            "host.process_limit",
            "host.address_space_limit",
            "host.cpu_time_limit",
            "host.pids_limit",
            "host.pids_used",
            "host.overcommit",
        ),
        each(_limits),
    ),
)
