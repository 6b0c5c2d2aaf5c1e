"""Programs on PATH, environment variables, and the CUDA toolkit."""

from __future__ import annotations

import os
import re

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.probes.secrecy import hide_credentials, looks_secret
from troubleshoot.programs import on_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

# Only these are ever started: a name from a log must not run a program of its choice.
VERSION_OPTIONS = {
    **dict.fromkeys(
        (
            "gcc",
            "g++",
            "cc",
            "c++",
            "clang",
            "git",
            "git-lfs",
            "cmake",
            "ninja",
            "make",
            "uv",
            "conda",
            "mamba",
            "micromamba",
            "pixi",
            "poetry",
            "docker",
            "podman",
            "apptainer",
            "singularity",
            "nvcc",
            "node",
            "npm",
            "rustc",
            "cargo",
            "pip",
            "python",
            "python3",
            "swig",
            "jupyter",
        ),
        "--version",
    ),
    "ffmpeg": "-version",
    "ffprobe": "-version",
    "java": "-version",
    "go": "version",
}


def cuda_home(context: Context) -> tuple[str, str]:
    """Folder of the CUDA toolkit, or ``""``, and how it was found."""
    for name in ("CUDA_HOME", "CUDA_PATH"):
        folder = context.environ.get(name, "")
        if folder:
            exists = os.path.isdir(folder)
            return folder, f"${name}" if exists else f"${name}, which does not exist"
    nvcc = on_path("nvcc", context.environ)
    if nvcc:
        return os.path.dirname(os.path.dirname(os.path.realpath(nvcc))), "nvcc on PATH"
    if os.path.isdir("/usr/local/cuda"):
        return os.path.realpath("/usr/local/cuda"), "/usr/local/cuda"
    return "", "neither $CUDA_HOME, nvcc on PATH nor /usr/local/cuda"


def toolkit_version(home: str) -> str:
    """Major and minor version of the toolkit in a folder, from its files."""
    for name, pattern in (
        ("version.json", r'"cuda"\s*:\s*\{[^}]*"version"\s*:\s*"(\d+\.\d+)'),
        ("version.txt", r"CUDA Version (\d+\.\d+)"),
    ):
        match = re.search(pattern, read_text(os.path.join(home, name)))
        if match:
            return match.group(1)
    header = read_text(os.path.join(home, "include", "cuda.h"), 200_000)
    match = re.search(r"#define CUDA_VERSION (\d+)", header)
    return f"{int(match.group(1)) // 1000}.{int(match.group(1)) % 1000 // 10}" if match else ""


def _measure(context: Context, request: Request) -> Fact:
    name = request.argument
    if request.base == "env.variable":
        value = context.environ.get(name, "")
        if value and looks_secret(name):
            return request.known("set", f"${name} (its value is not recorded)")
        unset = "" if name in context.environ else f"${name} is not set"
        return request.known(hide_credentials(value)[:1000], unset or f"${name}")
    if request.base == "cuda.home":
        home, why = cuda_home(context)
        return request.known(home, why)
    if request.base == "cuda.toolkit_version":
        home, why = cuda_home(context)
        version = toolkit_version(home) if home else ""
        if version:
            return request.known(version, home)
        return (
            _run(context, request, "nvcc")
            if on_path("nvcc", context.environ)
            else request.unknown(f"no CUDA toolkit: {why}")
        )
    if not re.match(r"[\w.+-]{1,60}$", name):
        return request.unknown(f"{name!r} is not a program's name")
    if request.base == "tool.path":
        path = on_path(name, context.environ)
        return request.known(path, "PATH" if path else f"{name} is not on PATH")
    return _run(context, request, name)


def _run(context: Context, request: Request, name: str) -> Fact:
    from troubleshoot.probes.child import ask

    path = on_path(name, context.environ)
    if not path:
        return request.unknown(f"{name} is not on PATH")
    option = VERSION_OPTIONS.get(name)
    if option is None:
        return request.unknown(f"whyfail does not start {name}")
    reply = ask([path, option], limit=3.0, environ=context.environ)
    text = reply.output + reply.error
    match = re.search(r"release (\d+\.\d+)", text) if name == "nvcc" else None
    match = match or re.search(r"\d+\.\d+(?:\.\d+)*", text)
    if match:
        return request.known(match.group(match.lastindex or 0), path)
    return request.unknown(f"{path} {option} does not tell" if reply.code == 0 else f"{path} fails")


PROBES = (
    Probe(("env.variable", "tool.path", "cuda.home"), each(_measure)),
    Probe(("tool.version", "cuda.toolkit_version"), each(_measure), limit=5.0),
)
