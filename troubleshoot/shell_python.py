"""The interpreter that a command started now, from this shell and folder, would get."""

from __future__ import annotations

import os

from troubleshoot.interpreter import python_of, resolve_shim
from troubleshoot.programs import on_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def shell_python(cwd: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The interpreter that ``python`` means in this shell and folder, and how it was found."""
    project, why = _project_python(cwd, environ)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = environ.get(variable, "")
        if variable == "CONDA_PREFIX" and project and environ.get("CONDA_DEFAULT_ENV") == "base":
            continue  # conda's base is active in every shell and says nothing about the run
        found = python_of(prefix) if prefix else ""
        if found:
            return found, f"${variable} is set"
    if project:
        return project, why
    for name in ("python", "python3"):
        found = on_path(name, environ)
        if found:
            return resolve_shim(found, environ), f"{name} on PATH"
    return "", "no interpreter on PATH"


def _project_python(cwd: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Interpreter of the uv, poetry or pixi project, or the venv, that a folder lies in."""
    for folder in project_folders(cwd):
        for place in (".venv", os.path.join(".pixi", "envs", "default"), "venv", "env"):
            prefix = os.path.join(folder, place)
            found = python_of(prefix)
            if found and (".pixi" in place or os.path.isfile(os.path.join(prefix, "pyvenv.cfg"))):
                return found, f"{folder} has {place}"
        if os.path.isfile(os.path.join(folder, "poetry.lock")):
            found = _poetry_python(folder, environ)
            if found:
                return found, f"{folder} is a poetry project"
    return "", ""


def project_folders(folder: str) -> Iterator[str]:
    """A folder and those above it, up to the root of its repository."""
    for _ in range(8):
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            break
        folder = parent


def _poetry_python(folder: str, environ: Mapping[str, str]) -> str:
    """Poetry names its environments ``<project>-<hash of the folder>-py3.x``."""
    import base64
    import hashlib

    digest = hashlib.sha256(os.path.normcase(os.path.realpath(folder)).encode()).digest()
    mark = f"-{base64.urlsafe_b64encode(digest).decode()[:8]}-py"
    home = environ.get("HOME") or os.path.expanduser("~")
    caches = [
        os.path.join(home, ".cache", "pypoetry"),
        os.path.join(home, "Library", "Caches", "pypoetry"),
    ]
    if environ.get("POETRY_CACHE_DIR"):
        caches.insert(0, environ["POETRY_CACHE_DIR"])
    for cache in caches:
        place = os.path.join(cache, "virtualenvs")
        try:
            names = sorted(name for name in os.listdir(place) if mark in name)
        except OSError:
            continue
        for name in reversed(names):
            found = python_of(os.path.join(place, name))
            if found:
                return found
    return ""


def named(python: str, cwd: str, environ: Mapping[str, str]) -> str:
    """The interpreter a person named: a path, an environment's folder, or a name on PATH."""
    path = os.path.join(cwd, os.path.expanduser(python))
    if os.sep not in python and not os.path.exists(path):
        path = on_path(python, environ)
    if os.path.isdir(path):
        path = python_of(path)
    return path if os.path.isfile(path) else ""


def working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # the folder was deleted
        return os.path.expanduser("~")
