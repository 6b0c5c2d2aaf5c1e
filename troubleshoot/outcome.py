"""Whether the last lines of a log say that the run came to a good end."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LAST = 5
"""How many of the last lines may say it."""

_SIGNS = (
    "finish", "complete", "done", "saved", "saving", "synced", "stopped", "exiting", "success",
    "written to", "train_runtime", "accuracy", "score", "f1", "reward", "return", "iou",
    "success rate",
)  # fmt: skip
_GOOD = (
    r"\b(?:training|train|run|evaluation|eval|testing|recording|experiment|job|rollout|epochs?|"
    r"study|search|sweep|conversion|export|import|upload|download|processing|"
    r"everything|all|program|script)\b.{0,30}\b(?:is |was )?(?:finished|completed?|done|saved|"
    r"successful\w*)\b|^\W{0,20}(?:done|finished|completed?|success)\W{0,3}$|^done\b.{0,20}\b0 err|"
    r"\b(?:saved|saving|wrote)\b.{0,60}\b(?:model|checkpoint|weights|results?|policy|actor|frames|"
    r"ckpt|video|to)\b|`trainer\.fit` stopped|'train_runtime'|synced \d+ w&b file|"
    r"^\S{0,40}\s?.{0,60}\bexiting$|successfully|^\W{0,3}(?:info\W{1,4})?done: |\bwritten to\b|"
    r"\b(?:accuracy|score|f1|reward|return|m?iou|success rate)\b\W{1,4}\d"
)
_TESTS = (
    r"^\W*\d{1,6} passed\b.{0,90}\bin [\d.:]{1,12} ?s?|"
    r"^ok(?: \((?:(?:skipped|expected failures)=\d+(?:, )?)+\))?$|"
    r"^100% tests passed|^test result: ok\b"
)
_BAD = (
    "error", "fail", "kill", "abort", "traceback", "exception", "fault", "exit status", "exit code",
    "cannot", "could not", "unable", "not saved", "0 samples",
)  # fmt: skip
_HARMLESS = ("0 errors", "0 failures", "0 failed", " 0 tests failed", "xfailed", "0 error")


def good_end(lines: Sequence[str]) -> int:
    """Index of the line that tells of a good end, or -1.

    Args:
        lines: of the cleaned document.
    """
    seen = 0
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index].strip()
        if not line:
            continue
        seen += 1
        if seen > LAST:
            break
        lowered = line[:300].lower()
        bare = lowered
        for harmless in _HARMLESS:
            bare = bare.replace(harmless, "")
        if is_test_summary(line):
            return index
        if any(sign in bare for sign in _BAD):
            return -1
        if any(sign in lowered for sign in _SIGNS) and re.search(_GOOD, lowered):
            return index
    return -1


def is_test_summary(line: str) -> bool:
    """Whether a line is the last one of a test run in which nothing failed."""
    lowered = line.strip().lower().replace("xfailed", "")
    if "passed" not in lowered and not lowered.startswith(("ok", "test result")):
        return False
    return bool(re.search(_TESTS, lowered)) and not re.search(
        r"\b[1-9]\d*\s(?:tests )?(?:failed|errors?)\b", lowered
    )
