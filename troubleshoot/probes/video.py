"""Whether a video can be read, by what it is encoded, and what this FFmpeg can decode."""

from __future__ import annotations

import os
import re

from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.child import Reply
    from troubleshoot.probes.register import Request

_LIMIT = 4.0
_ALIASES = {"h265": "hevc", "x265": "hevc", "avc": "h264", "x264": "h264", "libx264": "h264"}


def _ask(context: Context, tool: str, arguments: Sequence[str]) -> Reply:
    """The answer of ffmpeg or ffprobe: of the environment if it has one, else of PATH.

    Raises:
        LookupError: there is no such program.
    """
    from troubleshoot.probes.child import ask
    from troubleshoot.programs import on_path

    path = ""
    if context.target.python:
        path = os.path.join(context.interpreter.prefix, "bin", tool)
    if not path or not os.path.isfile(path):
        path = on_path(tool, context.environ)
    if not path:
        raise LookupError(f"there is no {tool} on PATH")
    return ask([path, "-v", "error", *arguments], limit=_LIMIT, environ=context.environ)


def _file(context: Context, request: Request) -> Fact:
    path = context.path(request.argument) if request.argument else ""
    if not path or not os.path.isfile(path):
        return request.unknown(f"{path or 'the video'} is not here")
    # "file:" keeps a name such as concat:x or http:x from being read as a protocol
    wanted = ["-select_streams", "v:0", "-show_entries", "stream=codec_name", "-of", "csv=p=0"]
    reply = _ask(context, "ffprobe", [*wanted, f"file:{path}"])
    if reply.timed_out:
        return request.unknown(f"ffprobe did not answer within {_LIMIT:g} s")
    codec = reply.output.strip().split("\n")[0].strip(", ")
    trouble = reply.error.strip().split("\n")[0][:200]
    if request.base == "media.video_codec":
        if codec:
            return request.known(codec, f"ffprobe {path}")
        return request.unknown(trouble or f"{path} has no video stream")
    if reply.code == 0 and codec:
        return request.known(True, f"ffprobe reads {path}: {codec}")
    return request.known(False, trouble or f"{path} has no video stream")


def _decoder(context: Context, request: Request) -> Fact:
    name = _ALIASES.get(request.argument.lower(), request.argument)
    if not re.fullmatch(r"[A-Za-z0-9_-]{2,40}", name):
        return request.unknown(f"{name!r} is not a codec's name")
    reply = _ask(context, "ffmpeg", ["-hide_banner", "-decoders"])
    if reply.code != 0:
        return request.unknown("ffmpeg does not list its decoders")
    pattern = rf"^ [A-Z.]{{6}} (?:\w+[_-])?{re.escape(name)}\b|\(codec {re.escape(name)}\)"
    lines = [line.strip() for line in reply.output.splitlines() if re.search(pattern, line)]
    if lines:
        return request.known(True, lines[0][:120])
    return request.known(False, f"ffmpeg -decoders lists none for {name}")


PROBES = (
    Probe(("media.video_codec", "media.video_readable"), each(_file), limit=5.0),
    Probe(("media.has_decoder",), each(_decoder), limit=5.0),
)
