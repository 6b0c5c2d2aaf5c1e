"""Processes, their limits, and Ray's logs, from real processes and from trees made for it."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import making
import pytest

from troubleshoot.probes import LiveFacts, limits, memory, processes, ray

LINUX = sys.platform.startswith("linux")
pytestmark = pytest.mark.skipif(not LINUX, reason="Linux")


def measure(*names, python="", **environ):
    found = LiveFacts(making.target(python, "/", **environ)).measure(names)
    return [found[name] for name in names]


def process(root, pid, name, parent, session, state="S", ticks=0):
    folder = root / str(pid)
    folder.mkdir(parents=True)
    (folder / "comm").write_text(name + "\n")
    rest = f"{state} {parent} {pid} {session} 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 5"
    (folder / "stat").write_text(f"{pid} ({name} (x) 1) {rest}\n")


def test_orphans_are_told_from_services_and_containers(tmp_path):
    process(tmp_path, 1, "systemd", 0, 1)
    process(tmp_path, 50, "systemd", 1, 50)  # the user's own
    process(tmp_path, 300, "python", 1, 200)  # its shell, 200, is gone
    process(tmp_path, 301, "python", 50, 200)
    process(tmp_path, 302, "ollama", 1, 302)  # a service leads its own session
    process(tmp_path, 400, "bash", 50, 400)
    process(tmp_path, 401, "python", 400, 400)
    process(tmp_path, 402, "python", 1, 400)  # sent to the background, its shell is there
    root = str(tmp_path)
    found = {pid for pid in (300, 301, 302, 401, 402, 999) if processes.is_orphan(pid, root)}
    assert found == {300, 301}
    inside = tmp_path / "container"
    process(inside, 1, "python", 0, 1)
    process(inside, 20, "python", 1, 7)
    assert processes.is_orphan(20, str(inside)) is False


def test_processes_that_wait_and_that_are_dead(tmp_path):
    process(tmp_path, 5, "python", 1, 5, "D")
    process(tmp_path, 6, "python", 1, 6, "Z")
    process(tmp_path, 7, "python", 1, 7)
    assert processes.in_state("D", str(tmp_path)) == ["5"]
    assert processes.in_state("Z", str(tmp_path)) == ["6"]


def test_a_real_zombie_is_counted():
    child = subprocess.Popen([sys.executable, "-c", ""])
    for _ in range(100):
        if processes.status(child.pid)[:1] == ["Z"]:
            break
        time.sleep(0.02)
    (found,) = measure("host.zombies")
    child.wait()
    assert found.value >= 1


def test_busy_python_processes():
    before = measure("host.busy_python")[0].value
    spin = "while True: pass"
    children = [subprocess.Popen([sys.executable, "-S", "-c", spin])]
    time.sleep(0.2)
    try:
        (found,) = measure("host.busy_python")
    finally:
        for child in children:
            child.kill()
            child.wait()
    # A machine with nothing to spare may not give it a whole processor.
    if os.getloadavg()[0] < os.cpu_count():
        assert found.value >= 1
    assert found.value >= before - 8


def test_pressure_and_load(tmp_path):
    (tmp_path / "io").write_text(
        "some avg10=1.00 avg60=42.50 avg300=0.00 total=1\nfull avg10=0.00 avg60=7.00\n"
    )
    assert processes.pressure("io", str(tmp_path)) == 42.5
    assert processes.pressure("memory", str(tmp_path)) is None
    (load,) = measure("host.load")
    assert load.value == pytest.approx(os.getloadavg()[0], abs=1.0)


@pytest.mark.parametrize(
    ("limit", "name", "value"),
    [("AS", "host.address_space_limit", 3 << 30), ("CPU", "host.cpu_time_limit", 3600)],
)
def test_limits_of_a_process(limit, name, value):
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_{limit},({value}, {value}))\n"
        "from troubleshoot.probes import LiveFacts\n"
        f"print(LiveFacts().measure([{name!r}])[{name!r}].value)"
    )
    reply = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert reply.stdout.strip() == str(value), reply.stderr


def test_how_the_kernel_promises_memory():
    with open("/proc/sys/vm/overcommit_memory") as file:
        number = file.read().strip()
    expected = {"0": "heuristic", "1": "always", "2": "strict"}[number]
    assert measure("host.overcommit")[0].value == expected


def test_control_groups_that_limit_processes(tmp_path, monkeypatch):
    line = "0::/user.slice/job\n"
    monkeypatch.setattr(limits, "read_text", lambda path: line if "cgroup" in path[-7:] else "")
    folders = limits.process_groups(root=str(tmp_path))
    assert folders == [f"{tmp_path}/user.slice/job", f"{tmp_path}/user.slice", str(tmp_path)]
    monkeypatch.undo()
    inner = tmp_path / "user.slice" / "job"
    inner.mkdir(parents=True)
    (inner / "pids.max").write_text("max\n")
    (inner.parent / "pids.max").write_text("64\n")
    (inner.parent / "pids.current").write_text("63\n")
    monkeypatch.setattr(limits, "process_groups", lambda: folders)
    limit, used = measure("host.pids_limit", "host.pids_used")
    assert (limit.value, used.value) == (64, 63)
    assert "user.slice/pids.max" in limit.because


def test_how_often_a_memory_limit_was_met(tmp_path):
    group = memory.ControlGroup(str(tmp_path), 2)
    assert group.limit_hits() is None
    (tmp_path / "memory.events").write_text("low 0\nhigh 3\nmax 17\noom 1\noom_kill 1\n")
    assert group.limit_hits() == 17
    (tmp_path / "memory.failcnt").write_text("9\n")
    assert memory.ControlGroup(str(tmp_path), 1).limit_hits() == 9


ERROR_LOG = """\
:job_id:01000000
Traceback (most recent call last):
  File "python/ray/_raylet.pyx", line 1, in ray._raylet.execute_task
