"""What stays the same when a failure happens again: for finding duplicates and old attempts.

The fingerprint is made of the exception's type, its message without what changes from run to
run, and the library's frames it came through; versions are named beside it, so that one failure
is recognised across versions.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from troubleshoot.failure import Failure, Frame

    Answer = Mapping[str, Any]

FRAMES = 3
"""Library frames, from the innermost out, that belong to a fingerprint."""
_QUERY_WORDS = 14
_LONGEST = 2000

# What changes from run to run, in the order it is taken out; ◦ stands in its place.
_NOISE = (
    (r"<[a-z][a-z-]{1,30}-\d{1,6}>", "◦"),
    (r"0x[0-9a-fA-F]+", "◦"),
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "◦"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?", "◦"),
    (r"\b[a-z][a-z0-9+.-]{1,12}://[^\s'\"<>,;)\]]+", "◦"),
    (r"(?:[A-Za-z]:)?[\\/](?:[^\s'\"<>|:,;()\[\]{}\\/]+[\\/])+(?=[^\s\\/])", ""),
    (r"\b[0-9a-f]{16,64}\b", "◦"),
    (r"\b\d+(?:x\d+)+\b", "◦"),
    (r"\b\d+(?:\.\d+)? ?(?:[KMGT]i?B|bytes|ms|s|seconds|%)(?![\w])", "◦"),
    (r"\b\d+(?:\.\d+){2,}(?:[+.-]\w+)*\b", "◦"),
    # a number says something where it is a code: Errno 28, CUDA error 804, 401 Client Error
    (
        r"(?<![\w.])(?<!Errno )(?<!WinError )(?<!rror )(?<!rror: )(?<!code )(?<!code: )(?<!status )"
        r"(?<!signal )[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?!\.\d)(?![\w])(?! (?:Client|Server) Error)",
        "◦",
    ),
)
_compiled: list[tuple[re.Pattern[str], str]] = []


def of(answer: Answer, failures: Sequence[Failure] = ()) -> str:
    """The fingerprint of a diagnosed failure: twelve hexadecimal digits, or ``""`` for none.

    Args:
        answer: the answer in its published form.
        failures: what went wrong, for the frames; without them the package stands for them.
    """
    failure = main_failure(answer)
    if failure is None:
        return ""
    import hashlib

    parts = [short(failure["exception"]), without_noise(failure["message"])]
    frames = library_frames(failures)
    parts += frames or [failure.get("package") or ""]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:12]


def main_failure(answer: Answer) -> dict[str, Any] | None:
    """The failure a report is about: the first that the run died of, else the last seen."""
    failures = answer["failures"]
    for role in ("initiating", "wrapper"):
        for failure in failures:
            if failure["role"] == role:
                return dict(failure)
    return dict(failures[-1]) if failures else None


def initiating(failures: Sequence[Failure]) -> Failure | None:
    """The same choice among the records."""
    for role in ("initiating", "wrapper"):
        for failure in failures:
            if failure.role == role:
                return failure
    return failures[-1] if failures else None


def library_frames(failures: Sequence[Failure]) -> list[str]:
    """The innermost installed frames, such as ``torch/nn/modules/linear.forward``."""
    failure = initiating(failures)
    if failure is None:
        return []
    frames = [frame for frame in reversed(failure.frames) if not frame.is_user and frame.path]
    return [f"{place(frame)}.{frame.function}" for frame in frames[:FRAMES]]


def place(frame: Frame) -> str:
    """A frame's file from its package on, without its ending."""
    path = frame.path.replace("\\", "/")
    for folder in ("/site-packages/", "/dist-packages/"):
        if folder in path:
            return path.rsplit(folder, 1)[1].rsplit(".", 1)[0]
    found = re.search(r"/lib/python[\d.]+/(.+)$", path)
    return (found[1] if found else path.rsplit("/", 1)[-1]).rsplit(".", 1)[0]


def short(name: str) -> str:
    """An exception's type without its module."""
    return name.rsplit(".", 1)[-1]


def without_noise(message: str) -> str:
    """A message without numbers, addresses, folders and dates, in one line."""
    if not _compiled:
        _compiled.extend((re.compile(form), mark) for form, mark in _NOISE)
    text = " ".join(message[:_LONGEST].split())
    for pattern, mark in _compiled:
        text = pattern.sub(mark, text)
    return text


def query(answer: Answer) -> str:
    """Words to search a tracker with: the type and the telling part of the message."""
    failure = main_failure(answer)
    if failure is None:
        return ""
    first = next((line for line in failure["message"].split("\n") if line.strip()), "")
    kept: list[str] = []
    for part in re.split(r"◦|[\"'`“”‘’,;()\[\]{}<>|=\\]", without_noise(first)):
        words = [word.strip(".:!?") for word in part.split()]
        kept += [word for word in words if word.strip("-+*/_")]
        if len(kept) >= _QUERY_WORDS:
            break
    name = short(failure["exception"])
    return " ".join(dict.fromkeys([name, *kept[:_QUERY_WORDS]]))
