"""Prefixes of loggers, launchers, containers, mail: gone where they hide a traceback."""

from __future__ import annotations

import pytest

from troubleshoot import intake

TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/home/ada/train.py", line 212, in <module>',
    "    main()",
    '  File "/home/ada/train.py", line 180, in main',
    "    loss.backward()",
    "RuntimeError: CUDA error: device-side assert triggered",
]


def prefixed(prefix: str) -> str:
    """The traceback with ``prefix`` before each line; ``{n}`` in it counts up."""
    return "\n".join(prefix.replace("{n}", str(n)) + line for n, line in enumerate(TRACEBACK))


@pytest.mark.parametrize(
    "prefix",
    [
        "2024-01-01T12:00:0{n}.123456789Z ",
        "2024-01-01T12:00:00.12{n}4567Z stderr F ",
        "2024-01-01 12:00:0{n},123 ",
        "[2024-01-01 12:00:00,12{n}] ",
        "[2024-01-01 12:00:00,12{n}] [ERROR] [train.py:12:main] ",
        "2024-01-01 12:00:00,12{n} - trainer - ERROR - ",
        "2024-01-01 12:00:00.12{n} | ERROR    | trainer:main:12 - ",
        "2024/01/01 12:00:0{n} ",
        "12:00:0{n} ",
        "[12:00:0{n}] ",
        "ERROR 08-01 12:00:00 [core.py:39{n}] ",
        "ERROR:stderr:",
        "ERROR: ",
        "E0101 12:00:00.12345{n} 12345 learner.cc:88] ",
        "E1120 12:55:48.14500{n} 15236 torch/distributed/run.py:874] ",
        "Nov 20 12:55:48 lab-server trainer[4242]: ",
        "Nov  3 02:05:4{n} lab-server python3[77]: ",
        "#12 3.0{n}6 ",
        "#9 121.{n} ",
        "3.0{n}6 ",
        "45.{n}s\t1{n}\t",
        "train\tRun tests\t2024-01-01T12:00:00.123456{n}Z ",
        "> ",
        ">> ",
        "> > ",
        "wandb: ",
        "[2024-01-01 12:00:00,12{n} E 9751 9751] ",
        "    ",
        "\t",
        "1{n}: ",
    ],
)
def test_a_prefix_before_each_line_goes(prefix: str) -> None:
    document = intake.clean_text(prefixed(prefix))
    assert list(document.lines) == TRACEBACK
    assert document.numbers == (1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("prefix", "rank"),
    [
        ("[rank0]: ", "rank0"),
        ("[rank0]:", "rank0"),
        ("[default3]:", "default3"),
        ("[trainer-2]: ", "trainer-2"),
        ("(RolloutWorker pid=12345) ", "RolloutWorker pid=12345"),
        ("(main_task pid=81, ip=192.0.2.7) ", "main_task pid=81, ip=192.0.2.7"),
        ("(raylet) ", "raylet"),
        ("(pid=4242) ", "pid=4242"),
        ("(EngineCore_0 pid=4242) ERROR 08-01 12:00:00 [core.py:39{n}] ", "EngineCore_0 pid=4242"),
        ("(VllmWorker rank=1 pid=77) ", "VllmWorker rank=1 pid=77"),
        ("\x1b[36m(Sim pid=30958)\x1b[0m ", "Sim pid=30958"),
        ("[1,0]<stderr>:", "1,0"),
        ("[1,3]<stderr>: ", "1,3"),
        ("[1,3]:", "1,3"),
        ("[prterun-lab-server-4@1,0]<stderr>: ", "prterun-lab-server-4@1,0"),
        ("[0]<stderr>:", "0"),
        ("[python3-1] ", "python3-1"),
        ("0: ", "0"),
        (" 3: ", "3"),
        ("trainer-1  | ", "trainer-1"),
        ("trainer_1  | ", "trainer_1"),
        ("lab-server-2: ", "lab-server-2"),
        ("192.0.2.11: ", "192.0.2.11"),
        ("[pod/trainer-0/main] ", "pod/trainer-0/main"),
        ("2024-01-01T12:00:0{n}Z [rank1]: ", "rank1"),
        ("[rank1]: 2024-01-01 12:00:00,12{n} - ERROR - ", "rank1"),
        ("trainer-1  | 2024-01-01 12:00:00,12{n} ", "trainer-1"),
    ],
)
def test_a_workers_label_becomes_the_rank(prefix: str, rank: str) -> None:
    document = intake.clean_text(prefixed(prefix))
    assert list(document.lines) == TRACEBACK
    assert set(document.ranks) == {rank}
    assert document.numbers == (1, 2, 3, 4, 5, 6)


