"""Uncaught exceptions, threads, scripts and IPython: the traceback stays, the answer follows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from troubleshoot.facts import PROBE, Fact

ROOT = Path(__file__).resolve().parent.parent


def python(program, *arguments, cwd=None):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8"}
    return subprocess.run(
        [sys.executable, *arguments, "-c", program] if program else [sys.executable, *arguments],
        capture_output=True, text=True, env=environment, cwd=cwd, timeout=60,
    )  # fmt: skip


def test_excepthook_explains_beneath_the_traceback():
    done = python("import troubleshoot\ntroubleshoot.install()\nimport torch_scatter_x")
    traceback_at = done.stderr.index("ModuleNotFoundError: No module named 'torch_scatter_x'")
    assert done.stderr.index("The run failed because") > traceback_at
    assert done.returncode == 1


def test_threads_are_explained():
    done = python(
        "import threading, troubleshoot\ntroubleshoot.install()\n"
        "t = threading.Thread(target=lambda: __import__('torch_scatter_x'))\nt.start(); t.join()"
    )
    assert "Exception in thread" in done.stderr and "torch_scatter_x" in done.stderr
    assert "The run failed because" in done.stderr


def test_uninstall_goes_back():
    done = python(
        "import sys, troubleshoot\nbefore = sys.excepthook\ntroubleshoot.install()\n"
        "troubleshoot.uninstall()\nassert sys.excepthook is before\nimport torch_scatter_x"
    )
    assert "The run failed because" not in done.stderr


def test_script_runs_with_its_arguments_and_status(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("import sys\nprint(sys.argv, __name__)\nsys.exit(7)\n")
    done = python("", "-m", "troubleshoot", "train.py", "--lr", "3", cwd=tmp_path)
    assert done.returncode == 7 and done.stdout == "['train.py', '--lr', '3'] __main__\n"
    script.write_text("def go():\n    import torch_scatter_x\ngo()\n")
    done = python("", "-m", "troubleshoot", "train.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "The run failed because" in done.stderr
    assert "hooks/script.py" not in done.stderr and "runpy" not in done.stderr


@pytest.mark.parametrize("name", ["json", "yaml", "marshal", "regex"])
def test_a_file_of_the_user_is_not_imported_in_place_of_ours(name, tmp_path):
    (tmp_path / f"{name}.py").write_text("raise SystemExit('imported the wrong one')\n")
    (tmp_path / "train.py").write_text("import torch_scatter_x\n")
    done = python("", "-m", "troubleshoot", "train.py", cwd=tmp_path)
    assert "The run failed because" in done.stderr
    (tmp_path / "a.log").write_text(done.stderr.split("The run failed")[0])
    for words in (["a.log"], ["--json", "a.log"], ["rules", "list"]):
        done = python("", "-m", "troubleshoot", *words, cwd=tmp_path)
        assert "wrong one" not in done.stdout + done.stderr
        assert done.returncode in (0, 1)


def test_arrays_of_the_failing_frame_are_described():
    numpy = pytest.importorskip("numpy")
    from troubleshoot.hooks import live

    def multiply():
        left, right = numpy.zeros((3, 4), dtype="float32"), numpy.ones((5, 6))
        return left @ right

    try:
        multiply()
    except ValueError as error:
        shown = live.arrays(error)
    assert "left: float32[3, 4]" in shown and "right: float64[5, 6]" in shown
    assert "0." not in shown


def test_ipython_shows_the_diagnosis_and_can_be_switched_off():
    pytest.importorskip("IPython")
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_line_magic('load_ext', 'troubleshoot')\n"
        "shell.run_cell('import torch_scatter_x')\n"
        "print('<<off>>')\n"
        "shell.run_line_magic('whyfail', 'off')\n"
        "shell.run_cell('import torch_scatter_y')\n"
        "print('<<again>>')\n"
        "shell.run_line_magic('whyfail', '')\n"
    )
    done = python(program)
    first, second = done.stdout.split("<<off>>")
    assert "The run failed because" in first and "torch_scatter_x" in first
    off, again = second.split("<<again>>")
    assert "The run failed because" not in off
    assert "The run failed because" in again and "torch_scatter_y" in again


def test_notebook_html_escapes_what_it_shows():
    from troubleshoot.hooks import live
    from troubleshoot.hooks.ipython import Explanation

    try:
        raise RuntimeError("<script>alert(1)</script> & more")
    except RuntimeError as error:
        shown = Explanation(live.diagnosed(error, lang="en"), "en")._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown


def test_imported_version_of_the_live_process():
    from troubleshoot.hooks import live

    assert live.imported_version("pytest") == pytest.__version__
    assert live.imported_version("no-such-distribution") == ""


class Installed:
    """A source of facts about what is installed."""

    def __init__(self, versions):
        self.versions = versions

    def measure(self, names):
        found = {}
        for name in names:
            base, argument = name[:-1].split("(")
            value = self.versions.get(argument) if base == "package.version" else argument
            found[name] = Fact(name, value, PROBE)
        return found


@pytest.mark.parametrize(
    ("module", "installed", "stale"),
    [
        ("pytest", pytest.__version__, False),
        ("pytest", "0.1", True),
        ("pytest.raises", "0.1", True),
        ("pytest", None, None),
        ("no_such_module", "1.0", None),
    ],
)
def test_a_stale_module_is_one_imported_in_another_version(module, installed, stale):
    from troubleshoot.hooks import live

    name = f"kernel.is_stale({module})"
    source = live.LiveProcess(Installed({module.split(".")[0]: installed}))
    assert source.measure([name])[name].value is stale
