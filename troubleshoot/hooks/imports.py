"""Keeps the user's files from being imported in place of the modules that a diagnosis needs.

A local ``yaml.py`` or ``random.py`` may be the very failure that is to be explained.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def is_users(entry: str) -> bool:
    """Whether an entry of ``sys.path`` is the working folder or the folder of the script."""
    try:
        folder = os.path.abspath(entry)
        if folder == _HOME:  # a checkout of whyfail itself
            return False
        script = os.path.dirname(os.path.abspath(sys.argv[0])) if sys.argv and sys.argv[0] else ""
        return entry == "" or folder in (os.getcwd(), script)
    except OSError:  # the working folder was deleted
        return entry == ""


def leave_folder() -> None:
    """Stop importing from the folder in which ``python -m`` was started."""
    if sys.path and is_users(sys.path[0]):
        del sys.path[0]


class OwnImports:
    """While it lasts, nothing is imported from the user's folders."""

    def __enter__(self) -> OwnImports:
        self._path = sys.path[:]
        sys.path[:] = [entry for entry in self._path if not is_users(entry)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sys.path[:] = self._path
