"""Compressed logs: whole, or as much as a broken file still gives."""

from __future__ import annotations

from troubleshoot.errors import IntakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    class Decompressor(Protocol):
        """What zlib, bz2, lzma and the zstd packages have in common."""

        @property
        def eof(self) -> bool: ...
        @property
        def unused_data(self) -> bytes: ...
        def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


_PIECE = 65_536
_STEP = 1 << 20  # bytes decompressed at once, however well they were compressed


def kind(data: bytes) -> str:
    """``gzip``, ``bz2``, ``xz``, ``zstd`` or ``""``, by the first bytes."""
    if data[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if data[:3] == b"BZh" and data[3:4].isdigit():
        return "bz2"
    if data[:6] == b"\xfd7zXZ\x00":
        return "xz"
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return "zstd"
    return ""


def unpack(data: bytes, most: int, where: str = "") -> tuple[bytes, list[str]]:
    """Decompress ``data`` if it is compressed.

    Args:
        data: the compressed file.
        most: bytes after which to stop; what is larger has to be streamed.
        where: its name, for errors.

    Returns:
        The bytes (more than ``most`` if it stopped), and notes about what was lost.

    Raises:
        IntakeError: nothing could be decompressed, or the module for it is missing.
    """
    name = kind(data)
    if not name:
        return data, []
    pieces: list[bytes] = []
    size = 0
    notes: list[str] = []
    for piece in unpacked(_slices(data), name, where, notes):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            break
    return b"".join(pieces), notes


def unpacked(source: Iterator[bytes], name: str, where: str, notes: list[str]) -> Iterator[bytes]:
    """Decompress a stream piece by piece, in flat memory.

    Args:
        source: the compressed pieces.
        name: one of the names that `kind` returns.
        where: name of the input, for errors.
        notes: gets a note if the stream is damaged.

    Yields:
        Decompressed pieces.

    Raises:
        IntakeError: nothing could be decompressed, or the module for it is missing.
    """
    make = _maker(name, where)
    machine = make()
    given = taken = False
    try:
        for piece in source:
            while piece:
                taken = True
                if machine.eof:
                    piece = piece.lstrip(b"\x00")
                    if not kind(piece):
                        if piece:
                            notes.append(f"bytes behind the end of the {name} data skipped")
                        return
                    machine = make()
                for out in _steps(machine, piece):
                    given = given or bool(out)
                    yield out
                piece = machine.unused_data if machine.eof else b""
        damaged = taken and not machine.eof
        if damaged and hasattr(machine, "flush"):
            yield machine.flush()
    except IntakeError:
        raise
    except Exception:
        # Every library has its own error class; all of them mean a damaged file.
        damaged = True
    if damaged and not given:
        raise IntakeError(f"damaged {name} file: nothing could be decompressed", where=where)
    if damaged:
        notes.append(f"the {name} file is truncated or damaged: read up to the damage")


def _steps(machine: Decompressor, piece: bytes) -> Iterator[bytes]:
    """What ``piece`` decompresses to, in bounded steps."""
    if hasattr(machine, "unconsumed_tail"):  # zlib
        while piece and not machine.eof:
            out = machine.decompress(piece, _STEP)
            piece = machine.unconsumed_tail
            yield out
            if not out and not piece:
                return
    elif hasattr(machine, "needs_input"):  # bz2, lzma, most zstd packages
        yield machine.decompress(piece, _STEP)
        while not machine.eof and not machine.needs_input:
            yield machine.decompress(b"", _STEP)
    else:
        yield machine.decompress(piece)


def _slices(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]


def _maker(name: str, where: str) -> Callable[[], Decompressor]:
    if name == "gzip":
        import zlib

        return lambda: zlib.decompressobj(wbits=31)
    if name == "bz2":
        import bz2

        return bz2.BZ2Decompressor
    if name == "xz":
        import lzma

        return lzma.LZMADecompressor
    return _zstd(where)


def _zstd(where: str) -> Callable[[], Decompressor]:
    import importlib

    for module in ("compression.zstd", "backports.zstd", "pyzstd"):
        try:
            found = importlib.import_module(module)
        except ImportError:
            continue
        maker: Callable[[], Decompressor] = found.ZstdDecompressor
        return maker
    try:
        zstandard = importlib.import_module("zstandard")
    except ImportError:
        raise IntakeError(
            "compressed with zstd, which this Python cannot read",
            where=where,
            advice="run: zstd -dc FILE | whyfail",
        ) from None
    maker = lambda: zstandard.ZstdDecompressor().decompressobj()  # noqa: E731
    return maker
