"""Large inputs in flat memory: the head, the tail, and what surrounds each hit of a literal.

The whole stream passes through one Aho-Corasick automaton; Python sees hits alone. Of each
literal the first hits and the last ones are kept with their surroundings, so that a log of any
size becomes a document of at most a few megabytes whose lines keep their numbers.
"""

from __future__ import annotations

import os

from troubleshoot import sources
from troubleshoot.document import GAP
from troubleshoot.errors import IntakeError
from troubleshoot.excerpts import CONTEXT, merged, trimmed
from troubleshoot.scanner import BLOCK, TOO_COMMON, Scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from troubleshoot.document import Document

LAST = 4 << 20  # bytes that `tail` looks at
END = 20 << 10  # bytes that `end` reads
_COUNTED = 64 << 20  # bytes in front of them whose lines `tail` counts

GENERIC = (
    b"Traceback (most recent call last)",
    b"Error: ",
    b"Error(",
    b"Exception: ",
    b"Fatal Python error",
    b"Segmentation fault",
    b"core dumped",
    b"terminate called",
    b"Killed",
    b"oom-kill",
    b"Out of memory",
    b"out of memory",
    b"No space left on device",
    b"CUDA error",
    b"Xid",
    b"exitcode",
    b"exit code",
    b"command not found",
    b"Watchdog caught",
    b"assertion failed",
    b"Assertion",
    b"free(): ",
    b"double free",
    b"Aborted",
    b"Bus error",
    b"SIGTERM",
    b"SIGKILL",
    b"FATAL",
    b"CRITICAL",
    b"=nan",
    b": nan",
    b":nan",
    b"=inf",
    b": inf",
    b":inf",
    b"NaN",
)
"""What marks a failure that no rule knows. Frequent ones are dropped during the scan."""


_NOT_COUNTED = ": line numbers count from there"


def end(path: str) -> Document:
    """The very end of a large file, where a run that died has usually said why.

    Raises:
        IntakeError: the file cannot be read.
    """
    return _from_the_end(path, (), END, path)


def tail(path: str, literals: Sequence[bytes | str] = (), *, name: str = "") -> Document:
    """What the last megabytes of a large file say, without reading the rest.

    Args:
        path: the file.
        literals: what to look for.
        name: what to call the input; its path by default.

    Returns:
        A document. Up to 64 MB its line numbers are those of the file; above, where counting
        them would take longer than the answer, they count from where the reading began, as a
        note says.

    Raises:
        IntakeError: the file cannot be read.
    """
    return _from_the_end(path, (*GENERIC, *literals), LAST, name or path)


def _from_the_end(path: str, literals: Sequence[bytes | str], last: int, name: str) -> Document:
    from troubleshoot.intake import open_file

    with open_file(path) as file:
        try:
            size = file.seek(0, os.SEEK_END)
            begin = max(0, size - last)
            if begin:
                file.seek(begin)
                begin += file.read(CONTEXT).find(b"\n") + 1
            is_counted = begin <= _COUNTED
            lines = lines_before(path, begin) if is_counted else 0
            file.seek(begin)
            scanner = Scanner(sources.reader(file), literals, begin=begin, lines=lines)
            return _document(scanner, name, is_counted=is_counted)
        except OSError as error:
            raise _unreadable(error, name) from None


def has_readable_tail(path: str) -> bool:
    """Whether ``path`` is a large file whose end can be read by itself.

    It cannot where the file is compressed, in UTF-16, a notebook, or no regular file.
    """
    from troubleshoot import compression, intake

    try:
        if not os.path.isfile(path) or os.path.getsize(path) <= intake.LARGE:
            return False
        with intake.open_file(path) as file:
            sample = file.read(BLOCK)
    except (OSError, ValueError, IntakeError):
        return False
    return not (compression.kind(sample) or sources.wide(sample) or intake.is_notebook(sample))


def whole(path: str, literals: Sequence[bytes | str] = (), *, name: str = "") -> Document:
    """What a large file says, all of it read.

    Args:
        path: the file; compressed files and UTF-16 are unpacked on the way.
        literals: what to look for.
        name: what to call the input; its path by default.

    Raises:
        IntakeError: the file cannot be read.
    """
    from troubleshoot.intake import open_file

    with open_file(path) as file:
        return stream(file, literals, name=name or path)


def digest(
    source: str | BinaryIO,
    literals: Sequence[bytes | str] = (),
    *,
    whole: bool = False,
    name: str = "",
) -> Document:
    """`tail` or `whole` of a path, or a stream to its end.

    Raises:
        IntakeError: the input cannot be read.
    """
    if not isinstance(source, str):
        return stream(source, literals, name=name)
    if not whole:
        return tail(source, literals, name=name)
    from troubleshoot.intake import open_file

    with open_file(source) as file:
        return stream(file, literals, name=name or source)


