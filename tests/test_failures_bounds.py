"""Hostile and huge input: never an exception, always bounded, in linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troubleshoot import metrics, textfacts
from troubleshoot.document import GAP, Document
from troubleshoot.failure import KINDS, ROLES
from troubleshoot.failures import MOST_FAILURES, find
from troubleshoot.stream import MOST_FRAMES, MOST_MESSAGE_LINES

PIECES = [
    "Traceback (most recent call last):", '  File "/home/ada/x.py", line 3, in f', "    x = 1",
    "ValueError: bad",
    "  + Exception Group Traceback (most recent call last):",
    "  | ExceptionGroup: a (2 sub-exceptions)",
    "  +-+---------------- 1 ----------------", "    | TypeError: b",
    "    +------------------------------------",
    "During handling of the above exception, another exception occurred:",
    "NameError     Traceback (most recent call last)",
    "The above exception was the direct cause of the following exception:", "Cell In[4], line 1",
    "----> 1 foo(3)",
    "Original Traceback (most recent call last):",
    "ray.exceptions.RayTaskError(ValueError): ray::f()", "E   assert 1",
    "a.py:3: in f", "Exception ignored in: <function f>", "Process Process-1:", '"""',
    "Fatal Python error: Aborted",
    "Current thread 0x1 (most recent call first):", '  File "x", line 3 in f', "Killed",
    "Segmentation fault",
    "terminate called after throwing an instance of 'x'", "  what():  y",
    "error: subprocess-exited-with-error",
    "╰─> [2 lines of output]", "[end of output]", "ERROR: Cannot install a",
    "  × No solution found when", "  ╰─▶ Because a",
    "make: *** [x] Error 1", "a.c:1:2: error: x", "Root Cause (first observed failure):",
    "  rank      : 1 (local_rank: 1)",
    "  exitcode  : -9 (pid: 1)  (SIGKILL)", "CMake Error at x:", "[start of a traceback]",
    "[end of a traceback]", GAP, "",
    "train.py: error: x", "usage: train.py [-h]", "|   0  NVIDIA GeForce RTX 3090  Off |",
    "step 3 loss nan",
    "torch==2.4.0+cu121", "RuntimeError: CUDA error: device-side assert triggered", "^^^^",
    "\\n  File \\\"a\\\", line 1",
    "|    loss    | 0.3 |", "Set the environment variable HYDRA_FULL_ERROR=1", "E: x",
    "PackagesNotFoundError: x",
]  # fmt: skip
LINES = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.text(max_size=60),
        st.tuples(st.sampled_from(PIECES), st.integers(0, 40)).map(lambda pair: pair[0][: pair[1]]),
        st.tuples(st.integers(0, 12),
        st.sampled_from(PIECES)).map(lambda pair: " " * pair[0] + pair[1].lstrip()),
    ),
    max_size=60,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(LINES, st.lists(st.sampled_from(["", "", "rank0", "rank1"]), min_size=60, max_size=60))
def test_any_lines(lines: list[str], ranks: list[str]) -> None:
    lines = [line.replace("\n", " ") for line in lines]
    count = len(lines)
    document = Document(
        tuple(lines), tuple(range(1, count + 1)), tuple(ranks[:count]), (0,) * count
    )
    failures = find(document)
    for place, failure in enumerate(failures):
        assert failure.kind in KINDS
        assert failure.role in ROLES
        assert 0 <= failure.start <= failure.line <= failure.end < count
        assert -1 <= failure.parent < len(failures) and failure.parent != place
        assert all(0 <= frame.index < count for frame in failure.frames)
    assert [failure.start for failure in failures] == sorted(failure.start for failure in failures)
    for fact in textfacts.read(document, failures):
        assert fact.is_known and -1 <= fact.line < count
    for series in metrics.read(document).values():
        assert len(series.values) == len(series.steps) == len(series.lines) > 0


FRAMES = '  File "/home/ada/x.py", line 1, in f\n    g()\n'


def test_frames_keep_both_ends() -> None:
    (failure,) = find(
        Document.from_text(
            "Traceback (most recent call last):\n"
            '  File "/home/ada/first.py", line 1, in f\n'
            + FRAMES * 3000
            + '  File "/home/ada/last.py", line 1, in f\nValueError: x'
        )
    )
    assert len(failure.frames) == MOST_FRAMES
    assert failure.frames[0].path.endswith("first.py")
    assert failure.frames[-1].path.endswith("last.py")


def test_message_is_cut() -> None:
    (failure,) = find(Document.from_text("ValueError: a\n" + "  more\n" * 5000))
    assert failure.message.count("\n") < MOST_MESSAGE_LINES


def test_many_failures_keep_both_ends() -> None:
    failures = find(
        Document.from_text("\n".join(f"ValueError: {number}" for number in range(3000)))
    )
    assert len(failures) == MOST_FAILURES
    assert failures[0].message == "0"
    assert failures[-1].message == "2999"


STEP = (
    "INFO ot_train.py:450 step:{0} smpl:2K epch:0.03 loss:0.5 grdn:3.2 lr:1.0e-05 updt_s:0."
    "12 data_s:0.003\n"
)


@pytest.mark.parametrize(
    "unit",
    [
        "Killed\n", "ValueError: x\n", "Traceback (most recent call last):\n", FRAMES,
        FRAMES.replace("  ", ""),
        "Traceback (most recent call last): ", "Fatal Python error: Aborted\n",
        "error: subprocess-exited-with-error\n",
        "error: subprocess-exited-with-error\n╰─> [3 lines of output]\n",
        "ERROR: Could not find a version\n\n",
        "CMake Error at x\n\n  foo\n",
        "  + Exception Group Traceback (most recent call last):\n  | x\n", "a ",
        "ValueError          Traceback (most recent call last)\n",
        "RuntimeError: x\n[start of a traceback]\n",
        "ray.exceptions.RayTaskError(ValueError): ray::f()\n  File \"x\", line 1, in f\n",
        "E   x\n", ": error: b\n",
        "x\nSet the environment variable HYDRA_FULL_ERROR=1\n",
        "Root Cause (first observed failure)\n", "(", "a.", "a=1 ",
        "terminate called after throwing an instance of 'x'\n  what(): a\n",
        " invoked oom-killer\n", "ERROR ", "\n", "[",
        "a: b: c: not found ", "Assertion `x", "/home/a/site-packages/",
        "Requirement already satisfied: x in y (1.2)\n",
    ],
)  # fmt: skip
def test_time_is_linear(unit: str) -> None:
    def seconds(size: int) -> float:
        document = Document.from_text((unit * (size // len(unit) + 1))[:size])
        best = 1e9
        for _ in range(2):
            start = time.perf_counter()
            textfacts.read(document, find(document))
            metrics.read(document)
            best = min(best, time.perf_counter() - start)
        return best

    small, large = seconds(40_000), seconds(320_000)
    assert large < 0.9 or large < 8 * 3 * small, (small, large)


def test_a_large_log_is_quick() -> None:
    text = "".join(STEP.format(number) for number in range(9500))
    document = Document.from_text(
        text + "Traceback (most recent call last):\n" + FRAMES * 20 + "KeyError: 'x'\n"
    )
    assert len(text) > 900_000
    best = 1e9
    for _ in range(3):
        start = time.perf_counter()
        failures = find(document)
        textfacts.read(document, failures)
        metrics.read(document)
        best = min(best, time.perf_counter() - start)
    assert len(failures) == 1
    assert best < 1.5
