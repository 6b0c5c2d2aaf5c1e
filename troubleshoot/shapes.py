"""What a single line looks like: an exception's last line, a prompt, a log line, progress.

These tests run on many lines, so each begins with the cheapest question and compiles its
regular expression only when it is first needed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from troubleshoot.document import GAP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern

LONGEST = 4000  # characters of a line that are looked at
HEADER = "Traceback (most recent call last)"
CAUSE = "The above exception was the direct cause of the following exception"
CONTEXT = "During handling of the above exception, another exception occurred"

CONDA = (
    "CondaError", "CondaHTTPError", "PackagesNotFoundError", "ResolvePackageNotFound",
    "UnsatisfiableError", "LibMambaUnsatisfiableError", "EnvironmentNameNotFound",
    "EnvironmentLocationNotFound", "CondaValueError", "CondaSSLError", "CondaVerificationError",
    "NoWritableEnvsDirError", "NoWritablePkgsDirError", "EnvironmentNotWritableError",
    "NotWritableError", "InvalidArchiveError", "CommandNotFoundError", "SafetyError",
    "ClobberError", "LockError", "CorruptedEnvironmentError", "LinkError", "InvalidVersionSpec",
    "InvalidMatchSpec", "DirectoryNotACondaEnvironmentError", "PackageNotInstalledError",
    "CondaToSNonInteractiveError", "CondaMultiError", "ChecksumMismatchError",
    "EnvironmentFileNotFound", "EnvironmentFileEmpty", "SpecNotFound", "NoBaseEnvironmentError",
    "CondaIndexError", "CondaFileIOError", "UnavailableInvalidChannel", "CondaEnvException",
    "DryRunExit", "CondaSystemExit",
)  # fmt: skip


@lru_cache(maxsize=64)
def compiled(pattern: str) -> Pattern[str]:
    """The compiled pattern, made when first asked for."""
    return re.compile(pattern)


_HEAD = (
    r"((?:(?:[^\W\d]\w*|<locals>)\.){0,12}[^\W\d]\w*)"
    r"(\([\w.]{1,120}\))?(?: \(see above for traceback\))?\.?\s?(?::(?:\s|$)|:(?=['\"<(\[]"
    r"|\w+\()|$)"
)
_SUFFIXES = (
    "Error", "Exception", "Interrupt", "Exit", "StopIteration", "StopAsyncIteration",
    "ExceptionGroup", "Timeout", "NotFound", "Conflict", "Failure", "Failed", "Unavailable",
    "Died", "Invalid", "Denied", "Refused", "Abort", "Killed",
)  # fmt: skip
_SURE = (
    "Error", "Exception", "KeyboardInterrupt", "SystemExit", "StopIteration",
    "StopAsyncIteration", "ExceptionGroup", "GeneratorExit",
)  # fmt: skip
_NOT_NAMES = frozenset(
    [
        "INFO",
        "WARNING",
        "WARN",
        "ERROR",
        "DEBUG",
        "CRITICAL",
        "FATAL",
        "TRACE",
        "NOTE",
        "Note",
        "Hint",
        "HINT",
        "Warning",
        "Info",
        "Debug",
        "Usage",
        "Error",
        "Exited",
        "File",
        "Traceback",
        "Epoch",
        "Step",
        "Loss",
        "Using",
        "Loading",
        "Requirement",
        "Collecting",
        "Name",
        "Version",
        "Summary",
        "None",
        "True",
        "False",
        "Message",
        "Cause",
    ]
)


def exception_head(text: str) -> tuple[str, str] | None:
    """Name and rest of ``Name: rest``, ``pkg.Name: rest`` or a bare ``Name``, else None.

    The name may be anything that could be a class; `looks_raised` and `surely_raised` say how
    much it looks like an exception.
    """
    first = text[:1]
    if not (first.isalpha() or first in "_<"):
        return None
    found = compiled(_HEAD).match(text[:LONGEST])
    if found is None:
        return None
    name = found.group(1) + (found.group(2) or "")
    return name, text[found.end() :]


def surely_raised(name: str) -> bool:
    """Whether a line ``name: …`` is an exception even without a traceback around it."""
    name = name.partition("(")[0]
    module, _, last = name.rpartition(".")
    if last.endswith(_SURE) and last != "Error":
        return bool(module) or not last[0].islower()  # ncclSystemError belongs to a message
    if not module:
        return False
    lowered = module.lower()
    named = "exception" in lowered or "error" in lowered
    if last in ("error", "timeout", "gaierror", "herror", "Error"):
        return True
    if last.endswith(_SUFFIXES):
        return True
    return named and last[:1].isupper()


def looks_raised(name: str) -> bool:
    """Whether ``name`` can be an exception's type right after the frames of a traceback."""
    name = name.partition("(")[0]
    module, _, last = name.rpartition(".")
    if module:
        return last[:1].isalpha() or last[:1] == "_"
    if last in _NOT_NAMES:
        return last == "Error"
    return last[:1].isupper() or last[:1] == "_" or last.endswith(_SUFFIXES)


