"""Why a disk has no room for this user: quotas, deleted files still open, the kind of mount."""

from __future__ import annotations

import os
import re

from troubleshoot.probes import Probe, each
from troubleshoot.probes.storage import existing_parent, mount_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_MOST_PROCESSES = 5_000


def quota_left(text: str, devices: tuple[str, ...]) -> tuple[int, str] | None:
    """Bytes left by the tightest quota that ``quota -w -p`` lists for one of the file systems.

    A line is device, blocks of 1 KiB used (a star where over), soft limit, hard limit, grace, and
    the same for files; a limit of 0 is none.
    """
    best: tuple[int, str] | None = None
    for line in text.splitlines():
        words = line.split()
        if len(words) < 4 or words[0] not in devices:
            continue
        numbers = [word.rstrip("*") for word in words[1:4]]
        if not all(number.isdigit() for number in numbers):
            continue
        used, soft, hard = (int(number) for number in numbers)
        limit = hard or soft
        if limit and (best is None or (limit - used) * 1024 < best[0]):
            best = max(0, limit - used) * 1024, f"{used} of {limit} KiB used on {words[0]}"
    return best


def _quota(context: Context, request: Request) -> Fact:
    from troubleshoot.probes.child import ask
    from troubleshoot.programs import on_path

    tool = on_path("quota", context.environ)
    if not tool:
        return request.unknown("there is no program quota")
    point, _, _ = mount_of(existing_parent(context.path(request.argument or ".")))
    environ: Mapping[str, str] = {**context.environ, "LC_ALL": "C"}
    reply = ask([tool, "-w", "-p"], limit=2.0, environ=environ)
    if reply.timed_out:
        return request.unknown("quota does not answer")
    found = quota_left(reply.output, (point, *_devices(point)))
    if found is None:
        return request.unknown(f"no quota is set for this user on {point}")
    return request.known(*found)


def _devices(point: str) -> list[str]:
    from troubleshoot.interpreter import read_text

    lines = (line.split() for line in read_text("/proc/self/mounts", 1_000_000).splitlines())
    return [words[0] for words in lines if len(words) > 1 and words[1] == point]


def deleted_but_open(device: int, folder: str = "/proc") -> tuple[int, str]:
    """Bytes of deleted files of a file system that processes still hold, and who holds most."""
    held: dict[str, int] = {}
    seen: set[int] = set()
    names = [name for name in os.listdir(folder) if name.isdigit()][:_MOST_PROCESSES]
    for pid in names:
        links = os.path.join(folder, pid, "fd")
        try:
            descriptors = os.listdir(links)
        except OSError:
            continue
        for descriptor in descriptors:
            path = os.path.join(links, descriptor)
            try:
                if not os.readlink(path).endswith(" (deleted)"):
                    continue
                status = os.stat(path)
            except OSError:
                continue
            if status.st_dev == device and status.st_ino not in seen:
                seen.add(status.st_ino)
                held[pid] = held.get(pid, 0) + status.st_blocks * 512
    if not held:
        return 0, "no process that may be read holds a deleted file there"
    most = max(held, key=lambda pid: held[pid])
    return sum(held.values()), f"pid {most} holds {held[most] / 1e6:,.0f} MB of it"


def _deleted(context: Context, request: Request) -> Fact:
    if not os.path.isdir("/proc/self/fd"):
        return request.unknown("not asked on this system")
    place = existing_parent(context.path(request.argument or "."))
    return request.known(*deleted_but_open(os.stat(place).st_dev))


def _file_system(context: Context, request: Request) -> Fact:
    point, kind, _ = mount_of(existing_parent(context.path(request.argument or ".")))
    if not kind:
        return request.unknown("the mount is not listed")
    if re.match(r"/mnt/[a-z]$", point) and kind in ("9p", "drvfs"):
        return request.known("windows drive", f"{point} ({kind})")
    return request.known(kind, f"mounted at {point}")


PROBES = (
    Probe(("storage.quota_left",), each(_quota), limit=3.0),
    Probe(("storage.deleted_open",), each(_deleted), limit=2.0),
    Probe(("storage.file_system",), each(_file_system), limit=2.0),
)
