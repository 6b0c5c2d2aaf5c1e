"""The last `whyfail run` that failed, kept so that a walkthrough can go on from it.

Its output (bounded) and its facts lie in the cache folder, readable by the user alone; nothing is
kept when history is off (``WHYFAIL_NO_HISTORY``, ``CI``).
"""

from __future__ import annotations

import os
import time

from troubleshoot import experience, facts_file, places
from troubleshoot.errors import FactsError
from troubleshoot.records import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.diagnose import Options
    from troubleshoot.document import Document
    from troubleshoot.facts import Fact, Value

MOST_CHARACTERS = 4_000_000
HEAD_SHARE = 4
"""One part in so many of what is kept of a long output is its beginning; the rest is its end."""


@record
class LastRun:
    """A failed run that was kept.

    Attributes:
        path: of its output.
        facts: what `whyfail run` knew about it.
        ended: seconds since the epoch.
    """

    path: str
    facts: tuple[Fact, ...]
    ended: float

    def value(self, name: str) -> Value:
        """The value of a fact about the run, or None."""
        return next((fact.value for fact in self.facts if fact.name == name), None)

    def attached(self, options: Options) -> Options:
        """How to diagnose it: it is from here, and more is known about it than its text says."""
        python = options.python or str(self.value("python.executable") or "")
        return replace(options, here=True, python=python, given=(*options.given, *self.facts))


def folder() -> str:
    """Where it lies."""
    return os.path.join(places.cache_folder(), "last-run")


def keep(document: Document, facts: tuple[Fact, ...]) -> None:
    """Keep a failed run in place of the one before; one that cannot be written is not kept."""
    if experience.is_off():
        return
    text = document.joined()
    if len(text) > MOST_CHARACTERS:
        head = MOST_CHARACTERS // HEAD_SHARE
        text = f"{text[:head]}\n…\n{text[head - MOST_CHARACTERS :]}"
    place = folder()
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        _write(os.path.join(place, "output.log"), text)
        _write(os.path.join(place, "facts.json"), facts_file.dump(facts))
    except OSError:
        return


def find() -> LastRun | None:
    """The run that was kept, if there is one."""
    path = os.path.join(folder(), "output.log")
    try:
        ended = os.path.getmtime(path)
        facts = tuple(facts_file.load(os.path.join(folder(), "facts.json")))
    except (OSError, FactsError):
        return None
    return LastRun(path, facts, ended)


def ago(seconds: float) -> str:
    """A time span in the one unit that matters."""
    passed = max(0.0, time.time() - seconds)
    for unit, name in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if passed >= unit:
            return f"{passed / unit:.0f} {name}"
    return f"{passed:.0f} s"


def _write(path: str, text: str) -> None:
    temporary = f"{path}.{os.getpid()}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    os.replace(temporary, path)
