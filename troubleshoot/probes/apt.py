"""What Debian's package manager knows: how old its lists are, whether it has a package."""

from __future__ import annotations

import os
import re
import time

from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

LISTS = "/var/lib/apt/lists"


def lists_age(folder: str, now: float) -> tuple[float | None, str]:
    """Seconds since the newest package list in ``folder`` was fetched; None without any."""
    newest = 0.0
    for name in os.listdir(folder):
        if name.endswith(("_Packages", "_Packages.lz4", "_Packages.xz", "_Packages.gz")):
            newest = max(newest, os.stat(os.path.join(folder, name)).st_mtime)
    if not newest:
        return None, f"{folder} holds no package list: apt-get update never ran here"
    return max(0.0, now - newest), folder


def _age(context: Context, request: Request) -> Fact:
    if not os.path.isdir(LISTS):
        return request.unknown("this system has no apt")
    age, why = lists_age(LISTS, time.time())
    if request.base == "apt.has_lists":
        return request.known(age is not None, why)
    return request.known(age, why) if age is not None else request.unknown(why)


def _available(context: Context, request: Request) -> Fact:
    from troubleshoot.probes.child import ask
    from troubleshoot.programs import on_path

    name = request.argument
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.:-]{1,80}", name):
        return request.unknown(f"{name!r} is not a package's name")
    tool = on_path("apt-cache", context.environ)
    if not tool:
        return request.unknown("this system has no apt")
    reply = ask([tool, "policy", name], limit=3.0, environ={**context.environ, "LC_ALL": "C"})
    candidate = re.search(r"Candidate: (\S+)", reply.output)
    if candidate is None:
        return request.known(False, f"apt-cache policy knows no {name}")
    has = candidate.group(1) != "(none)"
    return request.known(has, f"apt-cache policy {name}: candidate {candidate.group(1)}")


PROBES = (
    Probe(("apt.has_lists", "apt.lists_age"), each(_age), limit=1.0),
    Probe(("apt.has_package",), each(_available), limit=4.0),
)
