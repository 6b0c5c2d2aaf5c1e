"""What worked on this machine before, for the ranking."""

from __future__ import annotations

import marshal
import os

from troubleshoot import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.trials import Worked


def journal_path() -> str:
    """Where the journal lies; ``$WHYFAIL_JOURNAL`` comes first."""
    named = os.environ.get("WHYFAIL_JOURNAL")
    return named or os.path.join(places.data_folder(), "journal.sqlite")


def is_off() -> bool:
    """Whether nothing may be kept (``WHYFAIL_NO_HISTORY``, or continuous integration)."""
    return bool(os.environ.get("WHYFAIL_NO_HISTORY") or os.environ.get("CI"))


def worked() -> Worked | None:
    """How often fixes worked here; None where there is no journal.

    What the journal says is kept beside it as a small table, so that SQLite is only imported
    after something was added.
    """
    if is_off():
        return None
    path = journal_path()
    try:
        status = os.stat(path)
    except OSError:
        return None
    stamp = (status.st_mtime_ns, status.st_size)
    table = _kept(f"{path}.outcomes", stamp)
    if table is None:
        from troubleshoot.journal import Journal

        journal = Journal()
        table = journal.outcomes()
        journal.close()
        if not journal.trouble:
            places.write(f"{path}.outcomes", marshal.dumps((stamp, table), 4))
    if not table:
        return None
    known = table
    return lambda rule, cause, fix: known.get((rule, cause, fix))


def _kept(path: str, stamp: tuple[int, int]) -> dict[tuple[str, str, str], tuple[int, int]] | None:
    data = places.read(path)
    if data is None:
        return None
    try:
        written, table = marshal.loads(data)
    except (EOFError, ValueError, TypeError):
        return None
    return table if written == stamp and isinstance(table, dict) else None
