"""What the system's package manager changed since boot: a driver, or a kernel that waits."""

from __future__ import annotations

import os
import re
import sys
import time

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_DRIVER = re.compile(
    r"(?:^|[\s,:])((?:lib)?nvidia-(?:driver|utils|kernel|compute|dkms|open|gl|headless|580|570|5\d\d)"
    r"[\w.+-]{0,60}|nvidia(?:-open|-dkms|-lts)?)(?::\w+)? \(([^()\s]{1,60})"
    r"(?:(?:, | -> )([^()\s]{1,60}))?\)"
)
_LONGEST = 2_000_000


def apt_changes(text: str) -> Iterator[tuple[float, str]]:
    """When apt changed NVIDIA's driver, and what; from ``/var/log/apt/history.log``."""
    for block in text.split("\n\n"):
        date = re.search(r"(?m)^Start-Date: (\d{4}-\d\d-\d\d)\s+(\d\d:\d\d:\d\d)", block)
        if date is None:
            continue
        for line in block.splitlines():
            match = _DRIVER.search(line) if line.startswith(("Upgrade:", "Install:")) else None
            if match:
                old, new = match[2], match[3] or ""
                change = f"{old} -> {new}" if new and new != "automatic" else old
                yield _seconds(f"{date[1]} {date[2]}"), f"{match[1]} ({change})"
                break


def pacman_changes(text: str) -> Iterator[tuple[float, str]]:
    """The same from ``/var/log/pacman.log``."""
    for line in text.splitlines():
        match = re.match(r"\[(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)[^\]]*\] \[ALPM\] upgraded ", line)
        found = _DRIVER.search(line) if match else None
        if match and found:
            change = f"{found[2]} -> {found[3] or ''}"
            yield _seconds(f"{match[1]} {match[2]}"), f"{found[1]} ({change})"


def _seconds(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


def _measure(context: Context, request: Request) -> Fact:
    if not sys.platform.startswith("linux"):
        return request.unknown("not asked on this system")
    if request.base == "host.reboot_required":
        for mark in ("/run/reboot-required", "/var/run/reboot-required"):
            if os.path.exists(mark):
                packages = read_text(mark + ".pkgs").split()[:4]
                return request.known(True, f"{mark}: {', '.join(packages)}".rstrip(": "))
        if os.path.isdir("/usr/share/update-notifier") or os.path.isdir("/etc/update-motd.d"):
            return request.known(False, "there is no /run/reboot-required")
        return request.unknown("this system keeps no such mark")
    uptime = read_text("/proc/uptime").split()
    if not uptime:
        return request.unknown("the time of boot is not known")
    boot = time.time() - float(uptime[0])
    readers = (("/var/log/apt/history.log", apt_changes), ("/var/log/pacman.log", pacman_changes))
    for path, read in readers:
        if os.path.exists(path) and os.access(path, os.R_OK):
            changes = [item for item in read(read_text(path, _LONGEST)) if item[0] > boot]
            if changes:
                when = time.strftime("%Y-%m-%d %H:%M", time.localtime(changes[-1][0]))
                return request.known(True, f"{changes[-1][1]} on {when}, after the last boot")
            return request.known(False, f"{path} tells of none since boot")
    return request.unknown("no package manager's log can be read")


PROBES = (Probe(("gpu.driver_upgraded", "host.reboot_required"), each(_measure)),)
