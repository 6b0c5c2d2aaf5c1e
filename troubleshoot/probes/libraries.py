"""Shared libraries: would the loader of the interpreter that failed find them, and where."""

from __future__ import annotations

import os
import re
import struct
import sys

from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_CACHE_MAGIC = b"glibc-ld.so.cache1.1"
_SONAME = re.compile(r"[\w.+-]{3,120}$")


def loader_cache(raw: bytes) -> dict[str, list[str]]:
    """Libraries by name in ``/etc/ld.so.cache``.

    The form is glibc's: a header, entries of five numbers with offsets of name and path
    counted from the header, then the strings. An old-style cache may stand before it.
    """
    start = raw.find(_CACHE_MAGIC)
    found: dict[str, list[str]] = {}
    if start < 0 or len(raw) < start + 48:
        return found
    count = struct.unpack_from("<I", raw, start + 20)[0]
    end = start + 48 + 24 * min(count, 200_000)
    if len(raw) < end:
        return found
    for position in range(start + 48, end, 24):
        _, name, path = struct.unpack_from("<III", raw, position)
        key = _string(raw, start + name)
        if key:
            found.setdefault(key, []).append(_string(raw, start + path))
    return found


def _string(raw: bytes, position: int) -> str:
    end = raw.find(b"\0", position, position + 4096)
    return raw[position:end].decode("utf-8", "replace") if end > 0 else ""


def elf_class(path: str) -> tuple[int, int] | None:
    """Word size mark and machine number of an ELF file, or None."""
    try:
        with open(path, "rb") as file:
            start = file.read(20)
    except OSError:
        return None
    if not start.startswith(b"\x7fELF") or len(start) < 20:
        return None
    return start[4], start[18]


def search(context: Context, soname: str) -> tuple[str, str]:
    """Path of the library the loader would take, or ``""``, and the reason."""
    wanted = elf_class(os.path.realpath(context.target.python or sys.executable))
    wrong = ""
    for folder, why in loader_folders(context):
        path = os.path.join(folder, soname)
        if os.path.isfile(path):
            if wanted is None or elf_class(path) == wanted:
                return path, why
            wrong = wrong or path
    for path in _cached(context).get(soname, ()):
        if os.path.isfile(path):
            if wanted is None or elf_class(path) == wanted:
                return path, "the loader's cache (ldconfig)"
            wrong = wrong or path
    for folder in default_folders():
        path = os.path.join(folder, soname)
        if os.path.isfile(path) and (wanted is None or elf_class(path) == wanted):
            return path, "a default folder of the loader"
    if wrong:
        return "", f"{wrong} is empty, broken or for another processor"
    other = next(_outside(context, soname), "")
    if other:
        return "", f"{other} exists, but the loader does not look there"
    return "", "neither LD_LIBRARY_PATH, the environment nor the loader's cache has it"


def _cached(context: Context) -> Mapping[str, list[str]]:
    def read() -> dict[str, list[str]]:
        try:
            with open("/etc/ld.so.cache", "rb") as file:
                return loader_cache(file.read(20_000_000))
        except OSError:
            return {}

    found = context.once("loader cache", read)
    assert isinstance(found, dict)
    return found


def loader_folders(context: Context) -> Iterator[tuple[str, str]]:
    """Folders searched before the cache, with the reason."""
    environ = context.environ
    prefix = ""
    if context.target.python:
        interpreter = context.interpreter
        prefix = interpreter.conda_prefix
    if sys.platform == "win32":
        if prefix:
            yield os.path.join(prefix, "Library", "bin"), "the conda environment"
        for folder in environ.get("PATH", "").split(os.pathsep):
            yield folder, "PATH"
        return
    if prefix:  # conda's python carries an RPATH to its own lib folder
        yield os.path.join(prefix, "lib"), "the conda environment's lib folder"
    variable = "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH"
    for folder in environ.get(variable, "").split(":"):
        if folder:
            yield folder, f"${variable}"


def default_folders() -> tuple[str, ...]:
    """Folders the loader searches last."""
    if sys.platform == "win32":
        return (os.path.join(os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32"),)
    if sys.platform == "darwin":
        return ("/usr/local/lib", "/usr/lib")
    machine = os.uname().machine
    return (
        f"/lib/{machine}-linux-gnu",
        f"/usr/lib/{machine}-linux-gnu",
        "/lib64",
        "/usr/lib64",
        "/lib",
        "/usr/lib",
        "/usr/lib/wsl/lib",
        *(("/usr/local/lib",) if os.path.exists("/etc/alpine-release") else ()),
    )


def _outside(context: Context, soname: str) -> Iterator[str]:
    """Copies of a library where the loader does not look."""
    folders = ["/usr/local/lib", "/usr/local/cuda/lib64", "/opt/homebrew/lib"]
    if context.target.python:
        interpreter = context.interpreter
        folders.append(os.path.join(interpreter.prefix, "lib"))
        for place in interpreter.folders:
            nvidia = os.path.join(place, "nvidia")
            try:
                folders += [os.path.join(nvidia, name, "lib") for name in os.listdir(nvidia)]
            except OSError:
                continue
            folders.append(os.path.join(place, "torch", "lib"))
    if context.environ.get("CONDA_PREFIX"):
        folders.append(os.path.join(context.environ["CONDA_PREFIX"], "lib"))
    for folder in folders:
        path = os.path.join(folder, soname)
        if os.path.isfile(path):
            yield path


def _measure(context: Context, request: Request) -> Fact:
    soname = request.argument
    if not _SONAME.match(soname):
        return request.unknown(f"{soname!r} is not a library's name")
    path, why = search(context, soname)
    if request.base == "library.path":
        return request.known(path, why)
    return request.known(bool(path), f"{path}: {why}" if path else why)


PROBES = (Probe(("library.found", "library.path"), each(_measure), limit=2.0),)
