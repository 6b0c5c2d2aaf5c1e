"""The environment section of a report, from facts: as complete as ``torch.utils.collect_env``.

Labels and order are those that PyTorch's maintainers know from that script; torch is never
imported here, and a torch that cannot be imported does not empty the section.
"""

from __future__ import annotations

from troubleshoot import values
from troubleshoot.installed import normalized

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from troubleshoot.facts import Facts
    from troubleshoot.failure import Failure

NAMES = (
    "host.os", "host.distribution", "host.kernel", "host.architecture", "host.platform",
    "host.is_wsl", "host.is_container", "host.cpu_model", "host.cpu_count", "host.memory_total",
    "host.memory_available", "host.memory_limit", "host.glibc_version", "storage.shm_total",
    "tool.version(gcc)", "tool.version(clang)", "tool.version(cmake)", "python.version",
    "python.bits", "python.environment", "python.conda_env", "python.executable", "torch.version",
    "torch.cuda", "torch.hip", "torch.is_debug_build", "torch.cuda_available", "torch.cuda_reason",
    "torch.cudnn_version", "torch.nccl_version", "cuda.toolkit_version", "cuda.home", "gpu.state",
    "gpu.count", "gpu.names", "gpu.name", "gpu.driver_version", "gpu.driver_cuda",
    "gpu.total_memory", "gpu.compute_capability", "media.ffmpeg_version",
)  # fmt: skip
"""Facts that the section shows."""

VARIABLES = (
    "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "CUDA_MODULE_LOADING", "CUDA_LAUNCH_BLOCKING",
    "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH", "PYTORCH_CUDA_ALLOC_CONF", "NCCL_DEBUG",
    "NCCL_SOCKET_IFNAME", "OMP_NUM_THREADS", "MUJOCO_GL", "PYOPENGL_PLATFORM", "HF_HOME",
    "HF_ENDPOINT", "HF_HUB_OFFLINE", "RAY_ADDRESS", "TORCH_LOGS", "TORCHDYNAMO_VERBOSE",
    "PYTORCH_ENABLE_MPS_FALLBACK", "XLA_FLAGS", "JAX_PLATFORMS",
)  # fmt: skip
_FAMILIES = ("nvidia-", "torch", "pytorch-", "triton", "jax", "cuda-", "cupy-")
_COMMON = ("numpy", "torch", "torchvision", "torchaudio", "triton", "pip", "setuptools")
_SYSTEMS = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}


def names(
    libraries: Iterable[str],
    failures: Sequence[Failure] = (),
    installed: Iterable[str] = (),
    *,
    everything: bool = False,
) -> list[str]:
    """Facts to measure at once for the section.

    Args:
        libraries: distributions that the project's maintainers ask for.
        failures: what went wrong; the packages of its frames matter too.
        installed: names of all installed distributions.
        everything: whether all of them are wanted, not only those that matter.
    """
    wanted = [*libraries, *_COMMON, *_packages(failures)]
    wanted += [name for name in installed if everything or normalized(name).startswith(_FAMILIES)]
    versions = [f"package.version({normalized(name)})" for name in wanted]
    return list(
        dict.fromkeys([*NAMES, *versions, *(f"env.variable({name})" for name in VARIABLES)])
    )


def section(
    facts: Facts,
    libraries: Iterable[str] = (),
    failures: Sequence[Failure] = (),
    *,
    everything: bool = False,
) -> str:
    """The section as plain lines.

    Args:
        facts: of the machine where the run failed, as far as they are known.
        libraries: distributions that the project's maintainers ask for.
        failures: what went wrong.
        everything: with all installed distributions, not only those that matter.
    """
    return "\n".join(
        [
            *_torch(facts),
            *_system(facts),
            *_python(facts),
            *_gpu(facts),
            *_variables(facts),
            *_libraries(facts, libraries, failures, everything),
        ]
    )


def system_line(facts: Facts) -> str:
    """The operating system in one line, or ``""``."""
    name = _SYSTEMS.get(_text(facts, "host.os"), _text(facts, "host.os"))
    shown = _text(facts, "host.distribution") or name
    about = [name] if shown.lower() != name.lower() and name else []
    if _text(facts, "host.kernel"):
        about.append(f"kernel {_text(facts, 'host.kernel')}")
    about += [each for each in (_text(facts, "host.architecture"),) if each]
    place = _text(facts, "host.platform")
    if facts.value("host.is_wsl"):
        about.append("WSL")
    if place:
        about.append(place)
    elif facts.value("host.is_container"):
        about.append("container")
    if not shown and place:
        return place
    return f"{shown} ({', '.join(about)})" if about and shown else shown or ", ".join(about)


def versions(facts: Facts, libraries: Sequence[str]) -> str:
    """Python and the project's first library, in one line each."""
    lines = [f"Python {_text(facts, 'python.version')}"] if _text(facts, "python.version") else []
    for name in libraries[:1]:
        found = _text(facts, f"package.version({normalized(name)})")
        if found:
            lines.append(f"{name} {found}")
    return "\n".join(lines)


def _text(facts: Facts, name: str) -> str:
    return values.show(facts.value(name))


def _line(label: str, value: str) -> Iterator[str]:
    if value:
        yield f"{label}: {value}"


def _torch(facts: Facts) -> Iterator[str]:
    version = facts.get("torch.version")
    if not version.is_known:
        if _is_measured(version.because):
            yield f"PyTorch version: unknown ({version.because})"
        return
    yield f"PyTorch version: {values.show(version.value)}"
    debug = facts.value("torch.is_debug_build")
    if debug is not None:
        yield f"Is debug build: {bool(debug)}"
    cuda, hip = facts.get("torch.cuda"), facts.get("torch.hip")
    if cuda.is_known:
        yield f"CUDA used to build PyTorch: {cuda.value or 'None (CPU build)'}"
    if hip.is_known:
        yield f"ROCM used to build PyTorch: {hip.value or 'N/A'}"


