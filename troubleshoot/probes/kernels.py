"""Notebook kernels that run here: whether one began before a package was last installed."""

from __future__ import annotations

import os
import time

from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request


def running(context: Context) -> list[tuple[int, float]]:
    """Process number and start time of the kernels of the interpreter that failed."""
    import psutil

    prefix = os.path.realpath(context.interpreter.prefix)
    found = []
    for process in psutil.process_iter(["cmdline", "create_time"]):
        command = process.info["cmdline"] or []
        if not any("ipykernel" in part or "colab_kernel" in part for part in command[1:6]):
            continue
        folder = os.path.realpath(os.path.dirname(os.path.dirname(command[0])))
        if folder == prefix or os.path.realpath(command[0]).startswith(prefix + os.sep):
            found.append((process.pid, process.info["create_time"]))
    return found


def _stale(context: Context, request: Request) -> Fact:
    top = request.argument.partition(".")[0]
    installed = context.installed
    item = installed.find(top) or installed.provider(top)
    if item is None:
        return request.unknown(f"{top} is not installed in {installed.interpreter.prefix}")
    written = os.stat(item.path).st_mtime
    kernels = running(context)
    if not kernels:
        return request.unknown("no notebook kernel of this interpreter runs here")
    pid, began = min(kernels, key=lambda kernel: kernel[1])
    when = time.strftime("%H:%M", time.localtime(written))
    start = time.strftime("%H:%M", time.localtime(began))
    told = f"kernel {pid} began {start}, {item.name} {item.version} was installed {when}"
    return request.known(began < written, told)


def _running(context: Context, request: Request) -> Fact:
    kernels = running(context)
    pids = ", ".join(str(pid) for pid, _ in kernels)
    why = f"kernels {pids}" if pids else "no notebook kernel of this interpreter runs here"
    return request.known(bool(kernels), why)


PROBES = (
    Probe(("kernel.is_stale",), each(_stale), limit=2.0),
    Probe(("kernel.is_running",), each(_running), limit=2.0),
)
