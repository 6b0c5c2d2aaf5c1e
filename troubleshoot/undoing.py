"""The way back from a fix: worked out from what was saved before it, shown, then gone."""

from __future__ import annotations

from troubleshoot import snapshots
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.journal import Journal, Trial
    from troubleshoot.runner import Runner


@record
class WayBack:
    """How a trial is undone.

    Attributes:
        trial: the trial.
        commands: in the order to run them.
        files: that are written back.
        cannot: sentences about what stays changed.
    """

    trial: Trial
    commands: tuple[str, ...]
    files: tuple[str, ...]
    cannot: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.commands and not self.files


def has_state(trial: Trial) -> bool:
    """Whether something was saved before a trial, and it was not undone yet."""
    return not trial.undone and bool(trial.before.get("python") or trial.before.get("files"))


def way_back(trial: Trial) -> WayBack:
    """How to undo a trial; asks the interpreter for its packages, which takes a moment."""
    commands, cannot = snapshots.way_back(trial.before)
    files = snapshots.changed_files(trial.before)
    return WayBack(trial, tuple(commands), tuple(files), tuple(cannot))


def go(back: WayBack, runner: Runner, journal: Journal) -> bool:
    """Undo, and note it; whether everything that can be restored was."""
    status = runner.run(back.commands)
    failed = False
    for line in snapshots.restore_files(back.trial.before):
        runner.show(line)
        failed = failed or line.startswith("cannot")
    if status == 0 and not failed and back.trial.number:
        journal.mark_undone(back.trial.number)
    return status == 0 and not failed
