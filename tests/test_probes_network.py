"""Ports and their holders, proxies, ways out, start-up files, keys: state made for the test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import making
import pytest

from troubleshoot.probes import LiveFacts, clock, launch, network, ports, proxies, startup, wandb

LINUX = sys.platform.startswith("linux")
NO_PROXIES = dict.fromkeys(
    (name for proxy in proxies._NAMES for name in (proxy, proxy.upper())), ""
)


def measure(*names, cwd="/", python="", **environ):
    found = LiveFacts(making.target(python, cwd, **environ)).measure(names)
    return [found[name] for name in names]


@pytest.fixture
def server(tmp_path):
    """A process that listens in a folder of its own: (port, process, folder)."""
    code = (
        "import socket,time\ns=socket.socket()\ns.bind(('127.0.0.1',0))\ns.listen()\n"
        "print(s.getsockname()[1],flush=True)\ntime.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    yield int(process.stdout.readline()), process, tmp_path
    process.kill()
    process.wait()


def test_the_folder_of_a_server(server):
    port, _, folder = server
    names = [f"network.port_{what}({port})" for what in
             ("cwd", "has_index", "same_folder", "waiting", "orphaned")]  # fmt: skip
    cwd, index, same, waiting, orphaned = measure(*names, cwd=folder)
    assert (cwd.value, index.value, same.value) == (str(folder), False, True)
    assert waiting.value is False
    assert orphaned.value is (False if LINUX else None)
    (folder / "index.html").touch()
    cwd, index, same, *_ = measure(*names, cwd="/")
    assert (index.value, same.value) == (True, False)


@pytest.mark.skipif(not LINUX, reason="Linux")
def test_a_port_on_which_only_old_connections_wait():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = listening.accept()
        assert measure(f"network.port_waiting({port})")[0].value is False
        accepted.close()  # whoever closes first keeps the connection in TIME_WAIT
        client.recv(1)
        client.close()
    waiting, used = measure(f"network.port_waiting({port})", f"network.port_in_use({port})")
    assert (waiting.value, used.value) == (True, False)
    assert "TIME_WAIT" in waiting.because
    assert measure("network.port_waiting(1)")[0].value is False


def test_port_ranges_that_windows_reserves():
    text = (
        "\nProtocol tcp Port Exclusion Ranges\n\nStart Port    End Port\n----------    --------\n"
        "      5357        5357\n     50000       50059     *\n\n* - Administered exclusions.\n"
    )
    assert ports.excluded_ranges(text) == [(5357, 5357), (50000, 50059)]
    assert ports.excluded_ranges("The command was not found.") == []


def test_proxies_of_git(tmp_path):
    (tmp_path / "more").write_text("[https]\n\tproxy = socks5://10.0.0.1:1080\n")
    (tmp_path / ".gitconfig").write_text(
        '[user]\n\tname = Ada\n; [http]\n[http]\n\tproxy = "http://ada:pw@127.0.0.1:7890"\n'
        '[http "https://git.example"]\n\tproxy =\n[include]\n\tpath = more\n'
    )
    place = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "", "GIT_CONFIG_SYSTEM": "/none"}
    (found,) = measure("network.git_proxy", cwd=tmp_path, **place)
    assert found.value == (
        "http.proxy=http://***@127.0.0.1:7890 https.proxy=socks5://10.0.0.1:1080"
    )
    assert ".gitconfig" in found.because
    (tmp_path / ".gitconfig").write_text("[include]\n\tpath = .gitconfig\n")
    assert measure("network.git_proxy", cwd=tmp_path, **place)[0].value == ""


def test_a_local_proxy_that_is_not_there(server, tmp_path):
    port, process, _ = server
    place = {**NO_PROXIES, "HOME": str(tmp_path), "XDG_CONFIG_HOME": "", "PIP_CONFIG_FILE": "",
             "GIT_CONFIG_SYSTEM": "/none", "PIP_PROXY": ""}  # fmt: skip
    local = f"http://ada:pw@127.0.0.1:{port}"
    name = "network.dead_proxy"
    assert measure(name, cwd=tmp_path, **place)[0].value == ""
    assert measure(name, cwd=tmp_path, **place | {"https_proxy": local})[0].value == ""
    far = place | {"https_proxy": "http://proxy.example:1"}
    assert measure(name, cwd=tmp_path, **far)[0].value == ""
    process.kill()
    process.wait()
    (dead,) = measure(name, cwd=tmp_path, **place | {"HTTPS_PROXY": local})
    assert dead.value == f"https_proxy = http://***@127.0.0.1:{port}"
    assert f"nothing listens on port {port}" in dead.because
    (tmp_path / ".gitconfig").write_text(f"[http]\nproxy=localhost:{port}\n")
    (dead,) = measure(name, cwd=tmp_path, **place)
    assert dead.value == f"http.proxy = localhost:{port}"


def test_local_proxies_are_told_from_others():
    assert proxies.local_port("socks5h://[::1]:1080") == 1080
    assert proxies.local_port("http://127.0.0.1.example:7890") == 0
    assert proxies.local_port("http://proxy.example:7890") == 0


def test_ways_out_of_the_machine(tmp_path):
    head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    (tmp_path / "route").write_text(head + "eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\n")
    (tmp_path / "ipv6_route").write_text(
        f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 00000001 00000000 00200200       lo\n"
    )
    assert network.default_routes(str(tmp_path)) == []
    with open(tmp_path / "route", "a") as file:
        file.write("wlan0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n")
    with open(tmp_path / "ipv6_route", "a") as file:
        file.write(
            f"{'0' * 32} 00 {'0' * 32} 00 fe80{'0' * 28} 00000400 00000001 00000000 00450003 eth1\n"
        )
    assert network.default_routes(str(tmp_path)) == ["wlan0", "eth1"]
    assert network.default_routes(str(tmp_path / "none")) == []


def test_name_servers():
    text = (
        "# nameserver 9.9.9.9\nsearch lab.example\nnameserver 10.0.0.1\n nameserver fe80::1%eth0\n"
    )
    assert network.name_servers(text) == ("10.0.0.1", "fe80::1%eth0")


def test_clocks():
    assert clock.judge(clock.EARLIEST + 1)[0] is True
    assert clock.judge(0.0)[0] is False
    assert clock.judge(clock.LATEST + 1)[0] is False
    assert clock.judge(clock.EARLIEST + 1, newest=clock.EARLIEST + 30 * 86400)[0] is False
    assert measure("host.clock_plausible")[0].value is True


def test_where_a_variable_is_set(tmp_path):
    (tmp_path / ".bashrc").write_text(
        "# export CUDA_VISIBLE_DEVICES=0\nalias x=y\n"
        "export CUDA_VISIBLE_DEVICES=-1  # CPU only\necho CUDA_VISIBLE_DEVICES=1\n"
    )
    place = {"HOME": str(tmp_path), "CONDA_PREFIX": ""}
    (found,) = measure("env.set_in(CUDA_VISIBLE_DEVICES)", **place)
    assert found.value == f"{tmp_path}/.bashrc:3"
    assert measure("env.set_in(WHYFAIL_NOWHERE)", **place)[0].value == ""
    assert measure("env.set_in(a b)", **place)[0].value is None
    folder = tmp_path / "conda" / "etc" / "conda" / "activate.d"
    folder.mkdir(parents=True)
    (folder / "a.sh").write_text("export WHYFAIL_ACTIVATED=1\n")
    (found,) = measure(
        "env.set_in(WHYFAIL_ACTIVATED)", **place | {"CONDA_PREFIX": str(tmp_path / "conda")}
    )
    assert found.value == f"{folder}/a.sh:1"
    assert startup.line_that_sets("setenv A 1\nset -gx B 2\nAB=3\n", "A") == 1
    assert startup.line_that_sets("setenv A 1\nset -gx B 2\nAB=3\n", "B") == 2


def test_keys_of_wandb_are_told_as_present_only(tmp_path):
    place = {"HOME": str(tmp_path), "WANDB_API_KEY": "", "WANDB_BASE_URL": "", "NETRC": "",
             "WANDB_CONFIG_DIR": ""}  # fmt: skip
    name = "wandb.key_present"
    assert measure(name, cwd=tmp_path, **place)[0].value is False
    assert measure(name, cwd=tmp_path, **place | {"WANDB_API_KEY": "hush"})[0].value is True
    (tmp_path / ".netrc").write_text(
        "machine git.example login a password b\nmachine api.wandb.ai\n  login u\n  password hush"
    )
    (found,) = measure(name, cwd=tmp_path, **place)
    assert found.value is True
    assert "hush" not in repr(found)
    own = place | {"WANDB_BASE_URL": "https://wandb.lab.example:8080"}
    assert [f.value for f in measure(name, "wandb.server", cwd=tmp_path, **own)] == [
        False,
        "wandb.lab.example",
    ]
    assert wandb.netrc_names("machine a\nmachine b password x", "a") is False


def test_programs_of_another_interpreter(tmp_path):
    python = making.venv(tmp_path / "own")
    other = tmp_path / "other" / "bin"
    other.mkdir(parents=True)
    for folder, named in ((python.parent, python), (other, other / "python")):
        program = folder / "torchrun"
        program.write_text(f"#!{named}\nimport sys\n")
        program.chmod(0o755)
    name = "tool.is_of_python(torchrun)"
    assert measure(name, python=python, PATH=str(python.parent))[0].value is True
    (found,) = measure(name, python=python, PATH=f"{other}:/bin")
    assert found.value is False
    assert str(other) in found.because
    assert measure(name, python=python, PATH="/none")[0].value is None


def test_scripts_with_long_first_lines(tmp_path):
    script = tmp_path / "x"
    script.write_text("#!/bin/sh\n'''exec' \"/a b/env/bin/python3.11\" \"$0\" \"$@\"\n' '''\n")
    assert launch.shebang(str(script)).endswith("env/bin/python3.11")
    script.write_text("#!/usr/bin/env python3\n")
    assert launch.shebang(str(script)) == "python3"
    script.write_bytes(b"\x7fELF")
    assert launch.shebang(str(script)) == ""


def test_what_pythonpath_really_gives(tmp_path):
    package = tmp_path / "repo" / "src" / "lerobot"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    repo = str(tmp_path / "repo")
    entry, why = launch.path_entry(repo, "lerobot", "/")
    assert entry == ""
    assert f"{repo}/src" in why
    assert launch.path_entry(f"/none{os.pathsep}{repo}/src", "lerobot.x", "/")[0] == f"{repo}/src"
    assert launch.path_entry("src", "lerobot", repo)[0] == f"{repo}/src"
    assert "does not exist" in launch.path_entry("/none", "lerobot", "/")[1]
