"""Disks: room, inodes, mounts, owners, and what a file really is."""

from __future__ import annotations

import os

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.probes.huggingface import hub_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_KINDS = (
    (b"version https://git-lfs", "git-lfs pointer"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\x1f\x8b", "gzip"),
    (b"\x93NUMPY", "numpy"),
    (b"\x7fELF", "elf"),
    (b"MZ", "windows program"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"SQLite format 3", "sqlite"),
    (b"GGUF", "gguf"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
    (b"%PDF", "pdf"),
    (b"#!", "script"),
)


def existing_parent(path: str) -> str:
    """The path itself, or the nearest folder above it that exists."""
    while not os.path.lexists(path):
        parent = os.path.dirname(path)
        if parent == path:
            break
        path = parent
    return path


def free_space(path: str) -> tuple[int, str]:
    """Free bytes for this user on the file system that would hold ``path``."""
    place = existing_parent(path)
    if hasattr(os, "statvfs"):
        status = os.statvfs(place)
        return status.f_bavail * status.f_frsize, f"file system of {place}"
    import shutil

    return shutil.disk_usage(place).free, f"disk of {place}"


def mount_of(path: str) -> tuple[str, str, tuple[str, ...]]:
    """Mount point, type and options of the file system that holds ``path``."""
    best: tuple[str, str, tuple[str, ...]] = ("", "", ())
    real = os.path.realpath(path)
    for line in read_text("/proc/self/mounts", 1_000_000).splitlines():
        words = line.split()
        if len(words) < 4:
            continue
        point = words[1].encode().decode("unicode_escape", "replace")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, words[2], tuple(words[3].split(",")))
    return best


def file_kind(path: str) -> tuple[str, str]:
    """What a file is by its first bytes.

    Raises:
        OSError: if it cannot be read.
    """
    if os.path.isdir(path):
        return "folder", path
    size = os.stat(path).st_size
    if not os.path.isfile(path):
        return "other", "not a regular file"
    if size == 0:
        return "empty", f"{path} has no bytes"
    with open(path, "rb") as file:
        start = file.read(512)
    for magic, kind in _KINDS:
        if start.startswith(magic):
            return kind, f"it begins with {magic[:24]!r}"
    lower = start.lstrip().lower()
    if lower.startswith((b"<!doctype html", b"<html")):
        return "html", "it is a web page (a download that needed a login or went wrong)"
    if len(start) > 16 and start[8:10] in (b'{"', b"{ ") and start[7] == 0:
        return "safetensors", "a header length followed by JSON"
    if start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05":
        return "pickle", "pickle protocol mark"
    if start[4:8] == b"ftyp":
        return "mp4", "ISO media file"
    if lower.startswith((b"<?xml", b"<svg")):
        return "xml", "XML declaration"
    if not start.strip(b"\0"):
        return "zeros", "the first bytes are all zero (an interrupted write or download)"
    if lower.startswith((b"{", b"[")):
        return "json", "JSON text"
    return ("other", "no known mark") if b"\0" in start else ("text", "text")


def _place(context: Context, request: Request) -> Fact:
    path = context.path(request.argument)
    base = request.base.removeprefix("storage.")
    if not request.argument:
        return request.unknown("no path was named")
    if base == "exists":
        if os.path.exists(path):
            return request.known(True, path)
        if os.path.lexists(path):
            return request.known(False, f"{path} is a link to nothing: {os.readlink(path)}")
        return request.known(False, f"of {path} only {existing_parent(path)} exists")
    if base == "free":
        return request.known(*free_space(path))
    if base == "is_writable":
        place = existing_parent(path)
        why = path if place == path else f"{path} does not exist; {place} does"
        return request.known(os.access(place, os.W_OK), why)
    if base == "size":
        return request.known(os.stat(path).st_size, path)
    if base == "file_kind":
        if not os.path.exists(path):
            return request.unknown(f"{path} does not exist")
        return request.known(*file_kind(path))
    place = existing_parent(path)
    if base == "owner":
        return request.known(owner(place), place)
    if not hasattr(os, "statvfs"):
        return request.unknown("not asked on this system")
    status = os.statvfs(place)
    if base == "total":
        return request.known(status.f_blocks * status.f_frsize, f"file system of {place}")
    if base == "free_inodes":
        if not status.f_files:
            return request.unknown(f"the file system of {place} has no fixed inodes")
        return request.known(status.f_favail, f"file system of {place}")
    point, kind, _ = mount_of(place)
    flag = os.ST_RDONLY if base == "is_read_only" else getattr(os, "ST_NOEXEC", 0)
    return request.known(bool(status.f_flag & flag), f"{point} ({kind})")


def owner(path: str) -> str:
    """Name of the user that owns a path."""
    number = os.stat(path).st_uid
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return str(number)


def _known_place(context: Context, request: Request) -> Fact:
    base = request.base.removeprefix("storage.")
    if base.startswith("shm"):
        if not os.path.isdir("/dev/shm"):
            return request.unknown("there is no /dev/shm")
        status = os.statvfs("/dev/shm")
        blocks = status.f_blocks if base == "shm_total" else status.f_bavail
        return request.known(blocks * status.f_frsize, "file system of /dev/shm")
    if base == "tmp_free":
        environ = context.environ
        named = (environ.get(name, "") for name in ("TMPDIR", "TEMP", "TMP"))
        return request.known(*free_space(next((p for p in named if os.path.isdir(p)), "/tmp")))
    path = context.home if base == "home_free" else hub_home(context.environ, context.home)
    return request.known(*free_space(path))


PROBES = (
    Probe(
        (
            "storage.free",
            "storage.total",
            "storage.free_inodes",
            "storage.exists",
            "storage.is_writable",
            "storage.is_read_only",
            "storage.is_noexec",
            "storage.owner",
            "storage.size",
            "storage.file_kind",
        ),
        each(_place),
        limit=2.0,
    ),
    Probe(
        (
            "storage.shm_total",
            "storage.shm_free",
            "storage.tmp_free",
            "storage.hf_cache_free",
            "storage.home_free",
        ),
        each(_known_place),
        limit=2.0,
    ),
)