def _system(facts: Facts) -> Iterator[str]:
    yield from _line("OS", system_line(facts))
    for label, name in (("GCC", "gcc"), ("Clang", "clang"), ("CMake", "cmake")):
        yield from _line(f"{label} version", _text(facts, f"tool.version({name})"))
    glibc = _text(facts, "host.glibc_version")
    yield from _line("Libc version", f"glibc-{glibc}" if glibc else "")
    model, count = _text(facts, "host.cpu_model"), _text(facts, "host.cpu_count")
    yield from _line("CPU", f"{model} ({count} usable)" if model and count else model or count)
    total = facts.value("host.memory_total")
    if isinstance(total, int | float):
        parts = [values.size(total)]
        for name, word in (("available", "available"), ("limit", "limit")):
            amount = facts.value(f"host.memory_{name}")
            if isinstance(amount, int | float) and amount:
                parts.append(f"{values.size(amount)} {word}")
        yield f"Memory: {', '.join(parts)}"
    shared = facts.value("storage.shm_total")
    if isinstance(shared, int | float) and shared:
        yield f"Shared memory (/dev/shm): {values.size(shared)}"


def _python(facts: Facts) -> Iterator[str]:
    version = _text(facts, "python.version")
    if not version:
        return
    about = [f"{bits}-bit runtime" for bits in [_text(facts, "python.bits")] if bits]
    kind, conda = _text(facts, "python.environment"), _text(facts, "python.conda_env")
    if kind:
        about.append(f"{kind} environment" + (f" {conda!r}" if conda else ""))
    yield f"Python version: {version}" + (f" ({', '.join(about)})" if about else "")
    yield from _line("Python executable", _text(facts, "python.executable"))
    kernel, machine = _text(facts, "host.kernel"), _text(facts, "host.architecture")
    if kernel and facts.value("host.os") == "linux":
        glibc = _text(facts, "host.glibc_version")
        libc = f"-with-glibc{glibc}" if glibc else ""
        yield f"Python platform: Linux-{kernel}-{machine}{libc}"


def _gpu(facts: Facts) -> Iterator[str]:
    available = facts.get("torch.cuda_available")
    if available.is_known:
        reason = "" if available.value else _text(facts, "torch.cuda_reason")
        yield f"Is CUDA available: {bool(available.value)}" + (f" ({reason})" if reason else "")
    elif facts.get("torch.version").is_known and _is_measured(available.because):
        yield f"Is CUDA available: unknown ({available.because})"
    yield from _line("CUDA runtime (toolkit) version", _text(facts, "cuda.toolkit_version"))
    state = _text(facts, "gpu.state")
    gpus = facts.value("gpu.names") or facts.value("gpu.name")
    if gpus:
        shown = [str(each) for each in (gpus if isinstance(gpus, tuple) else (gpus,))]
        counted = [
            f"{shown.count(name)} × {name}" if shown.count(name) > 1 else name
            for name in dict.fromkeys(shown)
        ]
        about = []
        memory = facts.value("gpu.total_memory")
        if isinstance(memory, int | float):
            about.append(values.size(memory))
        capability = _text(facts, "gpu.compute_capability")
        if capability:
            about.append(f"compute capability {capability}")
        tail = f" ({', '.join(about)})" if about else ""
        yield f"GPU models and configuration: {', '.join(counted)}{tail}"
    elif state and state != "ok":
        yield f"GPU models and configuration: none seen ({state})"
    driver, newest = _text(facts, "gpu.driver_version"), _text(facts, "gpu.driver_cuda")
    tail = f" (supports CUDA up to {newest})" if newest else ""
    yield from _line("Nvidia driver version", f"{driver}{tail}" if driver else "")
    yield from _line("cuDNN version", _text(facts, "torch.cudnn_version"))
    yield from _line("NCCL version", _text(facts, "torch.nccl_version"))
    yield from _line("FFmpeg version", _text(facts, "media.ffmpeg_version"))


def _variables(facts: Facts) -> Iterator[str]:
    for name in VARIABLES:
        value = _text(facts, f"env.variable({name})")
        if value:
            yield f"{name}={value}"


def _libraries(
    facts: Facts,
    libraries: Iterable[str],
    failures: Sequence[Failure],
    everything: bool,
) -> Iterator[str]:
    found, absent = {}, set()
    for fact in facts:
        if not fact.name.startswith("package.version("):
            continue
        name = normalized(fact.name[16:-1])
        if fact.is_known:
            found[name] = values.show(fact.value)
        elif _is_measured(fact.because):
            absent.add(name)
    asked = dict.fromkeys(normalized(each) for each in (*libraries, *_COMMON, *_packages(failures)))
    shown = [name for name in asked if name in found]
    for name in sorted(found):
        if name not in asked and (everything or name.startswith(_FAMILIES)):
            shown.append(name)
    if shown:
        yield ""
        yield "Versions of relevant libraries:" if not everything else "Installed libraries:"
        yield from (f"{name}=={found[name]}" for name in sorted(shown))
    missing = [name for name in libraries if normalized(name) in absent]
    if missing and found and not everything:
        yield f"Not installed: {', '.join(missing)}"


def _packages(failures: Sequence[Failure]) -> list[str]:
    """Packages that the failures came through, in the order of their frames."""
    packages = [frame.package for failure in failures for frame in failure.frames]
    return [name for name in dict.fromkeys(packages) if name][:24]


def _is_measured(because: str) -> bool:
    """Whether a fact is unknown although somebody looked."""
    return "does not say" not in because and "not measured" not in because
