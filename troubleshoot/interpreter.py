"""What the files around a Python interpreter say about it, without running it.

A diagnosis asks for the failing interpreter's version, environment and folders; starting that
interpreter would cost more than everything else together, and it may be broken or hang.
"""

from __future__ import annotations

import os
import re
import sys

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CONDA = "conda"
PIXI = "pixi"
UV = "uv"
VENV = "venv"
VIRTUALENV = "virtualenv"
PYENV = "pyenv"
SYSTEM = "system"
UNKNOWN = "unknown"

_LIBRARY = re.compile(r"(?:python|pypy)(\d+\.\d+)t?$")


@record
class Interpreter:
    """An interpreter as its files describe it.

    Attributes:
        executable: its path as asked for (a pyenv shim is resolved).
        prefix: the environment's folder.
        base_prefix: folder of the Python that the environment was made from.
        version: ``3.11.7``, or ``3.11`` where only that can be read, or ``""``.
        environment: ``conda``, ``pixi``, ``uv``, ``venv``, ``virtualenv``, ``pyenv``, ``system``
            or ``unknown``.
        name: name of the conda environment, or ``""``.
        folders: folders of installed packages, in the order of ``sys.path``.
        standard: folders of the standard library.
        user_folder: the user's site-packages where it is visible and exists, or ``""``.
        conda_prefix: the conda environment it lives in (also through a venv), or ``""``.
    """

    executable: str
    prefix: str
    base_prefix: str
    version: str
    environment: str
    name: str
    folders: tuple[str, ...]
    standard: tuple[str, ...]
    user_folder: str = ""
    conda_prefix: str = ""

    @property
    def minor(self) -> str:
        """Major and minor version: ``3.11``."""
        return ".".join(self.version.split(".")[:2])

    @property
    def is_isolated(self) -> bool:
        """Whether it is an environment of its own rather than the system's Python."""
        return self.environment in (CONDA, PIXI, UV, VENV, VIRTUALENV)


def inspect(python: str, environ: Mapping[str, str]) -> Interpreter:
    """Describe the interpreter at ``python``.

    Args:
        python: path of the executable.
        environ: environment variables of the run (``PYTHONNOUSERSITE``, ``HOME``).

    Raises:
        LookupError: if there is no such file.
    """
    python = os.path.abspath(python)
    if not os.path.exists(python):
        raise LookupError(f"{python} does not exist")
    python = resolve_shim(python, environ)
    settings, prefix = _environment_settings(python)
    real = os.path.realpath(python)
    base = _prefix_of(real)
    if settings is None:
        prefix = base if not _has_library(_prefix_of(python)) else _prefix_of(python)
    elif not _has_library(base) and settings.get("home"):
        base = _prefix_of(os.path.join(settings["home"], "python"))
    version = _version(python, real, prefix, base, settings or {})
    minor = ".".join(version.split(".")[:2])
    conda = next((place for place in (prefix, base) if _is_conda(place)), "")
    shared = settings is None or settings.get("include-system-site-packages", "") == "true"
    folders = _package_folders(prefix, minor)
    if settings is not None and shared:
        folders += _package_folders(base, minor)
    user = _user_folder(minor, environ, conda) if shared else ""
    if user:
        folders = [user, *folders]
    return Interpreter(
        executable=python,
        prefix=prefix,
        base_prefix=base,
        version=version,
        environment=_kind(prefix, real, settings),
        name=_conda_name(prefix),
        folders=tuple(dict.fromkeys(folders)),
        standard=tuple(_standard_folders(base, minor)),
        user_folder=user,
        conda_prefix=conda,
    )


def resolve_shim(python: str, environ: Mapping[str, str]) -> str:
    """The real interpreter behind a pyenv shim; any other path comes back as it is."""
    folder, name = os.path.split(python)
    root, shims = os.path.split(folder)
    if shims != "shims" or not os.path.isdir(os.path.join(root, "versions")):
        return python
    for version in _pyenv_versions(root, environ):
        candidate = os.path.join(root, "versions", version, "bin", name)
        if os.path.exists(candidate):
            return candidate
    return python


def python_of(prefix: str) -> str:
    """Path of the interpreter in an environment's folder, or ``""``."""
    for place in ("bin/python", "bin/python3", "python.exe", "Scripts/python.exe"):
        path = os.path.join(prefix, *place.split("/"))
        if os.path.isfile(path):
            return path
    return ""


