"""One pass over a stream of any length: hits of literals, and what surrounds them."""

from __future__ import annotations

from troubleshoot.excerpts import CONTEXT, Excerpt, window
from troubleshoot.sources import fill

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Union

    from troubleshoot.sources import Readable

    Buffer = Union[bytearray, memoryview]
    Finder = Callable[[Buffer], Sequence[tuple[int, int, int]]]

BLOCK = 256 << 10  # bytes read at once
HEAD = 64 << 10  # bytes kept of the start: versions, settings, the command
TAIL = 512 << 10  # bytes kept of the end, where a run dies
TOO_COMMON = 2_000  # hits after which a literal says nothing and only costs time
_LAST_TAIL = 128 << 10  # the same where the answer has to be fast
_FIRST_HITS = 20  # kept of each literal from the start of the stream
_LAST_HITS = 5  # and from its end
_SURE_HITS = 3  # kept of each literal even if others have used up the room
_ROOM = 2 << 20  # bytes for all excerpts between head and tail


class Scanner:
    """One pass over a stream.

    Args:
        source: what to read.
        literals: what to look for.
        begin: offset at which reading begins in a file that can be read again, else -1.
        lines: number of line ends in front of it.
    """

    def __init__(
        self,
        source: Readable,
        literals: Sequence[bytes | str],
        begin: int = -1,
        lines: int = 0,
    ) -> None:
        self.source = source
        self.begin = begin
        self.start = max(0, begin)
        # An empty literal is everywhere, and one of a single byte nearly so.
        known = [item.encode() if isinstance(item, str) else item for item in literals]
        self.literals = [item for item in dict.fromkeys(known) if 2 <= len(item) <= CONTEXT]
        self.counts = [0] * len(self.literals)
        self.active = list(range(len(self.literals)))
        self.longest = max(map(len, self.literals), default=1)
        self.find = _finder(self.literals)
        self.buffer = bytearray(2 * CONTEXT + BLOCK)
        self.base = self.start  # offset of the buffer's first byte
        self.filled = 0
        self.lines = lines  # line ends before the buffer
        self.has_common = False
        self.pending: list[int] = []
        self.excerpts: list[Excerpt] = []
        self.room = _ROOM
        self.covered = 0  # offset up to which excerpts reach
        self.recent: dict[int, list[tuple[int, int, int]]] = {}
        self.head = bytearray()
        self.tail = _LAST_TAIL if begin > 0 else TAIL
        self.ring = bytearray() if begin >= 0 else bytearray(self.tail)
        self.ring_place = 0

    @property
    def end(self) -> int:
        """Offset behind the last byte that was read."""
        return self.base + self.filled

    @property
    def raw_lines(self) -> int:
        """Number of lines read; the last one may lack its line end."""
        is_open = self.filled > 0 and self.buffer[self.filled - 1] != 0x0A
        return self.lines + self.buffer.count(b"\n", 0, self.filled) + is_open

    def run(self) -> None:
        """Read to the end."""
        view = memoryview(self.buffer)
        while size := fill(self.source, view[self.filled : self.filled + BLOCK]):
            self._take(view, size)
        self._extract(at_end=True)

    def pieces(self) -> list[Excerpt]:
        """Head, tail and excerpts; they may overlap."""
        lines = self.lines + self.buffer.count(b"\n", 0, self.filled)
        return [*self._ends(self.end, lines), *self.excerpts, *self._recent_pieces(self.end)]

    def common(self) -> list[bytes]:
        """Literals that were found too often to mean anything."""
        return [
            literal
            for literal, count in zip(self.literals, self.counts, strict=True)
            if count > TOO_COMMON
        ]

    def _take(self, view: memoryview, size: int) -> None:
        """Search ``size`` new bytes in the buffer, then move what is done out of it."""
        end = self.filled + size
        if len(self.head) < HEAD and self.begin <= 0:
            self.head += view[self.filled : min(end, self.filled + HEAD - len(self.head))]
        if self.ring:
            self._keep(view[self.filled : end])
        begin = max(0, self.filled - self.longest + 1)
        for which, _, stop in self.find(view[begin:end]):
            if begin + stop > self.filled:
                self._hit(self.active[which], self.base + begin + stop)
        self.filled = end
        self._extract()
        if self.has_common:
            self._drop_common()
        drop = end - min(end, 2 * CONTEXT)
        if drop:
            self.lines += self.buffer.count(b"\n", 0, drop)
            view[: end - drop] = view[drop:end]
            self.base += drop
            self.filled = end - drop

    def _keep(self, data: memoryview) -> None:
        """Write ``data`` into the ring that holds the end of a stream."""
        data = data[-self.tail :]
        place = self.ring_place % self.tail
        first = min(len(data), self.tail - place)
        self.ring[place : place + first] = data[:first]
        self.ring[: len(data) - first] = data[first:]
        self.ring_place += len(data)

    def _hit(self, which: int, offset: int) -> None:
        self.counts[which] += 1
        count = self.counts[which]
        if count <= _FIRST_HITS:
            if count <= _SURE_HITS or self.room > _ROOM // 2:
                self.pending.append(offset)
        elif self.begin >= 0:  # the file can be read again
            hits = self.recent.setdefault(which, [])
            if hits and hits[-1][1] == self.base:
                hits.pop()  # the last one of each block is enough
            hits.append((offset, self.base, self.lines))
            if len(hits) > _LAST_HITS:
                hits.pop(0)
        if count > TOO_COMMON:
            self.has_common = True

    def _extract(self, *, at_end: bool = False) -> None:
        """Copy the surroundings of hits that are in the buffer with all their context."""
        if not self.pending:
            return
        reach = self.base + self.filled
        self.pending.sort()
        later: list[int] = []
        for offset in self.pending:
            if offset + CONTEXT > reach and not at_end:
                later.append(offset)
            elif offset > self.covered - (CONTEXT >> 3) and self.room > 0:
                start, stop = window(self.buffer, offset - self.base, self.filled)
                data = bytes(self.buffer[start:stop])
                number = self.lines + self.buffer.count(b"\n", 0, start) + 1
                self.excerpts.append(Excerpt(self.base + start, number, data))
                self.covered = self.base + stop
                self.room -= len(data)
        self.pending = later

    def _drop_common(self) -> None:
        self.active = [which for which in self.active if self.counts[which] <= TOO_COMMON]
        self.find = _finder([self.literals[which] for which in self.active])
        self.has_common = False

    def _recent_pieces(self, end: int) -> list[Excerpt]:
        """The surroundings of each literal's last hits, read again."""
        found: list[Excerpt] = []
        room = _ROOM // 2
        seen = 0
        hits = sorted({hit for last in self.recent.values() for hit in last})
        for offset, base, lines in hits:
            if offset <= seen or offset > end - self.tail or room <= 0:
                continue
            data = self._read_again(base, offset + CONTEXT - base)
            start, stop = window(data, offset - base, len(data))
            number = lines + data.count(b"\n", 0, start) + 1
            found.append(Excerpt(base + start, number, bytes(data[start:stop])))
            seen = base + stop
            room -= stop - start
        return found

    def _read_again(self, offset: int, size: int) -> bytearray:
        file = self.source
        buffer = bytearray(size)
        view = memoryview(buffer)
        file.seek(offset)  # type: ignore[attr-defined]
        filled = 0
        while filled < size:
            got = fill(file, view[filled:])
            if not got:
                break
            filled += got
        view.release()
        del buffer[filled:]
        return buffer

    def _ends(self, end: int, lines: int) -> list[Excerpt]:
        """The head and the tail."""
        head = Excerpt(self.start, 1, bytes(self.head))  # empty if reading began later
        size = min(self.tail, end - self.start)
        if self.begin >= 0:
            data = bytes(self._read_again(end - size, size))
        else:
            place = self.ring_place % self.tail
            data = (
                bytes(self.ring[:size])
                if self.ring_place <= self.tail
                else (bytes(self.ring[place:]) + bytes(self.ring[:place]))
            )
        return [head, Excerpt(end - len(data), lines - data.count(b"\n") + 1, data)]


def _finder(literals: Sequence[bytes]) -> Finder:
    """A function that finds all literals in a buffer, as (which, start, stop).

    The contiguous automaton takes a third more time than the deterministic one, but with
    thousands of literals a tenth of its memory (4 MB against 150 MB).
    """
    if not literals:
        return lambda buffer: ()
    try:
        from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind
    except ImportError:
        return _slow_finder(literals)
    form = Implementation.ContiguousNFA
    automaton = BytesAhoCorasick(literals, matchkind=MatchKind.Standard, implementation=form)
    return lambda buffer: automaton.find_matches_as_indexes(buffer, overlapping=True)


def _slow_finder(literals: Sequence[bytes]) -> Finder:
    """Without the compiled automaton: one search per literal, about 60 times slower."""

    def find(buffer: Buffer) -> list[tuple[int, int, int]]:
        data = bytes(buffer)
        found = []
        for which, literal in enumerate(literals):
            place = data.find(literal)
            while place >= 0:
                found.append((which, place, place + len(literal)))
                place = data.find(literal, place + 1)
        return found

    return find
