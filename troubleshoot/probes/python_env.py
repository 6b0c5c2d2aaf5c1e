"""The interpreter that failed and the others on this machine."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from troubleshoot.interpreter import inspect, python_of, read_text, resolve_shim
from troubleshoot.probes import Probe, each
from troubleshoot.programs import on_path
from troubleshoot.shell_python import project_folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from troubleshoot.facts import Fact
    from troubleshoot.interpreter import Interpreter
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_MOST_INTERPRETERS = 60
_MOST_ENTRIES = 200


def path_interpreters(environ: Mapping[str, str]) -> list[str]:
    """Every ``python`` and ``python3`` on PATH, in its order, each file once."""
    found: dict[str, str] = {}
    names = ("python.exe",) if os.name == "nt" else ("python", "python3")
    for folder in environ.get("PATH", "").split(os.pathsep):
        for name in names:
            path = os.path.join(folder, name)
            if folder and os.path.isfile(path) and os.access(path, os.X_OK):
                path = resolve_shim(path, environ)
                key = os.path.join(os.path.realpath(os.path.dirname(path)), "")
                found.setdefault(key, path)
    return list(found.values())


def known_environments(context: Context) -> Iterator[tuple[str, str]]:
    """Interpreters and their folders: this folder's, the shell's, conda's, pyenv's, PATH's."""
    home, environ = context.home, context.environ
    seen = set()
    for prefix in _prefixes(context, home, environ):
        python = python_of(prefix)
        real = os.path.realpath(prefix)
        if python and real not in seen:
            seen.add(real)
            yield python, prefix
            if len(seen) == _MOST_INTERPRETERS:
                return


def _prefixes(context: Context, home: str, environ: Mapping[str, str]) -> Iterator[str]:
    for folder in (context.target.cwd, *context.target.folders):
        for name in (".venv", "venv", "env", os.path.join(".pixi", "envs", "default")):
            yield os.path.join(folder, name)
    for folder in dict.fromkeys((context.target.cwd, *context.target.folders, home)):
        for path in _below(folder)[:_MOST_ENTRIES]:
            if os.path.isfile(os.path.join(path, "pyvenv.cfg")):
                yield path
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if environ.get(name):
            yield environ[name]
    installer = pip_python(environ)[1]
    for python in (*((installer,) if installer else ()), *path_interpreters(environ)):
        yield os.path.dirname(os.path.dirname(python))
    for line in read_text(os.path.join(home, ".conda", "environments.txt")).splitlines():
        if line.strip():
            yield line.strip()
    bases = [
        os.path.join(home, name)
        for name in ("miniforge3", "miniconda3", "anaconda3", "mambaforge", "micromamba")
    ]
    for base in (*bases, "/opt/conda", "/opt/miniconda3", "/opt/anaconda3"):
        yield base
        yield from _below(os.path.join(base, "envs"))
    yield from _below(os.path.join(environ.get("PYENV_ROOT") or f"{home}/.pyenv", "versions"))
    for name in (".virtualenvs", "venvs", "envs", ".venvs"):
        yield from _below(os.path.join(home, name))
    yield from _below(os.path.join(home, ".cache", "pypoetry", "virtualenvs"))
    yield from ("/usr/local", "/usr", "/opt/homebrew")


