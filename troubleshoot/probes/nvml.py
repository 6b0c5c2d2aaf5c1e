"""What NVML tells about the GPUs, asked in a child that can be killed when the driver hangs."""

from __future__ import annotations

import sys

from troubleshoot.probes.libraries import search
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from troubleshoot.probes import Context

NVML_LIMIT = 8.0
NOISE = 64 << 20
"""Bytes that an idle GPU shows as used where the driver does not tell its own share."""


@record
class Process:
    """A process that uses a GPU.

    Attributes:
        pid: its id, as NVML sees it (in a container the host's).
        memory: GPU memory it holds in bytes.
    """

    pid: int
    memory: int


@record
class Device:
    """One GPU.

    Attributes:
        index: NVML's index.
        values: what NVML told about it; missing where it did not.
        processes: who uses it; None where NVML does not tell.
    """

    index: int
    values: Mapping[str, object]
    processes: tuple[Process, ...] | None

    def number(self, name: str) -> int | None:
        """A whole number NVML told, or None."""
        value = self.values.get(name)
        return int(value) if isinstance(value, int | float) else None

    def foreign_memory(self, own: Sequence[int]) -> int | None:
        """Bytes held by processes other than ``own``."""
        used = self.number("used")
        listed = self.processes or ()
        mine = sum(process.memory for process in listed if process.pid in own)
        others = sum(process.memory for process in listed if process.pid not in own)
        if used is None:
            return others if self.processes is not None else None
        rest = used - mine
        if self.number("reserved") is None and not others and rest < 16 * NOISE:
            rest = 0  # the driver's own share, which old drivers count as used
        return max(others, rest if rest > NOISE else 0)

    def unlisted_memory(self) -> int | None:
        """Bytes in use that none of the listed processes holds."""
        used = self.number("used")
        if used is None or self.processes is None:
            return None
        rest = used - sum(process.memory for process in self.processes)
        noise = NOISE if self.number("reserved") is not None else 16 * NOISE
        return rest if rest > noise * (1 + len(self.processes)) else 0


@record
class Survey:
    """NVML's answer.

    Attributes:
        state: ``ok``, ``no-driver``, ``mismatch``, ``no-device``, ``hang`` or ``error``.
        why: the reason for any other state than ``ok``.
        driver: driver version or ``""``.
        cuda: newest CUDA the driver supports, or ``""``.
        devices: the GPUs.
    """

    state: str
    why: str
    driver: str = ""
    cuda: str = ""
    devices: tuple[Device, ...] = ()


def survey(context: Context) -> Survey:
    """Ask NVML once per diagnosis."""
    found = context.once("nvml", lambda: _ask(context))
    assert isinstance(found, Survey)
    return found


def _ask(context: Context) -> Survey:
    import json

    from troubleshoot.probes.child import ask, script

    if sys.platform == "linux":
        path, _ = search(context, "libnvidia-ml.so.1")
        if not path:
            return Survey("no-driver", "no NVIDIA driver: the loader finds no libnvidia-ml.so.1")
    elif sys.platform == "darwin":
        return Survey("no-driver", "macOS has no NVIDIA driver")
    limit = min(NVML_LIMIT, context.limit) - 0.2
    try:
        reply = ask(
            [sys.executable, "-I", script("ask_nvml.py")], limit=limit, environ=context.environ
        )
    except OSError as error:
        return Survey("error", f"NVML could not be asked: {error}")
    if reply.timed_out:
        return Survey("hang", f"NVML did not answer within {limit:.0f} s")
    if reply.code:
        return Survey("error", f"NVML ended with status {reply.code}: {reply.error.strip()[-200:]}")
    try:
        return _read(json.loads(reply.output.strip().splitlines()[-1]))
    except (ValueError, IndexError, KeyError, TypeError) as error:
        return Survey("error", f"NVML's answer cannot be read: {error}")


def _read(answer: dict[str, object]) -> Survey:
    devices = []
    items = answer.get("devices")
    for values in items if isinstance(items, list) else []:
        pairs = values.get("processes")
        processes = None
        if pairs is not None:
            processes = tuple(Process(int(pid), int(memory)) for pid, memory in pairs)
        devices.append(Device(int(values["index"]), values, processes))
    return Survey(
        str(answer["state"]),
        str(answer.get("why") or ""),
        str(answer.get("driver") or ""),
        str(answer.get("cuda") or ""),
        tuple(devices),
    )


def chosen(devices: Sequence[Device], argument: str, visible: str | None) -> Device | None:
    """The GPU that a fact is about: the one named, else the first visible one."""
    if argument.isdigit():
        return next((item for item in devices if item.index == int(argument)), None)
    first = (visible or "").split(",")[0].strip()
    for item in devices:
        uuid = str(item.values.get("uuid") or "")
        if first and (str(item.index) == first or uuid.startswith(first)):
            return item
    return devices[0] if devices else None