def test_interleaved_ranks_keep_their_order() -> None:
    mixed = []
    for line in TRACEBACK:
        mixed += [f"[rank0]: {line}", f"[rank1]: {line}"]
    document = intake.clean_text("\n".join(["starting", *mixed]))
    assert document.ranks == ("", *("rank0", "rank1") * 6)
    assert [line for line, rank in zip(document.lines, document.ranks) if rank == "rank1"] == (
        TRACEBACK
    )
    assert document.numbers == tuple(range(1, 14))


def test_srun_labels_of_several_tasks() -> None:
    text = "\n".join(f"{rank}: step {step}" for step in range(3) for rank in (0, 1))
    document = intake.clean_text(text)
    assert document.ranks == ("0", "1") * 3
    assert document.lines[0] == "step 0"


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (
            "2024-01-01 12:00:00,123 - trainer - ERROR - lost the connection",
            "trainer - ERROR - lost the connection",
        ),
        (
            "[2024-02-07 13:29:06,511][__main__][INFO] - Working in /home/ada",
            "[__main__][INFO] - Working in /home/ada",
        ),
        ("2026-11-20 12:42:13,521\tWARNING worker.py:85 -- off", "WARNING worker.py:85 -- off"),
        (
            "2024-01-01 12:00:00.123 | ERROR    | trainer:main:12 - lost",
            "ERROR    | trainer:main:12 - lost",
        ),
        (
            "2017-06-03 07:57:48.992694: W tensorflow/core/op_kernel.cc:1152] Resource exhausted",
            "W tensorflow/core/op_kernel.cc:1152] Resource exhausted",
        ),
        (
            "[rank0]:[W1120 12:29:41.393436057 reducer.cpp:1529] Warning: find_unused_parameters",
            "[W1120 12:29:41.393436057 reducer.cpp:1529] Warning: find_unused_parameters",
        ),
        (
            "E1120 12:40:00.171904 140471598848896 program.py:300] could not bind to port 6006",
            "E1120 12:40:00.171904 140471598848896 program.py:300] could not bind to port 6006",
        ),
        (
            "[12345.678901] Out of memory: Killed process 4242 (python)",
            "Out of memory: Killed process 4242 (python)",
        ),
    ],
)
def test_level_and_message_stay_readable(raw: str, cleaned: str) -> None:
    assert intake.clean_text(raw).lines == (cleaned,)


def test_a_traceback_behind_other_text_gets_its_own_line() -> None:
    text = "\n".join(["task: " + TRACEBACK[0], *TRACEBACK[1:]])
    document = intake.clean_text(text)
    assert list(document.lines) == ["task:", *TRACEBACK]
    assert document.numbers == (1, 1, 2, 3, 4, 5, 6)


def test_a_traceback_written_with_repr_is_unfolded() -> None:
    text = "worker said b'" + "\\n".join(TRACEBACK) + "\\n'"
    document = intake.clean_text("first\n" + text)
    assert list(document.lines[2:8]) == TRACEBACK
    assert set(document.numbers[1:]) == {2}


