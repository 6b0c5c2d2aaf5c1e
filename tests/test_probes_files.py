"""Facts of paths, scripts, projects, datasets and videos, on files made for the test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time

import making
import pytest

from troubleshoot.probes import LiveFacts, apt, paths, room, scripts

LINUX = sys.platform.startswith("linux")


def measure(*names, cwd="/", python="", **environ):
    found = LiveFacts(making.target(python, cwd, **environ)).measure(names)
    return [found[name] for name in names]


@pytest.mark.parametrize(
    ("present", "asked", "found"),
    [
        ("Train_Set.csv", "train-set.csv", "Train_Set.csv"),
        ("labels.json", "lables.json", "labels.json"),
        ("config.yaml", "config.yml", "config.yaml"),
        ("model.pt.zip", "model.pt", "model.pt.zip"),
        ("readme.md", "weights.bin", ""),
    ],
)
def test_the_name_that_is_nearly_right(present, asked, found, tmp_path):
    (tmp_path / present).touch()
    (fact,) = measure(f"storage.similar({asked})", cwd=tmp_path)
    assert fact.value == (str(tmp_path / found) if found else "")


def test_a_wrong_folder_name_is_mended_in_the_middle_of_a_path(tmp_path):
    (tmp_path / "Data" / "coco").mkdir(parents=True)
    (tmp_path / "Data" / "coco" / "a.txt").touch()
    (fact,) = measure("storage.similar(data/coco/a.txt)", cwd=tmp_path)
    assert fact.value == str(tmp_path / "Data" / "coco" / "a.txt")
    (fact,) = measure("storage.similar(data/coco/A.txt)", cwd=tmp_path)
    assert fact.value == str(tmp_path / "Data" / "coco" / "a.txt")
    (part,) = measure("storage.existing_part(Data/coc/a.txt)", cwd=tmp_path)
    assert part.value == str(tmp_path / "Data")


def test_a_file_elsewhere_in_the_project(tmp_path):
    (tmp_path / "repo" / "requirements").mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    (tmp_path / "repo" / ".git" / "requirements.txt").touch()
    real = tmp_path / "repo" / "requirements" / "requirements.txt"
    real.touch()
    (fact,) = measure("storage.elsewhere(requirements.txt)", cwd=tmp_path / "repo")
    assert fact.value == str(real)
    (fact,) = measure("storage.elsewhere(nothing.txt)", cwd=tmp_path / "repo")
    assert fact.value == ""


def test_a_home_folder_is_not_searched(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "weights.pt").touch()
    (fact,) = measure("storage.elsewhere(weights.pt)", cwd=tmp_path, HOME=str(tmp_path))
    assert fact.value == ""


def test_links(tmp_path):
    (tmp_path / "link").symlink_to("/nowhere/at/all")
    (tmp_path / "plain").touch()
    dead, none = measure("storage.link_target(link)", "storage.link_target(plain)", cwd=tmp_path)
    assert (dead.value, none.value) == ("/nowhere/at/all", "")
    assert "does not exist" in dead.because


def binary(start: bytes, at: int = 0, rest: bytes = b"") -> bytes:
    return start + bytes(max(0, at - len(start))) + rest + bytes(64)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (binary(b"\x7fELF\x02\x01\x01", 18, (62).to_bytes(2, "little")), "linux x86_64"),
        (binary(b"\x7fELF\x02\x01\x01", 18, (183).to_bytes(2, "little")), "linux arm64"),
        (
            binary(binary(b"MZ", 60, (128).to_bytes(4, "little"))[:64], 128, b"PE\0\0\x64\x86"),
            "windows x86_64",
        ),
        (b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01" + bytes(40), "macos arm64"),
        (b"#!/usr/bin/env python3\nprint()\n", "script /usr/bin/env python3"),
        (b"just words", ""),
        (b"MZ", ""),
    ],
)
def test_what_a_program_is_built_for(content, words, tmp_path):
    path = tmp_path / "client"
    path.write_bytes(content)
    assert paths.built_for(str(path))[0] == words


def test_a_program_of_this_machine_runs_here(tmp_path):
    other = tmp_path / "game.x86_64"
    other.write_bytes(binary(binary(b"MZ", 60, (128).to_bytes(4, "little"))[:64], 128, b"PE\0\0"))
    script = tmp_path / "a.sh"
    script.write_text("#!/bin/sh\n")
    own, foreign, text, allowed = measure(
        f"storage.runs_here({os.path.realpath(sys.executable)})",
        "storage.runs_here(game.x86_64)", "storage.runs_here(a.sh)", "storage.is_executable(a.sh)",
        cwd=tmp_path,
    )  # fmt: skip
    assert (own.value, foreign.value, text.value, allowed.value) == (True, False, None, False)


QUOTA = """Disk quotas for user ada (uid 1000):
     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
      /dev/sda1 5500* 5000 6000 1793200000 4 0 0 0