def _below(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []


def pip_python(environ: Mapping[str, str]) -> tuple[str, str]:
    """The ``pip`` on PATH and the interpreter it installs for, from its first line."""
    pip = on_path("pip", environ) or on_path("pip3", environ)
    if not pip:
        return "", ""
    pip = resolve_shim(pip, environ)
    lines = read_text(pip, 1000).split("\n")
    match = re.match(r"#!\s*(\S*python\S*)", lines[0])
    if match:
        return pip, match.group(1)
    for line in lines[1:3]:  # long paths are started through the shell
        match = re.match(r"'''exec'\s+\"?([^\"\s]+)\"?", line)
        if match:
            return pip, match.group(1)
    beside = os.path.join(os.path.dirname(pip), "python.exe" if os.name == "nt" else "python")
    return pip, beside if os.path.isfile(beside) else ""


def _measure(context: Context, request: Request) -> Fact:
    base = request.base.removeprefix("python.")
    environ = context.environ
    if base == "interpreters":
        return request.known(tuple(path_interpreters(environ)), "python and python3 on PATH")
    if base == "uv_project":
        return request.known(*_uv_project(context.target.cwd))
    interpreter = context.interpreter
    prefix = interpreter.prefix
    if base == "version":
        if interpreter.version:
            return request.known(interpreter.version, interpreter.executable)
        return _ask_version(context, request)
    if base == "executable":
        return request.known(interpreter.executable, "the interpreter that failed")
    if base == "prefix":
        return request.known(prefix, interpreter.executable)
    if base == "environment":
        return request.known(interpreter.environment, prefix)
    if base == "conda_env":
        if interpreter.name:
            return request.known(interpreter.name, prefix)
        if interpreter.conda_prefix:
            return request.known(interpreter.conda_prefix, "an environment without a name")
        return request.known("", f"{prefix} is not a conda environment")
    if base == "externally_managed":
        return request.known(*_externally_managed(interpreter.standard, interpreter.is_isolated))
    if base == "user_site_enabled":
        why = interpreter.user_folder or "no user site-packages, or not visible to it"
        return request.known(bool(interpreter.user_folder), why)
    if base == "has_headers":
        return request.known(*_headers(interpreter))
    if base == "bits":
        return request.known(*_bits(os.path.realpath(interpreter.executable)))
    pip, python = pip_python(environ)
    if not pip or not python:
        return request.unknown("no pip on PATH, or it does not tell its interpreter")
    other = inspect(os.path.join(prefix, python), environ).prefix
    differs = os.path.realpath(other) != os.path.realpath(prefix)
    return request.known(differs, f"{pip} installs into {other}")


def _uv_project(cwd: str) -> tuple[bool, str]:
    for folder in project_folders(cwd):
        if os.path.isfile(os.path.join(folder, "uv.lock")):
            return True, os.path.join(folder, "uv.lock")
        project = os.path.join(folder, "pyproject.toml")
        if "[tool.uv" in read_text(project):
            return True, f"{project} has [tool.uv]"
    return False, "no uv.lock and no [tool.uv] here or above"


def _externally_managed(standard: tuple[str, ...], isolated: bool) -> tuple[bool, str]:
    for folder in standard:
        path = os.path.join(folder, "EXTERNALLY-MANAGED")
        if os.path.isfile(path):
            return (not isolated), path if not isolated else "an environment of its own"
    return False, "there is no EXTERNALLY-MANAGED file"


def _headers(interpreter: Interpreter) -> tuple[bool, str]:
    """Whether Python.h lies where a compiler is told to look for it."""
    bases = [os.path.dirname(os.path.dirname(folder)) for folder in interpreter.standard]
    folders = [os.path.join(interpreter.prefix, "include")]
    folders += [os.path.join(base, "include") for base in bases]
    for folder in dict.fromkeys(folders):
        for name in ("", f"python{interpreter.minor}", f"python{interpreter.minor}m"):
            path = os.path.join(folder, name, "Python.h")
            if os.path.isfile(path):
                return True, path
    where = ", ".join(dict.fromkeys(folders))
    return False, f"no Python.h of Python {interpreter.minor} in {where}"


def _bits(path: str) -> tuple[int, str]:
    with open(path, "rb") as file:
        start = file.read(4096)
    if start.startswith(b"\x7fELF"):
        return (64 if start[4] == 2 else 32), "ELF header"
    if start.startswith(b"MZ"):
        offset = int.from_bytes(start[60:64], "little")
        return (32 if start[offset + 4 : offset + 6] == b"\x4c\x01" else 64), "PE header"
    return 64, "Mach-O"


def _ask_version(context: Context, request: Request) -> Fact:
    from troubleshoot.probes.child import ask

    python = context.interpreter.executable
    code = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
    with suppress(OSError):
        reply = ask([python, "-I", "-S", "-c", code], limit=2.0)
        if reply.code == 0:
            return request.known(reply.output.strip(), f"{python} said so")
        return request.unknown(f"{python} {'hangs' if reply.timed_out else 'does not start'}")
    return request.unknown(f"{python} cannot be started")


PROBES = (
    Probe(
        (
            "python.version",
            "python.executable",
            "python.prefix",
            "python.environment",
            "python.conda_env",
            "python.uv_project",
            "python.externally_managed",
            "python.user_site_enabled",
            "python.bits",
            "python.has_headers",
            "python.interpreters",
            "python.pip_mismatch",
        ),
        each(_measure),
        limit=3.0,
    ),
)
