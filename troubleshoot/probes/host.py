"""The machine itself: system, distribution, container, processors, user."""

from __future__ import annotations

import os
import sys

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.programs import on_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

MANAGERS = ("apt-get", "dnf", "yum", "pacman", "zypper", "apk", "brew", "winget", "choco")
_BY_DISTRIBUTION = {
    "debian": "apt",
    "ubuntu": "apt",
    "linuxmint": "apt",
    "pop": "apt",
    "raspbian": "apt",
    "kali": "apt",
    "fedora": "dnf",
    "rhel": "dnf",
    "centos": "dnf",
    "rocky": "dnf",
    "almalinux": "dnf",
    "ol": "dnf",
    "amzn": "dnf",
    "arch": "pacman",
    "manjaro": "pacman",
    "endeavouros": "pacman",
    "opensuse": "zypper",
    "suse": "zypper",
    "sles": "zypper",
    "alpine": "apk",
}


def system_name() -> str:
    """``linux``, ``macos`` or ``windows``."""
    return {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")


def distribution(text: str) -> tuple[str, str]:
    """Distribution as ``id version`` and the family it belongs to, from ``os-release``."""
    values = {}
    for line in text.splitlines():
        key, _, value = line.partition("=")
        values[key] = value.strip().strip("\"'")
    name = values.get("ID", "")
    family = f"{name} {values.get('ID_LIKE', '')}".split()
    return f"{name} {values.get('VERSION_ID', '')}".strip(), " ".join(family)


def package_manager(family: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The system's package manager, by distribution first, then by what is on PATH."""
    for word in family.split():
        manager = _BY_DISTRIBUTION.get(word.split("-")[0])
        if manager == "dnf" and not on_path("dnf", environ) and on_path("yum", environ):
            manager = "yum"
        if manager:
            return manager, f"the distribution is {word}"
    for program in MANAGERS:
        if on_path(program, environ):
            return program.removesuffix("-get"), f"{program} is on PATH"
    return "", "no package manager on PATH"


def is_container(environ: Mapping[str, str]) -> tuple[bool, str]:
    """Whether this process runs in a container."""
    for mark in ("/.dockerenv", "/run/.containerenv", "/.singularity.d"):
        if os.path.exists(mark):
            return True, f"{mark} exists"
    for name in ("KUBERNETES_SERVICE_HOST", "APPTAINER_CONTAINER", "SINGULARITY_CONTAINER"):
        if environ.get(name):
            return True, f"${name} is set"
    groups = read_text("/proc/1/cgroup")
    for word in ("docker", "kubepods", "containerd", "libpod", "lxc"):
        if word in groups:
            return True, f"/proc/1/cgroup names {word}"
    if "\0container=" in "\0" + read_text("/proc/1/environ", 4096):
        return True, "the first process has $container"
    return False, "no sign of a container"


def platform(environ: Mapping[str, str]) -> tuple[str, str]:
    """The hosted platform this runs on, or ``""``."""
    for name, variables in (
        ("colab", ("COLAB_RELEASE_TAG", "COLAB_GPU", "COLAB_BACKEND_VERSION")),
        ("kaggle", ("KAGGLE_KERNEL_RUN_TYPE", "KAGGLE_URL_BASE")),
        ("slurm", ("SLURM_JOB_ID", "SLURM_JOBID")),
        ("sagemaker", ("SM_TRAINING_ENV", "SAGEMAKER_APP_TYPE")),
        ("databricks", ("DATABRICKS_RUNTIME_VERSION",)),
        ("codespaces", ("CODESPACES",)),
        ("github-actions", ("GITHUB_ACTIONS",)),
        ("kubernetes", ("KUBERNETES_SERVICE_HOST",)),
        ("runpod", ("RUNPOD_POD_ID",)),
        ("vast", ("VAST_CONTAINERLABEL",)),
        ("lightning", ("LIGHTNING_CLOUD_PROJECT_ID",)),
    ):
        found = next((variable for variable in variables if environ.get(variable)), "")
        if found:
            return name, f"${found} is set"
    if os.path.isdir("/content/sample_data"):
        return "colab", "/content/sample_data exists"
    inside, why = is_container(environ)
    if os.path.exists("/.dockerenv"):
        return "docker", why
    return ("container", why) if inside else ("", "a plain machine")


def _cpu_count() -> tuple[int, str]:
    count, why = os.cpu_count() or 1, "processors of the machine"
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
        if allowed < count:
            count, why = allowed, f"{allowed} of {count} processors are allowed (affinity)"
    quota, period = _cpu_quota()
    if quota > 0 and quota / period < count:
        whole = max(1, int(quota / period))
        return whole, f"the container may use {quota / period:.2g} of {count} processors"
    return count, why


def _cpu_quota() -> tuple[float, float]:
    words = read_text("/sys/fs/cgroup/cpu.max").split()
    if len(words) == 2 and words[0].isdigit():
        return float(words[0]), float(words[1])
    quota = read_text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").strip()
    period = read_text("/sys/fs/cgroup/cpu/cpu.cfs_period_us").strip()
    if quota.isdigit() and period.isdigit() and int(period):
        return float(quota), float(period)
    return 0.0, 1.0


def _cpu_model(context: Context) -> tuple[str, str]:
    """What the processor calls itself, and where that was read."""
    text = read_text("/proc/cpuinfo", 20000)
    for line in text.splitlines():
        if line.startswith(("model name", "Hardware", "cpu model")):
            return line.partition(":")[2].strip(), "/proc/cpuinfo"
    if system_name() == "macos":
        from troubleshoot.probes.child import ask

        reply = ask(
            ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"],
            limit=1.0,
            environ=context.environ,
            cwd=context.target.cwd,
        )
        return reply.output.strip(), "sysctl"
    return context.environ.get("PROCESSOR_IDENTIFIER", ""), "$PROCESSOR_IDENTIFIER"


def _uptime() -> float:
    text = read_text("/proc/uptime").split()
    if text:
        return float(text[0])
    import time

    import psutil

    return time.time() - psutil.boot_time()


def _glibc() -> str:
    try:
        name = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):
        return ""
    return name.rpartition(" ")[2]


def _groups() -> tuple[str, ...]:
    import grp

    names = []
    for number in sorted({*os.getgroups(), os.getegid()}):
        try:
            names.append(grp.getgrgid(number).gr_name)
        except KeyError:
            names.append(str(number))
    return tuple(names)


def processor(environ: Mapping[str, str]) -> str:
    """The processor's architecture, by one name on all systems: ``x86_64``, ``arm64``."""
    if hasattr(os, "uname"):
        found = os.uname().machine.lower()
    else:
        found = environ.get("PROCESSOR_ARCHITECTURE", "").lower()
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(found, found)


def _system(context: Context, request: Request) -> Fact:
    environ = context.environ
    base = request.base.removeprefix("host.")
    if base == "os":
        return request.known(system_name(), f"Python's platform is {sys.platform}")
    if base in ("distribution", "package_manager"):
        name, family = distribution(read_text("/etc/os-release"))
        if base == "package_manager":
            manager, why = package_manager(family, environ)
            return request.known(manager, why) if manager else request.unknown(why)
        if name:
            return request.known(name, "/etc/os-release")
        return request.unknown("there is no /etc/os-release")
    if base == "is_wsl":
        release = read_text("/proc/sys/kernel/osrelease")
        return request.known("microsoft" in release.lower(), f"kernel {release.strip()}")
    if base == "is_container":
        return request.known(*is_container(environ))
    if base == "platform":
        return request.known(*platform(environ))
    if base == "display":
        names = [name for name in ("DISPLAY", "WAYLAND_DISPLAY") if environ.get(name)]
        always = system_name() != "linux"
        why = f"${names[0]} is set" if names else "neither DISPLAY nor WAYLAND_DISPLAY is set"
        return request.known(bool(names) or always, why if not always else system_name())
    if base == "architecture":
        return request.known(processor(environ), "uname")
    release = os.uname().release if hasattr(os, "uname") else str(sys.getwindowsversion().build)  # type: ignore[attr-defined, unused-ignore]
    return request.known(release, "uname")


def _machine(context: Context, request: Request) -> Fact:
    base = request.base.removeprefix("host.")
    if base == "cpu_count":
        return request.known(*_cpu_count())
    if base == "cpu_model":
        model, why = _cpu_model(context)
        return request.known(model, why) if model else request.unknown("it does not say")
    if base == "uptime":
        return request.known(_uptime(), "time since boot")
    if base == "glibc_version":
        version = _glibc()
        if version:
            return request.known(version, "confstr")
        return request.unknown("the C library is not glibc")
    if base == "is_root":
        if not hasattr(os, "geteuid"):
            return request.unknown("not asked on this system")
        return request.known(os.geteuid() == 0, f"user id {os.geteuid()}")
    if base == "user_groups":
        if not hasattr(os, "getgroups"):
            return request.unknown("there are no such groups on this system")
        return request.known(_groups(), "getgroups")
    text = read_text("/proc/cpuinfo", 20000)
    for line in text.splitlines():
        if line.startswith(("flags", "Features")):
            flags = line.partition(":")[2].split()
            return request.known(request.argument.lower() in flags, "/proc/cpuinfo")
    return request.unknown("/proc/cpuinfo does not list the processor's flags")


PROBES = (
    Probe(
        (
            "host.os",
            "host.distribution",
            "host.package_manager",
            "host.is_wsl",
            "host.is_container",
            "host.platform",
            "host.architecture",
            "host.kernel",
            "host.display",
        ),
        each(_system),
    ),
    Probe(
        (
            "host.cpu_count",
            "host.cpu_model",
            "host.cpu_flags",
            "host.uptime",
            "host.glibc_version",
            "host.is_root",
            "host.user_groups",
        ),
        each(_machine),
    ),
)
