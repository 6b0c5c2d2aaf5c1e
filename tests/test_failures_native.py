"""Native crashes and kills."""

from __future__ import annotations

import pytest
from finding import found

from troubleshoot.crashes import kind_of, signal_of
from troubleshoot.failure import CASCADE, INITIATING, KILL, NATIVE, WRAPPER


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        ("Segmentation fault (core dumped)", "SIGSEGV"),
        ("Segmentation fault: 11", "SIGSEGV"),
        ("go.sh: line 1: 17506 Segmentation fault      python run.py", "SIGSEGV"),
        ("[1]    12345 segmentation fault (core dumped)  python x.py", "SIGSEGV"),
        ("zsh: segmentation fault  python x.py", "SIGSEGV"),
        ("段错误 (核心已转储)", "SIGSEGV"),
        ("Aborted (core dumped)", "SIGABRT"),
        ("bash: line 1:  5731 Aborted                 ./node", "SIGABRT"),
        ("Abort trap: 6", "SIGABRT"),
        ("已放弃 (核心已转储)", "SIGABRT"),
        ("Bus error (core dumped)", "SIGBUS"),
        ("Illegal instruction (core dumped)", "SIGILL"),
        ("zsh: illegal hardware instruction  python x.py", "SIGILL"),
        ("Floating point exception (core dumped)", "SIGFPE"),
        ("Killed", "SIGKILL"),
        ("已杀死", "SIGKILL"),
        ("./run.sh: line 3: 12345 Killed                  python train.py --a b", "SIGKILL"),
        ("zsh: killed     python train.py", "SIGKILL"),
        ("Terminated", "SIGTERM"),
        ("Process finished with exit code 139 (interrupted by signal 11: SIGSEGV)", "SIGSEGV"),
        ("Command terminated by signal 9", "SIGKILL"),
        ("container exited with code 137", "SIGKILL"),
        ("*** SIGSEGV received at time=1700000000 on cpu 3 ***", "SIGSEGV"),
        ("[gpu01:4242] Signal: Segmentation fault (11)", "SIGSEGV"),
        ("free(): invalid pointer", "SIGABRT"),
        ("double free or corruption (!prev)", "SIGABRT"),
        ("corrupted size vs. prev_size", "SIGABRT"),
        ("malloc(): unsorted double linked list corrupted", "SIGABRT"),
        ("*** stack smashing detected ***: terminated", "SIGABRT"),
        ("F0101 12:00:00.000000 1234 dso.cc:12] Check failed: ok (0 vs. 1)", "SIGABRT"),
        ("python: ../src/a.c:12: run: Assertion `n > 0' failed.", "SIGABRT"),
    ],
)
def test_signals(line: str, signal: str) -> None:
    (failure,) = found(f"loading model\n{line}\n")
    assert failure.signal == signal
    assert failure.kind == kind_of(signal)
    assert failure.kind == (KILL if signal in ("SIGKILL", "SIGTERM") else NATIVE)
    assert failure.role == INITIATING
    assert failure.line == 1


@pytest.mark.parametrize(
    "line",
    [
        "Killed 3 stale workers",
        "2 processes were killed",
        "The process terminated normally",
        "exit code 0",
        "exit code 1",
        "no segmentation fault so far",
        "signal received",
        "Aborted! by user request later",
        "Bus error rate: 0.0",
        "ERROR: 0 killed",
    ],
)
def test_words_that_are_no_crash(line: str) -> None:
    assert [each for each in found(line) if each.kind in (NATIVE, KILL)] == []


FAULT = """Fatal Python error: Segmentation fault

Thread 0x00007f01 (most recent call first):
  File "/usr/lib/python3.10/threading.py", line 324 in wait

Current thread 0x00007f0166 (most recent call first):
  File "/v/lib/python3.10/site-packages/decord/video.py", line 57 in __init__
  File "/home/ada/data.py", line 20 in load
  File "/home/ada/train.py", line 5 in <module>

Extension modules: numpy.core._multiarray_umath (total: 1)
Segmentation fault (core dumped)"""


