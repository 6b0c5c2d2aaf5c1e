"""The run at the other end of the pipe is found, and those who only hand text on are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import making
import pytest

from troubleshoot import pipeline
from troubleshoot.document import Document
from troubleshoot.target import infer, target

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
ROOT = str(Path(__file__).parent.parent)
SEE = (
    f"import sys; sys.path.insert(0, {ROOT!r})\nfrom troubleshoot import pipeline\n"
    "w = pipeline.writer()\nsys.stdin.read()\n"
    "print(None if w is None else [w.command, w.python, w.cwd, w.environ.get('LAB')])"
)


@pytest.fixture
def see(tmp_path):
    """Runs a shell pipeline into a reader that prints what it saw."""
    reader = tmp_path / "see.py"
    reader.write_text(SEE)
    slow = tmp_path / "slow.py"
    slow.write_text("import time; time.sleep(0.7); print('text')\n")

    def run(line, shell="bash"):
        command = line.format(see=f"{sys.executable} {reader}", py=sys.executable, slow=slow)
        reply = subprocess.run([shell, "-c", command], capture_output=True, text=True,
                               cwd=tmp_path)  # fmt: skip
        return reply.stdout.strip().splitlines()[-1], reply.stderr

    return run


def test_a_python_run_is_seen_with_its_own_variables(see, tmp_path):
    seen, _ = see("LAB=7 {py} {slow} --token abc 2>&1 | {see}")
    assert seen == repr(
        [f"{sys.executable} {tmp_path}/slow.py --token '***'", sys.executable, str(tmp_path), "7"]
    )


def test_the_environment_is_told_by_how_python_was_called(see, tmp_path):
    python = making.venv(tmp_path / "venv")
    seen, _ = see(f"PATH={python.parent}:$PATH; python {{slow}} | {{see}}")
    assert repr(str(python)) in seen


def test_a_filter_between_is_looked_through(see):
    seen, _ = see("{py} {slow} 2>&1 | tee log.txt | grep t | {see}")
    assert "slow.py" in seen


def test_a_script_that_starts_python(see, tmp_path):
    (tmp_path / "run.sh").write_text(f"{sys.executable} slow.py\n")
    seen, _ = see("bash run.sh 2>&1 | {see}")
    assert "slow.py" in seen


@pytest.mark.parametrize(
    "line",
    [
        "(sleep 1 > /dev/null; echo x) | cat | head -5 > /dev/null; sleep 0.1; cat log | {see}",
        "tail -c +1 log | {see}",
        "{see} < log",
        "{see} <<< text",
        "cat log | grep x | {see}",
    ],
)
def test_text_that_is_only_handed_on_proves_nothing(see, tmp_path, line):
    (tmp_path / "log").write_text("text\n")
    assert see(line)[0] == "None"


def test_a_remote_shell_proves_nothing(see, tmp_path):
    os.symlink("/bin/sleep", tmp_path / "kubectl")
    assert see("./kubectl 1 | {see}")[0] == "None"


def test_the_parent_that_feeds_a_subprocess_is_not_a_run(tmp_path):
    reader = tmp_path / "see.py"
    reader.write_text(SEE)
    reply = subprocess.run([sys.executable, str(reader)], input="text", capture_output=True,
                           text=True)  # fmt: skip
    assert reply.stdout.strip() == "None"


def live(**more):
    values = {"pid": 7, "arguments": ("python", "a.py"), "python": sys.executable, "cwd": "/",
              "environ": {"A": "1"}, **more}  # fmt: skip
    return pipeline.Writer(**values)


def test_a_live_run_is_from_here_where_the_text_does_not_say():
    origin = infer(Document.from_text("CUDA out of memory"), [], live=live())
    assert origin.here
    assert origin.python == sys.executable
    made = target(origin, [], live=live())
    assert made.environ == {"A": "1"}
    assert made.cwd == "/"
    assert made.pids == (7,)


def test_paths_of_another_machine_weigh_more_than_the_pipe():
    text = "Requirement already satisfied: x in /home/nobody-here/v/lib/python3.9/site-packages"
    assert not infer(Document.from_text(text), [], live=live()).here


def test_the_answer_uses_the_live_run(tmp_path):
    python = making.venv(tmp_path / "venv")
    script = (
        "import time, sys; time.sleep(0.7); sys.exit(\"ModuleNotFoundError: No module named 'x'\")"
    )
    (tmp_path / "t.py").write_text(script)
    line = f"{python} {tmp_path}/t.py 2>&1 | {sys.executable} -m troubleshoot --json"
    reply = subprocess.run(["bash", "-c", line], capture_output=True, text=True,
                           env={**os.environ, "PYTHONPATH": ROOT})  # fmt: skip
    origin = json.loads(reply.stdout)["origin"]
    assert origin["here"] is True
    assert origin["python"] == str(python)
