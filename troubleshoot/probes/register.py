"""Which module measures which facts, what asking costs, and the form of a question."""

from __future__ import annotations

from troubleshoot.facts import PROBE, Fact, unknown
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Value

MODULES = {
    "host": "host",
    "storage": "storage",
    "network": "network",
    "gpu": "gpu",
    "python": "python_env",
    "package": "packages",
    "module": "modules",
    "torch": "torch_env",
    "library": "libraries",
    "media": "media",
    "env": "tools",
    "tool": "tools",
    "cuda": "tools",
    "ray": "ray",
    "huggingface": "huggingface",
    "lerobot": "huggingface",
    "script": "scripts",
    "project": "project",
    "shell": "shells",
    "apt": "apt",
    "kernel": "kernels",
    "wandb": "wandb",
}
"""Which module of this package answers the facts of a domain."""

OTHER_MODULES = {
    "host.memory_total": "memory",
    "host.memory_available": "memory",
    "host.memory_limit": "memory",
    "host.swap_total": "memory",
    "host.oom_kills": "memory",
    "host.memory_limit_hits": "memory",
    "host.open_files_limit": "limits",
    "host.process_limit": "limits",
    "host.address_space_limit": "limits",
    "host.cpu_time_limit": "limits",
    "host.pids_limit": "limits",
    "host.pids_used": "limits",
    "host.overcommit": "limits",
    "host.load": "processes",
    "host.memory_pressure": "processes",
    "host.io_pressure": "processes",
    "host.cpu_pressure": "processes",
    "host.waiting_processes": "processes",
    "host.zombies": "processes",
    "host.busy_python": "processes",
    "host.oom_victim": "kernel_log",
    "host.was_oom_killed": "kernel_log",
    "host.secure_boot": "driver",
    "host.reboot_required": "upgrades",
    "host.clock_plausible": "clock",
    "gpu.hardware_present": "driver",
    "gpu.nouveau_loaded": "driver",
    "gpu.kernel_module_version": "driver",
    "gpu.fabric_manager": "driver",
    "gpu.nvswitch_present": "driver",
    "gpu.module_loaded": "driver",
    "gpu.module_for_kernel": "driver",
    "gpu.module_kernels": "driver",
    "gpu.module_signed": "driver",
    "gpu.userspace_version": "driver",
    "gpu.libraries_match": "driver",
    "gpu.module_refused": "kernel_log",
    "gpu.driver_upgraded": "upgrades",
    "cuda.compat_in_use": "driver",
    "network.port_in_use": "ports",
    "network.port_waiting": "ports",
    "network.port_pid": "ports",
    "network.port_holder": "ports",
    "network.port_is_own": "ports",
    "network.port_orphaned": "ports",
    "network.port_cwd": "ports",
    "network.port_has_index": "ports",
    "network.port_same_folder": "ports",
    "network.port_excluded": "ports",
    "network.proxy": "proxies",
    "network.proxy_half_set": "proxies",
    "network.git_proxy": "proxies",
    "network.dead_proxy": "proxies",
    "env.set_in": "startup",
    "tool.is_of_python": "launch",
    "python.path_entry": "launch",
    "storage.existing_part": "paths",
    "storage.similar": "paths",
    "storage.elsewhere": "paths",
    "storage.link_target": "paths",
    "storage.built_for": "paths",
    "storage.runs_here": "paths",
    "storage.is_executable": "paths",
    "storage.quota_left": "room",
    "storage.deleted_open": "room",
    "storage.file_system": "room",
    "media.video_codec": "video",
    "media.video_readable": "video",
    "media.has_decoder": "video",
    "lerobot.dataset_path": "datasets",
    "lerobot.dataset_version": "datasets",
    "lerobot.dataset_features": "datasets",
}
"""Facts that live in another module than their domain says."""

SLOW = {
    "host.busy_python": 0.35,
    "torch.cuda_available": 4.0,
    "torch.cuda_reason": 4.0,
    "torch.arch_list": 4.0,
    "package.broken_requirements": 0.2,
    "module.elsewhere": 0.1,
    "media.has_decoder": 0.2,
    "media.video_readable": 0.2,
    "media.video_codec": 0.2,
    "storage.elsewhere": 0.2,
    "apt.has_package": 0.5,
}
"""Usual cost in seconds of the facts that are worth thinking about before asking."""


@record
class Request:
    """One fact asked for.

    Attributes:
        name: the full name, ``package.version(torch)``.
        base: the name without its argument, ``package.version``.
        argument: what stands in the parentheses, or ``""``.
    """

    name: str
    base: str
    argument: str

    def known(self, value: Value, because: str) -> Fact:
        """The measured fact."""
        return Fact(name=self.name, value=value, source=PROBE, because=because)

    def unknown(self, because: str) -> Fact:
        """The fact as unknown, with the reason."""
        return unknown(self.name, because)


def parse_name(name: str) -> Request:
    """Split ``package.version(torch)`` into its base name and argument."""
    base, bracket, rest = name.partition("(")
    argument = rest[:-1] if bracket and rest.endswith(")") else rest
    return Request(name, base.strip(), argument.strip())


def module_of(base: str) -> str:
    """Name of the module in this package that measures ``base``, or ``""``."""
    return OTHER_MODULES.get(base) or MODULES.get(base.partition(".")[0], "")


def cost(name: str) -> float:
    """Seconds that measuring ``name`` usually takes."""
    return SLOW.get(parse_name(name).base, 0.01)
