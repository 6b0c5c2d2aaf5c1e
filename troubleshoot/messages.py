"""The message of an exception: where it ends, and what the lines around it say."""

from __future__ import annotations

from troubleshoot.frames import frame_of
from troubleshoot.shapes import LONGEST, exception_head, is_marker, starts_anew, surely_raised
from troubleshoot.stream import MOST_MESSAGE_LINES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Stream

_MOST_ALTERNATIVES = 600  # lines of a list of ways that were tried


class Message:
    """A message in the making.

    Attributes:
        lines: its lines; the first one without the exception's type.
        end: position of its last line.
        tried: first and following position of a list of ways that were tried, or None.
    """

    __slots__ = ("end", "lines", "tried")

    def __init__(self, first: str, final: int) -> None:
        self.lines = [first.rstrip()]
        self.end = final
        self.tried: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """The whole message."""
        return "\n".join(self.lines[:MOST_MESSAGE_LINES])


def read_message(stream: Stream, final: int, rest: str, base: int) -> Message:
    """The message that begins on line ``final``.

    Args:
        stream: the lines.
        final: position of the line that names the exception.
        rest: what stands behind the name there.
        base: indentation of the traceback; a line with less ends the message.
    """
    texts = stream.texts
    message = Message(rest, final)
    lines = message.lines
    at = final
    limit = min(len(texts), final + MOST_MESSAGE_LINES)
    blanks = 0
    while at + 1 < limit and at not in stream.ends:
        at += 1
        text = texts[at]
        bare = text.strip()
        if not bare:
            blanks += 1
            if blanks > 2:
                break
            continue
        if bare.startswith("[start of ") and "traceback" in bare:
            last = _end_of_list(texts, at)
            if last > at:
                message.tried = at + 1, last
            lines.extend(line.rstrip()[:LONGEST] for line in texts[message.end + 1 : last + 1])
            message.end = at = last
            blanks = 0
            continue
        if starts_anew(text) or is_marker(bare) or frame_of(text, 0) is not None:
            break
        if base and len(text) - len(text.lstrip()) < base:
            break
        head = exception_head(bare) if bare[0].isalpha() or bare[0] == "_" else None
        if head is not None and surely_raised(head[0]) and not text.startswith(("  ", "\t")):
            break
        if blanks and len(lines) > 60:
            break
        lines.extend([""] * blanks)
        blanks = 0
        lines.append(text.rstrip()[:LONGEST])
        message.end = at
    if lines[-1] == "Original" and len(lines) > 1:
        del lines[-1]  # of "Original Traceback"
    return message


def _end_of_list(texts: list[str], at: int) -> int:
    for end in range(at + 1, min(at + _MOST_ALTERNATIVES, len(texts))):
        if texts[end].strip().startswith("[end of "):
            return end
    return at


def message_above(stream: Stream, start: int) -> str:
    """The paragraph right above frames that have no last line (ComfyUI prints it there)."""
    above: list[str] = []
    at = start - 1
    blanks = 0
    while at >= 0 and len(above) < 6 and blanks < 2:
        text = stream.texts[at].strip()
        if not text:
            blanks += 1
            if above:
                break
        elif stream.claimed[at] or starts_anew(text) or stream.texts[at][0].isspace():
            break
        else:
            above.append(text[:LONGEST])
        at -= 1
    message = "\n".join(reversed(above))
    return message if any(letter.isalpha() for letter in message) else ""


def context_of(stream: Stream, start: int) -> str:
    """What the lines above a traceback say: ``teardown``, ``process``, ``thread``, ``logged``."""
    for at in range(start - 1, max(-1, start - 4), -1):
        text = stream.texts[at].strip()
        if not text:
            continue
        if "Exception ignored" in text or "Error in atexit" in text:
            return "teardown"
        if text.startswith("Process ") and text.endswith(":"):
            return "process"
        if "Exception in thread " in text or "Uncaught exception in thread" in text:
            return "thread"
        if text.startswith("--- Logging error ---"):
            return "logged"
        if "exception was never retrieved" in text or text.startswith("Exception in callback"):
            return "task"
        if at < start - 1:
            break
    return ""