def stream(
    file: BinaryIO,
    literals: Sequence[bytes | str] = (),
    *,
    head: bytes = b"",
    name: str = "<stdin>",
) -> Document:
    """What a pipe or an open file says, read to its end.

    Args:
        file: where to read on.
        literals: what to look for.
        head: what was read of it before.
        name: what to call the input.

    Raises:
        IntakeError: the input cannot be read, or is no text.
    """
    from troubleshoot import compression, decoding

    try:
        start = file.tell() - len(head)
        is_file = file.seekable() and start >= 0
    except (OSError, ValueError, AttributeError):
        is_file = False
    try:
        if is_file:
            file.seek(start)
            sample = file.read(4096)
            file.seek(start)
        else:
            if not head:
                head = file.read(BLOCK)
            sample = head[:4096]
        packed = compression.kind(sample)
        notes: list[str] = []
        source = sources.reader(file)
        if not is_file:
            source = sources.Chained(head, source)
        if packed:
            pieces = compression.unpacked(sources.pieces(source), packed, name, notes)
            first = next(pieces, b"")
            source, is_file, sample = sources.Pieces(first, pieces), False, first[:4096]
        wide = sources.wide(sample)
        if wide:
            source, is_file = (
                sources.Pieces(b"", sources.narrowed(sources.pieces(source), wide)),
                False,
            )
            notes.append("decoded as UTF-16")
        elif sample.strip(b"\x00"):
            decoding.check_is_text(sample, name)
        scanner = Scanner(source, [*GENERIC, *literals], begin=start if is_file else -1)
        document = _document(scanner, name)
    except OSError as error:
        raise _unreadable(error, name) from None
    if notes:
        from troubleshoot.records import replace

        document = replace(
            document,
            notes=(*notes, *document.notes),
            encoding=wide or document.encoding,
        )
    return document


def lines_before(path: str, offset: int) -> int:
    """Number of line ends in the first ``offset`` bytes of a file.

    What has to be added to the numbers of a `tail` to make them numbers of the file; counting
    takes about a tenth of the time of a scan.
    """
    from troubleshoot.intake import open_file

    count = 0
    buffer = bytearray(BLOCK)
    view = memoryview(buffer)
    with open_file(path) as file:
        while offset > 0:
            size = sources.fill(sources.reader(file), view[: min(BLOCK, offset)])
            if not size:
                break
            count += buffer.count(b"\n", 0, size)
            offset -= size
    return count


def _unreadable(error: OSError, name: str) -> IntakeError:
    return IntakeError(f"cannot be read: {error.strerror or error}", where=name)


def _document(scanner: Scanner, name: str, *, is_counted: bool = True) -> Document:
    """Run ``scanner``, and clean the pieces that it keeps as one text."""
    from troubleshoot.decoding import decode
    from troubleshoot.intake import page_of

    scanner.run()
    parts: list[str] = []
    numbers: list[int] = []
    encodings: dict[str, int] = {}
    notes: dict[str, None] = {}
    reach = -1
    skipped = 0
    for piece in merged(scanner.pieces()):
        if reach >= 0 and piece.start > reach:
            skipped += piece.start - reach
            parts.append(GAP)
            numbers.append(numbers[-1] if numbers else 1)
        reach = piece.start + len(piece.data)
        data = trimmed(piece, is_first=piece.start == scanner.start)
        try:
            text, encoding, more = decode(data.replace(b"\x00", b""), name)
        except IntakeError:
            text, encoding, more = "", "utf-8", ["binary data left out"]
        encodings[encoding] = encodings.get(encoding, 0) + 1
        notes.update(dict.fromkeys(more))
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        parts.extend(lines)
        numbers.extend(range(piece.number, piece.number + len(lines)))
    if not any(part and part != GAP for part in parts):
        raise IntakeError("not a text file (binary data)", where=name)
    page = page_of("\n".join(parts) + "\n", numbers)
    page.notes[:0] = list(notes)
    if skipped:
        read = _size(scanner.end - scanner.start)
        page.note(f"{read} read, {_size(skipped)} without hits left out")
    if scanner.start:
        last = _size(scanner.end - scanner.start)
        page.note(f"only the last {last} read" + ("" if is_counted else _NOT_COUNTED))
    for literal in scanner.common():
        shown = literal.decode("utf-8", "replace").strip()
        page.note(f"more than {TOO_COMMON} times: {shown!r}")
    encodings.pop("utf-8", None)
    encoding = max(encodings, key=encodings.__getitem__, default="utf-8")
    page.raw_lines = scanner.raw_lines
    return page.document(name, encoding)


def _size(count: int) -> str:
    return f"{count / (1 << 20):,.1f} MB"
