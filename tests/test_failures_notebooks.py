"""Tracebacks of IPython, Jupyter, Colab and VS Code, and failures of pytest."""

from __future__ import annotations

from finding import found

from troubleshoot.failure import INITIATING, WRAPPER


def test_jupyter() -> None:
    (failure,) = found(
        "---------------------------------------------------------------------------\n"
        "NameError                                 Traceback (most recent call last)\n"
        "Cell In[4], line 1\n"
        "----> 1 foo(3)\n"
        "\n"
        "File ~/proj/x.py:12, in f(a)\n"
        "     10 def f(a):\n"
        "     11     b = a\n"
        "---> 12     return bar(b)\n"
        "\n"
        "NameError: name 'bar' is not defined\n"
    )
    assert (failure.name, failure.message) == ("NameError", "name 'bar' is not defined")
    cell, file = failure.frames
    assert (cell.path, cell.line, cell.code) == ("Cell In[4]", 1, "foo(3)")
    assert (file.path, file.line, file.function, file.code) == (
        "~/proj/x.py",
        12,
        "f",
        "return bar(b)",
    )


def test_colab_with_hidden_frames() -> None:
    (failure,) = found(
        "ValueError                                Traceback (most recent call last)\n"
        "<ipython-input-3-0c54302c25ea> in <cell line: 0>()\n"
        "      2 from PIL import Image\n"
        "----> 4 from torchvision import transforms\n"
        "\n"
        "11 frames\n"
        "/usr/local/lib/python3.11/dist-packages/numpy/random/_pickle.py in <module>\n"
        "----> 1 from .mtrand import RandomState\n"
        "\n"
        "numpy/random/mtrand.pyx in init numpy.random.mtrand()\n"
        "\n"
        "ValueError: numpy.dtype size changed, may indicate binary incompatibility.\n"
        "\n"
        "---------------------------------------------------------------------------\n"
        "NOTE: If your import is failing due to a missing package\n"
    )
    assert failure.message == "numpy.dtype size changed, may indicate binary incompatibility."
    assert [frame.line for frame in failure.frames] == [4, 1, 0]
    assert failure.user_frame == failure.frames[0]
    assert failure.frames[1].package == "numpy"


def test_vs_code_on_windows() -> None:
    (failure,) = found(
        "OSError                                   Traceback (most recent call last)\n"
        "Cell In[4], line 1\n"
        "----> 1 import torch\n"
        "\n"
        "File c:\\Users\\ada\\anaconda3\\envs\\DL\\Lib\\site-packages\\torch\\__init__.py:148\n"
        "    146                 err = ctypes.WinError(ctypes.get_last_error())\n"
        "--> 148                 raise err\n"
        "\n"
        "OSError: [WinError 126] The specified module could not be found.\n"
    )
    assert failure.frames[1].line == 148
    assert failure.frames[1].package == "torch"
    assert failure.message.startswith("[WinError 126]")


def test_chain_in_a_notebook() -> None:
    first, second = found(
        "KeyError                                  Traceback (most recent call last)\n"
        "File /opt/conda/lib/python3.10/site-packages/pandas/core/indexes/base.py:3791, in Ind"
        "ex.get_loc(self)\n"
        "-> 3791     return self._engine.get_loc(casted_key)\n"
        "\n"
        "KeyError: 'reward_total'\n"
        "\n"
        "The above exception was the direct cause of the following exception:\n"
        "\n"
        "KeyError                                  Traceback (most recent call last)\n"
        "Cell In[7], line 3\n"
        '----> 3 df["reward_total"].plot()\n'
        "\n"
        "KeyError: 'reward_total'\n"
    )
    assert (second.parent, second.link) == (0, "cause")
    assert (first.role, second.role) == (INITIATING, WRAPPER)


def test_truncated_cell() -> None:
    (failure,) = found(
        "RuntimeError                              Traceback (most recent call last)\n"
        "Cell In[4], line 1\n"
        "----> 1 foo(3)\n"
    )
    assert (failure.name, failure.message) == ("RuntimeError", "")


PYTEST = """=================================== FAILURES ===================================
___________________________________ test_gae ___________________________________

    def test_gae():
>       assert compute_gae(1.0, 1.0, True) == 1.0
{e}       assert 1.99 == 1.0
{e}        +  where 1.99 = compute_gae(1.0, 1.0, True)

test_gae.py:6: AssertionError
=========================== short test summary info ============================
FAILED test_gae.py::test_gae - assert 1.99 == 1.0
1 failed, 1 passed in 0.01s"""


def test_pytest_assertion() -> None:
    (failure,) = found(PYTEST.format(e="E"))
    assert failure.name == "AssertionError"
    assert failure.message.startswith("assert 1.99 == 1.0")
    assert failure.frames[-1].path == "test_gae.py"
    assert failure.frames[-1].line == 6


def test_pytest_assertion_without_its_margin() -> None:
    text = "\n".join(
        line.removeprefix("E").removeprefix("       ") if line[:1] == "E" else line
        for line in PYTEST.format(e="E").split("\n")
    )
    (failure,) = found(text)
    assert failure.name == "AssertionError"
    assert "assert 1.99 == 1.0" in failure.message


def test_pytest_collection_error() -> None:
    (failure,) = found(
        "______________ ERROR collecting tests/models/test_transformer.py _______________\n"
        "ImportError while importing test module '/w/tests/test_transformer.py'.\n"
        "Traceback:\n"
        "tests/test_transformer.py:16: in <module>\n"
        "    from flash_attn.bert_padding import pad_input\n"
        "/v/lib/python3.10/site-packages/flash_attn/__init__.py:3: in <module>\n"
        "    from flash_attn.flash_attn_interface import (\n"
        "E   ImportError: flash_attn_2_cuda.so: undefined symbol: _ZN3c105Error\n"
    )
    assert (failure.name, failure.role) == ("ImportError", INITIATING)
    assert failure.message.endswith("_ZN3c105Error")
    assert [frame.line for frame in failure.frames] == [16, 3]
    assert failure.user_frame == failure.frames[0]


def test_pytest_summary_alone() -> None:
    (failure,) = found(
        "=========================== short test summary info ============================\n"
        "FAILED tests/test_a.py::test_x - ValueError: bad shape\n"
    )
    assert (failure.name, failure.message) == ("ValueError", "bad shape")


def test_cell_of_a_notebook_file_with_linked_line_numbers() -> None:
    for number in ("8", "[8]", "[8](vscode-notebook-cell:/home/ada/a.ipynb#X2?line=7)"):
        (failure,) = found(
            "ValueError                                Traceback (most recent call last)\n"
            "/home/ada/a.ipynb Cell 3 line 2\n"
            f"---> {number} obs, reward, done, info = env.step(action)\n"
            "\n"
            "ValueError: too many values to unpack (expected 4)\n"
        )
        frame = failure.user_frame
        assert frame is not None
        assert (frame.path, frame.line) == ("/home/ada/a.ipynb", 8)
        assert frame.code == "obs, reward, done, info = env.step(action)"
