"""Streams that fill a buffer: files, pipes, what was read before, what is unpacked on the way."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, Protocol

    class Readable(Protocol):
        """Anything that fills a buffer: a file, a pipe, a decompressor."""

        def readinto(self, buffer: memoryview, /) -> int | None: ...


_BLOCK = 64 << 10


def reader(file: BinaryIO) -> Readable:
    if hasattr(file, "readinto"):
        return file
    return Pieces(b"", iter(lambda: file.read(_BLOCK), b""))


def fill(source: Readable, view: memoryview) -> int:
    return source.readinto(view) or 0


class Chained:
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, file: Readable) -> None:
        self.head = memoryview(head)
        self.file = file

    def readinto(self, buffer: memoryview) -> int:
        if self.head:
            size = min(len(buffer), len(self.head))
            buffer[:size] = self.head[:size]
            self.head = self.head[size:]
            return size
        return fill(self.file, buffer)


class Pieces:
    """A stream over pieces that a generator makes."""

    def __init__(self, first: bytes, pieces: Iterator[bytes]) -> None:
        self.rest = memoryview(first)
        self.pieces = pieces

    def readinto(self, buffer: memoryview) -> int:
        while not self.rest:
            piece = next(self.pieces, None)
            if piece is None:
                return 0
            self.rest = memoryview(piece)
        size = min(len(buffer), len(self.rest))
        buffer[:size] = self.rest[:size]
        self.rest = self.rest[size:]
        return size


def pieces(source: Readable) -> Iterator[bytes]:
    buffer = bytearray(_BLOCK)
    view = memoryview(buffer)
    while size := fill(source, view):
        yield bytes(view[:size])


def wide(sample: bytes) -> str:
    from troubleshoot.decoding import wide_encoding

    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16-le" if sample[:2] == b"\xff\xfe" else "utf-16-be"
    return wide_encoding(sample)


def narrowed(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    import codecs

    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield decoder.decode(piece).replace("\x00", "").encode("utf-8", "replace")
    yield decoder.decode(b"", True).encode("utf-8", "replace")
