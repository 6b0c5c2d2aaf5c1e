"""NVIDIA GPUs through NVML, asked in a child that can be killed when the driver hangs."""

from __future__ import annotations

import os
import re
import sys

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.probes.libraries import search
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context, Request

NVML_LIMIT = 8.0
_NVIDIA = "0x10de"
_NOISE = 64 << 20  # an idle GPU of a driver without "reserved" shows some memory as used


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
        if self.number("reserved") is None and not others and rest < 16 * _NOISE:
            rest = 0  # the driver's own share, which old drivers count as used
        return max(others, rest if rest > _NOISE else 0)


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


def kernel_module_version() -> str:
    """Version of the loaded NVIDIA kernel module, or ``""``."""
    text = read_text("/proc/driver/nvidia/version")
    match = re.search(r"Kernel Module(?: for \S+)?\s+(\d+(?:\.\d+)+)", text)
    return match.group(1) if match else read_text("/sys/module/nvidia/version").strip()


def pci_devices(root: str = "/sys/bus/pci/devices") -> Iterator[tuple[str, str]]:
    """Address and class of each NVIDIA device on the PCI bus."""
    try:
        names = sorted(os.listdir(root))
    except OSError:
        return
    for name in names:
        if read_text(os.path.join(root, name, "vendor")).strip() == _NVIDIA:
            yield name, read_text(os.path.join(root, name, "class")).strip()


def _bus(context: Context, request: Request) -> Fact:
    base = request.base.removeprefix("gpu.")
    if base == "nouveau_loaded":
        loaded = os.path.isdir("/sys/module/nouveau")
        return request.known(loaded, "/sys/module/nouveau" + ("" if loaded else " is absent"))
    if base == "kernel_module_version":
        version = kernel_module_version()
        if version:
            return request.known(version, "/proc/driver/nvidia/version")
        return request.unknown("no NVIDIA kernel module is loaded")
    if base == "fabric_manager":
        return _fabric_manager(request)
    if os.path.exists("/dev/dxg") and os.path.exists("/usr/lib/wsl/lib/libcuda.so.1"):
        return request.known(True, "WSL passes a GPU through (/dev/dxg)")
    if not os.path.isdir("/sys/bus/pci"):
        return request.unknown("the PCI bus cannot be read here")
    found = [name for name, kind in pci_devices() if kind.startswith(("0x0300", "0x0302"))]
    why = f"NVIDIA GPU at {', '.join(found)}" if found else "no NVIDIA GPU on the PCI bus"
    return request.known(bool(found), why)


def _fabric_manager(request: Request) -> Fact:
    switches = [name for name, kind in pci_devices() if kind.startswith("0x0680")]
    if not switches:
        return request.known("not-needed", "no NVSwitch on the PCI bus")
    for pid in os.listdir("/proc"):
        if pid.isdigit() and read_text(f"/proc/{pid}/comm", 64).startswith("nv-fabricmanage"):
            return request.known("running", f"pid {pid}")
    installed = os.path.exists("/usr/bin/nv-fabricmanager")
    return request.known("stopped" if installed else "absent", f"NVSwitch at {switches[0]}")


def _driver(context: Context, requests: Sequence[Request]) -> Iterator[Fact]:
    found = survey(context)
    why = found.why or "NVML answered"
    for request in requests:
        base = request.base.removeprefix("gpu.")
        if base == "state":
            state = found.state if found.state != "error" else f"error: {found.why}"[:200]
            yield request.known(state, why)
        elif base == "count":
            known = found.state in ("ok", "no-device")
            yield request.known(len(found.devices), why) if known else request.unknown(why)
        elif base == "names":
            names = tuple(str(item.values.get("name") or "") for item in found.devices)
            yield request.known(names, why) if names else request.unknown(why)
        elif base == "driver_version" and not found.driver and kernel_module_version():
            yield request.known(kernel_module_version(), f"kernel module ({why})")
        else:
            value = found.driver if base == "driver_version" else found.cuda
            yield request.known(value, "NVML") if value else request.unknown(why)


def _device(context: Context, request: Request) -> Fact:
    found = survey(context)
    base = request.base.removeprefix("gpu.")
    if base == "freest":
        room = [(item.number("free") or 0, -item.index) for item in found.devices]
        if not room:
            return request.unknown(found.why or "no GPU")
        most, index = max(room)
        return request.known(-index, f"{most / 2**30:.1f} GiB are free there")
    visible = context.environ.get("CUDA_VISIBLE_DEVICES")
    device = chosen(found.devices, request.argument, visible)
    if device is None:
        return request.unknown(found.why or f"there is no GPU {request.argument}")
    if "error" in device.values:
        return request.unknown(f"GPU {device.index}: {device.values['error']}")
    why = f"GPU {device.index}, {device.values.get('name')}"
    if base == "foreign_memory":
        foreign = device.foreign_memory(context.target.pids)
        if foreign is None:
            return request.unknown(f"{why}: NVML tells no memory")
        return request.known(foreign, f"{why}: {_describe(device, context.target.pids)}")
    if base == "processes":
        if device.processes is None:
            return request.unknown(f"{why}: NVML does not tell")
        return request.known(_describe(device, context.target.pids), why)
    key = {
        "name": "name",
        "total_memory": "total",
        "free_memory": "free",
        "utilization": "utilization",
        "compute_capability": "capability",
        "persistence": "persistence",
        "ecc_errors": "ecc",
    }[base]
    value = device.values.get(key)
    if base == "utilization" and isinstance(value, int):
        value = float(value)
    if isinstance(value, bool | int | float | str):
        return request.known(value, why)
    return request.unknown(f"{why}: NVML does not tell")


def _describe(device: Device, own: Sequence[int]) -> str:
    """Who uses a GPU, the largest first."""
    from troubleshoot.probes.network import Listener, describe

    listed = sorted(device.processes or (), key=lambda process: -process.memory)
    lines = []
    for process in [item for item in listed if item.pid not in own][:5]:
        who = describe(Listener(0, "", -1, process.pid))
        lines.append(f"{who} holds {process.memory / 2**30:.1f} GiB")
    if lines:
        return "; ".join(lines)
    used = device.number("used") or 0
    if used > 16 * _NOISE:
        return f"{used / 2**30:.1f} GiB held by processes that are not visible from here"
    return "nobody"


PROBES = (
    Probe(
        ("gpu.state", "gpu.count", "gpu.names", "gpu.driver_version", "gpu.driver_cuda"),
        _driver,
        limit=NVML_LIMIT,
    ),
    Probe(
        (
            "gpu.name",
            "gpu.total_memory",
            "gpu.free_memory",
            "gpu.foreign_memory",
            "gpu.processes",
            "gpu.freest",
            "gpu.utilization",
            "gpu.compute_capability",
            "gpu.persistence",
            "gpu.ecc_errors",
        ),
        each(_device),
        limit=NVML_LIMIT,
    ),
    Probe(
        (
            "gpu.hardware_present",
            "gpu.nouveau_loaded",
            "gpu.kernel_module_version",
            "gpu.fabric_manager",
        ),
        each(_bus),
    ),
)
