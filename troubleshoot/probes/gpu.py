"""NVIDIA GPUs: what NVML's answer says of the driver and of each device."""

from __future__ import annotations

from troubleshoot.probes import Probe, each
from troubleshoot.probes.driver import kernel_module_version
from troubleshoot.probes.nvml import NOISE, NVML_LIMIT, chosen, survey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from troubleshoot.facts import Fact, Value
    from troubleshoot.probes import Context
    from troubleshoot.probes.nvml import Device
    from troubleshoot.probes.register import Request

THROTTLES = (
    (0x40, "hardware thermal slowdown"),
    (0x20, "software thermal slowdown"),
    (0x80, "power brake"),
    (0x08, "hardware slowdown"),
    (0x04, "power cap"),
)
"""Bits of NVML's clock event reasons that make a GPU slower than it could be."""

FABRIC = {0: "not-needed", 1: "not-started", 2: "in-progress", 3: "completed"}
"""NVML's states of the NVLink fabric."""

_PLAIN = {
    "name": "name",
    "total_memory": "total",
    "free_memory": "free",
    "utilization": "utilization",
    "compute_capability": "capability",
    "persistence": "persistence",
    "ecc_errors": "ecc",
}


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
    if base in ("foreign_memory", "processes", "orphans", "unlisted_memory"):
        value, reason = _use(device, base, context.target.pids)
    elif base in ("throttling", "fabric_state", "utilization_mean", "is_link_narrow"):
        value, reason = _condition(device, base)
    elif base == "performance_state":
        state = device.number("performance")
        value, reason = (f"P{state}" if state is not None and state < 16 else None), ""
    else:
        plain = device.values.get(_PLAIN[base])
        value = plain if isinstance(plain, bool | int | float | str) else None
        if base == "utilization" and value is not None:
            value = float(str(value))
        reason = ""
    if value is None:
        return request.unknown(f"{why}: {reason or 'NVML does not tell'}")
    return request.known(value, f"{why}: {reason}" if reason else why)


def _use(device: Device, base: str, own: Sequence[int]) -> tuple[Value, str]:
    """Who holds the memory of a GPU."""
    if base == "foreign_memory":
        return device.foreign_memory(own), _describe(device, own)
    if device.processes is None:
        return None, ""
    if base == "processes":
        return _describe(device, own), ""
    if base == "unlisted_memory":
        rest = device.unlisted_memory()
        return rest, "used memory that no process NVML lists holds"
    from troubleshoot.probes.processes import is_orphan

    lost = [item for item in device.processes if item.pid not in own and is_orphan(item.pid)]
    return "; ".join(_holder(item.pid, item.memory) for item in lost), (
        "processes whose launcher has ended" if lost else "every process still has its launcher"
    )


def _condition(device: Device, base: str) -> tuple[Value, str]:
    """How fast a GPU can work now, and how much it does."""
    if base == "throttling":
        reasons = device.number("throttle")
        if reasons is None:
            return None, ""
        found = [word for bit, word in THROTTLES if reasons & bit]
        if "hardware slowdown" in found and len(found) > 1:
            found.remove("hardware slowdown")  # the thermal and power bits say which
        return ", ".join(found), f"clock event reasons {reasons:#x}"
    if base == "fabric_state":
        state = device.number("fabric")
        return (None, "") if state is None else (FABRIC.get(state, str(state)), "NVML")
    if base == "is_link_narrow":
        now, most = device.number("link_width"), device.number("link_width_max")
        if not now or not most:
            return None, ""
        return now < most, f"PCIe x{now} of x{most}"
    busy = bool(device.processes) or (device.number("used") or 0) > 16 * NOISE
    mean, seconds = device.values.get("samples_mean"), device.number("samples_ms")
    if not busy:
        return None, "nothing uses it now"
    if isinstance(mean, int | float) and seconds is not None and seconds >= 1000:
        return float(mean), f"mean of the last {seconds / 1000:.0f} s"
    rate = device.number("utilization")
    return (None if rate is None else float(rate)), "at this moment"


def _describe(device: Device, own: Sequence[int]) -> str:
    """Who uses a GPU, the largest first."""
    listed = sorted(device.processes or (), key=lambda process: -process.memory)
    lines = [_holder(item.pid, item.memory) for item in listed if item.pid not in own][:5]
    if lines:
        return "; ".join(lines)
    used = device.number("used") or 0
    if used > 16 * NOISE:
        return f"{used / 2**30:.1f} GiB held by processes that are not visible from here"
    return "nobody"


def _holder(pid: int, memory: int) -> str:
    from troubleshoot.probes.ports import describe

    return f"{describe(pid)} holds {memory / 2**30:.1f} GiB"


def visible(devices: Sequence[Device], value: str | None) -> list[Device]:
    """The GPUs CUDA shows: the list is cut at its first entry that names none."""
    if value is None:
        return list(devices)
    shown: list[Device] = []
    for token in (part.strip() for part in value.split(",")):
        named = [
            item
            for item in devices
            if token == str(item.index)
            or (token.startswith("GPU-") and str(item.values.get("uuid")).startswith(token))
        ]
        if len(named) != 1 or named[0] in shown:
            break
        shown += named
    return shown


def _hidden(context: Context, request: Request) -> Fact:
    environ = context.environ
    name = "CUDA_VISIBLE_DEVICES"
    value = environ.get(name)
    nothing = value is not None and value.strip() in ("", "-1", "none", "NoDevFiles")
    if request.base == "gpu.visible_count":
        found = survey(context)
        if nothing:
            return request.known(0, f"{name}={value}")
        if found.state not in ("ok", "no-device"):
            return request.unknown(found.why)
        if value and "MIG-" in value:
            return request.unknown(f"{name}={value} names slices of a GPU")
        shown = visible(found.devices, value)
        why = f"{name} is not set" if value is None else f"{name}={value}"
        return request.known(len(shown), f"{len(found.devices)} in the machine; {why}")
    if nothing:
        return request.known(name, f"{name}={value!r}")
    for other in ("NVIDIA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"):
        given = environ.get(other)
        hides = ("void", "none") if other.startswith("NVIDIA") else ("", "-1")
        if given is not None and given.strip() in hides:
            return request.known(other, f"{other}={given!r}")
    if value is not None and "MIG-" not in value:
        found = survey(context)
        if found.state == "ok" and not visible(found.devices, value):
            return request.known(name, f"{name}={value!r}: no such GPU is here")
    return request.known("", "no variable hides a GPU")


PROBES = (
    Probe(
        ("gpu.state", "gpu.count", "gpu.names", "gpu.driver_version", "gpu.driver_cuda"),
        _driver,
        limit=NVML_LIMIT,
    ),
    Probe(
        (
            *(f"gpu.{name}" for name in _PLAIN),
            "gpu.foreign_memory",
            "gpu.processes",
            "gpu.orphans",
            "gpu.unlisted_memory",
            "gpu.freest",
            "gpu.utilization_mean",
            "gpu.performance_state",
            "gpu.throttling",
            "gpu.is_link_narrow",
            "gpu.fabric_state",
        ),
        each(_device),
        limit=NVML_LIMIT,
    ),
    Probe(("gpu.visible_count", "gpu.hidden_by"), each(_hidden), limit=NVML_LIMIT),
)
