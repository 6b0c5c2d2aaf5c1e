"""From any bytes to a `Document`: files, pipes, compressed logs, notebooks, logs as JSON."""

from __future__ import annotations

import os
import sys

from troubleshoot.cleaning import clean
from troubleshoot.decoding import decode
from troubleshoot.errors import IntakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from troubleshoot.document import Document
    from troubleshoot.page import Page

LARGE = 8 << 20
"""Bytes from which an input is streamed (`troubleshoot.scan`) instead of read."""

_LARGEST_NOTEBOOK = 256 << 20
STDIN = "<stdin>"
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"\x5d\x00\x00", b"\x1f\x9d")


def read(
    source: str | bytes | BinaryIO, *, name: str = "", literals: Sequence[bytes | str] = ()
) -> Document:
    """Read and clean an input.

    Args:
        source: a path, ``-`` for standard input, an open binary file, or the bytes themselves.
        name: what to call the input; its path by default.
        literals: what to look for in the middle of an input above `LARGE` bytes, of which only
            the head, the tail and the surroundings of hits are kept.

    Raises:
        IntakeError: the input does not exist, cannot be read, or holds no text.
    """
    if isinstance(source, bytes):
        return from_bytes(source, name or STDIN, literals=literals)
    if isinstance(source, str):
        if source == "-":
            return _stream(_standard_input(), name or STDIN, literals)
        with open_file(source) as file:
            return _stream(file, name or source, literals)
    return _stream(source, name or STDIN, literals)


def from_bytes(data: bytes, name: str = STDIN, *, literals: Sequence[bytes | str] = ()) -> Document:
    """Clean bytes that are in memory.

    Args:
        data: the input, which may be compressed.
        name: what to call it.
        literals: what to look for if it is larger than `LARGE`.

    Raises:
        IntakeError: the bytes hold no text.
    """
    notes: list[str] = []
    packed = data
    if data[:6].startswith(_PACKED):
        from troubleshoot import compression

        data, notes = compression.unpack(data, LARGE, name)
    if len(data) > LARGE and not is_notebook(data):
        import io

        from troubleshoot import scan

        return scan.stream(io.BytesIO(packed), literals, name=name)
    text, encoding, more = decode(data, name)
    page = page_of(text)
    page.notes[:0] = [*notes, *more]
    return page.document(name, encoding)


def clean_text(text: str, name: str = "<text>") -> Document:
    """Clean text that is decoded already (a clipboard, a cell's output, a rule's example)."""
    return page_of(text.replace("\x00", "")).document(name, "utf-8")


def open_file(path: str) -> BinaryIO:
    """Open ``path`` for reading.

    Raises:
        IntakeError: with the reason in a person's words.
    """
    try:
        file = open(path, "rb", buffering=0)  # noqa: SIM115
    except IsADirectoryError:
        raise IntakeError("is a directory", where=path, advice="name a log file in it") from None
    except FileNotFoundError:
        raise IntakeError("no such file", where=path) from None
    except PermissionError:
        if os.path.isdir(path):
            advice = "name a log file in it"
            raise IntakeError("is a directory", where=path, advice=advice) from None
        raise IntakeError("not readable: permission denied", where=path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise IntakeError(f"cannot be read: {reason}", where=repr(path)[1:-1]) from None
    return file


def _standard_input() -> BinaryIO:
    stream = sys.stdin
    if stream is None:
        raise IntakeError("standard input is closed", advice="name a log file")
    return stream.buffer


def _stream(file: BinaryIO, name: str, literals: Sequence[bytes | str]) -> Document:
    """Read up to `LARGE` bytes; hand what is larger to the scanner."""
    try:
        data = _read(file, LARGE)
        if len(data) == LARGE and is_notebook(data):
            # Pictures make notebooks large, and their outputs can only be read as a whole.
            data += _read(file, _LARGEST_NOTEBOOK)
        elif len(data) == LARGE:
            from troubleshoot import scan

            return scan.stream(file, literals, head=data, name=name)
    except OSError as error:
        raise IntakeError(f"cannot be read: {error.strerror or error}", where=name) from None
    return from_bytes(data, name, literals=literals)


def is_notebook(data: bytes) -> bool:
    """Whether a file that begins with ``data`` is a notebook."""
    return data[:64].lstrip()[:1] == b"{" and b'"cells"' in data[: 64 << 10]


def _read(file: BinaryIO, most: int) -> bytes:
    pieces = []
    size = 0
    while size < most:
        piece = file.read(most - size)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def page_of(text: str, numbers: list[int] | None = None) -> Page:
    """The cleaned page of a decoded text, whatever document it is.

    Args:
        text: the decoded input, or parts of it.
        numbers: the raw line numbers of its lines, if it is parts.
    """
    start = text[:64].lstrip()[:1]
    if start in ("{", "[") or '"stack' in text or '\n{"' in text:
        page = _structured(text, numbers)
        if page is not None:
            return page
    return clean(text, numbers)


def _structured(text: str, numbers: list[int] | None) -> Page | None:
    """The page of a notebook, a copied notebook error, or a log as JSON; None for plain text."""
    is_whole = numbers is None
    is_object = text[:64].lstrip()[:1] == "{"
    if (
        is_object
        and is_whole
        and '"cells"' in text
        and ('"cell_type"' in text or '"nbformat"' in text)
    ):
        from troubleshoot import ipynb

        page = ipynb.outputs(text)
        if page is not None:
            return page
    if is_whole and '"stack' in text and '"message"' in text:
        from troubleshoot import ipynb

        page = ipynb.copied_error(text)
        if page is not None:
            return page
    if '{"' in text or '{ "' in text:
        from troubleshoot import jsonlog

        return jsonlog.lines(text, numbers)
    return None
