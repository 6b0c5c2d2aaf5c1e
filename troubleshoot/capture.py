"""What a running command prints, kept in bounded memory until it is known whether it fails."""

from __future__ import annotations

from troubleshoot import intake

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from troubleshoot.document import Document

WHOLE = intake.LARGE
"""Bytes up to which the output is kept whole; beyond, it is scanned while it passes."""

_BACKLOG = 64


class Capture:
    """Keeps an output: whole while it is small, else its head, tail and failure lines.

    Args:
        literals: makes the literals of the rules; only called when the output grows large.
    """

    def __init__(self, literals: Callable[[], Sequence[bytes]]) -> None:
        self._literals = literals
        self._pieces: list[bytes] = []
        self._size = 0
        self._scan: _Scan | None = None
        self.last = b""

    def feed(self, data: bytes) -> None:
        """Take in what the command just printed."""
        if not data:
            return
        self.last = data[-1:]
        if self._scan is not None:
            self._scan.put(data)
            return
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= WHOLE:
            self._scan = _Scan(b"".join(self._pieces), self._literals())
            self._pieces = []

    def close(self) -> None:
        """Give up what was kept (the command went well)."""
        if self._scan is not None:
            self._scan.end()

    def document(self, name: str) -> Document:
        """The document of everything fed so far; nothing may be fed afterwards.

        Raises:
            IntakeError: the output is not text.
        """
        if self._scan is not None:
            return self._scan.finish()
        return intake.from_bytes(b"".join(self._pieces), name)


class _Scan:
    """A scanner in a thread of its own, which reads what is put."""

    def __init__(self, head: bytes, literals: Sequence[bytes]) -> None:
        import queue
        import threading

        self._queue: queue.Queue[bytes] = queue.Queue(_BACKLOG)
        self._rest = b""
        self._at_end = False
        self._head = head
        self._literals = literals
        self._document: Document | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, data: bytes) -> None:
        if self._thread.is_alive():
            self._queue.put(data)

    def end(self) -> None:
        # A thread left alone would still run while the interpreter shuts down.
        self.put(b"")
        self._thread.join()

    def finish(self) -> Document:
        self.end()
        if self._document is None:
            raise self._error or RuntimeError("the output was not scanned")
        return self._document

    def _run(self) -> None:
        from troubleshoot import scan

        try:
            self._document = scan.stream(
                self,  # type: ignore[arg-type]
                self._literals,
                head=self._head,
                name="<output>",
            )
        except Exception as error:
            self._error = error
            while not self._at_end:  # the command must not wait for a scanner that gave up
                self._next()

    def readinto(self, buffer: memoryview) -> int:
        """Fill ``buffer`` with what was put; 0 at the end."""
        if not self._rest and not self._at_end:
            self._next()
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _next(self) -> None:
        self._rest = self._queue.get()
        self._at_end = not self._rest
