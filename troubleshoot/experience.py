"""What worked on this machine before, for the ranking; costs nothing where nothing was kept."""

from __future__ import annotations

import os

from troubleshoot import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.journal import Journal
    from troubleshoot.trials import Worked


def journal_path() -> str:
    """Where the journal lies; ``$WHYFAIL_JOURNAL`` comes first."""
    named = os.environ.get("WHYFAIL_JOURNAL")
    return named or os.path.join(places.data_folder(), "journal.sqlite")


def is_off() -> bool:
    """Whether nothing may be kept (``WHYFAIL_NO_HISTORY``, or continuous integration)."""
    return bool(os.environ.get("WHYFAIL_NO_HISTORY") or os.environ.get("CI"))


def worked() -> Worked | None:
    """How often fixes worked here; None where there is no journal, without importing SQLite."""
    if is_off() or not os.path.exists(journal_path()):
        return None
    opened: list[Journal] = []

    def ask(rule: str, cause: str, fix: str) -> tuple[int, int] | None:
        if not opened:
            from troubleshoot.journal import Journal

            opened.append(Journal())
        return opened[0].worked(rule, cause, fix)

    return ask
