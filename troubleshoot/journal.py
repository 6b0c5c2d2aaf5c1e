"""What happened on this machine: incidents, fixes tried, and what came of them.

A local SQLite file that never leaves the machine; switched off by ``WHYFAIL_NO_HISTORY=1`` and
in continuous integration (``CI`` set).
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from pathlib import Path

from troubleshoot import experience
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WORKED = "worked"
FAILED = "did not help"
STOPPED = "stopped"
UNVERIFIED = "unverified"
OUTCOMES = (WORKED, FAILED, STOPPED, UNVERIFIED)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS incidents (
    id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, seen REAL NOT NULL, source TEXT NOT NULL,
    outcome TEXT NOT NULL, rule TEXT NOT NULL, cause TEXT NOT NULL, title TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trials (
    id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incidents(id) ON DELETE CASCADE,
    rule TEXT NOT NULL, cause TEXT NOT NULL, fix TEXT NOT NULL, title TEXT NOT NULL,
    commands TEXT NOT NULL, started REAL NOT NULL, seconds REAL NOT NULL, outcome TEXT NOT NULL,
    before TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS trials_by_fix ON trials(rule, cause, fix);
"""


@record
class Trial:
    """One fix that was tried.

    Attributes:
        number: its id in the journal.
        incident: id of the incident it was tried on.
        rule: rule id.
        cause: cause id.
        fix: fix id.
        title: the fix, for a person.
        commands: what was run, as confirmed.
        started: seconds since the epoch.
        seconds: how long it ran.
        outcome: one of `OUTCOMES`.
        before: the state saved before, as `troubleshoot.snapshots` wrote it.
        undone: whether it was undone.
    """

    number: int
    incident: int
    rule: str
    cause: str
    fix: str
    title: str
    commands: tuple[str, ...]
    started: float
    seconds: float
    outcome: str
    before: dict[str, Any]
    undone: bool


def default_path() -> Path:
    """Where the journal lies."""
    return Path(experience.journal_path())


class Journal:
    """The journal of this machine; an unreadable or forbidden one keeps nothing.

    Args:
        path: the SQLite file; None: the default place.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self._database: sqlite3.Connection | None = None
        self.trouble = ""
        self._lock = threading.Lock()
        if path is None and experience.is_off():
            self.trouble = "history is off (WHYFAIL_NO_HISTORY or CI is set)"
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                self.path, timeout=2.0, isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA foreign_keys = ON")
            self._database.executescript(_SCHEMA)
            self.path.chmod(0o600)
        except (OSError, sqlite3.Error) as error:
            self._database = None
            self.trouble = f"no history: {error}"

    def close(self) -> None:
        """Let go of the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _run(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        if self._database is None:
            return []
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            self.trouble = f"history: {error}"
            return []

    def add_incident(self, fingerprint: str, source: str, answer: dict[str, Any]) -> int:
        """Keep a diagnosed failure; returns its id, or 0 when nothing is kept."""
        first = answer["diagnoses"][0] if answer["diagnoses"] else {}
        row = self._run(
            "INSERT INTO incidents (fingerprint, seen, source, outcome, rule, cause, title)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                fingerprint, time.time(), source, answer["outcome"], first.get("rule", ""),
                first.get("cause_id", ""), first.get("title", ""),
            ),
        )  # fmt: skip
        return int(row[0][0]) if row else 0

    def add_trial(self, trial: Trial) -> int:
        """Keep a trial; its ``number`` is ignored. Returns the id, or 0."""
        row = self._run(
            "INSERT INTO trials (incident, rule, cause, fix, title, commands, started, seconds,"
            " outcome, before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                trial.incident, trial.rule, trial.cause, trial.fix, trial.title,
                json.dumps(trial.commands), trial.started, trial.seconds, trial.outcome,
                json.dumps(trial.before),
            ),
        )  # fmt: skip
        return int(row[0][0]) if row else 0

    def set_outcome(self, number: int, outcome: str) -> None:
        """Change what came of a trial."""
        self._run("UPDATE trials SET outcome = ? WHERE id = ?", (outcome, number))

    def mark_undone(self, number: int) -> None:
        """Note that a trial was undone."""
        self._run("UPDATE trials SET undone = 1 WHERE id = ?", (number,))

    def trials(self, incident: int = 0, limit: int = 200) -> list[Trial]:
        """Trials, newest first; of one incident if named."""
        where, values = ("WHERE incident = ? ", (incident, limit)) if incident else ("", (limit,))
        rows = self._run(
            "SELECT id, incident, rule, cause, fix, title, commands, started, seconds, outcome,"
            f" before, undone FROM trials {where}ORDER BY id DESC LIMIT ?",
            values,
        )
        return [
            Trial(
                number=row[0],
                incident=row[1],
                rule=row[2],
                cause=row[3],
                fix=row[4],
                title=row[5],
                commands=tuple(json.loads(row[6])),
                started=row[7],
                seconds=row[8],
                outcome=row[9],
                before=json.loads(row[10]),
                undone=bool(row[11]),
            )
            for row in rows
        ]

    def trial(self, number: int) -> Trial | None:
        """The trial with this id."""
        return next((each for each in self.trials(limit=100_000) if each.number == number), None)

    def incidents(self, limit: int = 200) -> list[dict[str, Any]]:
        """Incidents, newest first, each with its number of trials."""
        keys = (
            "id", "fingerprint", "seen", "source", "outcome", "rule", "cause", "title", "trials",
        )  # fmt: skip
        rows = self._run(
            "SELECT i.id, i.fingerprint, i.seen, i.source, i.outcome, i.rule, i.cause, i.title,"
            " (SELECT count(*) FROM trials t WHERE t.incident = i.id)"
            " FROM incidents i ORDER BY i.id DESC LIMIT ?",
            (limit,),
        )
        return [dict(zip(keys, row)) for row in rows]

    def worked(self, rule: str, cause: str, fix: str) -> tuple[int, int] | None:
        """How often a fix worked and failed here, or None if it was never tried."""
        return self.outcomes().get((rule, cause, fix))

    def outcomes(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        """How often each fix (rule, cause, fix ids) worked and failed here."""
        found: dict[tuple[str, str, str], tuple[int, int]] = {}
        rows = self._run(
            "SELECT rule, cause, fix, sum(outcome = ?), sum(outcome = ?) FROM trials"
            " WHERE outcome IN (?, ?) GROUP BY rule, cause, fix",
            (WORKED, FAILED, WORKED, FAILED),
        )
        for rule, cause, fix, good, bad in rows:
            found[rule, cause, fix] = good, bad
        return found

    def delete(self, incident: int = 0) -> int:
        """Forget one incident with its trials, or everything; returns how many incidents."""
        where, values = (" WHERE id = ?", (incident,)) if incident else ("", ())
        return len(self._run(f"DELETE FROM incidents{where} RETURNING id", values))
