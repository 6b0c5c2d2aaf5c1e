"""Facts of the machine, measured where the state is made for real: ports, disks, limits."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import making
import pytest

from troubleshoot.probes import LiveFacts, host, libraries, media, memory, ports, proxies, storage
from troubleshoot.probes.secrecy import hide_arguments, hide_credentials, looks_secret
from troubleshoot.probes.tools import toolkit_version

LINUX = sys.platform.startswith("linux")
ROOT = LINUX and os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="needs root on Linux")


def measure(*names, cwd="/", python="", **environ):
    found = LiveFacts(making.target(python, cwd, **environ)).measure(names)
    return [found[name] for name in names]


@pytest.fixture
def listener():
    """A process that listens on a free port: (port, process)."""
    code = (
        "import socket,sys,time\ns=socket.socket()\ns.bind(('127.0.0.1',0))\ns.listen()\n"
        "print(s.getsockname()[1],flush=True)\ntime.sleep(60)"
    )
    command = [sys.executable, "-c", code, "--token", "hush", "--api_key=hush"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield int(process.stdout.readline()), process
    process.kill()
    process.wait()


def names_of_port(port):
    return [f"network.port_{what}({port})" for what in ("in_use", "pid", "is_own", "holder")]


def test_the_holder_of_a_port_is_named_without_its_secrets(listener):
    port, process = listener
    in_use, pid, own, holder = measure(*names_of_port(port))
    assert (in_use.value, pid.value, own.value) == (True, process.pid, True)
    assert f"pid {process.pid}" in holder.value
    assert time.strftime("since %Y-") in holder.value
    assert "hush" not in holder.value


def test_a_free_port_and_what_is_no_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    in_use, pid, _, _ = measure(*names_of_port(port))
    assert in_use.value is False
    assert pid.value is None
    for text in ("0", "70000", "http", "-1"):
        assert measure(f"network.port_in_use({text})")[0].value is None


@needs_root
def test_another_users_process_is_told_but_not_seen(listener):
    port, _ = listener
    code = (
        "import os, psutil, pwd\nfrom troubleshoot.probes import LiveFacts, network\n"
        "from troubleshoot.target import Target\nos.setgid(65534); os.setuid(65534)\n"
        f"found = LiveFacts(Target('', '/', {{}})).measure({names_of_port(port)!r})\n"
        "print([f.value for f in found.values()], [f.because for f in found.values()][1])"
    )
    reply = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert reply.stdout.startswith("[True, None, False, None] "), reply.stderr
    assert "belongs to root" in reply.stdout


def test_the_address_of_a_listener_is_read():
    assert ports._address("0100007F") == "127.0.0.1"
    assert ports._address("0" * 32) == "::"
    assert ports._address("00000000000000000000000001000000") == "::1"


def test_proxies():
    clean = dict.fromkeys((name for proxy in proxies._NAMES for name in (proxy, proxy.upper())), "")
    both = {**clean, "http_proxy": "http://ada:pw@p:1", "HTTPS_PROXY": "http://p:1"}
    text, half = measure("network.proxy", "network.proxy_half_set", **both)
    assert half.value is False
    assert "pw" not in text.value
    (half,) = measure("network.proxy_half_set", **{**clean, "HTTPS_PROXY": "http://p:1"})
    assert half.value is True
    one = {**clean, "HTTPS_PROXY": "http://p:1", "ALL_PROXY": "socks5://p:2"}
    assert measure("network.proxy_half_set", **one)[0].value is False


def test_the_package_index_in_force(tmp_path):
    home = str(tmp_path)
    clean = {"PIP_INDEX_URL": "", "UV_INDEX_URL": "", "UV_DEFAULT_INDEX": "", "HOME": home,
             "PIP_CONFIG_FILE": "", "XDG_CONFIG_HOME": ""}  # fmt: skip
    settings = tmp_path / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text("[global]\nindex-url = https://ada:pw@index.example/simple\n")
    (fact,) = measure("network.package_index", **clean)
    assert fact.value == "https://***@index.example/simple"
    changed = {**clean, "PIP_INDEX_URL": "https://mirror.example/simple"}
    assert measure("network.package_index", **changed)[0].value == "https://mirror.example/simple"


@needs_root
def test_a_full_disk_and_exhausted_inodes(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k,nr_inodes=10", "none", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("cannot mount")
    try:
        names = [f"storage.{what}({place}/runs/out)" for what in
                 ("free", "total", "free_inodes", "is_read_only", "exists",
                  "is_writable")]  # fmt: skip
        free, total, inodes, readonly, exists, writable = measure(*names)
        assert free.value == total.value == 256 * 1024
        assert 0 < inodes.value < 10
        assert (readonly.value, exists.value, writable.value) == (False, False, True)
        with open(place / "data", "wb") as file, pytest.raises(OSError):
            file.write(b"x" * 300 * 1024)
            file.flush()
        for number in range(20):
            try:
                (place / str(number)).touch()
            except OSError:
                break
        assert measure(f"storage.is_noexec({place}/a.so)")[0].value is False
        subprocess.run(["mount", "-o", "remount,ro,noexec", str(place)], check=True)
        assert measure(f"storage.is_noexec({place}/a.so)")[0].value is True
        free, total, inodes, readonly, exists, writable = measure(*names)
        assert free.value == 0
        assert inodes.value == 0
        assert readonly.value is True
        assert "tmpfs" in readonly.because
        assert writable.value is False
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git-lfs pointer"),
        (b"<!DOCTYPE html><html>", "html"),
        (b"\n<HTML>", "html"),
        (b"", "empty"),
        (b"PK\x03\x04rest", "zip"),
        (b"\x89HDF\r\n\x1a\n....", "hdf5"),
        (b"\x80\x04\x95", "pickle"),
        (b"hello world\n", "text"),
        (b'{"error": "not found"}', "json"),
        (b"\x00" * 600, "zeros"),
        (b"\x01\x02\x00\xff", "other"),
        (b"\x40\0\0\0\0\0\0\0" + b'{"__metadata__":{}}', "safetensors"),
        (b"\0\0\0 ftypisom", "mp4"),
    ],
)
def test_what_a_file_really_is(tmp_path, content, kind):
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    found, size = measure("storage.file_kind(model.bin)", "storage.size(model.bin)", cwd=tmp_path)
    assert found.value == kind
    assert size.value == len(content)


def test_paths_that_are_not_regular_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    kind, exists, gone = measure(
        "storage.file_kind(pipe)", "storage.exists(link)", "storage.file_kind(gone)", cwd=tmp_path
    )
    assert kind.value in ("other", "empty")
    assert exists.value is False
    assert "nowhere" in exists.because
    assert gone.value is None


def test_existing_parent(tmp_path):
    assert storage.existing_parent(str(tmp_path / "a" / "b")) == str(tmp_path)
    assert storage.existing_parent("/") == "/"


def test_the_owner_of_a_path(tmp_path):
    if ROOT:
        os.chown(tmp_path, 65534, 65534)
        assert measure(f"storage.owner({tmp_path})")[0].value == "nobody"
    assert measure("storage.owner(/)")[0].value == "root"


@pytest.mark.skipif(not LINUX, reason="Linux")
def test_memory_of_the_machine():
    total, available, swap = measure(
        "host.memory_total", "host.memory_available", "host.swap_total"
    )
    assert 0 < available.value <= total.value
    assert swap.value >= 0


@pytest.fixture
def memory_group():
    """A memory control group of 64 MiB."""
    root = Path("/sys/fs/cgroup/memory")
    unified = not root.is_dir()
    group = (Path("/sys/fs/cgroup") if unified else root) / f"whyfail-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.max" if unified else "memory.limit_in_bytes")).write_text("67108864")
    except OSError:
        pytest.skip("no memory control group can be made")
    yield group
    group.rmdir()


@needs_root
def test_a_memory_limit_and_the_kernels_kill_are_seen(memory_group):
    code = (
        f"open('{memory_group}/cgroup.procs','w').write('0')\n"
        "import json,subprocess,sys\nfrom troubleshoot.probes import LiveFacts\n"
        "names=['host.memory_limit','host.memory_available','host.oom_kills']\n"
        "before=[f.value for f in LiveFacts().measure(names).values()]\n"
        "code=subprocess.call([sys.executable,'-c','x=bytearray(200<<20)'])\n"
        "after=[f.value for f in LiveFacts().measure(names).values()]\n"
        "print(json.dumps([before,code,after]))"
    )
    reply = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    before, code, after = json.loads(reply.stdout)
    assert before[0] == 64 << 20
    assert before[1] < 64 << 20
    assert before[2] == 0
    assert code == -9
    assert after[2] >= 1


def test_limits_of_files_and_processes():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE,(77,200))\n"
        "from troubleshoot.probes import LiveFacts\n"
        "print(LiveFacts().measure(['host.open_files_limit'])['host.open_files_limit'].value)"
    )
    reply = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert reply.stdout.strip() == "77", reply.stderr


@pytest.mark.parametrize(
    ("text", "name", "manager"),
    [
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n', "ubuntu 22.04", "apt"),
        ("ID=fedora\nVERSION_ID=41\n", "fedora 41", "dnf"),
        ("ID=arch\n", "arch", "pacman"),
        ('ID="opensuse-leap"\nVERSION_ID="15.6"\n', "opensuse-leap 15.6", "zypper"),
        ("ID=alpine\nVERSION_ID=3.20.1\n", "alpine 3.20.1", "apk"),
        ("ID=elementary\nID_LIKE=ubuntu\n", "elementary", "apt"),
    ],
)
def test_distributions(text, name, manager):
    found, family = host.distribution(text)
    assert found == name
    assert host.package_manager(family, {"PATH": ""})[0] == manager


def test_hosted_platforms():
    assert host.platform({"COLAB_RELEASE_TAG": "x"})[0] == "colab"
    assert host.platform({"SLURM_JOB_ID": "7"})[0] == "slurm"
    assert host.platform({"KAGGLE_KERNEL_RUN_TYPE": "Batch"})[0] == "kaggle"


@pytest.mark.skipif(not LINUX, reason="Linux")
def test_facts_of_the_host():
    names = ["host.os", "host.architecture", "host.cpu_count", "host.is_root", "host.uptime",
             "host.kernel", "host.is_wsl"]  # fmt: skip
    found = {fact.name: fact.value for fact in measure(*names)}
    assert found["host.os"] == "linux"
    assert found["host.cpu_count"] >= 1
    assert found["host.is_root"] is (os.geteuid() == 0)
    assert found["host.kernel"] == os.uname().release
    assert found["host.uptime"] > 0


def test_displays(tmp_path):
    none = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    display, x = measure("host.display", "media.x_display", **none)
    assert x.value is False
    assert display.value is (not LINUX)
    (x,) = measure("media.x_display", DISPLAY=":4711")
    assert x.value is False
    assert ":4711" in x.because
    with socket.create_server(("127.0.0.1", 6000 + 3911)):
        assert measure("media.x_display", DISPLAY="localhost:3911.0")[0].value is True
    assert measure("media.x_display", DISPLAY="far.example:0")[0].value is None


@pytest.fixture
def shared_object(tmp_path):
    """Makes an ELF file of the right kind under a name."""

    def make(folder, name):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(Path(os.path.realpath(sys.executable)).read_bytes()[:64])
        return folder / name

    return make


@pytest.mark.skipif(not LINUX, reason="Linux")
def test_libraries_the_loader_would_find(tmp_path, shared_object):
    path = shared_object(tmp_path / "lib", "libwhyfailtest.so.7")
    name = "library.found(libwhyfailtest.so.7)"
    assert measure(name)[0].value is False
    where = {"LD_LIBRARY_PATH": str(tmp_path / "lib")}
    found, place = measure(name, "library.path(libwhyfailtest.so.7)", **where)
    assert (found.value, place.value) == (True, str(path))
    path.write_bytes(b"")
    (found,) = measure(name, **where)
    assert found.value is False
    assert "broken" in found.because
    path.write_bytes(b"\x7fELF\x01\x01\x01" + b"\0" * 11 + b"\x03\0")
    assert measure(name, **where)[0].value is False  # 32 bits


@pytest.mark.skipif(not LINUX, reason="Linux")
def test_the_loaders_cache_agrees_with_ldconfig():
    listed = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout
    lines = [line.split() for line in listed.splitlines() if " => " in line]
    if not lines:
        pytest.skip("no ldconfig")
    with open("/etc/ld.so.cache", "rb") as file:
        cache = libraries.loader_cache(file.read())
    for words in lines:
        assert words[-1] in cache[words[0]]


@pytest.mark.parametrize("raw", [b"", b"glibc-ld.so.cache1.1", b"x" * 100])
def test_a_damaged_cache_is_empty(raw):
    assert libraries.loader_cache(raw) == {}


def test_a_cache_that_lies_about_its_length():
    header = b"glibc-ld.so.cache1.1" + struct.pack("<I", 10**6) + b"\0" * 24
    assert libraries.loader_cache(header + b"\0" * 100) == {}


@pytest.mark.skipif(not LINUX, reason="Linux")
def test_ffmpeg_by_its_libraries(tmp_path, shared_object):
    shared_object(tmp_path / "lib", "libavutil.so.59")
    shared_object(tmp_path / "lib", "libavutil.so.60")
    majors, sonames = measure(
        "media.ffmpeg_majors", "media.libavutil_sonames", LD_LIBRARY_PATH=str(tmp_path / "lib")
    )
    assert set(majors.value) >= {7, 8}
    assert "libavutil.so.59" in sonames.value


def test_ffmpeg_by_its_word(tmp_path):
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000'\n")
    program.chmod(0o755)
    path = f"{tmp_path}:/bin:/usr/bin"
    assert measure("media.ffmpeg_version", PATH=path)[0].value == "5.1.6"
    assert media.ffmpeg_version("ffmpeg version n7.1 Copyright") == "7.1"
    assert media.ffmpeg_version("ffmpeg version N-12345-gabc") == ""
    assert measure("media.ffmpeg_version", PATH=str(tmp_path / "none"))[0].value is None


def test_variables_are_told_and_secrets_are_not():
    names = [f"env.variable({name})" for name in ("LAB_MODE", "HF_TOKEN", "WANDB_API_KEY", "NONE")]
    found = measure(*names, LAB_MODE="fast", HF_TOKEN="hf_x", WANDB_API_KEY="k", NONE="")
    assert [fact.value for fact in found] == ["fast", "set", "set", ""]
    assert measure("env.variable(NOWHERE_SET)")[0].because == "$NOWHERE_SET is not set"


def test_programs_and_their_versions(tmp_path):
    program = tmp_path / "cmake"
    program.write_text("#!/bin/sh\necho 'cmake version 3.27.1'\n")
    program.chmod(0o755)
    other = tmp_path / "reboot"
    other.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\necho 1.0\n")
    other.chmod(0o755)
    path = f"{tmp_path}:/bin:/usr/bin"
    names = ["tool.path(cmake)", "tool.version(cmake)", "tool.version(reboot)",
             "tool.path(no-such-tool)", "tool.path(a b)", "tool.version(../x)"]  # fmt: skip
    found = measure(*names, PATH=path)
    assert [fact.value for fact in found] == [str(program), "3.27.1", None, "", None, None]
    assert not (tmp_path / "ran").exists()


def test_the_cuda_toolkit(tmp_path):
    (tmp_path / "version.json").write_text('{"cuda": {"name": "SDK", "version": "12.1.105"}}')
    home, version = measure("cuda.home", "cuda.toolkit_version", CUDA_HOME=str(tmp_path))
    assert (home.value, version.value) == (str(tmp_path), "12.1")
    (tmp_path / "version.json").unlink()
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "cuda.h").write_text("#define CUDA_VERSION 11080\n")
    assert toolkit_version(str(tmp_path)) == "11.8"
    (home,) = measure("cuda.home", CUDA_HOME=str(tmp_path / "gone"))
    assert "does not exist" in home.because


def test_hugging_face(tmp_path):
    clean = {"HF_TOKEN": "", "HUGGING_FACE_HUB_TOKEN": "", "HF_HOME": "", "HF_HUB_CACHE": "",
             "HF_LEROBOT_HOME": "", "XDG_CACHE_HOME": "", "HF_TOKEN_PATH": "",
             "HUGGINGFACE_HUB_CACHE": "", "HOME": str(tmp_path)}  # fmt: skip
    names = ["huggingface.token_present", "huggingface.cache_path", "lerobot.cache_path"]
    base = f"{tmp_path}/.cache/huggingface"
    assert [f.value for f in measure(*names, **clean)] == [False, f"{base}/hub", f"{base}/lerobot"]
    token = Path(base) / "token"
    token.parent.mkdir(parents=True)
    token.write_text("hf_secret\n")
    found = measure(*names, **clean)
    assert found[0].value is True
    assert "hf_secret" not in repr(found)
    moved = measure(*names, **{**clean, "HF_HOME": "/data/hf"})
    assert [f.value for f in moved][1:] == ["/data/hf/hub", "/data/hf/lerobot"]


def test_ray_sessions(tmp_path):
    for name in ("session_2026-01-01_1", "session_2026-01-02_1", "session_latest"):
        (tmp_path / "ray" / name).mkdir(parents=True)
    sessions, free = measure("ray.sessions", "ray.object_store_free", RAY_TMPDIR=str(tmp_path))
    assert sessions.value == 2
    assert free.value > 0


@pytest.mark.skipif(not LINUX, reason="Linux")
def test_rays_daemons_are_seen(tmp_path):
    program = tmp_path / "raylet"
    program.symlink_to("/bin/sleep")
    process = subprocess.Popen([str(program), "30"])
    try:
        (running,) = measure("ray.running")
        assert running.value is True
        assert str(process.pid) in running.because
    finally:
        process.kill()
        process.wait()


def test_what_looks_secret():
    secret = ["HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "WANDB_API_KEY", "DB_PASSWORD", "GITHUB_PAT"]
    public = ["PATH", "CUDA_VISIBLE_DEVICES", "HF_HOME", "RAY_AUTH_MODE", "AUTHOR", "KEYBOARD"]
    assert [name for name in secret if not looks_secret(name)] == []
    assert [name for name in public if looks_secret(name)] == []
    assert hide_credentials("https://ada:pw@h/x") == "https://***@h/x"
    shown = hide_arguments(["train.py", "--token", "t1", "--api-key=t2", "--lr", "1e-4"])
    assert shown == ["train.py", "--token", "***", "--api-key=***", "--lr", "1e-4"]


def test_a_control_group_without_a_limit(tmp_path):
    assert memory.ControlGroup(str(tmp_path), 2).limit() == (0, "")
    assert memory.ControlGroup(str(tmp_path), 2).oom_kills() is None