def read_text(path: str, limit: int = 65536) -> str:
    """The beginning of a regular text file, or ``""`` if it cannot be read."""
    try:
        if not os.path.isfile(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(limit)
    except OSError:
        return ""


def settings_of(text: str) -> dict[str, str]:
    """Values of a ``pyvenv.cfg``."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _pyenv_versions(root: str, environ: Mapping[str, str]) -> list[str]:
    chosen = environ.get("PYENV_VERSION", "").replace(":", " ").split()
    folder = environ.get("PWD") or os.getcwd()
    while not chosen and folder and folder != os.path.dirname(folder):
        chosen = read_text(os.path.join(folder, ".python-version")).split()
        folder = os.path.dirname(folder)
    return chosen or read_text(os.path.join(root, "version")).split()


def _environment_settings(python: str) -> tuple[dict[str, str] | None, str]:
    folder = os.path.dirname(python)
    for place in (os.path.dirname(folder), folder):
        text = read_text(os.path.join(place, "pyvenv.cfg"))
        if text:
            return settings_of(text), place
    return None, ""


def _prefix_of(python: str) -> str:
    folder = os.path.dirname(python)
    if os.path.basename(folder).lower() in ("bin", "scripts"):
        return os.path.dirname(folder)
    return folder


def _has_library(prefix: str) -> bool:
    return bool(_library_folders(prefix)) or os.path.isdir(os.path.join(prefix, "Lib"))


def _library_folders(prefix: str) -> list[str]:
    found = []
    for name in ("lib", "lib64"):
        try:
            entries = os.listdir(os.path.join(prefix, name))
        except OSError:
            continue
        found += [os.path.join(prefix, name, entry) for entry in entries if _LIBRARY.match(entry)]
    return sorted(found)


def _version(python: str, real: str, prefix: str, base: str, settings: Mapping[str, str]) -> str:
    if real == os.path.realpath(sys.executable):
        return ".".join(str(part) for part in sys.version_info[:3])
    for key in ("version_info", "version"):
        match = re.match(r"\d+\.\d+(\.\d+)?", settings.get(key, ""))
        if match:
            return match.group()
    for place in (prefix, base):
        for name in _listing(os.path.join(place, "conda-meta")):
            match = re.match(r"python-(\d+\.\d+\.\d+)-", name)
            if match:
                return match.group(1)
    match = re.search(r"[/\\](?:versions[/\\]|cpython-)(\d+\.\d+\.\d+)", real)
    if match:
        return match.group(1)
    match = re.search(r"python(\d+\.\d+)", os.path.basename(real))
    minors = [match.group(1)] if match else []
    if not minors:
        found = (_LIBRARY.search(folder) for folder in _library_folders(base))
        minors = sorted({match.group(1) for match in found if match})
    if len(minors) != 1:
        return ""
    header = os.path.join(base, "include", f"python{minors[0]}", "patchlevel.h")
    match = re.search(r'PY_VERSION\s+"(\d+\.\d+\.\d+)', read_text(header))
    return match.group(1) if match else minors[0]


def _listing(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _is_conda(prefix: str) -> bool:
    return os.path.isdir(os.path.join(prefix, "conda-meta"))


def _kind(prefix: str, real: str, settings: Mapping[str, str] | None) -> str:
    slashes = prefix.replace("\\", "/")
    if settings is not None:
        if "uv" in settings:
            return UV
        return VIRTUALENV if "virtualenv" in settings else VENV
    if _is_conda(prefix):
        return PIXI if "/.pixi/" in slashes else CONDA
    if "/.pyenv/" in real or "/pyenv/versions/" in real or "\\pyenv-win\\" in real:
        return PYENV
    if "/uv/python/" in real.replace("\\", "/"):
        return UV
    system = ("/usr", "/usr/local", "/opt/homebrew", "/Library/Frameworks", "/System")
    if slashes in system or slashes.startswith(("/Library/Fr", "/opt/homebrew", "/usr/local/")):
        return SYSTEM
    return SYSTEM if "/Programs/Python" in slashes or "/Python3" in slashes else UNKNOWN


def _conda_name(prefix: str) -> str:
    if not _is_conda(prefix):
        return ""
    parent = os.path.basename(os.path.dirname(prefix))
    if parent == "envs":
        return os.path.basename(prefix)
    return "base" if os.path.isdir(os.path.join(prefix, "condabin")) else ""


def _package_folders(prefix: str, minor: str) -> list[str]:
    candidates = [
        os.path.join(prefix, "local", "lib", f"python{minor}", "dist-packages"),
        os.path.join(prefix, "lib", f"python{minor}", "site-packages"),
        os.path.join(prefix, "lib64", f"python{minor}", "site-packages"),
        os.path.join(prefix, "Lib", "site-packages"),
        os.path.join(prefix, "lib", "python3", "dist-packages"),
        os.path.join(prefix, "lib", f"python{minor}", "dist-packages"),
    ]
    if "/Cellar/" in prefix:
        brew = prefix.split("/Cellar/", 1)[0]
        candidates.append(os.path.join(brew, "lib", f"python{minor}", "site-packages"))
    found = []
    seen = set()
    for folder in candidates:
        if os.path.isdir(folder):
            real = os.path.realpath(folder)  # lib64 is often a link to lib
            if real not in seen:
                seen.add(real)
                found.append(folder)
    return found


def _standard_folders(base: str, minor: str) -> list[str]:
    folders = [
        os.path.join(base, "lib", f"python{minor}"),
        os.path.join(base, "lib64", f"python{minor}"),
        os.path.join(base, "Lib"),
    ]
    folders += [os.path.join(folder, "lib-dynload") for folder in folders[:2]]
    folders.append(os.path.join(base, "DLLs"))
    return [folder for folder in folders if os.path.isdir(folder)]


def _user_folder(minor: str, environ: Mapping[str, str], conda: str) -> str:
    if environ.get("PYTHONNOUSERSITE"):
        return ""
    base = environ.get("PYTHONUSERBASE", "")
    if sys.platform == "win32":
        base = base or os.path.join(environ.get("APPDATA", ""), "Python")
        folder = os.path.join(base, f"Python{minor.replace('.', '')}", "site-packages")
    else:
        home = environ.get("HOME") or os.path.expanduser("~")
        base = base or os.path.join(home, ".local")
        folder = os.path.join(base, "lib", f"python{minor}", "site-packages")
    return folder if os.path.isdir(folder) else ""