ModuleNotFoundError: No module named 'my_env'
:actor_name:SingleAgentEnvRunner
a line of the program that says Error: nothing serious
"""


def test_the_last_error_of_rays_newest_session(tmp_path):
    place = {"RAY_TMPDIR": str(tmp_path)}
    assert measure("ray.worker_error", **place)[0].value is None
    old, new = (tmp_path / "ray" / f"session_2026-0{n}-01_00-00-00_1_1" / "logs" for n in (1, 2))
    for folder in (old, new):
        folder.mkdir(parents=True)
    (old / "worker-a-01000000-1.err").write_text("RuntimeError: an old one\n")
    assert measure("ray.worker_error", **place)[0].value == ""
    (new / "worker-b-01000000-2.err").write_text(ERROR_LOG)
    (new / "worker-c-01000000-3.err").write_text("")
    (new / "worker-d-01000000-4.out").write_text("ValueError: only printed\n")
    (found,) = measure("ray.worker_error", **place)
    assert found.value == "ModuleNotFoundError: No module named 'my_env'"
    assert "worker-b-" in found.because


def test_errors_in_a_workers_log():
    assert ray.last_error("gymnasium.error.NameNotFound: x\nray.exceptions.RayTaskError(E): y") == (
        "ray.exceptions.RayTaskError(E): y"
    )
    assert "SIGSEGV" in ray.last_error("*** SIGSEGV received at time=1 on cpu 2 ***\nPC: @ 0x7f")
    assert ray.last_error("WARNING: no error here\n") == ""


def test_which_extras_of_ray_are_there(tmp_path):
    python = making.venv(tmp_path / "env")
    folder = making.site_packages(python)
    assert measure("ray.extras", python=python)[0].value is None
    for name in ("ray", "pandas", "gymnasium"):
        making.distribution(folder, name, "2.40.0")
    (found,) = measure("ray.extras", python=python)
    assert found.value == ("rllib",)
    assert "data lacks pyarrow" in found.because
