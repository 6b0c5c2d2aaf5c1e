"""FFmpeg, OpenGL and displays."""

from __future__ import annotations

import os
import re
import sys

from troubleshoot.probes import Probe, each
from troubleshoot.probes.libraries import search
from troubleshoot.programs import on_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_AVUTIL = range(54, 64)
_AVUTIL_TO_MAJOR = 52  # libavutil 56 belongs to FFmpeg 4, 60 to FFmpeg 8


def avutil_name(number: int) -> str:
    """File name of libavutil with this ABI number on this system."""
    if sys.platform == "win32":
        return f"avutil-{number}.dll"
    if sys.platform == "darwin":
        return f"libavutil.{number}.dylib"
    return f"libavutil.so.{number}"


def avutil_numbers(context: Context) -> Iterator[tuple[int, str]]:
    """ABI numbers and paths of the libavutil copies that the loader would find."""
    for number in _AVUTIL:
        path, _ = search(context, avutil_name(number))
        if path:
            yield number, path


def ffmpeg_version(text: str) -> str:
    """Version in the first line of ``ffmpeg -version``; ``""`` for a nightly build."""
    match = re.search(r"ffmpeg version n?(\d+(?:\.\d+)+|\d+)(?=[\s~+-])", text)
    return match.group(1) if match else ""


def _version(context: Context, request: Request) -> Fact:
    from troubleshoot.probes.child import ask

    path = ""
    if context.target.python:
        prefix = context.interpreter.conda_prefix
        path = os.path.join(prefix, "bin", "ffmpeg") if prefix else ""
        folder = os.path.join(prefix, "conda-meta")
        for name in os.listdir(folder) if prefix else []:
            match = re.match(r"ffmpeg-(\d+(?:\.\d+)+)-", name)
            if match:
                return request.known(match.group(1), os.path.join(folder, name))
    if not path or not os.path.isfile(path):
        path = on_path("ffmpeg", context.environ)
    if not path:
        return request.unknown("there is no ffmpeg on PATH")
    reply = ask([path, "-version"], limit=3.0, environ=context.environ)
    version = ffmpeg_version(reply.output)
    if version:
        return request.known(version, path)
    return request.unknown(f"{path} does not tell a version: {reply.error.strip()[-200:]}")


def _libraries(context: Context, request: Request) -> Fact:
    base = request.base.removeprefix("media.")
    if base in ("ffmpeg_majors", "libavutil_sonames"):
        found = list(avutil_numbers(context))
        why = ", ".join(path for _, path in found) or "the loader finds no libavutil"
        if base == "ffmpeg_majors":
            return request.known(tuple(n - _AVUTIL_TO_MAJOR for n, _ in found), why)
        return request.known(tuple(avutil_name(n) for n, _ in found), why)
    if sys.platform == "win32":
        return request.unknown("not asked on Windows")
    names = {
        "has_gl": ("libGL.so.1",),
        "has_egl": ("libEGL.so.1",),
        "has_osmesa": ("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so"),
    }[base]
    reasons = []
    for name in names:
        path, why = search(context, name)
        if path:
            return request.known(True, path)
        reasons.append(f"{name}: {why}")
    return request.known(False, reasons[0])


def _display(context: Context, request: Request) -> Fact:
    import socket

    display = context.environ.get("DISPLAY", "")
    if not display:
        return request.known(False, "$DISPLAY is not set")
    match = re.match(r"([\w.-]*|unix|/[^:]*):(\d{1,4})(?:\.\d+)?$", display)
    if match is None:
        return request.unknown(f"$DISPLAY is {display[:80]!r}")
    host, number = match.group(1), int(match.group(2))
    try:
        if host in ("", "unix"):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(0.5)
                connection.connect(f"/tmp/.X11-unix/X{number}")
        elif host in ("localhost", "127.0.0.1"):
            socket.create_connection((host, 6000 + number), timeout=0.5).close()
        else:
            return request.unknown(f"the display {display} is on another machine")
    except OSError as error:
        return request.known(False, f"$DISPLAY is {display}, but {error.strerror or error}")
    return request.known(True, f"the display {display} answers")


PROBES = (
    Probe(("media.ffmpeg_version",), each(_version), limit=4.0),
    Probe(
        (
            "media.ffmpeg_majors",
            "media.libavutil_sonames",
            "media.has_gl",
            "media.has_egl",
            "media.has_osmesa",
        ),
        each(_libraries),
        limit=2.0,
    ),
    Probe(("media.x_display",), each(_display), limit=1.5),
)
