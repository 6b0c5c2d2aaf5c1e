"""What the kernel wrote in its log: whom it killed for memory, which module it refused."""

from __future__ import annotations

import os
import re

from troubleshoot.probes import Probe, each
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_FILES = ("/var/log/kern.log", "/var/log/messages", "/var/log/syslog")
_MOST = 4_000_000
_KILLED = re.compile(
    r"(?:(?P<group>Memory cgroup out of memory|Out of memory)[^\n]{0,40}?)?"
    r"\bKilled process (?P<pid>\d+),? ?\((?P<name>[^()\n]{1,40})\)"
    r"(?:[^\n]{0,80}?anon-rss:(?P<kib>\d+)kB)?"
)
_REFUSED = re.compile(
    r"nvidia[^\n]{0,60}(?:module verification failed|[Kk]ey was rejected)"
    r"|Loading of (?:unsigned )?module[^\n]{0,40} is rejected"
)


@record
class Kill:
    """A process that the kernel killed because memory ran out.

    Attributes:
        pid: its id.
        name: its name.
        size: its memory in bytes, or 0 if the log does not tell.
        is_limit: whether a control group's limit was the reason.
        seconds: time since boot, or -1 if the log does not tell.
    """

    pid: int
    name: str
    size: int
    is_limit: bool
    seconds: float


def kernel_log() -> tuple[str, str]:
    """The kernel's log and where it was read.

    Raises:
        LookupError: if this user may not read any.
    """
    try:
        return _from_device("/dev/kmsg"), "/dev/kmsg"
    except OSError:
        pass
    for path in _FILES:
        try:
            with open(path, "rb") as file:
                file.seek(max(0, os.stat(path).st_size - _MOST))
                text = file.read(_MOST).decode("utf-8", "replace")
        except OSError:
            continue
        return text, path
    raise LookupError("this user may not read the kernel's log (sudo dmesg)")


def _from_device(path: str) -> str:
    """Everything the kernel still keeps; each line begins with the microseconds since boot."""
    device = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    lines: list[str] = []
    size = 0
    try:
        while size < _MOST:
            try:
                raw = os.read(device, 8192)
            except BlockingIOError:
                break
            except BrokenPipeError:
                continue  # overwritten while it was read
            if not raw:
                break
            head, _, text = raw.decode("utf-8", "replace").partition(";")
            fields = head.split(",")
            lines.append(f"[{fields[2] if len(fields) > 2 else ''}] {text}")
            size += len(raw)
    finally:
        os.close(device)
    return "\n".join(lines)


def kills(text: str) -> Iterator[Kill]:
    """The processes that a kernel log says were killed for memory."""
    for match in _KILLED.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        stamp = re.match(r"\[\s*(\d+)(\.\d+)?\]", text[start : match.start()])
        seconds = -1.0
        if stamp:
            seconds = float(stamp[1] + stamp[2]) if stamp[2] else int(stamp[1]) / 1e6
        yield Kill(
            pid=int(match["pid"]),
            name=match["name"],
            size=int(match["kib"] or 0) * 1024,
            is_limit="cgroup" in (match["group"] or ""),
            seconds=seconds,
        )


def _measure(context: Context, request: Request) -> Fact:
    if not os.path.isdir("/proc/sys/kernel"):
        return request.unknown("the kernel's log is not read on this system")
    found = context.once("kernel log", kernel_log)
    assert isinstance(found, tuple)
    text, where = found
    if request.base == "gpu.module_refused":
        match = _REFUSED.search(text)
        return request.known(bool(match), f"{where}: {match[0]}" if match else where)
    killed = list(kills(text))
    if request.base == "host.oom_victim":
        if not killed:
            return request.known("", f"{where} tells of no kill for memory")
        return request.known(_describe(killed[-1]), f"{where}: {len(killed)} killed for memory")
    if not request.argument.isdigit():
        return request.unknown(f"{request.argument!r} is not a process id")
    pid = int(request.argument)
    # In a container a process has another id than the one the kernel's log shows.
    own = next((item for item in reversed(killed) if item.pid == pid), None)
    if own is not None:
        return request.known(True, f"{where}: {_describe(own)}")
    return request.known(False, f"{where} tells of no kill of process {pid}")


def _describe(item: Kill) -> str:
    parts = [f"pid {item.pid}"]
    if item.size:
        parts.append(f"{item.size / 2**30:.1f} GiB")
    if item.is_limit:
        parts.append("at its control group's limit")
    if item.seconds >= 0:
        import time

        ago = time.clock_gettime(time.CLOCK_BOOTTIME) - item.seconds
        parts.append(f"{ago / 60:.0f} min ago" if 0 <= ago < 7200 else f"{ago / 3600:.0f} h ago")
    return f"{item.name} ({', '.join(parts)})"


PROBES = (
    Probe(
        ("host.oom_victim", "host.was_oom_killed", "gpu.module_refused"), each(_measure), limit=2.0
    ),
)
