"""GPU states through a stand-in of NVML: working, hanging, mismatched, absent, crashing."""

from __future__ import annotations

import os
import shutil
import sys
import time

import fake_nvml
import pytest

from troubleshoot.probes import LiveFacts
from troubleshoot.probes.gpu import Device, Process, chosen, pci_devices
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
    monkeypatch.setattr("troubleshoot.probes.gpu.search", lambda context, name: ("", "absent"))
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
