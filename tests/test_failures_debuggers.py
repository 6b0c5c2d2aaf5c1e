"""Exceptions as an editor's debugger shows them."""

from __future__ import annotations

from finding import found, only

from troubleshoot.failure import EXCEPTION


def test_newest_frame_comes_first() -> None:
    failure = only(
        "Exception has occurred: AttributeError\n"
        "  (note: full exception trace is shown but execution is paused at: _run_module_as_main)\n"
        "\n"
        "Can't pickle local object 'make.<locals>.<lambda>'\n"
        '  File "C:\\Python311\\Lib\\multiprocessing\\reduction.py", line 60, in dump\n'
        "    ForkingPickler(file, protocol).dump(obj)\n"
        '  File "C:\\work\\rl\\trainer.py", line 74, in make\n'
        "    process.start()\n"
        "done\n"
    )
    assert failure.kind == EXCEPTION
    assert failure.name == "AttributeError"
    assert failure.message == "Can't pickle local object 'make.<locals>.<lambda>'"
    assert [frame.line for frame in failure.frames] == [74, 60]
    assert failure.frames[0].code == "process.start()"


def test_note_on_the_same_line_and_no_frames() -> None:
    failure = only(
        "Exception has occurred: omegaconf.errors.ConfigKeyError       "
        "(note: full exception trace is shown but execution is paused at: main)\n"
        "Key 'lr' is not in struct\n"
    )
    assert failure.name.endswith("ConfigKeyError")
    assert failure.message == "Key 'lr' is not in struct"


def test_sentence_about_an_exception_is_none() -> None:
    assert not found("Exception has occurred: see the log above\nepoch 3 loss 0.2\n")
