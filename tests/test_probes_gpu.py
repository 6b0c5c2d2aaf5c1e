"""GPU states through a stand-in of NVML: working, hanging, mismatched, absent, crashing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

import fake_nvml
import pytest

from troubleshoot.probes import LiveFacts
from troubleshoot.probes.driver import pci_devices
from troubleshoot.probes.gpu import visible
from troubleshoot.probes.nvml import Device, Process, chosen
from troubleshoot.probes.processes import status
from troubleshoot.target import Target

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not shutil.which("gcc"), reason="needs Linux and gcc"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return fake_nvml.build(tmp_path_factory.mktemp("nvml"))


def measure(library, mode, *names, pid=0, limit=20.0, pids=(), **environ):
    values = {**fake_nvml.environ(library, mode, pid), **environ}
    target = Target(python=sys.executable, cwd="/", environ=values, pids=pids)
    found = LiveFacts(target, limit_seconds=limit).measure(names)
    return [found[name] for name in names]


def test_a_working_driver_tells_everything(library):
    names = ["gpu.state", "gpu.count", "gpu.driver_version", "gpu.driver_cuda", "gpu.name",
             "gpu.names", "gpu.total_memory", "gpu.free_memory", "gpu.compute_capability",
             "gpu.utilization", "gpu.persistence", "gpu.freest"]  # fmt: skip
    found = [fact.value for fact in measure(library, "ok", *names)]
    gib = 1 << 30
    assert found == [
        "ok", 2, "550.54.14", "12.4", "NVIDIA GeForce RTX 5090",
        ("NVIDIA GeForce RTX 5090", "NVIDIA GeForce RTX 4090"), 24 * gib, 3.5 * gib, "12.0",
        97.0, True, 1,
    ]  # fmt: skip


def test_a_counter_nvml_refuses_is_unknown(library):
    (fact,) = measure(library, "ok", "gpu.ecc_errors")
    assert fact.value is None
    assert "NVML does not tell" in fact.because


def test_memory_of_other_processes_is_foreign_and_named(library):
    used, text = measure(library, "ok", "gpu.foreign_memory", "gpu.processes", pid=os.getpid())
    assert used.value == 20 << 30
    assert f"pid {os.getpid()}" in text.value
    assert "19.0 GiB" in text.value


def test_memory_of_the_run_itself_is_not_foreign(library):
    (used,) = measure(library, "ok", "gpu.foreign_memory", pid=os.getpid(), pids=(os.getpid(),))
    assert used.value == 1 << 30


def test_invisible_holders_are_told_as_such(library):
    used, text = measure(library, "ok", "gpu.foreign_memory", "gpu.processes")
    assert used.value == 20 << 30
    assert "not visible" in text.value


def test_the_visible_gpu_is_the_one_meant(library):
    (name,) = measure(library, "ok", "gpu.name", CUDA_VISIBLE_DEVICES="1")
    assert name.value == "NVIDIA GeForce RTX 4090"
    (name,) = measure(library, "ok", "gpu.name", CUDA_VISIBLE_DEVICES="GPU-bbbb")
    assert name.value == "NVIDIA GeForce RTX 4090"
    (free,) = measure(library, "ok", "gpu.free_memory(1)")
    assert free.value == 23.5 * (1 << 30)


@pytest.mark.parametrize(
    ("mode", "state"),
    [("mismatch", "mismatch"), ("not-loaded", "no-driver"), ("empty", "no-device")],
)
def test_states_without_a_gpu(library, mode, state):
    found, name = measure(library, mode, "gpu.state", "gpu.name")
    assert found.value == state
    assert found.because
    assert name.value is None
    assert name.because


@pytest.mark.parametrize("mode", ["no-permission", "lost", "crash"])
def test_errors_carry_their_reason(library, mode):
    (found,) = measure(library, mode, "gpu.state")
    assert found.value.startswith("error: ")
    assert len(found.value) > len("error: ")


def test_a_hanging_driver_is_a_value_and_costs_only_its_limit(library):
    started = time.perf_counter()
    state, name = measure(library, "hang", "gpu.state", "gpu.name", limit=1.0)
    assert time.perf_counter() - started < 2.5
    assert state.value == "hang"
    assert name.value is None


def test_without_the_library_nothing_is_started(tmp_path, monkeypatch):
    monkeypatch.setattr("troubleshoot.probes.nvml.search", lambda context, name: ("", "absent"))
    (state,) = measure(tmp_path, "ok", "gpu.state")
    assert state.value == "no-driver"
    assert state.seconds < 0.05


def test_old_drivers_count_their_own_share_as_used():
    idle = Device(0, {"used": 500 << 20}, ())
    assert idle.foreign_memory(()) == 0
    full = Device(0, {"used": 20 << 30}, ())
    assert full.foreign_memory(()) == 20 << 30
    shared = Device(0, {}, (Process(1, 100), Process(2, 50)))
    assert shared.foreign_memory((1,)) == 50
    assert Device(0, {}, None).foreign_memory(()) is None


def test_what_slows_a_gpu_down_and_how_busy_it_is(library):
    names = ["gpu.throttling", "gpu.performance_state", "gpu.is_link_narrow", "gpu.fabric_state",
             "gpu.utilization_mean"]  # fmt: skip
    slow, state, narrow, fabric, mean = measure(library, "ok", *names)
    assert (slow.value, state.value) == ("hardware thermal slowdown, power cap", "P2")
    assert narrow.value is True
    assert "x4 of x16" in narrow.because
    assert fabric.value == "in-progress"
    assert mean.value == 20.0
    assert "last 2 s" in mean.because
    idle = [f"{name}(1)" for name in names]
    slow, state, narrow, fabric, mean = measure(library, "ok", *idle)
    assert (slow.value, state.value, narrow.value) == ("", "P8", False)
    assert fabric.value is None
    assert mean.value is None
    assert "nothing uses it" in mean.because


def test_memory_that_no_process_holds(library):
    (rest,) = measure(library, "ok", "gpu.unlisted_memory")
    assert rest.value == 20 << 30
    (rest,) = measure(library, "ok", "gpu.unlisted_memory", pid=os.getpid())
    assert rest.value == 1 << 30
    assert measure(library, "ok", "gpu.unlisted_memory(1)")[0].value == 0


def test_orphans_on_the_gpu_are_named(library):
    code = (
        "import os, subprocess, sys, time\n"
        "if os.fork():\n  os._exit(0)\n"
        "print(os.getpid(), flush=True); time.sleep(30)"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    pid = int(launcher.stdout.readline())
    launcher.wait()
    try:
        (lost,) = measure(library, "ok", "gpu.orphans", pid=pid)
        if status(pid)[1] != "1":
            pytest.skip("another process takes over orphans here")
        with open("/proc/1/comm") as file:
            adopts = file.read().strip() in ("systemd", "init", "tini", "dumb-init", "docker-init")
        assert (f"pid {pid}" in lost.value) is adopts
        assert measure(library, "ok", "gpu.orphans", pid=os.getpid())[0].value == ""
    finally:
        os.kill(pid, 9)


@pytest.mark.parametrize(
    ("value", "count"), [("", 0), ("-1", 0), ("1", 1), ("0,1", 2), ("1,7,0", 1), ("GPU-b", 1)]
)
def test_gpus_that_cuda_shows(library, value, count):
    (shown,) = measure(library, "ok", "gpu.visible_count", CUDA_VISIBLE_DEVICES=value)
    assert shown.value == count


def test_the_variable_that_hides_the_gpus(library):
    def hidden(**environ):
        return measure(library, "ok", "gpu.hidden_by", **environ)[0].value

    assert hidden() == ""
    assert hidden(CUDA_VISIBLE_DEVICES="1") == ""
    assert hidden(CUDA_VISIBLE_DEVICES="-1") == "CUDA_VISIBLE_DEVICES"
    assert hidden(CUDA_VISIBLE_DEVICES="5") == "CUDA_VISIBLE_DEVICES"
    assert hidden(NVIDIA_VISIBLE_DEVICES="void") == "NVIDIA_VISIBLE_DEVICES"
    assert hidden(HIP_VISIBLE_DEVICES="-1") == "HIP_VISIBLE_DEVICES"
    assert measure(library, "ok", "gpu.visible_count")[0].value == 2


def test_a_list_is_cut_at_its_first_wrong_entry():
    devices = (Device(0, {"uuid": "GPU-a1"}, None), Device(1, {"uuid": "GPU-a2"}, None))
    assert visible(devices, "0,0") == [devices[0]]
    assert visible(devices, "GPU-a") == []
    assert visible(devices, "GPU-a2,0") == [devices[1], devices[0]]


def test_choosing_a_device():
    devices = (Device(0, {"uuid": "GPU-a"}, None), Device(1, {"uuid": "GPU-b"}, None))
    assert chosen(devices, "", None) is devices[0]
    assert chosen(devices, "", "1,0") is devices[1]
    assert chosen(devices, "7", None) is None
    assert chosen((), "", "0") is None


def test_the_pci_bus_is_read(tmp_path):
    for name, vendor, kind in (
        ("0000:01:00.0", "0x10de", "0x030000"),
        ("0000:02:00.0", "0x8086", "0x030000"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "vendor").write_text(vendor + "\n")
        (folder / "class").write_text(kind + "\n")
    assert list(pci_devices(str(tmp_path))) == [("0000:01:00.0", "0x030000")]
    assert list(pci_devices(str(tmp_path / "absent"))) == []