def test_faulthandler() -> None:
    crash, shell = found(FAULT)
    assert (crash.kind, crash.name, crash.signal) == (NATIVE, "SIGSEGV", "SIGSEGV")
    assert [frame.line for frame in crash.frames] == [5, 20, 57]
    assert crash.frames[-1].function == "__init__"
    assert crash.user_frame is not None and crash.user_frame.line == 20
    assert (shell.role, shell.parent) == (WRAPPER, 0)


def test_windows_access_violation() -> None:
    (crash,) = found(
        "Windows fatal exception: access violation\n"
        "\n"
        "Current thread 0x00003b2c (most recent call first):\n"
        '  File "C:\\Users\\ada\\run.py", line 3 in <module>\n'
    )
    assert crash.name == "access violation"
    assert crash.frames[0].line == 3
    (status,) = found("Process finished with exit code -1073741819 (0xC0000005)")
    assert (status.name, status.exit_code) == ("access violation", -1073741819)


def test_cpp_terminate() -> None:
    crash, shell = found(
        "terminate called after throwing an instance of 'std::runtime_error'\n"
        "  what():  cannot open calib.yaml\n"
        "second line\n"
        "Aborted (core dumped)\n"
    )
    assert (crash.name, crash.signal) == ("std::runtime_error", "SIGABRT")
    assert crash.message == "cannot open calib.yaml\nsecond line"
    assert shell.role == WRAPPER


@pytest.mark.parametrize(
    "line",
    [
        "Out of memory: Killed process 4242 (python) total-vm:90000000kB, anon-rss:63000000kB",
        "Memory cgroup out of memory: Killed process 4242 (python) total-vm:9kB",
        "slurmstepd: error: Detected 1 oom_kill event in StepId=123.batch.",
        "srun: error: node01: task 0: Out Of Memory",
        'State: Terminated, Reason: OOMKilled, "Exit Code": 137',
    ],
)
def test_out_of_memory_killer(line: str) -> None:
    (kill,) = found(line)
    assert (kill.kind, kill.name, kill.signal) == (KILL, "oom-killer", "SIGKILL")


def test_kernel_report_is_one_failure() -> None:
    (kill,) = found(
        "python invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n"
        "Call Trace:\n"
        " [<ffffffff6d5ae76a>] dump_stack+0x19/0x1b\n"
        "Memory cgroup out of memory: Kill process 24669 (python) score 1001\n"
        "Killed process 24669 (python) total-vm:67280796kB\n"
    )
    assert "process 24669" in kill.message
    assert kill.start == 0


def test_scheduler_and_xid() -> None:
    (limit,) = found(
        "slurmstepd: error: *** JOB 991 ON gpu03 CANCELLED AT 2024-05-01 DUE TO TIME LIMIT ***"
    )
    assert (limit.kind, limit.name) == (KILL, "scheduler")
    (xid,) = found("NVRM: Xid (PCI:0000:65:00): 79, pid=4242, GPU has fallen off the bus.")
    assert (xid.name, xid.message[:8]) == ("Xid", "Xid (PCI")


def test_device_assertions_are_told_once() -> None:
    line = (
        "../aten/src/ATen/native/cuda/Indexing.cu:1369: indexSelectSmallIndex: block: [3,0,0], "
        "thread: [{},0,0] Assertion `srcIndex < srcSelectDimSize` failed."
    )
    failures = found(
        "\n".join(line.format(number) for number in range(64))
        + "\nRuntimeError: CUDA error: device-side assert triggered\n"
    )
    assert [each.name for each in failures] == ["device-side assert", "RuntimeError"]
    assert failures[1].parent == 0


def test_crash_of_an_already_failed_process_is_a_cascade() -> None:
    error, crash = found(
        "Traceback (most recent call last):\n"
        '  File "/home/ada/t.py", line 3, in <module>\n'
        "    run()\n"
        "ValueError: bad\n"
        "terminate called without an active exception\n"
    )
    assert (error.role, crash.role) == (INITIATING, CASCADE)


def test_exit_status_and_signals() -> None:
    assert signal_of(-9) == "SIGKILL"
    assert signal_of(137) == "SIGKILL"
    assert signal_of(139) == "SIGSEGV"
    assert signal_of(1) == ""
    assert signal_of(0) == ""
