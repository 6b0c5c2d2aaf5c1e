"""A good end of a log, and what it does to mere lines before it."""

from __future__ import annotations

import pytest

from troubleshoot import outcome
from troubleshoot.diagnose import Options, diagnose_bytes


@pytest.mark.parametrize(
    ("lines", "index"),
    [
        (["loss 1.0", "Training complete."], 1),
        (["3 epochs completed in 0.021 hours.", ""], 0),
        (["eval accuracy = 0.87"], 0),
        (["saved checkpoint to out/ckpt.pt"], 0),
        (["Training complete.", "Segmentation fault (core dumped)"], -1),
        (["model could not be saved"], -1),
        (["loss 1.0", "loss 0.9"], -1),
        ([], -1),
        (["== 3 passed, 1 xfailed, 2 warnings in 0.02s =="], 0),
        (["== 1 failed, 3 passed in 0.02s =="], -1),
        (["== 3 passed, 1 error in 0.02s =="], -1),
        (["INFO dataset written to out/lift"], 0),
    ],
)
def test_good_end(lines: list[str], index: int) -> None:
    assert outcome.good_end(lines) == index


@pytest.mark.parametrize(
    ("end", "severities"), [("Training complete.", {"warning"}), ("", {"error"})]
)
def test_a_line_that_the_run_survived_is_a_warning(end: str, severities: set[str]) -> None:
    log = f"CUDA out of memory. Tried to allocate 2.00 GiB.\nbatch size 64 fits\n{end}\n"
    result = diagnose_bytes(log.encode(), Options(here=False))
    assert {each["severity"] for each in result.answer["diagnoses"]} == severities


_FRAMES = """Traceback (most recent call last):
  File "convert.py", line 6, in <module>
    rate = count / seconds
ZeroDivisionError: division by zero
"""


@pytest.mark.parametrize(
    ("log", "severities"),
    [
        (f"WARNING episode 2 is broken\n{_FRAMES}INFO episode 3\nINFO all done\n", {"warning"}),
        (f"ERROR attempt 1, retrying\n{_FRAMES}INFO go\nINFO saved model to a.pt\n", {"warning"}),
        (f"ERROR crashed\n{_FRAMES}INFO cleaning up\nINFO saved model to a.pt\n", {"error"}),
        (f"episode 2\n{_FRAMES}INFO cleaning up\nINFO all done\n", {"error"}),
        (f"WARNING episode 2 is broken\n{_FRAMES}INFO episode 3\n", {"error"}),
        (
            f"ERROR x:test_a.py:3 caught\n{_FRAMES}PASSED test_a.py\n== 2 passed in 0.1s ==\n",
            {"warning"},
        ),
        (f"ERROR x:test_a.py:3 caught\n{_FRAMES}== 1 failed, 2 passed in 0.1s ==\n", {"error"}),
    ],
)
def test_a_logged_failure_that_the_run_survived_is_a_warning(
    log: str, severities: set[str]
) -> None:
    result = diagnose_bytes(log.encode(), Options(here=False))
    assert {each["severity"] for each in result.answer["diagnoses"]} == severities


def test_what_make_ignored_is_no_failure() -> None:
    log = "rm old.o\nrm: cannot remove 'old.o'\nmake: [Makefile:2: all] Error 1 (ignored)\nok\n"
    assert {
        item.role for item in diagnose_bytes(log.encode(), Options(here=False)).reader.failures
    } <= {"advice"}


@pytest.mark.parametrize(("steps", "severities"), [(6, {"warning"}), (2, {"error"})])
def test_a_line_after_which_training_went_on_is_a_warning(steps: int, severities: set[str]) -> None:
    done = "".join(f"step {step} loss {0.5 - step / 100:.3f}\n" for step in range(steps))
    result = diagnose_bytes(f"cuda available: False\n{done}".encode(), Options(here=False))
    assert {each["severity"] for each in result.answer["diagnoses"]} == severities
