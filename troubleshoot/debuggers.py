"""Exceptions as an editor's debugger shows them: type, message, then the newest frame first."""

from __future__ import annotations

from troubleshoot.failure import EXCEPTION, SYNTAX, Frame
from troubleshoot.frames import frame_of, with_code
from troubleshoot.shapes import LONGEST
from troubleshoot.stream import Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Stream

PAUSED = "Exception has occurred: "
_NOTE = "(note: full exception trace"
_MOST_LINES = 60
_MOST_FRAMES = 200


def read_paused(stream: Stream, start: int) -> tuple[Found | None, int]:
    """The exception whose head stands on line ``start``.

    Args:
        stream: the lines.
        start: position of the line with ``Exception has occurred:``.

    Returns:
        The failure, or None if no type is named there, and the position behind it.
    """
    head = stream.texts[start].partition(PAUSED)[2].partition(_NOTE)[0].split()
    name = head[0] if len(head) == 1 else ""
    short = name.rpartition(".")[2]
    if not name.replace(".", "").isidentifier() or not (short[0].isupper() or "." in name):
        return None, start + 1
    texts = stream.texts
    message: list[str] = []
    frames: list[Frame] = []
    at = start + 1
    last = start
    while at < len(texts) and at < start + _MOST_LINES + _MOST_FRAMES:
        text = texts[at]
        made = frame_of(text, stream.indices[at])
        if made is not None:
            if len(frames) == _MOST_FRAMES:
                break
            frames.append(made)
        elif frames:
            if not text.strip():
                at += 1
                continue
            if not text[0].isspace():
                break
            if not frames[-1].code:
                frames[-1] = with_code(frames[-1], text.strip())
        elif at > start + _MOST_LINES:
            break
        elif text.strip() and not text.lstrip().startswith(_NOTE):
            message.append(text.strip()[:LONGEST])
        else:
            at += 1
            continue
        last = at
        at += 1
    if not frames:  # no telling where the message ends
        message = message[:1]
        last = min(last, start + 3)
    frames.reverse()
    kind = SYNTAX if short in ("SyntaxError", "IndentationError", "TabError") else EXCEPTION
    made_failure = Found(
        kind, name, "\n".join(message), stream.indices[start], stream.indices[last],
        rank=stream.rank, frames=frames,
    )  # fmt: skip
    return made_failure, last + 1
