"""Facts recorded on one machine and read on another.

``whyfail facts --json > server.json`` where the run failed, ``whyfail --facts server.json log``
where whyfail is at hand. Values of secrets are never among them.
"""

from __future__ import annotations

import json
import os
import re

from troubleshoot.errors import FactsError
from troubleshoot.facts import RECORDED, Fact, unknown
from troubleshoot.installed import normalized
from troubleshoot.records import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from troubleshoot.facts import Value

SCHEMA = "whyfail-facts/1"
LARGEST_FILE = 8_000_000

PLAIN = (
    "host.os", "host.distribution", "host.package_manager", "host.is_wsl", "host.is_container",
    "host.platform", "host.architecture", "host.kernel", "host.cpu_count", "host.memory_total",
    "host.memory_available", "host.memory_limit", "host.swap_total", "host.oom_kills",
    "host.open_files_limit", "host.process_limit", "host.uptime", "host.display",
    "host.is_root", "host.glibc_version", "host.user_groups",
    "storage.shm_total", "storage.shm_free", "storage.tmp_free", "storage.hf_cache_free",
    "storage.home_free", "storage.free(.)", "storage.free_inodes(.)", "storage.is_read_only(.)",
    "network.proxy", "network.package_index", "network.proxy_half_set",
    "gpu.state", "gpu.count", "gpu.name", "gpu.names", "gpu.driver_version", "gpu.driver_cuda",
    "gpu.total_memory", "gpu.free_memory", "gpu.foreign_memory", "gpu.processes", "gpu.freest",
    "gpu.utilization", "gpu.compute_capability", "gpu.persistence", "gpu.hardware_present",
    "gpu.nouveau_loaded", "gpu.kernel_module_version", "gpu.fabric_manager", "gpu.ecc_errors",
    "python.version", "python.executable", "python.prefix", "python.environment",
    "python.conda_env", "python.uv_project", "python.externally_managed",
    "python.user_site_enabled", "python.bits", "python.interpreters", "python.pip_mismatch",
    "package.broken_requirements",
    "torch.version", "torch.cuda", "torch.is_cpu_build", "torch.cuda_available",
    "torch.cuda_reason", "torch.arch_list", "torch.nccl_version", "torch.cudnn_version",
    "cuda.home", "cuda.toolkit_version",
    "media.ffmpeg_version", "media.ffmpeg_majors", "media.libavutil_sonames", "media.has_gl",
    "media.has_egl", "media.has_osmesa", "media.x_display",
    "ray.running", "ray.sessions", "ray.object_store_free",
    "huggingface.token_present", "huggingface.cache_path", "lerobot.cache_path",
)  # fmt: skip
"""Facts without an argument that are recorded, and those of the working folder."""

PORTS = (29500, 6006, 6379, 7860, 8000, 8080, 8265, 8501, 8888)
TOOLS = ("git", "gcc", "g++", "cmake", "ninja", "nvcc", "ffmpeg", "uv", "conda", "docker")
LIBRARIES = (
    "libGL.so.1", "libEGL.so.1", "libcuda.so.1", "libnvidia-ml.so.1", "libcudart.so.12",
    "libcudart.so.13", "libcudnn.so.9", "libgthread-2.0.so.0", "libstdc++.so.6",
)  # fmt: skip
VARIABLES = (
    "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "LD_PRELOAD",
    "PYTHONPATH", "PYTHONNOUSERSITE", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV",
    "MUJOCO_GL", "PYOPENGL_PLATFORM", "DISPLAY", "HF_HOME", "HF_HUB_OFFLINE", "HF_ENDPOINT",
    "HF_TOKEN", "WANDB_API_KEY", "WANDB_MODE", "MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE",
    "RANK", "LOCAL_RANK", "NCCL_DEBUG", "NCCL_SOCKET_IFNAME", "OMP_NUM_THREADS", "TMPDIR",
    "PYTORCH_CUDA_ALLOC_CONF", "CUDA_HOME", "RAY_ADDRESS",
)  # fmt: skip


