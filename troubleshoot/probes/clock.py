"""The system's clock: certificates are refused where it stands far from the truth."""

from __future__ import annotations

import os
import time

from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

EARLIEST = time.mktime((2026, 1, 1, 0, 0, 0, 0, 0, 0))
"""whyfail itself is younger than this."""

LATEST = time.mktime((2060, 1, 1, 0, 0, 0, 0, 0, 0))
_SLACK = 2 * 86400.0


def judge(now: float, newest: float = 0.0) -> tuple[bool, str]:
    """Whether a time can be true, and why not.

    Args:
        now: what the clock says, in seconds since 1970.
        newest: when the newest of some known files was written, or 0.
    """
    shown = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    if now < EARLIEST:
        return False, f"the clock says {shown}, before whyfail was written"
    if now > LATEST:
        return False, f"the clock says {shown}"
    if newest - now > _SLACK:
        written = time.strftime("%Y-%m-%d", time.localtime(newest))
        return False, f"the clock says {shown}, but files were written on {written}"
    return True, f"the clock says {shown}"


def _newest(context: Context) -> float:
    """When something known to be written often was last written."""
    times = [0.0]
    for path in ("/var/lib/dpkg/status", "/var/log/wtmp", "/etc/ld.so.cache", context.target.cwd):
        try:
            times.append(os.stat(path).st_mtime)
        except OSError:
            continue
    return max(times)


def _measure(context: Context, request: Request) -> Fact:
    return request.known(*judge(time.time(), _newest(context)))


PROBES = (Probe(("host.clock_plausible",), each(_measure)),)