nas:/export/home 100 0 0 0 4 0 0 0
"""


def test_quota_is_read():
    assert room.quota_left(QUOTA, ("/dev/sda1",)) == (
        500 * 1024,
        "5500 of 6000 KiB used on /dev/sda1",
    )
    assert room.quota_left(QUOTA, ("nas:/export/home",)) is None
    assert room.quota_left("quota: error\n", ("/dev/sda1",)) is None


@pytest.mark.skipif(not LINUX, reason="needs /proc")
def test_deleted_files_that_are_still_open_are_counted(tmp_path):
    path = tmp_path / "log"
    before = room.deleted_but_open(os.stat(tmp_path).st_dev)[0]
    with open(path, "wb") as file:
        file.write(os.urandom(3_000_000))
        file.flush()
        os.fsync(file.fileno())
        path.unlink()
        held, why = room.deleted_but_open(os.stat(tmp_path).st_dev)
        assert held - before >= 2_900_000
        assert "pid" in why
    assert room.deleted_but_open(os.stat(tmp_path).st_dev)[0] < held


@pytest.mark.skipif(not LINUX, reason="needs /proc")
def test_the_kind_of_file_system():
    (proc,) = measure("storage.file_system(/proc/self)")
    assert proc.value == "proc"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("python a.py \\\n  --lr 1\n", ""),
        ("python a.py \\ \n  --lr 1\n", "line 1 has a blank after its backslash"),
        ("python a.py\r\n--lr 1\r\n", "every line ends with CR LF"),
        ("set -e\npython a.py \\\n  –lr 1\n", "line 3 contains a typographic dash"),
        ("python a.py\n  --lr 1\n", "line 1 lacks a backslash"),
        ("python a.py \\\n  # batch\n  --lr 1\n", "line 2 is a comment inside the command"),
        ("# says “hi”\necho \\\n --x\n", ""),
        ("args=(\n  --lr 1\n)\n", ""),
        ("", ""),
    ],
)
def test_what_breaks_a_script(text, words):
    found = scripts.fault(text)
    assert found.startswith(words) if words else found == ""


def test_the_script_is_read_from_the_folder_of_the_run(tmp_path):
    (tmp_path / "run.sh").write_bytes(b"a \\\t\n --b\n")
    fact, absent = measure("script.fault(run.sh)", "script.fault(no.sh)", cwd=tmp_path)
    assert fact.value == "line 1 has a blank after its backslash"
    assert absent.value is None


def test_what_the_project_asks_for(tmp_path):
    python = making.venv(tmp_path / "venv")
    folder = tmp_path / "project" / "src"
    folder.mkdir(parents=True)
    settings = tmp_path / "project" / "pyproject.toml"
    names = ("project.requires_python", "project.supports_python", "project.fault")
    settings.write_text('[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.6"\n')
    found = measure(*names, cwd=folder, python=python)
    if found[0].value is None:
        pytest.skip(found[0].because)
    assert [each.value for each in found] == [">=3.6", True, ""]
    settings.write_text('[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.99"\n')
    assert measure(names[1], cwd=folder, python=python)[0].value is False
    settings.write_text('[project]\nname = "a"\nversion = "1"\ndependency = []\n')
    assert "'dependency'" in measure(names[2], cwd=folder)[0].value
    settings.write_text('[project\nname = "a"\n')
    assert "line 1" in measure(names[2], cwd=folder)[0].value


def test_a_dataset_on_this_disk(tmp_path):
    folder = tmp_path / "cache" / "ada" / "pick"
    (folder / "meta").mkdir(parents=True)
    content = {"codebase_version": "v2.1", "features": {"action": {}, "observation.images.top": {}}}
    (folder / "meta" / "info.json").write_text(json.dumps(content))
    names = [f"lerobot.dataset_{what}(ada/pick)" for what in ("path", "version", "features")]
    where, version, features = measure(*names, HF_LEROBOT_HOME=str(tmp_path / "cache"))
    assert where.value == str(folder)
    assert version.value == "2.1"
    assert features.value == ("action", "observation.images.top")
    (folder / "meta" / "info.json").write_text("{")
    where, version, _ = measure(*names, HF_LEROBOT_HOME=str(tmp_path / "cache"))
    assert (where.value, version.value) == ("", None)


@pytest.mark.skipif(not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="no FFmpeg")
def test_videos_are_tried(tmp_path):
    whole = tmp_path / "a b.mp4"
    make = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=d=1:s=64x64", str(whole)]
    subprocess.run(make, check=True, timeout=60)
    (tmp_path / "cut.mp4").write_bytes(whole.read_bytes()[:900])
    good, codec, bad, known, unknown = measure(
        "media.video_readable(a b.mp4)", "media.video_codec(a b.mp4)",
        "media.video_readable(cut.mp4)", "media.has_decoder(h265)", "media.has_decoder(zzz9)",
        cwd=tmp_path,
    )  # fmt: skip
    assert (good.value, bad.value) == (True, False)
    assert codec.value
    assert "moov atom" in bad.because
    assert (known.value, unknown.value) == (True, False)


def test_without_ffmpeg_the_reason_is_told(tmp_path):
    (tmp_path / "a.mp4").touch()
    (fact,) = measure("media.video_readable(a.mp4)", cwd=tmp_path, PATH=str(tmp_path))
    assert fact.value is None
    assert "no ffprobe" in fact.because


def test_conda_in_the_shell(tmp_path):
    home = str(tmp_path)
    names = ("shell.conda_hook", "shell.conda_program")
    hook, program = measure(*names, HOME=home, PATH=home)
    assert hook.value is False
    start = tmp_path / ".bashrc"
    start.write_text("# conda shell.bash hook is not used here\n")
    assert measure(names[0], HOME=home)[0].value is False
    start.write_text("# >>> conda initialize >>>\nx\n# <<< conda initialize <<<\n")
    assert measure(names[0], HOME=home)[0].value is True
    conda = tmp_path / "miniforge3" / "bin" / "conda"
    conda.parent.mkdir(parents=True)
    conda.write_text("#!/bin/sh\n")
    (program,) = measure(names[1], HOME=home, PATH=home)
    assert program.value == str(conda)


def test_the_age_of_package_lists(tmp_path):
    assert apt.lists_age(str(tmp_path), time.time())[0] is None
    path = tmp_path / "deb.example_dists_main_binary-amd64_Packages"
    path.touch()
    os.utime(path, (1_000_000, 1_000_000))
    assert apt.lists_age(str(tmp_path), 1_000_060)[0] == 60


def test_names_that_are_no_package_are_not_asked():
    for name in ("libgl1; rm -rf /", "--help", ""):
        assert measure(f"apt.has_package({name})")[0].value is None


def test_extras_and_age_of_a_package(tmp_path):
    python = making.venv(tmp_path / "venv")
    folder = making.site_packages(python)
    info = making.distribution(folder, "gymlike", "1.2", files=("gymlike/__init__.py",))
    (info / "METADATA").write_text("Name: gymlike\nVersion: 1.2\nProvides-Extra: atari\n\nText\n")
    hour = time.time() - 3600
    os.utime(info, (hour, hour))
    extras, age = measure("package.extras(gymlike)", "package.age(gymlike)", python=python)
    assert extras.value == ("atari",)
    assert 3590 < age.value < 3700


def test_headers_of_the_interpreter(tmp_path):
    python = making.venv(tmp_path / "venv")
    (fact,) = measure("python.has_headers", python=python)
    import sysconfig

    header = os.path.join(sysconfig.get_path("include"), "Python.h")
    assert fact.value is os.path.isfile(header)


@pytest.mark.skipif(not LINUX, reason="reads process command lines")
def test_a_kernel_older_than_the_package_is_stale(tmp_path):
    python = making.venv(tmp_path / "venv")
    info = making.distribution(
        making.site_packages(python), "numlike", "2.0", files=("numlike/__init__.py",)
    )
    fact, runs = measure("kernel.is_stale(numlike)", "kernel.is_running", python=python)
    assert (fact.value, runs.value) == (None, False)
    code = "import time; print('up', flush=True); time.sleep(60)"
    command = [str(python), "-c", code, "ipykernel_launcher", "-f", "kernel.json"]
    kernel = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        kernel.stdout.readline()
        old = time.time() - 3600
        os.utime(info, (old, old))
        assert measure("kernel.is_stale(numlike)", python=python)[0].value is False
        new = time.time() + 5
        os.utime(info, (new, new))
        (fact,) = measure("kernel.is_stale(numlike)", python=python)
        assert fact.value is True
        assert str(kernel.pid) in fact.because
    finally:
        kernel.kill()
        kernel.wait()
