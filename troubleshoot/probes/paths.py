"""A path that does not exist: what of it does, what looks like it, where the file really lies."""

from __future__ import annotations

import os
import stat
from time import perf_counter

from troubleshoot.probes import Probe, each
from troubleshoot.probes.host import processor, system_name
from troubleshoot.probes.storage import existing_parent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_MOST_NAMES = 20_000
_MOST_FOLDERS = 2_000
_DEEPEST = 5
_SEARCH_SECONDS = 0.15
_ALIKE = 0.75
_PROJECT_MARKS = (".git", "pyproject.toml", "setup.py")
_WIDE = ("/", "/home", "/root", "/tmp", "/usr", "/data", "/mnt")
_NOT_SEARCHED = frozenset((".git", "__pycache__", "node_modules", "site-packages", ".venv", "proc"))
_MACHINES = {
    3: "x86", 40: "arm", 62: "x86_64", 183: "arm64", 243: "riscv64", 21: "ppc64le", 22: "s390x",
}  # fmt: skip
_PE_MACHINES = {0x14C: "x86", 0x8664: "x86_64", 0xAA64: "arm64"}
_MACH_MACHINES = {7: "x86", 0x01000007: "x86_64", 0x0100000C: "arm64"}


def similar(path: str) -> tuple[str, str]:
    """The path with its missing parts replaced by the likest names that are there."""
    start = existing_parent(path)
    missing = os.path.relpath(path, start).split(os.sep)
    if start == path:
        return "", f"{path} exists"
    if not os.path.isdir(start):
        return "", f"{start} is a file, not a folder"
    wanted = missing[0]
    names = _names(start)
    found = _likest(wanted, names)
    if not found:
        return "", f"nothing in {start} has a name like {wanted!r}"
    whole = os.path.join(start, found, *missing[1:])
    if not os.path.lexists(whole):
        whole = os.path.join(start, found)
        for part in missing[1:]:
            near = part if os.path.lexists(os.path.join(whole, part)) else ""
            near = near or _likest(part, _names(whole))
            if not near:
                break
            whole = os.path.join(whole, near)
    return whole, f"{start} holds {found!r}, not {wanted!r}"


def _likest(wanted: str, names: list[str]) -> str:
    folded = wanted.casefold().replace("-", "_").replace(" ", "_")
    for name in names:
        if name.casefold().replace("-", "_").replace(" ", "_") == folded:
            return name
    import difflib

    stem = wanted.rsplit(".", 1)[0]
    if len(stem) > 2:
        for name in names:  # the same name with another or a second ending: data.csv.csv, run.yml
            if name.rsplit(".", 1)[0] in (stem, wanted) and "." in name:
                return name
    close = difflib.get_close_matches(wanted, names[:_MOST_NAMES], 1, _ALIKE)
    return close[0] if close else ""


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:_MOST_NAMES]
    except OSError:
        return []


def elsewhere(context: Context, path: str) -> tuple[str, str]:
    """A file or folder of the same name below the folder of the run or of its scripts."""
    name = os.path.basename(path)
    if len(name) < 3:
        return "", "the name is too short to look for"
    starts = dict.fromkeys((context.target.cwd, *context.target.folders))
    for start in [*starts]:
        parent = os.path.dirname(start)
        if any(os.path.exists(os.path.join(parent, mark)) for mark in _PROJECT_MARKS):
            starts[parent] = None
    count = 0
    until = perf_counter() + _SEARCH_SECONDS
    for start in starts:
        if start in _WIDE or f"{context.home}/".startswith(f"{start.rstrip('/')}/"):
            continue  # too wide to search, and another project's file is no answer
        for folder, names in _walk(start):
            count += 1
            found = os.path.join(folder, name)
            if name in names and os.path.normpath(found) != os.path.normpath(path):
                return found, f"found below {start}"
            if count > _MOST_FOLDERS or perf_counter() > until:
                return "", f"not among the first {count:,} folders searched"
    return "", f"not in {count:,} folders searched"


def _walk(start: str) -> Iterator[tuple[str, list[str]]]:
    """Folders below ``start``, nearest first, with the names in each."""
    level = [start]
    for _ in range(_DEEPEST):
        below = []
        for folder in level:
            names = _names(folder)
            yield folder, names
            for name in names:
                path = os.path.join(folder, name)
                if name in _NOT_SEARCHED or name.startswith("."):
                    continue
                if os.path.isdir(path) and not os.path.islink(path):
                    below.append(path)
        level = below


def built_for(path: str) -> tuple[str, str]:
    """System and processor that a program or library was built for: ``linux x86_64``.

    Raises:
        OSError: if it cannot be read.
    """
    with open(path, "rb") as file:
        start = file.read(4096)
    if start.startswith(b"\x7fELF") and len(start) >= 20:
        order = "little" if start[5] == 1 else "big"
        machine = int.from_bytes(start[18:20], order)  # type: ignore[arg-type]
        return f"linux {_MACHINES.get(machine, machine)}", "ELF header"
    if start.startswith(b"MZ") and len(start) >= 64:
        offset = int.from_bytes(start[60:64], "little")
        machine = int.from_bytes(start[offset + 4 : offset + 6], "little")
        return f"windows {_PE_MACHINES.get(machine, machine)}", "PE header"
    if start[:4] in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"):
        machine = int.from_bytes(start[4:8], "little")
        return f"macos {_MACH_MACHINES.get(machine, machine)}", "Mach-O header"
    if start[:4] == b"\xca\xfe\xba\xbe" and start[4:8] < b"\0\0\0\x10":
        return "macos universal", "Mach-O header of several processors"
    if start.startswith(b"#!"):
        first = start[2:120].split(b"\n")[0].decode("utf-8", "replace")
        return f"script {first.strip()}", "#! line"
    return "", "no header of a program"


def machine(environ: Mapping[str, str]) -> str:
    """System and processor of this machine, in the words of `built_for`."""
    found = processor(environ)
    return f"{system_name()} {'x86' if found == 'i686' else found}"


def _measure(context: Context, request: Request) -> Fact:
    if not request.argument:
        return request.unknown("no path was named")
    path = context.path(request.argument)
    base = request.base.removeprefix("storage.")
    if base == "existing_part":
        return request.known(existing_parent(path), path)
    if base == "similar":
        return request.known(*similar(path))
    if base == "elsewhere":
        return request.known(*elsewhere(context, path))
    if base == "link_target":
        if not os.path.islink(path):
            return request.known("", f"{path} is no link")
        target = os.readlink(path)
        alive = "which exists" if os.path.exists(path) else "which does not exist"
        return request.known(target, f"{path} points to {target}, {alive}")
    if not os.path.isfile(path):
        return request.unknown(f"{path} is not a file")
    if base == "built_for":
        return request.known(*built_for(path))
    if base == "runs_here":
        found, why = built_for(path)
        if not found or found.startswith(("script", "macos universal")):
            return request.unknown(found or why)
        own = machine(context.environ)
        return request.known(found == own, f"it is built for {found}; this is {own}")
    mode = os.stat(path).st_mode
    return request.known(os.access(path, os.X_OK), f"mode {stat.filemode(mode)}")


PROBES = (
    Probe(
        (
            "storage.existing_part",
            "storage.similar",
            "storage.elsewhere",
            "storage.link_target",
            "storage.built_for",
            "storage.runs_here",
            "storage.is_executable",
        ),
        each(_measure),
        limit=2.0,
    ),
)
