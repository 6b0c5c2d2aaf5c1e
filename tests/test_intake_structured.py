"""Notebooks, errors copied as JSON, logs of JSON objects, compressed files, bad files."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sys
from pathlib import Path

import pytest

from troubleshoot import intake
from troubleshoot.errors import IntakeError

TRACE = [
    "---------------------------------------------------------------------------",
    "\x1b[0;31mModuleNotFoundError\x1b[0m                       Traceback (most recent call last)",
    "Cell In[7], line 1\n\x1b[0;32m----> 1\x1b[0m \x1b[38;5;28;01mimport\x1b[39;00m sapien",
    "\x1b[0;31mModuleNotFoundError\x1b[0m: No module named 'sapien'",
]
CELLS = [
    {"cell_type": "markdown", "metadata": {}, "source": ["# Error: none\n", "Killed"]},
    {
        "cell_type": "code",
        "execution_count": 3,
        "metadata": {},
        "outputs": [
            {
                "name": "stdout",
                "output_type": "stream",
                "text": ["step 1\n", '训练 "half" ', "a line\n", "\r 10%|#\r 20%|##\n"],
            },
            {"data": {"text/plain": ["Traceback?"]}, "output_type": "execute_result"},
        ],
        "source": ["print(1)"],
    },
    {
        "cell_type": "code",
        "execution_count": 7,
        "metadata": {},
        "outputs": [
            {
                "ename": "ModuleNotFoundError",
                "evalue": "No module named 'sapien'",
                "output_type": "error",
                "traceback": TRACE,
            }
        ],
        "source": ["import sapien"],
    },
    {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [
            {
                "ename": "KeyError",
                "evalue": "'lr'",
                "output_type": "error",
                "traceback": [],
            }
        ],
        "source": [],
    },
]
NOTEBOOK = json.dumps({"cells": CELLS, "metadata": {}, "nbformat": 4}, indent=1, ensure_ascii=False)


def raw_line(text: str, needle: str) -> int:
    """Number of the first line of ``text`` with ``needle``."""
    return next(n for n, line in enumerate(text.split("\n"), 1) if needle in line)


def test_a_notebook_gives_its_cells_outputs() -> None:
    document = intake.from_bytes(NOTEBOOK.encode(), "a.ipynb")
    assert document.lines == (
        "step 1",
        '训练 "half" a line',
        " 20%|##",
        TRACE[0],
        "ModuleNotFoundError                       Traceback (most recent call last)",
        "Cell In[7], line 1",
        "----> 1 import sapien",
        "ModuleNotFoundError: No module named 'sapien'",
        "KeyError: 'lr'",
    )
    assert document.cells == (3, 3, 3, 7, 7, 7, 7, 7, 3)
    assert document.numbers[0] == raw_line(NOTEBOOK, '"step 1')
    assert document.numbers[5] == document.numbers[6] == raw_line(NOTEBOOK, "Cell In[7]")
    assert document.numbers[7] == raw_line(NOTEBOOK, "m: No module named 'sapien'")
    assert document.numbers[8] == raw_line(NOTEBOOK, '"KeyError"')
    assert document.raw_lines == NOTEBOOK.count("\n") + 1
    assert "the outputs of a notebook's cells" in document.notes


def test_a_log_that_quotes_a_notebook_stays_a_log() -> None:
    text = (
        "[NbConvertApp] Converting notebook eval.ipynb to notebook\n"
        "nbformat.reader.NotJSONError: Notebook does not appear to be JSON: "
        '\'{\\n "cells": [\\n  {\\n   "cell_type": "m...\n'
    )
    document = intake.from_bytes(text.encode())
    assert any("NotJSONError" in line for line in document.lines)


def test_a_notebook_on_one_line() -> None:
    document = intake.from_bytes(json.dumps(json.loads(NOTEBOOK)).encode())
    assert document.lines[1] == '训练 "half" a line'
    assert set(document.numbers) == {1}


def test_a_notebook_that_was_cut_off() -> None:
    cut = NOTEBOOK[: NOTEBOOK.index("No module named 'sapien'\"\n     ]")]
    document = intake.from_bytes(cut.encode())
    assert document.lines[6] == "----> 1 import sapien"
    assert "the notebook is cut off: read up to there" in document.notes


def test_a_notebook_that_is_no_json_is_read_as_text() -> None:
    text = '"cells" and "nbformat" are missing\nTraceback (most recent call last):\nKeyError: 1'
    assert "\n".join(intake.from_bytes(text.encode(), "a.ipynb").lines) == text
    html = '<html>{"cells" "nbformat"\nKilled'
    assert intake.from_bytes(html.encode(), "a.ipynb").lines[-1] == "Killed"


COPIED = r"""Installing collected packages: torch
{"name": "OSError",
	"message": "[WinError 126] not found. Error loading \"c:\\envs\\fbgemm.dll\"",
	"stack": "---------------------------------------------------------------------------
OSError                                   Traceback (most recent call last)
Cell In[4], line 1
----> 1 import torch

File c:\\envs\\torch\\__init__.py:148
    147                 err.strerror += f' Error loading \"{dll}\" or one.'
--> 148                 raise err

OSError: [WinError 126] not found. Error loading \"c:\\envs\\fbgemm.dll\""
}
What can I do?"""


def test_an_error_copied_from_vs_code() -> None:
    document = intake.clean_text(COPIED)
    assert document.lines[0] == "Installing collected packages: torch"
    assert document.lines[-1] == "What can I do?"
    assert r"File c:\envs\torch\__init__.py:148" in document.lines
    assert document.lines[-2] == (
        r'OSError: [WinError 126] not found. Error loading "c:\envs\fbgemm.dll"'
    )
    by_line = dict(zip(document.lines, document.numbers, strict=True))
    assert by_line["Cell In[4], line 1"] == 6
    assert by_line["--> 148                 raise err"] == 11
    assert by_line["What can I do?"] == 15


def test_a_copied_error_on_one_line() -> None:
    stack = (
        "\x1b[31mKeyError\x1b[0m   Traceback (most recent call last)\n----> 1 d['a']\nKeyError: 'a'"
    )
    text = json.dumps({"name": "KeyError", "message": "'a'", "stack": stack})
    document = intake.clean_text("x\n" + text)
    assert document.lines == (
        "x",
        "KeyError   Traceback (most recent call last)",
        "----> 1 d['a']",
        "KeyError: 'a'",
    )
    assert document.numbers == (1, 2, 2, 2)


def test_a_copied_error_that_was_cut_off() -> None:
    cut = COPIED[: COPIED.index("    147")]
    document = intake.clean_text(cut)
    assert r"File c:\envs\torch\__init__.py:148" in document.lines
    assert any(line.startswith("OSError: [WinError 126] not found.") for line in document.lines)


def test_a_copied_error_without_a_stack() -> None:
    document = intake.clean_text('{"name": "KeyError", "message": "\'a\'", "stack": ""}')
    assert document.lines == ("KeyError: 'a'",)


def test_a_log_of_json_objects() -> None:
    raised = (
        'Traceback (most recent call last):\n  File "a.py", line 3, in f\nOSError: [Errno 28] x'
    )
    entries = [
        {"ts": 1.5, "level": "INFO", "msg": "step=0 loss=1.0"},
        {"level": "error", "message": "no checkpoint", "exc_info": raised, "rank": 1},
        {"levelname": "WARNING", "event": "slow"},
        {"step": 100, "loss": 0.25, "time": 12.5},
    ]
    text = "\n".join(map(json.dumps, entries))
    document = intake.clean_text(text + '\n{"step": 200, "loss": NaN}\nplain text')
    assert document.lines == (
        "step=0 loss=1.0",
        "ERROR: no checkpoint",
        *raised.split("\n"),
        "WARNING: slow",
        "step=100 loss=0.25",
        "step=200 loss=nan",
        "plain text",
    )
    assert document.numbers == (1, 2, 2, 2, 2, 3, 4, 5, 6)
    assert document.ranks == ("", *["rank1"] * 4, "", "", "", "")


def test_structured_exceptions_become_tracebacks() -> None:
    exception = [
        {
            "exc_type": "ValueError",
            "exc_value": "bad",
            "frames": [{"filename": "a.py", "lineno": 3, "name": "f", "line": "g()"}],
        }
    ]
    entry = {"event": "failed", "level": "error", "exception": exception}
    document = intake.clean_text(json.dumps(entry))
    assert document.lines == (
        "ERROR: failed",
        "Traceback (most recent call last):",
        '  File "a.py", line 3, in f',
        "    g()",
        "ValueError: bad",
    )


def test_an_error_object_with_a_stack() -> None:
    entry = {
        "msg": "failed",
        "level": 50,
        "err": {"type": "KeyError", "stack": "KeyError: 'a'\n at x"},
    }
    assert intake.clean_text(json.dumps(entry)).lines == ("ERROR: failed", "KeyError: 'a'", " at x")


def test_docker_and_kaggle_logs_keep_indentation() -> None:
    lines = ["Traceback (most recent call last):", '  File "a.py", line 3, in f', "KeyError: 'a'"]
    docker = "\n".join(json.dumps({"log": line + "\n", "stream": "stderr"}) for line in lines)
    kaggle = (
        "["
        + "\n,".join(
            json.dumps({"stream_name": "stderr", "time": 4.5, "data": line + "\n"})
            for line in lines
        )
        + "\n]"
    )
    assert list(intake.clean_text(docker).lines) == lines
    assert list(intake.clean_text(kaggle).lines[:3]) == lines


@pytest.mark.parametrize(
    "text",
    [
        "{'loss': 0.5, 'epoch': 1.0}\n{'loss': 0.4, 'epoch': 2.0}",
        '{"a": 1\nKilled',
        "{\n}\n",
        'requests.post(json={"a": 1})\nKilled',
    ],
)
def test_what_is_no_json_log_stays(text: str) -> None:
    assert "\n".join(intake.clean_text(text).lines) == text.rstrip("\n")


TEXT = "one\nKilled\n" * 200


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed(pack) -> None:
    packed = pack(TEXT.encode())
    document = intake.from_bytes(packed)
    assert document.lines[:2] == ("one", "Killed")
    assert document.raw_lines == 400
    assert intake.from_bytes(packed + packed).raw_lines == 800


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_truncated_compressed_files_give_what_they_hold(pack) -> None:
    generator = __import__("random").Random(3)
    data = "".join(f"step {n} {generator.random()}\n" for n in range(90_000)).encode()
    packed = pack(data)
    document = intake.from_bytes(packed[: len(packed) * 4 // 5], "log.gz")
    assert document.lines[0].startswith("step 0 ")
    assert 10_000 < document.raw_lines < 90_000
    assert any("truncated or damaged" in note for note in document.notes)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_nothing_to_decompress(pack) -> None:
    with pytest.raises(IntakeError, match=r"^log\.gz: damaged .* nothing could be decompressed$"):
        intake.from_bytes(pack(TEXT.encode())[:11], "log.gz")


def test_damage_in_the_middle() -> None:
    generator = __import__("random").Random(3)
    data = "".join(f"step {n} {generator.random()}\n" for n in range(20_000)).encode()
    packed = bytearray(gzip.compress(data))
    packed[len(packed) // 2 : len(packed) // 2 + 50] = b"\xff" * 50
    document = intake.from_bytes(bytes(packed))
    assert document.lines[0].startswith("step 0 ")


def test_zstd_is_read_or_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression.zstd", "backports.zstd", "pyzstd", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(IntakeError, match=r"^a\.zst: compressed with zstd.*zstd -dc"):
        intake.from_bytes(b"\x28\xb5\x2f\xfd" + bytes(20), "a.zst")


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_bytes(b"one\nKilled\n")
    document = intake.read(str(path))
    assert document.lines == ("one", "Killed")
    assert document.source == str(path)
    assert intake.read(str(path), name="other").source == "other"
    assert intake.read(io.BytesIO(b"Killed")).lines == ("Killed",)
    assert intake.read(b"Killed").source == "<stdin>"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: None, "no such file"),
        (lambda path: path.symlink_to(path), "cannot be read: "),
    ],
)
def test_bad_paths(tmp_path: Path, make, message: str) -> None:
    path = tmp_path / "run.log"
    make(path)
    with pytest.raises(IntakeError) as caught:
        intake.read(str(path))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_paths_that_cannot_exist() -> None:
    with pytest.raises(IntakeError):
        intake.read("a\x00b")
    with pytest.raises(IntakeError):
        intake.read("x" * 5000)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(IntakeError, match="permission denied"):
        intake.read(str(path))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Killed\n")))
    document = intake.read("-")
    assert document.lines == ("Killed",)
    assert document.source == "<stdin>"
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(IntakeError, match="closed"):
        intake.read("-")