@pytest.mark.parametrize(
    "text",
    [
        # torchrun's table of failures
        "Failures:\n[1]:\n  time      : 2026-11-20_12:55:55\n  rank      : 1 (local_rank: 1)",
        # pytest marks the failing source line
        "    def test_f():\n>       assert f() == 1\nE       assert 2 == 1\n\ntest_f.py:6: X",
        # an interactive session, and pdb
        ">>> import torch\n>>> torch.cuda.is_available()\nFalse",
        "> /home/ada/train.py(12)main()\n-> loss.backward()",
        # pip's tree, and a trained model's table
        "  × python setup.py egg_info did not run successfully.\n  │ exit code: 1\n  ╰─> [3 lines]",
        "| epoch 027 | loss 6.343 | ppl 31.65\n| WARNING: overflow detected",
        # exception groups have a margin
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "a.py", line 1, in f\n'
        "  | ExceptionGroup: two (1 sub-exception)\n  +-+---------------- 1 ----------------",
        # lists and listings
        "Steps:\n1: install\n2: run\nand so on, in words that follow\nwith no number",
        "total 4\ndrwxr-xr-x 2 ada ada 4096 Jul  7 20:22 .cache",
        "(autoencoder) encoder.weight has no gradient",
    ],
)
def test_what_only_looks_like_a_prefix_stays(text: str) -> None:
    document = intake.clean_text(text)
    assert "\n".join(document.lines) == text
    assert set(document.ranks) == {""}


def test_quoted_twice_in_a_mail() -> None:
    text = "Hello,\n\n" + prefixed("> > ") + "\n> Have you tried another GPU?\n"
    document = intake.clean_text(text)
    assert list(document.lines[2:8]) == TRACEBACK
    assert document.lines[8] == "Have you tried another GPU?"


def test_ros_labels() -> None:
    text = (
        "[INFO] [launch]: All log files can be found below /home/ada/.ros/log\n"
        "[driver-1] [ERROR] [1700000000.123456789] [arm]: cannot open /dev/ttyUSB0\n"
        "[camera-2] starting\n"
        "[ERROR] [driver-1]: process has died [pid 4242, exit code 1, cmd 'driver']."
    )
    document = intake.clean_text(text)
    assert document.ranks == ("", "driver-1", "camera-2", "")
    assert document.lines[1] == "[ERROR] [1700000000.123456789] [arm]: cannot open /dev/ttyUSB0"
    assert document.lines[3].startswith("[ERROR] [driver-1]: process has died")


PIP = [
    "Collecting flash-attn",
    "  Preparing metadata (setup.py) ... error",
    "  error: subprocess-exited-with-error",
    "",
    "  × python setup.py egg_info did not run successfully.",
    "  │ exit code: 1",
    "ERROR: Could not build wheels for flash-attn",
]


@pytest.mark.parametrize(
    "prefix",
    [
        "[2024-01-01, 12:00:00 UTC] {{subprocess.py:9{n}}} INFO - ",
        "ERROR 08-01 12:00:00 [core.py:39{n}] ",
        "stderr - ERROR - ",
        "I0101 12:00:00.12345{n} 12345 build.cc:88] ",
        "job-17 builder ",
    ],
)
def test_raw_output_that_a_logger_was_fed(prefix: str) -> None:
    lines = [prefix.replace("{n}", str(n)) + line for n, line in enumerate(PIP)]
    cleaned = list(intake.clean_text("\n".join(lines)).lines)
    if prefix.startswith("job"):
        assert cleaned == lines  # no separator: it may be part of what is said
    else:
        assert cleaned == PIP


def test_messages_of_one_logger_keep_their_level() -> None:
    text = "\n".join(f"ERROR:trainer:attempt {n} failed" for n in range(6))
    assert "\n".join(intake.clean_text(text).lines) == text


def test_left_bar_of_a_pasted_table_is_taken_off_tracebacks_and_kept_on_metrics() -> None:
    log = (
        "  | Traceback (most recent call last):\n"
        '  | File "/opt/conda/lib/python3.6/site-packages/supersuit/frame_skip.py", line 3, in a\n'
        "  | from pettingzoo.utils.wrappers import Odd\n"
        "  | ImportError: cannot import name 'Odd'\n"
    )
    assert list(intake.clean_text(log).lines)[-1] == "ImportError: cannot import name 'Odd'"
    table = "| rollout/            |\n|    ep_rew_mean      | 21.4 |\n|    ep_len_mean      | 9 |\n"
    assert list(intake.clean_text(table).lines)[1].startswith("|")
