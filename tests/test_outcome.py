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
