"""NVIDIA's driver as the kernel and the disk show it, without asking the driver itself."""

from __future__ import annotations

import os
import re

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.probes.libraries import search

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_NVIDIA = "0x10de"
_DISPLAY = ("0x0300", "0x0302")
_BRIDGE = "0x0680"  # an NVSwitch says that it is a bridge of no other kind
_MODULE = re.compile(r"nvidia(?:-current)?\.ko(?:\.(?:xz|zst|gz))?$")
_SIGNATURE = b"~Module signature appended~\n"
_FOLDERS = ("updates/dkms", "updates", "extra", "extra/nvidia", "extramodules", "kernel/nvidia",
            "kernel/drivers/video", "kernel/drivers/char/drm", "kernel/drivers/video/nvidia",
            "video", "misc", "weak-updates/nvidia", "updates/nvidia",
            "kernel/nvidia-current")  # fmt: skip


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


def switches(root: str = "/sys/bus/pci/devices") -> list[str]:
    """Addresses of the NVSwitches on the PCI bus."""
    return [name for name, kind in pci_devices(root) if kind.startswith(_BRIDGE)]


def module_file(release: str, root: str = "/lib/modules") -> str:
    """Path of NVIDIA's module for a kernel, or ``""`` where it was not built for it."""
    home = os.path.join(root, release)
    for place in _FOLDERS:
        folder = os.path.join(home, place)
        found = next((name for name in _names(folder) if _MODULE.match(name)), "")
        if found:
            return os.path.join(folder, found)
    for line in read_text(os.path.join(home, "modules.dep"), 4_000_000).splitlines():
        path = line.partition(":")[0]
        if _MODULE.match(path.rpartition("/")[2]) and os.path.exists(os.path.join(home, path)):
            return os.path.join(home, path)
    for place in ("kernel/drivers", "kernel"):  # Ubuntu's linux-modules-nvidia: nvidia-550/
        for name in _names(os.path.join(home, place)):
            folder = os.path.join(home, place, name)
            if name.startswith("nvidia"):
                found = next((file for file in _names(folder) if _MODULE.match(file)), "")
                if found:
                    return os.path.join(folder, found)
    return ""


def module_kernels(root: str = "/lib/modules") -> tuple[str, ...]:
    """Releases of the kernels that NVIDIA's module was built for."""
    return tuple(name for name in _names(root) if module_file(name, root))


def is_signed(path: str) -> bool | None:
    """Whether a kernel module carries a signature; None where it is packed."""
    if not path.endswith(".ko"):
        return None
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - len(_SIGNATURE)))
        return file.read() == _SIGNATURE


def secure_boot(root: str = "/sys/firmware/efi") -> tuple[bool | None, str]:
    """Whether Secure Boot is on, by the firmware's variable, and why."""
    if not os.path.isdir(root):
        return False, "the machine was not started by UEFI firmware"
    folder = os.path.join(root, "efivars")
    name = next((item for item in _names(folder) if item.startswith("SecureBoot-")), "")
    if not name:
        return None, f"{folder} does not show the variable SecureBoot"
    with open(os.path.join(folder, name), "rb") as file:
        raw = file.read(16)
    if len(raw) < 5:
        return None, f"{name} is too short"
    return raw[4] == 1, f"{folder}/{name}"


def library_version(path: str) -> str:
    """Version of a driver library by the file its name leads to, or ``""``."""
    name = os.path.realpath(path).rpartition("/")[2]
    match = re.search(r"\.so\.(\d{3}(?:\.\d+)+)$", name)
    return match.group(1) if match else ""


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


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
    if base == "hardware_present" and _is_wsl_gpu():
        return request.known(True, "WSL passes a GPU through (/dev/dxg)")
    if not os.path.isdir("/sys/bus/pci"):
        return request.unknown("the PCI bus cannot be read here")
    if base == "nvswitch_present":
        found = switches()
        why = f"NVSwitch at {found[0]}" if found else "no NVSwitch on the PCI bus"
        return request.known(bool(found), why)
    found = [name for name, kind in pci_devices() if kind.startswith(_DISPLAY)]
    why = f"NVIDIA GPU at {', '.join(found)}" if found else "no NVIDIA GPU on the PCI bus"
    return request.known(bool(found), why)