def is_marker(text: str) -> bool:
    """Whether the line holds nothing but ``^`` and ``~`` under a source line."""
    return not text.strip("^~ \t") and ("^" in text or "~" in text)


_STARTS = (
    "Traceback (", "During handling of the above", "The above exception was", "Exception ignored",
    "Exception in thread", "Fatal Python error", "Segmentation fault", "Aborted", "Killed",
    "Bus error", "Terminated", "terminate called", "make: ", "make[", "ninja: ", "bash: ",
    "zsh: ", "srun: ", "slurmstepd", "E: ", "W: ", "ERROR", "WARNING", "INFO", "DEBUG",
    "CRITICAL", "FATAL", "Error:", "Warning:", "wandb:", "$ ", ">>> ", "In [", "PS ",
    "note: This ", "[end of output]", "╰─>", "× ", "hint: ", "During handling", "Process ",
    "Set the environment variable HYDRA", "Press any key", "______", "=====", "------", "*****",
    "+----", "mpirun ", "mpiexec ", "exit ", "Collecting ", "Successfully ", "pip install",
    "python ", "conda ", "sudo ", "  warnings.warn", '"""', "'''", "Error executing job",
    "Successfully", "100%|", "PASSED ", "FAILED ", "--- Logging error", "^C", "Call stack:",
    "Sentry is attempting", "(base) ", "Loading checkpoint",
)  # fmt: skip
_LOG = (
    r"[\[(]?\d{4}[-/]\d\d[-/]\d\d[T ]|[IWEF]\d{4} \d\d:|\[?\d\d:\d\d:\d\d|\[rank\d+\]"
    r"|\[(?:INFO|WARN|WARNING|ERROR|DEBUG|I|W|E) ?[\] \d]|[\w.-]+@[\w.-]+:\S*[$#] "
    r"|\([\w.-]+\) \S+[$#>%] |[A-Z]:\\\S*>|(?:[\w/.:\\-]+):\d+: \w*Warning: "
    r"|\S+ ?- (?:INFO|WARNING|ERROR|DEBUG) ?- |frame #\d"
)
_PROGRESS = r"\d{1,3}%\||\d(?:it/s|s/it)|\bstep[ :=]+\d|\bepoch[ :=]+\d|\bEpoch \d"


def is_progress(text: str) -> bool:
    """Whether the line is a progress bar or a training step."""
    if "%|" in text or "it/s" in text or "s/it" in text:
        return True
    lowered = text[:200].lower()
    if "step" not in lowered and "epoch" not in lowered and "iter" not in lowered:
        return False
    return (
        compiled(r"\b(?:global_)?(?:step|epoch|iter|iteration)s?[ :=/\]]+\[?\d").search(lowered)
        is not None
    )


def starts_anew(text: str) -> bool:
    """Whether the line cannot be part of the message that stands above it."""
    if text.startswith(GAP):
        return True
    bare = text.lstrip()
    if bare.startswith(_STARTS):
        return not bare.startswith(("Error:", "exit "))
    if HEADER in bare:
        return True
    first = bare[:1]
    if (first.isdigit() or first in "[(IWEFCDPA" or "@" in bare[:80] or "arning: " in bare) and (
        compiled(_LOG).match(bare[:400]) and not bare.startswith("frame #")
    ):
        return True
    return is_progress(bare)


def name_within(text: str) -> str:
    """The first word of a garbled line that can only be an exception's type, or ``""``."""
    found = compiled(r"[A-Za-z_]\w{0,80}?(?:Error|Exception)(?![a-z])").search(text[:LONGEST])
    return found.group(0) if found else ""
