"""Commands of real rules on recorded machines: the right package manager, pip and process."""

from __future__ import annotations

from pathlib import Path

import pytest

from troubleshoot import diagnose, index, intake
from troubleshoot.facts import RECORDED, Fact

ROOT = Path(__file__).parent.parent

DEBIAN = {"host.os": "linux", "host.package_manager": "apt", "python.environment": "system"}
FEDORA = {"host.os": "linux", "host.package_manager": "dnf", "python.environment": "venv"}
MACOS = {"host.os": "macos", "host.package_manager": "brew", "python.environment": "venv"}
CONDA = {
    "host.os": "linux", "host.package_manager": "apt", "python.environment": "conda",
    "python.conda_env": "sim", "python.executable": "/home/ada/miniconda3/envs/sim/bin/python",
}  # fmt: skip
UV = {
    "host.os": "linux", "host.package_manager": "apt", "python.environment": "uv",
    "python.executable": "/home/ada/arm/.venv/bin/python",
}  # fmt: skip
WINDOWS = {
    "host.os": "windows", "host.package_manager": "winget", "python.environment": "venv",
    "python.executable": r"C:\Users\Ada L\venv\Scripts\python.exe",
}  # fmt: skip
COLAB = {"host.os": "linux", "host.platform": "colab", "python.environment": "system"}

COMPILER = "build.compiler-missing"
EGL = "mujoco.gl-library-missing"
EINOPS = "ModuleNotFoundError: No module named 'einops'"
GCC = "error: command 'gcc' failed: No such file or directory"
LIBEGL = "AttributeError: 'NoneType' object has no attribute 'eglQueryString'"
PORT = "OSError: [Errno 98] error while attempting to bind on address ('0.0.0.0', 8080): " \
       "address already in use"  # fmt: skip
GIT = "ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?"
FFMPEG = "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'"
CUDA = "AssertionError: Torch not compiled with CUDA enabled"


@pytest.fixture(scope="module")
def rules():
    return index.load(())


def commands(rules, text, facts):
    """All commands of the first diagnosis' fixes, as a person on that machine sees them."""
    given = tuple(Fact(name, value, RECORDED) for name, value in facts.items())
    options = diagnose.Options(here=False, given=given, probe=False)
    document = intake.from_bytes(f"Traceback (most recent call last):\n{text}\n".encode())
    fixes = diagnose.diagnose(document, options, rules=rules).answer["fixes"]
    return [command for fix in fixes for command in fix["commands"] or ()]


@pytest.mark.parametrize(
    ("text", "machine", "wanted"),
    [
        (GCC, DEBIAN, "apt-get install -y build-essential"),
        (GCC, FEDORA, "sudo dnf install -y gcc"),
        (GCC, MACOS, "xcode-select --install"),
        (GCC, CONDA, "conda install -n sim -y -c conda-forge compilers"),
        (GCC, WINDOWS, "winget install"),
        (LIBEGL, FEDORA, "sudo dnf install -y mesa-libEGL"),
        (LIBEGL, COLAB, "apt-get install -y libegl1"),
        (LIBEGL, CONDA, "conda install -n sim -c conda-forge"),
        (GIT, MACOS, "brew install git"),
        (GIT, WINDOWS, "winget install"),
        (FFMPEG, MACOS, "brew install ffmpeg"),
        (FFMPEG, FEDORA, "dnf install"),
        (EINOPS, CONDA, "/home/ada/miniconda3/envs/sim/bin/python -m pip install"),
        (EINOPS, WINDOWS, r'"C:\Users\Ada L\venv\Scripts\python.exe" -m pip install'),
        (EINOPS, UV, "uv "),
        (PORT, {**DEBIAN, "network.port_in_use(8080)": True, "network.port_is_own(8080)": True,
                "network.port_pid(8080)": 4242}, "kill 4242"),
        (CUDA, {**UV, "gpu.compute_capability": "12.0", "gpu.driver_version": "570.124.06",
                "gpu.state": "ok", "python.version": "3.12.4"}, "/whl/cu12"),
    ],
)  # fmt: skip
def test_commands_fit_the_machine(rules, text, machine, wanted):
    found = commands(rules, text, machine)
    assert any(wanted in command for command in found), found


@pytest.mark.parametrize("machine", [FEDORA, MACOS, WINDOWS])
@pytest.mark.parametrize("text", [GCC, GIT, FFMPEG])
def test_nobody_without_apt_is_told_to_use_it(rules, text, machine):
    assert not [each for each in commands(rules, text, machine) if "apt-get" in each]


def test_uv_environments_are_not_given_plain_pip(rules):
    found = commands(rules, EINOPS, UV)
    assert not [each for each in found if each.startswith(("pip ", "python -m pip"))]


def test_the_process_is_asked_to_end_before_it_is_killed(rules):
    machine = {**DEBIAN, "network.port_in_use(8080)": True, "network.port_is_own(8080)": True,
               "network.port_pid(8080)": 4242}  # fmt: skip
    kills = [each for each in commands(rules, PORT, machine) if "kill" in each]
    assert kills and "-9" not in kills[0]


def test_a_hostile_environment_name_stays_out_of_commands(rules):
    machine = {**CONDA, "python.conda_env": "x; rm -rf ~"}
    assert not [each for each in commands(rules, GCC, machine) if "rm -rf" in each]


MISMATCH = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (8x16 and 32x4)"
NAN = "step 100 loss 0.91\nstep 110 loss 0.90\nstep 120 loss nan\nstep 130 loss nan\n"


def cause(rules, text, **facts):
    given = tuple(Fact(name, value, RECORDED) for name, value in facts.items())
    options = diagnose.Options(here=False, given=given, probe=False)
    answer = diagnose.diagnose(intake.from_bytes(text.encode()), options, rules=rules).answer
    return answer["diagnoses"][0]["cause"]


def test_tensors_of_the_frame_are_told_where_they_are_known(rules):
    known = cause(rules, MISMATCH, **{"frame.tensors": "x: float32[8, 16] cpu"})
    assert "x: float32[8, 16] cpu." in known
    assert "[[" not in known and "]]" not in known
    unknown = cause(rules, MISMATCH)
    assert "of that frame" not in unknown and "[[" not in unknown and "<tensors>" not in unknown


def test_the_sentinel_names_the_module_of_a_nan(rules):
    seen = {"sentinel.first_bad_module": "encoder.attn"}
    assert "module encoder.attn" in cause(rules, NAN, **seen)
    assert "non-finite" not in cause(rules, NAN)
