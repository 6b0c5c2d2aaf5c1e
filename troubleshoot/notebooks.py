"""Tracebacks as IPython, Jupyter, Colab and VS Code print them."""

from __future__ import annotations

from troubleshoot.failure import EXCEPTION, SYNTAX, Frame
from troubleshoot.shapes import (
    CAUSE,
    CONTEXT,
    HEADER,
    LONGEST,
    compiled,
    exception_head,
    starts_anew,
)
from troubleshoot.stream import MOST_MESSAGE_LINES, Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Stream

_FRAMES = (
    # Cell In[4], line 1  ·  Input In [4], in <cell line: 3>()  ·  Cell In [4], line 2, in f(a)
    r"(?P<path>(?:Cell |Input )?In ?\[(?:\d+|\s|\*)\])(?:, line (?P<line>\d+))?(?:, in (?P<fun"
    r"ction>.+))?:?$",
    # File ~/x.py:12, in f(a)  ·  File c:\x.py:148
    r"File (?P<path>[^\"].*?):(?P<line>\d+)(?:, in (?P<function>.+))?$",
    # File "x.py", line 3, in f
    r"File \"(?P<path>[^\"]+)\", line (?P<line>\d+)(?:, in (?P<function>.+))?$",
    # /home/ada/x.ipynb Cell 19 line 1  ·  x.ipynb Cell 3' in <cell line: 1>()
    r"\[?(?P<path>[^\]\n]{1,300}\.ipynb)\]?(?:\([^)\s]*\))? Cell \d+'?(?:,? line:? (?P<line>\d+)"
    r"| in (?P<function>.+))?:?$",
    # <ipython-input-3-0c54302c25ea> in <module>  ·  /usr/lib/x.py in f(a)  ·  x.pyx in init x()
    r"\[?(?P<path><ipython-input-[^>]+>|(?:~|/|[A-Za-z]:\\|[\w./\\-]*\w\.py)[^\]\s]*"
    r"|[\w./-]+\.pyx?)"
    r"\]?(?:\([^)\s]*\))? in (?P<line>)(?P<function>.+)$",
)
_ARROW = r"-{2,}> ?(?:(\d+)|\[(\d+)\](?:\([^)\s]*\))?) ?(.*)$"
"""The line that failed; VS Code makes its number a link: ---> [14](vscode-notebook-cell:…)."""


def frame_of(text: str, index: int) -> Frame | None:
    """The frame that a notebook prints on this line, or None."""
    bare = text.strip()
    if not 5 < len(bare) < LONGEST or not (
        " in " in bare
        or ".ipynb" in bare
        or bare.startswith(("File ", "Cell ", "Input ", "In [", "In["))
    ):
        return None
    for pattern in _FRAMES:
        found = compiled(pattern).match(bare)
        if found:
            function = (found.group("function") or "").strip()
            name = function.partition("(")[0].strip() or function
            return Frame(
                found.group("path"),
                int(found.group("line") or 0),
                name[:200],
                "",
                index,
            )
    return None


def read_cell(stream: Stream, start: int, header: str) -> tuple[list[Found], int]:
    """The exception whose header stands on line ``start``, and the line after it.

    Args:
        stream: the lines.
        start: the line ``NameError      Traceback (most recent call last)``.
        header: the type that stands before ``Traceback``.
    """
    texts, indices = stream.texts, stream.indices
    count = len(texts)
    short = header.rsplit(".", 1)[-1]
    frames: list[Frame] = []
    at = start + 1
    while at < count:
        text = texts[at]
        bare = text.strip()
        if not bare:
            at += 1
            continue
        if HEADER in bare or CAUSE in bare or CONTEXT in bare:
            break
        head = exception_head(bare)
        if head is not None and _same(head[0], short) and not text.startswith("     "):
            return [_made(stream, start, at, head, frames)], _message_end(stream, at) + 1
        frame = frame_of(bare, indices[at])
        if frame is not None:
            frames.append(frame)
        elif frames and bare.startswith("--"):
            arrow = compiled(_ARROW).match(bare[:LONGEST])
            if arrow:
                old = frames[-1]
                number = int((arrow.group(1) or arrow.group(2))[:9])
                line = number if old.path.endswith(".ipynb") else old.line or number
                frames[-1] = Frame(old.path, line, old.function, arrow.group(3).strip(), old.index)
        at += 1
        if at - start > 4000:
            break
    made = Found(EXCEPTION, header, "", indices[start], indices[min(at, count) - 1],
                 rank=stream.rank, frames=frames)  # fmt: skip
    return [made], at


def _same(name: str, header: str) -> bool:
    return name.rsplit(".", 1)[-1].partition("(")[0] == header.partition("(")[0]


def _message_end(stream: Stream, final: int) -> int:
    texts = stream.texts
    end = at = final
    blanks = 0
    while at + 1 < min(len(texts), final + MOST_MESSAGE_LINES):
        at += 1
        text = texts[at]
        bare = text.strip()
        if not bare:
            blanks += 1
            if blanks > 2:
                break
            continue
        if starts_anew(text) or bare in ("}", '"', '"}') or bare.startswith('"stack"'):
            break
        blanks = 0
        end = at
    return end


def _made(
    stream: Stream, start: int, final: int, head: tuple[str, str], frames: list[Frame]
) -> Found:
    name, rest = head
    end = _message_end(stream, final)
    lines = [
        rest.rstrip(),
        *(text.rstrip()[:LONGEST] for text in stream.texts[final + 1 : end + 1]),
    ]
    kind = SYNTAX if name in ("SyntaxError", "IndentationError", "TabError") else EXCEPTION
    return Found(
        kind, name, "\n".join(lines), stream.indices[start], stream.indices[end],
        stream.indices[final], rank=stream.rank, frames=frames,
    )  # fmt: skip