def _is_wsl_gpu() -> bool:
    return os.path.exists("/dev/dxg") and os.path.exists("/usr/lib/wsl/lib/libcuda.so.1")


def _fabric_manager(request: Request) -> Fact:
    found = switches()
    if not found:
        return request.known("not-needed", "no NVSwitch on the PCI bus")
    for pid in os.listdir("/proc"):
        if pid.isdigit() and read_text(f"/proc/{pid}/comm", 64).startswith("nv-fabricmanage"):
            return request.known("running", f"pid {pid}")
    installed = os.path.exists("/usr/bin/nv-fabricmanager")
    return request.known("stopped" if installed else "absent", f"NVSwitch at {found[0]}")


def _module(context: Context, request: Request) -> Fact:
    base = request.base.partition(".")[2]
    if base == "secure_boot":
        state, why = secure_boot()
        return request.unknown(why) if state is None else request.known(state, why)
    if not hasattr(os, "uname") or not os.path.isdir("/proc/sys/kernel"):
        return request.unknown("this system has no such kernel modules")
    if base == "module_loaded":
        loaded = os.path.isdir("/sys/module/nvidia") or bool(kernel_module_version())
        return request.known(loaded, "/sys/module/nvidia" + ("" if loaded else " is absent"))
    release = os.uname().release
    if _is_wsl_gpu():
        return request.unknown("in WSL the kernel module is Windows' own")
    if not os.path.isdir(os.path.join("/lib/modules", release)):
        return request.unknown(f"/lib/modules/{release} is not here (a container)")
    if base == "module_kernels":
        return request.known(module_kernels(), "/lib/modules")
    path = module_file(release)
    if base == "module_for_kernel":
        if path:
            return request.known(True, path)
        others = ", ".join(module_kernels()) or "none"
        why = f"none for {release}, the running kernel; kernels that have it: {others}"
        return request.known(False, why)
    if not path:
        return request.unknown(f"there is no NVIDIA module for {release}")
    signed = is_signed(path)
    if signed is None:
        return request.unknown(f"{path} is packed")
    return request.known(signed, path)


def _libraries(context: Context, request: Request) -> Fact:
    base = request.base.partition(".")[2]
    if base == "compat_in_use":
        path, why = search(context, "libcuda.so.1")
        if not path:
            return request.unknown(f"libcuda.so.1: {why}")
        real = os.path.realpath(path)
        compat = "/compat/" in real or "/compat/" in path or "cuda-compat" in real
        return request.known(compat, f"the loader takes {path}")
    version = where = ""
    for name in ("libnvidia-ml.so.1", "libcuda.so.1"):
        path, why = search(context, name)
        version = library_version(path) if path else ""
        where = os.path.realpath(path) if path else f"{name}: {why}"
        if version:
            break
    if not version:
        return request.unknown(where)
    if base == "userspace_version":
        return request.known(version, where)
    loaded = kernel_module_version()
    if not loaded:
        return request.unknown("no NVIDIA kernel module is loaded")
    return request.known(version == loaded, f"kernel module {loaded}, {where}")


PROBES = (
    Probe(
        (
            "gpu.hardware_present",
            "gpu.nouveau_loaded",
            "gpu.kernel_module_version",
            "gpu.fabric_manager",
            "gpu.nvswitch_present",
        ),
        each(_bus),
    ),
    Probe(
        (
            "gpu.module_loaded",
            "gpu.module_for_kernel",
            "gpu.module_kernels",
            "gpu.module_signed",
            "host.secure_boot",
        ),
        each(_module),
    ),
    Probe(("gpu.userspace_version", "gpu.libraries_match", "cuda.compat_in_use"), each(_libraries)),
)
