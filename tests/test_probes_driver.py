"""NVIDIA's driver on disk and in the kernel's log, from trees made for the test."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import making
import pytest

from troubleshoot.probes import LiveFacts, driver, kernel_log, upgrades

LINUX = sys.platform.startswith("linux")


def measure(*names, **environ):
    found = LiveFacts(making.target(sys.executable, "/", **environ)).measure(names)
    return [found[name] for name in names]


@pytest.mark.parametrize(
    "path",
    [
        "updates/dkms/nvidia.ko",
        "updates/dkms/nvidia-current.ko.zst",
        "extra/nvidia/nvidia.ko.xz",
        "kernel/drivers/video/nvidia.ko",
        "extramodules/nvidia.ko.zst",
        "kernel/nvidia-580/nvidia.ko",
    ],
)
def test_the_module_of_a_kernel_is_found_where_distributions_put_it(tmp_path, path):
    place = tmp_path / "6.8.0-45-generic" / path
    place.parent.mkdir(parents=True)
    (place.parent / "nvidia-drm.ko").touch()
    (tmp_path / "6.8.0-50-generic").mkdir()
    assert driver.module_file("6.8.0-45-generic", str(tmp_path)) == ""
    place.touch()
    assert driver.module_file("6.8.0-45-generic", str(tmp_path)) == str(place)
    assert driver.module_file("6.8.0-50-generic", str(tmp_path)) == ""
    assert driver.module_kernels(str(tmp_path)) == ("6.8.0-45-generic",)


def test_a_module_in_an_odd_place_is_found_through_the_kernels_list(tmp_path):
    place = tmp_path / "6.1.0" / "somewhere" / "nvidia.ko"
    place.parent.mkdir(parents=True)
    place.touch()
    assert driver.module_file("6.1.0", str(tmp_path)) == ""
    (tmp_path / "6.1.0" / "modules.dep").write_text(
        "kernel/fs/ext4.ko: kernel/lib/crc16.ko\nsomewhere/nvidia.ko: kernel/x.ko\n"
    )
    assert driver.module_file("6.1.0", str(tmp_path)) == str(place)


def test_the_signature_of_a_module(tmp_path):
    signed, plain, packed = (tmp_path / name for name in ("a.ko", "b.ko", "c.ko.zst"))
    signed.write_bytes(b"\x7fELF" + b"x" * 100 + b"~Module signature appended~\n")
    plain.write_bytes(b"\x7fELF")
    packed.write_bytes(b"\x28\xb5\x2f\xfd")
    assert [driver.is_signed(str(path)) for path in (signed, plain, packed)] == [True, False, None]


@pytest.mark.parametrize(("last", "state"), [(1, True), (0, False)])
def test_secure_boot_by_the_firmwares_variable(tmp_path, last, state):
    assert driver.secure_boot(str(tmp_path / "none"))[0] is False
    folder = tmp_path / "efivars"
    folder.mkdir()
    assert driver.secure_boot(str(tmp_path))[0] is None
    (folder / "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c").write_bytes(
        bytes([6, 0, 0, 0, last])
    )
    assert driver.secure_boot(str(tmp_path))[0] is state


def test_switches_are_told_from_gpus(tmp_path):
    for name, kind in (("0000:01:00.0", "0x030200"), ("0000:02:00.0", "0x068000")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "vendor").write_text("0x10de\n")
        (folder / "class").write_text(kind + "\n")
    assert driver.switches(str(tmp_path)) == ["0000:02:00.0"]


@pytest.mark.skipif(not LINUX, reason="Linux")
def test_the_version_of_the_libraries_and_whether_they_match(tmp_path, monkeypatch):
    elf = Path(os.path.realpath(sys.executable)).read_bytes()[:64]
    folder = tmp_path / "compat"
    folder.mkdir()
    for name in ("libnvidia-ml", "libcuda"):
        (folder / f"{name}.so.550.54.14").write_bytes(elf)
        (folder / f"{name}.so.1").symlink_to(f"{name}.so.550.54.14")
    names = ["gpu.userspace_version", "gpu.libraries_match", "cuda.compat_in_use"]
    where = {"LD_LIBRARY_PATH": str(folder)}
    monkeypatch.setattr(driver, "kernel_module_version", lambda: "550.54.14")
    assert [fact.value for fact in measure(*names, **where)] == ["550.54.14", True, True]
    monkeypatch.setattr(driver, "kernel_module_version", lambda: "545.29.06")
    _, match, _ = measure(*names, **where)
    assert match.value is False
    assert "545.29.06" in match.because
    monkeypatch.setattr(driver, "kernel_module_version", lambda: "")
    assert measure(*names, **where)[1].value is None
    plain = tmp_path / "lib"
    os.rename(folder, plain)
    assert measure(*names, LD_LIBRARY_PATH=str(plain))[2].value is False


LOG = """\
[ 1234.567890] Out of memory: Killed process 4242 (python) total-vm:90000kB, anon-rss:2097152kB, x
[ 1300.000000] Killed process 77 (old-kernel) total-vm:1kB, anon-rss:1048576kB, file-rss:0kB
[1500000000] Memory cgroup out of memory: Killed process 99 (pt_data_worker) total-vm:5kB
[ 12.0] nvidia: module verification failed: signature and/or required key missing
"""


def test_kills_in_the_kernels_log():
    first, second, third = kernel_log.kills(LOG)
    assert (first.pid, first.name, first.size, first.is_limit) == (4242, "python", 2 << 30, False)
    assert (first.seconds, second.pid, second.size) == (1234.56789, 77, 1 << 30)
    assert (third.pid, third.is_limit, third.seconds) == (99, True, 1500.0)
    assert list(kernel_log.kills("Killed process\nkilled by a signal (9)")) == []


@pytest.mark.skipif(not LINUX, reason="Linux")
def test_facts_of_the_kernels_log(monkeypatch):
    names = ["host.was_oom_killed(4242)", "host.was_oom_killed(5)", "host.oom_victim",
             "gpu.module_refused", "host.was_oom_killed(x)"]  # fmt: skip
    monkeypatch.setattr(kernel_log, "kernel_log", lambda: (LOG, "a file"))
    own, other, victim, refused, nonsense = measure(*names)
    assert (own.value, other.value, refused.value, nonsense.value) == (True, False, True, None)
    assert "pt_data_worker" in victim.value
    assert "control group" in victim.value
    monkeypatch.setattr(kernel_log, "kernel_log", lambda: ("[ 1.0] nothing", "a file"))
    own, _, victim, refused, _ = measure(*names)
    assert (own.value, victim.value, refused.value) == (False, "", False)

    def forbidden():
        raise LookupError("this user may not read it")

    monkeypatch.setattr(kernel_log, "kernel_log", forbidden)
    assert measure("host.oom_victim")[0].because == "this user may not read it"


@pytest.mark.skipif(not (LINUX and os.geteuid() == 0), reason="needs root on Linux")
def test_a_real_kill_is_read_from_the_kernels_log(tmp_path):
    root = Path("/sys/fs/cgroup/memory")
    unified = not root.is_dir()
    group = (Path("/sys/fs/cgroup") if unified else root) / f"whyfail-log-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.max" if unified else "memory.limit_in_bytes")).write_text("33554432")
    except OSError:
        pytest.skip("no memory control group can be made")
    code = (
        f"import os; open('{group}/cgroup.procs','w').write('0'); print(os.getpid(), flush=True)\n"
        "x = bytearray(200 << 20)"
    )
    try:
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert child.returncode == -9
        killed, victim = measure(f"host.was_oom_killed({child.stdout.strip()})", "host.oom_victim")
        if killed.value is None:
            pytest.skip(killed.because)
        if not killed.value and victim.value:
            pytest.skip("the log shows ids of another namespace")
        assert "control group" in killed.because
        assert "0 min ago" in killed.because
    finally:
        group.rmdir()


APT = """
Start-Date: 2026-03-01  06:12:33
Commandline: /usr/bin/unattended-upgrade
Upgrade: libc6:amd64 (2.39-0ubuntu8, 2.39-0ubuntu9), libnvidia-gl-550:amd64 (550.54, 550.90)
End-Date: 2026-03-01  06:13:00

Start-Date: 2026-03-02  06:12:33
Upgrade: nvidia-settings-theme:amd64 (1, 2)
End-Date: 2026-03-02  06:13:00

Start-Date: 2026-03-03  10:00:00
Install: nvidia-driver-580:amd64 (580.65, automatic)
End-Date: 2026-03-03  10:03:00
"""


def test_upgrades_of_the_driver_in_the_package_managers_logs():
    changes = list(upgrades.apt_changes(APT))
    assert [text for _, text in changes] == [
        "libnvidia-gl-550 (550.54 -> 550.90)",
        "nvidia-driver-580 (580.65)",
    ]
    assert time.strftime("%Y-%m-%d %H:%M", time.localtime(changes[0][0])) == "2026-03-01 06:12"
    pacman = (
        "[2026-03-01T08:00:00+0100] [ALPM] upgraded linux (6.1 -> 6.2)\n"
        "[2026-03-01T08:00:01+0100] [ALPM] upgraded nvidia-utils (550.1-1 -> 550.2-1)\n"
    )
    assert [text for _, text in upgrades.pacman_changes(pacman)] == [
        "nvidia-utils (550.1-1 -> 550.2-1)"
    ]
