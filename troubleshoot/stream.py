"""One worker's lines, and the unfinished failures that detectors collect from them.

A document of several ranks is split into one stream per rank before any detector reads it, so
that tracebacks printed at the same time by several workers are whole again.
"""

from __future__ import annotations

from bisect import bisect_right

from troubleshoot.failure import INITIATING, Failure, Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from troubleshoot.document import Document

MOST_FRAMES = 200  # kept of one traceback, from both ends
MOST_MESSAGE_LINES = 200
MOST_MESSAGE_CHARACTERS = 20_000


class Stream:
    """Lines of one worker.

    Attributes:
        texts: the cleaned lines.
        indices: for each line its index in the document.
        rank: the worker's label, or ``""``.
        text: all lines joined, for cheap searches.
        claimed: one byte per line, 1 where a detector has already explained it.
        ends: positions of last lines of records (a JSON log's line holds a whole traceback), at
            which a message must end.
    """

    __slots__ = ("_starts", "claimed", "ends", "indices", "rank", "text", "texts")

    def __init__(self, texts: list[str], indices: Sequence[int], rank: str = "") -> None:
        self.texts = texts
        self.indices = indices
        self.rank = rank
        self.text = "\n".join(texts)
        self.claimed = bytearray(len(texts))
        self.ends: set[int] = set()
        self._starts: list[int] = []

    def lines_with(self, literals: Iterable[str]) -> list[tuple[int, str]]:
        """Unclaimed lines that contain one of ``literals``, in order, with their positions."""
        text = self.text
        if not self._starts:
            position = 0
            for line in self.texts:
                self._starts.append(position)
                position += len(line) + 1
        starts = self._starts
        hits: set[int] = set()
        for literal in literals:
            place = text.find(literal)
            while place >= 0:
                at = bisect_right(starts, place) - 1
                hits.add(at)
                following = starts[at + 1] if at + 1 < len(starts) else len(text)
                place = text.find(literal, following)
        claimed = self.claimed
        return [(at, self.texts[at]) for at in sorted(hits) if not claimed[at]]

    def has(self, literals: Iterable[str]) -> bool:
        """Whether any of ``literals`` occurs somewhere."""
        text = self.text
        return any(literal in text for literal in literals)

    def found(
        self,
        kind: str,
        name: str,
        message: str,
        at: int,
        end: int = -1,
        *,
        start: int = -1,
        role: str = "",
        signal: str = "",
        exit_code: int | None = None,
    ) -> Found:
        """A failure on the lines from ``start`` (or ``at``) to ``end``, which become claimed."""
        end = max(at, end)
        start = at if start < 0 else start
        self.claim(start, end)
        return Found(
            kind, name, message, self.indices[start], self.indices[end], self.indices[at],
            rank=self.rank, role=role, signal=signal, exit_code=exit_code,
        )  # fmt: skip

    def rest(self) -> str:
        """The lines that nobody has explained yet, joined."""
        if 1 not in self.claimed:
            return self.text
        return "\n".join(text for text, mark in zip(self.texts, self.claimed) if not mark)

    def claim(self, start: int, end: int) -> None:
        """Mark the lines from ``start`` to ``end`` (inclusive) as explained."""
        if end >= start:
            self.claimed[start : end + 1] = b"\1" * (min(end + 1, len(self.texts)) - start)


def split(document: Document) -> list[Stream]:
    """The document's streams, in the order in which they begin."""
    lines = document.lines
    ranks = document.ranks
    if not any(ranks):
        stream = Stream(list(lines), range(len(lines)))
        stream.ends = _record_ends(document.numbers)
        return [stream]
    texts: dict[str, list[str]] = {}
    indices: dict[str, list[int]] = {}
    for index, rank in enumerate(ranks):
        if rank not in texts:
            texts[rank] = []
            indices[rank] = []
        texts[rank].append(lines[index])
        indices[rank].append(index)
    return [Stream(texts[rank], indices[rank], rank) for rank in texts]


def _record_ends(numbers: tuple[int, ...]) -> set[int]:
    """Last lines of the raw lines that became four clean lines or more."""
    ends: set[int] = set()
    run = 1
    for at in range(1, len(numbers)):
        if numbers[at] == numbers[at - 1]:
            run += 1
        else:
            if run > 3:
                ends.add(at - 1)
            run = 1
    return ends


class Found:
    """A failure under construction; positions are document indices.

    Attributes besides those of `Failure`:
        parent: the `Found` this one was raised from, or None.
        context: what the lines around said about it: ``teardown``, ``process``, ``thread``,
            ``logged``, ``remote`` or ``""``.
        chain: whether a later failure of a chain was raised from this one.
    """

    __slots__ = (
        "chain",
        "context",
        "end",
        "exit_code",
        "frames",
        "kind",
        "line",
        "link",
        "message",
        "name",
        "parent",
        "rank",
        "role",
        "signal",
        "start",
    )

    def __init__(
        self,
        kind: str,
        name: str,
        message: str,
        start: int,
        end: int = -1,
        line: int = -1,
        *,
        rank: str = "",
        role: str = "",
        frames: Sequence[Frame] = (),
        signal: str = "",
        exit_code: int | None = None,
        context: str = "",
    ) -> None:
        self.kind = kind
        self.name = name
        self.message = message
        self.start = start
        self.end = start if end < 0 else end
        self.line = start if line < 0 else line
        self.rank = rank
        self.role = role
        self.frames = frames
        self.parent: Found | None = None
        self.link = ""
        self.signal = signal
        self.exit_code = exit_code
        self.context = context
        self.chain = False

    @property
    def short_name(self) -> str:
        """The type without its module."""
        return self.name.rsplit(".", 1)[-1]


def kept(found: list[Found], most: int) -> list[Found]:
    """At most ``most`` failures in the order of their lines: the first and the last half."""
    found.sort(key=lambda item: (item.start, item.line))
    half = most // 2
    return found if len(found) <= most else found[:half] + found[-half:]


def finish(found: Sequence[Found]) -> tuple[Failure, ...]:
    """Frozen failures in the order of their lines."""
    ordered = sorted(found, key=lambda item: (item.start, item.line))
    places = {id(item): place for place, item in enumerate(ordered)}
    return tuple(
        Failure(
            kind=item.kind,
            name=item.name,
            message=item.message[:MOST_MESSAGE_CHARACTERS],
            start=item.start,
            end=item.end,
            line=item.line,
            role=item.role or INITIATING,
            rank=item.rank,
            frames=_both_ends(item.frames),
            parent=-1 if item.parent is None else places.get(id(item.parent), -1),
            link=item.link,
            exit_code=item.exit_code,
            signal=item.signal,
        )
        for item in ordered
    )


def _both_ends(frames: Sequence[Frame]) -> tuple[Frame, ...]:
    if len(frames) <= MOST_FRAMES:
        return tuple(frames)
    half = MOST_FRAMES // 2
    return tuple(frames[:half]) + tuple(frames[-half:])
