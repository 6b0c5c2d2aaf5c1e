"""Which failure a run died of."""

from __future__ import annotations

import pytest

from troubleshoot.document import Document
from troubleshoot.failure import ADVICE, CASCADE, INITIATING, TEARDOWN, WRAPPER, Failure
from troubleshoot.failures import find


def document(*lines: tuple[str, str]) -> Document:
    count = len(lines)
    return Document(
        lines=tuple(line for _, line in lines),
        numbers=tuple(range(1, count + 1)),
        ranks=tuple(rank for rank, _ in lines),
        cells=(0,) * count,
    )


def traceback(rank: str, last: str) -> list[tuple[str, str]]:
    return [
        (rank, "Traceback (most recent call last):"),
        (rank, '  File "/home/ada/train.py", line 17, in main'),
        (rank, "    loss.backward()"),
        (rank, last),
    ]


def roles(failures: tuple[Failure, ...]) -> list[tuple[str, str]]:
    return [(each.short_name, each.role) for each in failures]


PEER = "RuntimeError: [pair.cc:553] Connection closed by peer [127.0.0.1]:2478."


def test_peers_of_a_rank_that_raised() -> None:
    failures = find(
        document(
            *traceback("rank0", PEER), *traceback("rank1", "AssertionError: loss is nan at step 9")
        )
    )
    assert roles(failures) == [("RuntimeError", CASCADE), ("AssertionError", INITIATING)]


def test_peers_of_a_rank_that_was_killed() -> None:
    lines = [
        *traceback("rank2", PEER),
        *traceback("rank0", PEER),
        ("", "Root Cause (first observed failure):"),
        ("", "  rank      : 3 (local_rank: 3)"),
        ("", "  exitcode  : -9 (pid: 15254)  (SIGKILL)"),
        ("", "  traceback : Signal 9 (SIGKILL) received by PID 15254"),
        ("", "======="),
    ]
    failures = find(document(*lines))
    assert [each.role for each in failures] == [CASCADE, CASCADE, WRAPPER, INITIATING]
    assert failures[-1].signal == "SIGKILL"


def test_only_peers_the_root_cause_is_the_rank_that_torchrun_names() -> None:
    lines = [
        *traceback("rank1", PEER),
        *traceback("rank0", PEER),
        ("", "Root Cause (first observed failure):"),
        ("", "  rank      : 0 (local_rank: 0)"),
        ("", "  exitcode  : 1 (pid: 15254)"),
        ("", "======="),
    ]
    failures = find(document(*lines))
    assert [(each.rank, each.role) for each in failures][:2] == [
        ("rank1", CASCADE),
        ("rank0", INITIATING),
    ]


def test_the_same_error_on_every_rank_is_nobodys_cascade() -> None:
    last = "FileNotFoundError: [Errno 2] No such file or directory: 'a'"
    failures = find(document(*traceback("rank0", last), *traceback("rank1", last)))
    assert [each.role for each in failures] == [INITIATING, INITIATING]


def test_watchdog_of_other_ranks() -> None:
    failures = find(
        document(
            *traceback("rank1", "ValueError: bad shape (3,)"),
            ("rank0", "[Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=12)"),
            ("rank0", "terminate called after throwing an instance of 'c10::DistBackendError'"),
            ("rank0", "  what():  [Rank 0] Watchdog caught collective operation timeout"),
        )
    )
    assert [each.role for each in failures] == [INITIATING, CASCADE, CASCADE]


@pytest.mark.parametrize(
    "last", ["BrokenPipeError: [Errno 32] Broken pipe",
    "ConnectionResetError: [Errno 104] Connection reset by peer",
             "RuntimeError: DataLoader worker (pid 4242) exited unexpectedly with exit code 1."]
)  # fmt: skip
def test_parents_that_lost_a_worker(last: str) -> None:
    failures = find(
        document(
            ("", "Process Process-1:"),
            *traceback("", "KeyError: 'action'"),
            *traceback("", last),
        )
    )
    assert [each.role for each in failures] == [INITIATING, CASCADE]


