"""`whyfail run`: the command runs unchanged, and its end is told from what is measured."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import fake_nvml
import pytest

from troubleshoot import run as running
from troubleshoot import watch
from troubleshoot.capture import WHOLE, Capture
from troubleshoot.probes.secrecy import hide_arguments

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
ROOT = sys.platform.startswith("linux") and os.geteuid() == 0
WHYFAIL = [sys.executable, "-m", "troubleshoot", "run"]
HOME = str(Path(__file__).parent.parent)
ENVIRON = {**os.environ, "PYTHONPATH": HOME}


def whyfail(*command, options=(), **more):
    return subprocess.run(
        [*WHYFAIL, *options, "--", *command], capture_output=True, text=True, env=ENVIRON, **more
    )


def facts_of(tmp_path, *command, **more):
    """Facts and answer of a failing run."""
    out = tmp_path / "answer.json"
    reply = whyfail(*command, options=["--json", "--out", str(out)], cwd=tmp_path, **more)
    answer = json.loads(out.read_text())
    return reply, answer["facts"], answer["unknown_facts"], answer


def ended(*code, **more):
    """A command run in this process, without a diagnosis: facts by name, and itself."""
    found = running.run([sys.executable, "-c", *code], ())
    return {fact.name.removeprefix("run."): fact for fact in found.facts}, found


def test_success_is_left_alone():
    reply = whyfail("sh", "-c", "echo out; echo err >&2")
    assert (reply.returncode, reply.stdout, reply.stderr) == (0, "out\n", "err\n")


def test_failure_keeps_the_streams_and_the_status_and_adds_the_diagnosis():
    code = "import sys; print('out'); sys.stdout.flush(); import whyfail_no_such_module"
    reply = whyfail(sys.executable, "-c", code)
    assert reply.returncode == 1
    assert reply.stdout == "out\n"
    before, mark, after = reply.stderr.partition("ModuleNotFoundError: No module named")
    assert before.startswith("Traceback")
    assert mark
    assert "whyfail_no_such_module" in after.split("\n", 1)[1]


@pytest.mark.parametrize(("code", "status"), [("exit 3", 3), ("kill -9 $$", 137), ("kill $$", 143)])
def test_the_exit_status_is_the_commands(code, status):
    assert whyfail("sh", "-c", code).returncode == status


def test_input_goes_to_the_command():
    assert whyfail("cat", input="to the cat").stdout == "to the cat"


def test_what_cannot_be_started(tmp_path):
    reply = whyfail("no-such-program-here")
    assert reply.returncode == 127
    assert "no-such-program-here: command not found" in reply.stderr
    (tmp_path / "script").write_text("#!/bin/sh\n")
    reply = whyfail(str(tmp_path / "script"))
    assert reply.returncode == 126
    assert "Permission denied" in reply.stderr


def test_no_command_is_a_usage_error():
    reply = subprocess.run(WHYFAIL, capture_output=True, text=True, env=ENVIRON)
    assert reply.returncode == 2
    assert "no command" in reply.stderr


class Terminal:
    """A program on a pseudo-terminal of its own."""

    def __init__(self, *command):
        self.pid, self.screen = pty.fork()
        if not self.pid:
            os.environ.update(ENVIRON)
            os.execvp(command[0], command)
        self.seen = b""

    def read_until(self, mark, seconds=20):
        end = time.monotonic() + seconds
        while mark not in self.seen and time.monotonic() < end:
            if select.select([self.screen], [], [], 0.1)[0]:
                try:
                    data = os.read(self.screen, 65536)
                except OSError:
                    break
                if not data:
                    break
                self.seen += data
        assert mark in self.seen, self.seen.decode(errors="replace")[-2000:]
        return self.seen

    def write(self, data):
        os.write(self.screen, data)

    def wait(self):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                os.close(self.screen)
                return os.waitstatus_to_exitcode(status)
            if select.select([self.screen], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.screen, 65536)
                except OSError:
                    time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(self.seen)


def on_terminal(code):
    return Terminal(*WHYFAIL, "--", sys.executable, "-uc", code)


def test_a_terminal_stays_a_terminal_of_the_same_size():
    code = (
        "import os,sys; sys.stdin.readline();"
        "print([os.isatty(i) for i in (0,1,2)], os.get_terminal_size(), '\\x1b[31mred')"
    )
    terminal = on_terminal(code)
    termios.tcsetwinsize(terminal.screen, (33, 77))
    os.kill(terminal.pid, signal.SIGWINCH)
    time.sleep(0.7)
    terminal.write(b"\n")
    seen = terminal.read_until(b"red")
    assert b"[True, True, True]" in seen
    assert b"columns=77, lines=33" in seen
    assert b"\x1b[31mred" in seen
    assert terminal.wait() == 0


def test_control_c_interrupts_the_command_and_not_whyfail():
    code = (
        "import time\ntry:\n print('ready'); time.sleep(30)\n"
        "except KeyboardInterrupt: print('tidied'); raise SystemExit(7)"
    )
    terminal = on_terminal(code)
    terminal.read_until(b"ready")
    terminal.write(b"\x03")
    terminal.read_until(b"tidied")
    assert terminal.wait() == 7


def test_typed_text_is_not_echoed_twice():
    terminal = on_terminal("print('go'); print('got', input()); print('end')")
    terminal.read_until(b"go")
    terminal.write(b"abc\n")
    seen = terminal.read_until(b"end")
    assert seen.count(b"abc") == 2  # the echo, and what the command prints
    assert terminal.wait() == 0


def test_control_z_stops_both_and_the_terminal_is_given_back():
    terminal = on_terminal("import time\nprint('ready')\ntime.sleep(1)\nprint('awake again')")
    terminal.read_until(b"ready")
    terminal.write(b"\x1a")
    end = time.monotonic() + 10
    state = ""
    while state != "T" and time.monotonic() < end:
        state = Path(f"/proc/{terminal.pid}/stat").read_text().rpartition(")")[2].split()[0]
        time.sleep(0.05)
    assert state == "T"
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.read_until(b"awake again")
    assert terminal.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_signals_are_passed_on(number):
    code = (
        "import signal,sys,time\n"
        f"signal.signal({int(number)}, lambda *_: (print('got it', flush=True), sys.exit(5)))\n"
        "print('ready', flush=True)\ntime.sleep(30)"
    )
    process = subprocess.Popen(
        [*WHYFAIL, "--", sys.executable, "-c", code], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, env=ENVIRON, start_new_session=True,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.stdout.readline() == "got it\n"
    assert process.wait(20) == 5


def test_a_daemon_left_behind_does_not_hold_whyfail_up():
    started = time.monotonic()
    reply = whyfail("sh", "-c", "sleep 20 & echo done; exit 0")
    assert reply.stdout == "done\n"
    assert time.monotonic() - started < 5


def test_a_reader_that_goes_away_ends_the_command():
    code = f"{' '.join(WHYFAIL)} -- yes | head -1"
    started = time.monotonic()
    reply = subprocess.run(["sh", "-c", code], capture_output=True, text=True, env=ENVIRON)
    assert reply.stdout == "y\n"
    assert time.monotonic() - started < 10


def test_facts_of_a_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = (
        "open('made.txt','w').write('x'); import time; x=bytearray(150<<20);"
        "time.sleep(0.6); raise SystemExit(4)"
    )
    (tmp_path / "old.txt").write_text("old")
    os.utime(tmp_path / "old.txt", (1, 1))
    facts, _ = ended(code)
    assert facts["exit_code"].value == 4
    assert facts["signal"].value == ""
    assert 0.6 < facts["duration"].value < 10
    assert 150 << 20 < facts["peak_memory"].value < 400 << 20
    assert facts["changed_files"].value == ("made.txt",)
    assert facts["command"].value.startswith(sys.executable)


def test_secrets_of_the_command_are_not_kept():
    found = running.run(["true", "--api-key", "hush", "--lr", "1"], ())
    text = repr(found.facts)
    assert "hush" not in text
    assert "--lr 1" in text
    assert hide_arguments(["--token=x"]) == ["--token=***"]


def test_memory_of_children_counts():
    code = (
        "import subprocess,sys,time\n"
        "c='import time; x=bytearray(60<<20); time.sleep(1.2)'\n"
        "p=[subprocess.Popen([sys.executable,'-c',c]) for _ in range(3)]\n"
        "[x.wait() for x in p]\nraise SystemExit(1)"
    )
    facts, _ = ended(code)
    assert facts["peak_memory"].value > 180 << 20


def test_a_kill_that_was_not_for_memory():
    facts, found = ended("import os; print('x', end='', flush=True); os.kill(os.getpid(), 9)")
    assert facts["signal"].value == "SIGKILL"
    assert facts["oom_killed"].value is False
    assert found.document().lines[-2:-1] == ("Killed",) or found.document().lines[-1] == "Killed"
    assert found.document().lines[0] == "x"


@pytest.fixture
def memory_group():
    root = Path("/sys/fs/cgroup/memory")
    unified = not root.is_dir()
    group = (Path("/sys/fs/cgroup") if unified else root) / f"whyfail-run-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.max" if unified else "memory.limit_in_bytes")).write_text(str(128 << 20))
    except OSError:
        pytest.skip("no memory control group can be made")
    yield group
    group.rmdir()


@pytest.mark.skipif(not ROOT, reason="needs root")
def test_a_run_killed_for_memory_is_proven_to_be(memory_group, tmp_path):
    join = f'echo 0 > {memory_group}/cgroup.procs; exec "$@"'
    out = tmp_path / "answer.json"
    command = ["sh", "-c", join, "sh", *WHYFAIL, "--json", "--out", str(out), "--"]
    reply = subprocess.run(
        [*command, sys.executable, "-c", "x = bytearray(500 << 20)"], env=ENVIRON,
        capture_output=True, text=True,
    )  # fmt: skip
    assert reply.returncode == 137, reply.stderr
    answer = json.loads(out.read_text())
    assert answer["origin"]["here"] is True
    found = {**answer["facts"]}
    assert found.get("run.oom_killed") is True, answer
    assert found.get("run.memory_limit") == 128 << 20
    assert answer["diagnoses"][0]["cause_id"] == "limit"


def test_a_run_killed_by_hand_is_not_called_out_of_memory(tmp_path):
    code = "import os; os.kill(os.getpid(), 9)"
    _, facts, _, answer = facts_of(tmp_path, sys.executable, "-c", code)
    assert facts["run.oom_killed"] is False
    assert answer["diagnoses"][0]["cause_id"] == "by-hand"


@pytest.mark.skipif(not ROOT, reason="needs root")
def test_a_killed_worker_of_a_living_launcher_is_proven_too(memory_group):
    worker = "x = bytearray(500 << 20)"
    code = (
        f"open('{memory_group}/cgroup.procs','w').write('0')\n"
        "import sys\nfrom troubleshoot import run\n"
        "c=f\"import subprocess,sys; sys.exit(subprocess.call([sys.executable,'-c',"
        f"'{worker}']) != 0)\"\n"
        "f={x.name: x.value for x in run.run([sys.executable,'-c',c],()).facts}\n"
        "print(f['run.exit_code'], f['run.oom_killed'])"
    )
    reply = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert reply.stdout.split() == ["1", "True"], reply.stderr


def test_a_segmentation_fault_has_its_words():
    facts, found = ended("import ctypes; ctypes.string_at(0)")
    assert facts["signal"].value == "SIGSEGV"
    assert "Segmentation fault" in found.document().lines


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["timeout", "0.2", "sleep", "9"], "exited with code 124"),
        (["bash", "-c", "kill -XCPU $$"], "CPU time limit exceeded"),
    ],
)
def test_a_time_limit_has_its_words(command, words):
    assert words in running.run(command, ()).document().lines


def test_long_output_is_bounded_and_keeps_the_failure_in_its_middle():
    capture = Capture(lambda: [b"CUDA out of memory"])
    filler = b"".join(b"step %d loss 0.%d\n" % (n, n) for n in range(40_000))
    before = threading.active_count()
    for _ in range(12):
        capture.feed(filler)
    capture.feed(b"Traceback (most recent call last):\nRuntimeError: CUDA out of memory\n")
    for _ in range(12):
        capture.feed(filler)
    document = capture.document("<output>")
    text = document.joined()
    assert len(filler) * 24 > WHOLE
    assert "RuntimeError: CUDA out of memory" in text
    assert len(text) < 6_000_000
    number = document.numbers[document.lines.index("RuntimeError: CUDA out of memory")]
    assert number == 12 * 40_000 + 2
    assert threading.active_count() == before


def test_a_long_success_ends_quietly():
    reply = whyfail("head", "-c", str(3 * WHOLE), "/dev/zero")
    assert (reply.returncode, reply.stderr, len(reply.stdout)) == (0, "", 3 * WHOLE)


def test_small_output_is_kept_as_it_is():
    capture = Capture(list)
    for piece in (b"a\n", b"", b"b"):
        capture.feed(piece)
    assert capture.document("x").lines[:2] == ("a", "b")


def test_gpu_memory_is_that_of_the_run():
    gpu = watch._GpuWatch()
    line = json.dumps([[0, 30, [[7, 10], [8, 20]]], [1, 5, []]]).encode()
    assert gpu._line(line, {7}) == 10
    grown = json.dumps([[0, 30, [[8, 20]]], [1, 45, []]]).encode()
    assert gpu._line(grown, {7}) == 40  # nobody is named: what was added is taken as the run's
    assert gpu._line(b"garbage", {7}) == 0


def test_the_watch_of_the_gpus_asks_nvml(tmp_path, monkeypatch):
    fake_nvml.build(tmp_path)
    for name, value in fake_nvml.environ(tmp_path, "ok", os.getpid()).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WHYFAIL_WATCH_GPU", "1")
    gpu = watch._GpuWatch()
    try:
        end = time.monotonic() + 10
        seen = 0
        while not seen and time.monotonic() < end:
            seen = gpu.read({os.getpid()})
            time.sleep(0.05)
        assert seen == 19 << 30
    finally:
        gpu.close()


def test_a_hanging_driver_does_not_hold_the_run_up(tmp_path, monkeypatch):
    fake_nvml.build(tmp_path)
    for name, value in fake_nvml.environ(tmp_path, "hang").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WHYFAIL_WATCH_GPU", "1")
    started = time.monotonic()
    facts, _ = ended("raise SystemExit(1)")
    assert time.monotonic() - started < 3
    assert facts["gpu_peak_memory"].value is None


def test_the_interpreter_of_a_command(tmp_path):
    script = tmp_path / "torchrun"
    script.write_text(f"#!{sys.executable}\nimport torch\n")
    script.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.path.dirname(sys.executable)}"}
    assert running.python_of(["python", "a.py"], environ).startswith(
        os.path.dirname(sys.executable)
    )
    assert running.python_of(["torchrun", "a.py"], environ) == sys.executable
    assert running.python_of(["env", "A=1", "torchrun", "a.py"], environ) == sys.executable
    assert running.python_of(["sh", "-c", "x"], {"PATH": "/bin"}) == ""
    assert running.python_of([], environ) == ""


def test_changed_files_leave_environments_out(tmp_path):
    for name in ("a.txt", ".git/x", "venv/y", "out/model.pt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert set(running.changed_files(str(tmp_path), time.time() - 60)) == {"a.txt", "out/model.pt"}
    assert running.changed_files(str(tmp_path), time.time() + 60) == ()
