"""Everything whyfail can refuse, each saying what, where and what to do next."""

from __future__ import annotations


class WhyfailError(Exception):
    """Base of all errors shown to a person: one line, no traceback."""

    def __init__(self, what: str, *, where: str = "", advice: str = "") -> None:
        self.what = what
        self.where = where
        self.advice = advice
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.advice})" if self.advice else ""
        return f"{place}{self.what}{advice}"


class IntakeError(WhyfailError):
    """The input cannot be read."""


class RuleError(WhyfailError):
    """A rule file is wrong: ``where`` is its path and key."""


class PackError(WhyfailError):
    """A folder of rules cannot be used as a whole."""


class FactsError(WhyfailError):
    """A file of recorded facts cannot be used."""


class UsageError(WhyfailError):
    """The command line asks for something that does not exist."""


class FixError(WhyfailError):
    """A fix cannot be applied, verified or undone."""


class ReportError(WhyfailError):
    """A report cannot be written."""