def test_broken_pipe_alone_is_what_happened() -> None:
    (failure,) = find(document(*traceback("", "BrokenPipeError: [Errno 32] Broken pipe")))
    assert failure.role == INITIATING


def test_end_of_a_file_is_no_lost_peer() -> None:
    failures = find(
        document(*traceback("", "KeyError: 'x'"), *traceback("", "EOFError: Ran out of input"))
    )
    assert failures[1].role == INITIATING


def test_interrupt_after_a_failure() -> None:
    failures = find(
        document(*traceback("", "RuntimeError: boom"), *traceback("", "KeyboardInterrupt"))
    )
    assert [each.role for each in failures] == [INITIATING, TEARDOWN]


def test_interrupt_alone() -> None:
    (failure,) = find(document(*traceback("", "KeyboardInterrupt")))
    assert failure.role == INITIATING


@pytest.mark.parametrize(("steps", "role"), [(2, INITIATING), (20, ADVICE)])
def test_a_run_that_went_on(steps: int, role: str) -> None:
    after = [("", f"step {number} loss 0.4") for number in range(steps)]
    (failure,) = find(
        document(*traceback("", "OSError: [Errno 28] No space left on device"), *after)
    )
    assert failure.role == role


def test_other_ranks_that_go_on_say_nothing() -> None:
    after = [("rank0", f"step {number} loss 0.4") for number in range(20)]
    (failure,) = find(document(*traceback("rank1", "ValueError: bad"), *after))
    assert failure.role == INITIATING


def test_reraised_in_the_parent() -> None:
    last = "ZeroDivisionError: float division by zero"
    failures = find(
        document(
            *traceback("", last), ("", "ERROR: Raising the last exception"), *traceback("", last)
        )
    )
    assert roles(failures) == [
        ("ZeroDivisionError", INITIATING),
        ("ERROR", WRAPPER),
        ("ZeroDivisionError", WRAPPER),
    ]


def test_log_line_that_only_announces_the_traceback() -> None:
    failures = find(
        document(
            ("", "trainer - ERROR - Exception occurred during the run"),
            *traceback("", "ValueError: bad"),
        )
    )
    assert [each.role for each in failures] == [WRAPPER, INITIATING]


def test_what_was_logged_explains_a_timeout() -> None:
    failures = find(
        document(
            (
                "autoscaler",
                "Error: No available node types can fulfill resource request {'GPU': 1.0}.",
            ),
            *traceback(
                "", "ray.exceptions.GetTimeoutError: Get timed out: some object(s) not ready."
            ),
        )
    )
    assert failures[0].role == INITIATING


def test_subprocess_error_of_the_users_own_program() -> None:
    last = "subprocess.CalledProcessError: Command '['ffmpeg']' returned non-zero exit status 1."
    (failure,) = find(document(*traceback("", last)))
    assert (failure.role, failure.exit_code) == (INITIATING, 1)
    failures = find(
        document(*traceback("", "ModuleNotFoundError: No module named 'foo'"), *traceback("", last))
    )
    assert [each.role for each in failures] == [INITIATING, WRAPPER]


DIED = "ray.exceptions.ActorDiedError: The actor died unexpectedly before finishing this task."


def test_an_actor_that_died_without_a_word_is_what_happened() -> None:
    (failure,) = find(document(*traceback("", DIED)))
    assert failure.role == INITIATING


def test_an_actor_that_died_reports_what_its_process_said() -> None:
    failures = find(
        document(
            *traceback("", DIED),
            ("pid=7", "[2025-03-04 19:28:30,014 E 7 7] logging.cc:113: Unhandled exception: busy"),
        )
    )
    assert [each.role for each in failures] == [WRAPPER, INITIATING]
    failures = find(
        document(
            ("", "A worker died or was killed while executing a task by an unexpected error."),
            ("pid=7", "cannot allocate memory for thread-local data: ABORT"),
            *traceback("", DIED),
        )
    )
    assert [each.role for each in failures] == [WRAPPER, INITIATING, WRAPPER]
