"""Failures as pytest prints them: frames ``path:line: in function`` and messages behind ``E``."""

from __future__ import annotations

from troubleshoot.failure import EXCEPTION, Frame
from troubleshoot.shapes import LONGEST, compiled, exception_head, looks_raised, surely_raised
from troubleshoot.stream import Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Stream

_PLACE = r"((?:[A-Za-z]:)?[^\s:][^:\n]{0,300}\.pyx?):(\d{1,7}): (?:in (.{1,200})|(\w[\w.]*)?)$"


def find(stream: Stream) -> list[Found]:
    """Exceptions of test sections; claims the lines that it has read."""
    found: list[Found] = []
    texts = stream.texts
    if "\nE " not in stream.text and ": in " not in stream.text and ".py:" not in stream.text:
        return found
    frames: list[Frame] = []
    message: list[str] = []
    start = first = -1
    for at, text in enumerate(texts):
        bare = text.strip()
        if not bare:
            continue
        if text.startswith(("E  ", "E\t")) or text == "E":
            if not message:
                first = at
                start = at if start < 0 else start
            message.append(text[1:].strip()[:LONGEST])
            continue
        if ":" in bare and ".py" in bare:
            place = compiled(_PLACE).match(bare[:600])
            if place is not None:
                if place.group(3):
                    if message:
                        _add(stream, found, message, frames, start, first, at - 1, "")
                        frames, message, start = [], [], -1
                    start = at if start < 0 else start
                    code = texts[at + 1].strip() if at + 1 < len(texts) else ""
                    frames.append(
                        Frame(
                            place.group(1),
                            int(place.group(2)),
                            place.group(3),
                            code[:1000],
                            stream.indices[at],
                        )
                    )
                    continue
                name = place.group(4) or ""
                if name or not frames:
                    frames.append(
                        Frame(place.group(1), int(place.group(2)), "", "", stream.indices[at])
                    )
                if name and (message or _bare_above(stream, at, message)):
                    if first < 0 or first > at:
                        first = at - len(message)
                    _add(
                        stream,
                        found,
                        message,
                        frames,
                        start if start >= 0 else first,
                        first,
                        at,
                        name,
                    )
                    frames, message, start, first = [], [], -1, -1
                continue
        if text.startswith(("____", "====", "----")):
            if message:
                _add(stream, found, message, frames, start, first, at - 1, "")
            frames, message, start, first = [], [], -1, -1
        elif frames and not message:
            head = exception_head(bare)
            if (
                head is not None
                and not text[0].isspace()
                and surely_raised(head[0])
                and looks_raised(head[0])
            ):
                first = at
                message.append(bare[:LONGEST])
    if message:
        _add(stream, found, message, frames, start, first, len(texts) - 1, "")
    if found:
        for at, text in stream.lines_with(("ERROR collecting", "FAILED ", "ERROR ")):
            if "ERROR collecting" in text or compiled(r"(?:FAILED|ERROR) \S+\.py").match(text):
                stream.claim(at, at)
    else:
        found.extend(_summary(stream))
    return found


def _bare_above(stream: Stream, at: int, message: list[str]) -> bool:
    """The message without its ``E`` (the intake takes it off): lines up to a ``>`` or a blank."""
    above: list[str] = []
    for before in range(at - 1, max(-1, at - 30), -1):
        text = stream.texts[before]
        if not text.strip():
            if above:
                break
            continue
        if text.startswith((">", "    ", "____")) and not text.lstrip().startswith(("+", "-", "?")):
            break
        above.append(text.strip()[:LONGEST])
    message.extend(reversed(above))
    return bool(above)


def _add(
    stream: Stream, found: list[Found], message: list[str], frames: list[Frame], start: int,
    first: int,
    end: int, name: str,
) -> None:  # fmt: skip
    head = exception_head(message[0])
    text = "\n".join(message)
    if head is not None and (surely_raised(head[0]) or head[0] == name):
        text = "\n".join([head[1], *message[1:]])
        name = head[0]
    first = max(first, 0)
    start = min(first, max(0, first if start < 0 else start))
    last = min(max(first + len(message) - 1, start), len(stream.texts) - 1)
    end = max(min(end, len(stream.texts) - 1), start)
    found.append(
        Found(
            EXCEPTION,
            name or "AssertionError",
            text,
            stream.indices[start],
            stream.indices[min(last, end)],
            stream.indices[first],
            rank=stream.rank,
            frames=frames[-200:],
        )
    )
    stream.claim(start, end)


def _summary(stream: Stream) -> list[Found]:
    """The lines ``FAILED path::test - Name: message`` where nothing above them was kept."""
    found: list[Found] = []
    for at, text in stream.lines_with(("FAILED ", "ERROR ")):
        line = compiled(r"(?:FAILED|ERROR) (\S+\.py\S*)(?: - (.*))?$").match(text[:LONGEST].strip())
        if line is None or len(found) >= 40:
            continue
        message = line.group(2) or ""
        head = exception_head(message)
        if head is not None and surely_raised(head[0]):
            found.append(stream.found(EXCEPTION, head[0], head[1], at))
        elif message:
            found.append(stream.found(EXCEPTION, "AssertionError", message, at))
    return found