def load(path: str) -> list[Fact]:
    """Facts of a file.

    Raises:
        FactsError: if it cannot be read or is no such file.
    """
    try:
        if os.path.getsize(path) > LARGEST_FILE:
            raise FactsError("is too large for a file of facts", where=path)
        with open(path, encoding="utf-8-sig") as file:
            content = json.load(file)
    except OSError as error:
        raise FactsError(error.strerror or "cannot be read", where=path) from None
    except (ValueError, RecursionError) as error:
        raise FactsError(
            f"is not JSON: {error}", where=path, advice="record it with `whyfail facts --json`"
        ) from None
    return list(read(content, path))


def read(content: Any, where: str = "<facts>") -> Iterable[Fact]:
    """Facts in the parsed form: the published one, or plain names with values.

    Raises:
        FactsError: if a part of it cannot be used.
    """
    if not isinstance(content, dict):
        raise FactsError("is not an object of facts", where=where)
    schema = content.get("schema", SCHEMA)
    if schema != SCHEMA:
        raise FactsError(f"has schema {schema!r}; this whyfail reads {SCHEMA!r}", where=where)
    entries = content.get("facts", content if "schema" not in content else {})
    if not isinstance(entries, dict):
        raise FactsError("has no object called facts", where=where)
    for name, entry in entries.items():
        if not re.match(r"[a-z_]+\.[a-z_]+(?:\(.{0,500}\))?$", name):
            raise FactsError(f"{name!r} is not a fact's name", where=where)
        because = ""
        if isinstance(entry, dict):
            because = str(entry.get("because") or "")
            entry = entry.get("value")
        value = _value(entry, f"{where}: {name}")
        yield Fact(canonical(name), value, RECORDED, because or "recorded")


def canonical(name: str) -> str:
    """A fact's name with a distribution's name in its comparable spelling."""
    base, bracket, argument = name.partition("(")
    if not bracket or not base.startswith("package."):
        return name
    return f"{base}({normalized(argument.removesuffix(')'))})"


def _value(value: Any, where: str) -> Value:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list):
        return tuple(_value(item, where) for item in value)
    raise FactsError("is not a value: text, number, truth value, list or null", where=where)


def dump(facts: Iterable[Fact]) -> str:
    """The published form of facts as JSON text."""
    entries = {fact.name: {"value": fact.value, "because": fact.because} for fact in facts}
    content = {"schema": SCHEMA, "facts": entries}
    return json.dumps(content, ensure_ascii=False, indent=1, default=list)


def save(facts: Iterable[Fact], path: str) -> None:
    """Write facts to a file.

    Raises:
        FactsError: if it cannot be written.
    """
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(dump(facts) + "\n")
    except OSError as error:
        raise FactsError(error.strerror or "cannot be written", where=path) from None


def default_names(distributions: Iterable[str] = ()) -> list[str]:
    """What `whyfail facts` records: the machine, the interpreter, and all its distributions."""
    names = list(PLAIN)
    names += [f"network.port_in_use({port})" for port in PORTS]
    names += [f"tool.path({tool})" for tool in TOOLS]
    names += [f"library.found({soname})" for soname in LIBRARIES]
    names += [f"env.variable({name})" for name in VARIABLES]
    for name in map(normalized, distributions):
        names += [f"package.version({name})", f"package.editable({name})"]
    return names


class RecordedFacts:
    """A source that answers from recorded facts alone."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = {canonical(fact.name): fact for fact in facts}
        self._packages = sum(name.startswith("package.version(") for name in self._facts)

    def measure(self, names: Sequence[str]) -> Mapping[str, Fact]:
        """The recorded facts of these names; the others are unknown."""
        return {name: self._answer(name) for name in names}

    def _answer(self, name: str) -> Fact:
        fact = self._facts.get(canonical(name))
        if fact is not None:
            return replace(fact, name=name)
        base, _, argument = canonical(name).partition("(")
        if base == "package.installed" and self._packages:
            present = f"package.version({argument}" in self._facts
            why = f"among {self._packages} recorded distributions"
            return Fact(name, present, RECORDED, why if present else f"not {why}")
        return unknown(name, "not among the recorded facts", RECORDED)
