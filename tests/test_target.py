"""Which interpreter failed, and whether the input is from this machine."""

from __future__ import annotations

import sys

import making
import pytest

from troubleshoot import provenance, shell_python, target
from troubleshoot.document import Document
from troubleshoot.failure import EXCEPTION, Failure, Frame

ABSENT = "/home/nobody-of-this-name"


def failure(*frames: tuple[str, int, str]) -> Failure:
    made = tuple(Frame(path, line, "f", code, 0) for path, line, code in frames)
    return Failure(EXCEPTION, "RuntimeError", "no", 0, 0, 0, frames=made)


def infer(*frames, text="", cwd="/", environ=None, **more):
    return target.infer(
        Document.from_text(text), [failure(*frames)], cwd=str(cwd), environ=environ or {}, **more
    )


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "project" / "train.py"
    path.parent.mkdir()
    path.write_text("import torch\n\nmodel = torch.nn.Linear(3, 4).cuda()\n")
    return path


def test_a_line_that_reads_as_printed_is_from_here(script):
    origin = infer((str(script), 3, "model = torch.nn.Linear(3, 4).cuda()"))
    assert origin.here
    assert "line 3" in origin.because


def test_a_line_that_changed_since_is_still_here(script):
    origin = infer((str(script), 3, "model = torch.nn.Linear(9, 9).cuda()"))
    assert origin.here
    assert "changed" in origin.because


def test_a_file_that_is_not_here_is_from_elsewhere():
    origin = infer((f"{ABSENT}/train.py", 3, "model.cuda()"))
    assert not origin.here
    assert f"{ABSENT}/train.py" in origin.because


def test_a_relative_name_needs_its_line(script):
    line = "model = torch.nn.Linear(3, 4).cuda()"
    assert infer(("train.py", 3, line), cwd=script.parent).here
    assert not infer(("train.py", 2, line), cwd=script.parent).here
    assert not infer(("train.py", 3, line), cwd="/").here


def test_the_same_clone_on_another_machine_is_not_here(script):
    """The relative file matches, but the environment of the log does not exist here."""
    origin = infer(
        (f"{ABSENT}/venv/lib/python3.10/site-packages/torch/nn/x.py", 5, "raise X"),
        ("train.py", 3, "model = torch.nn.Linear(3, 4).cuda()"),
        cwd=script.parent,
    )
    assert not origin.here
    assert f"{ABSENT}/venv" in origin.because


def test_text_without_any_path_is_not_here():
    origin = infer(text="CUDA out of memory")
    assert not origin.here
    assert "--here" in origin.because


@pytest.mark.parametrize("here", [True, False])
def test_the_persons_word_wins(script, here):
    python = making.venv(script.parent / "other")
    environ = {"PATH": str(python.parent)}
    line = "model = torch.nn.Linear(3, 4).cuda()"
    origin = infer((str(script), 3, line), here=here, environ=environ)
    assert origin.here is here
    assert (origin.python == "") is (not here)


def test_a_named_interpreter_is_used(tmp_path):
    python = making.venv(tmp_path / "venv")
    for named in (str(python), str(python.parent.parent)):
        origin = infer((f"{ABSENT}/train.py", 1, "x"), python=named)
        assert origin.here
        assert origin.python == str(python)


def test_a_named_interpreter_that_does_not_exist():
    origin = infer(python="/nowhere/bin/python")
    assert origin.python == ""
    assert origin.here


def test_a_prefix_in_prose_is_evidence(tmp_path):
    python = making.venv(tmp_path / "venv")
    folder = making.site_packages(python)
    text = f"Requirement already satisfied: numpy in {folder} (from torch) (1.26.4)"
    origin = infer(text=text)
    assert origin.here
    assert origin.python == str(python)
    assert origin.environment == "venv"
    text = f"Requirement already satisfied: numpy in {ABSENT}/venv/lib/python3.9/site-packages"
    assert not infer(text=text).here


def test_the_environment_of_the_frames_comes_before_the_shells(tmp_path):
    one, other = making.venv(tmp_path / "one"), making.venv(tmp_path / "other")
    file = making.site_packages(one) / "lab.py"
    file.write_text("raise ValueError('no')\n")
    origin = infer(
        (str(file), 1, "raise ValueError('no')"), environ={"VIRTUAL_ENV": str(other.parent.parent)}
    )
    assert origin.python == str(one)


def test_a_venvs_own_packages_come_before_its_base(tmp_path):
    python = making.venv(tmp_path / "venv")
    base = sys.base_prefix
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    file = making.site_packages(python) / "lab.py"
    file.write_text("run()\n")
    origin = infer(
        (f"{base}/lib/python{minor}/runpy.py", 1, "x"),
        (str(file), 1, "run()"),
        (f"{base}/lib/python{minor}/json/decoder.py", 1, "x"),
    )
    assert origin.python == str(python)


def test_the_standard_librarys_place_decides_between_shell_and_path(script, tmp_path):
    python = making.venv(tmp_path / "venv")
    base = sys.base_prefix
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    environ = {"VIRTUAL_ENV": str(tmp_path / "venv"), "PATH": ""}
    line = "model = torch.nn.Linear(3, 4).cuda()"
    inside = infer(
        (str(script), 3, line), (f"{base}/lib/python{minor}/ast.py", 1, ""), environ=environ
    )
    assert inside.python == str(python)
    foreign = tmp_path / "opt" / "bin"
    foreign.mkdir(parents=True)
    (foreign / "python3.9").write_text("")
    prefix = tmp_path / "opt"
    (prefix / "lib" / "python3.9").mkdir(parents=True)
    (prefix / "lib" / "python3.9" / "ast.py").touch()
    other = infer(
        (str(script), 3, line), (f"{prefix}/lib/python3.9/ast.py", 1, ""), environ=environ
    )
    assert other.python == str(foreign / "python3.9")


def test_a_project_environment_above_the_script(script):
    python = making.venv(script.parent / ".venv")
    origin = infer((str(script), 3, "model = torch.nn.Linear(3, 4).cuda()"))
    assert origin.python == str(python)


def test_condas_base_does_not_hide_a_projects_environment(tmp_path):
    base = making.venv(tmp_path / "miniforge3")
    python = making.venv(tmp_path / "work" / ".venv")
    environ = {"CONDA_PREFIX": str(tmp_path / "miniforge3"), "CONDA_DEFAULT_ENV": "base"}
    assert shell_python.shell_python(str(tmp_path / "work"), environ)[0] == str(python)
    environ["CONDA_DEFAULT_ENV"] = "lab"
    assert shell_python.shell_python(str(tmp_path / "work"), environ)[0] == str(base)


def test_a_poetry_project(tmp_path):
    import base64
    import hashlib

    project = tmp_path / "project"
    project.mkdir()
    (project / "poetry.lock").touch()
    mark = base64.urlsafe_b64encode(hashlib.sha256(str(project).encode()).digest()).decode()[:8]
    cache = tmp_path / ".cache" / "pypoetry" / "virtualenvs"
    making.venv(cache / "other-aaaaaaaa-py3.11")
    python = making.venv(cache / f"project-{mark}-py3.11")
    found, why = shell_python.shell_python(str(project), {"HOME": str(tmp_path), "PATH": ""})
    assert found == str(python)
    assert "poetry" in why


def test_python_on_path_is_the_last_resort(tmp_path):
    python = making.venv(tmp_path / "venv")
    found, why = shell_python.shell_python("/", {"PATH": f"/nowhere:{python.parent}"})
    assert found == str(python)
    assert "PATH" in why
    assert shell_python.shell_python("/", {"PATH": "/nowhere"})[0] == ""


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        ("/home/ada/miniforge3/envs/lerobot/lib/python3.10/site-packages/torch/a.py", "conda"),
        ("/opt/conda/lib/python3.11/site-packages/torch/a.py", "conda"),
        ("/home/ada/work/.venv/lib/python3.12/site-packages/torch/a.py", "venv"),
        ("/home/ada/.pyenv/versions/3.10.4/lib/python3.10/site-packages/torch/a.py", "pyenv"),
        ("/home/ada/.local/lib/python3.10/site-packages/torch/a.py", "user"),
        ("/usr/lib/python3/dist-packages/yaml/a.py", "debian"),
        ("/usr/local/lib/python3.8/dist-packages/torch/a.py", "debian"),
        ("/home/ada/.cache/uv/archive-v0/x1/lib/python3.12/site-packages/torch/a.py", "uv"),
        ("/home/ada/.cache/pypoetry/virtualenvs/p-a1-py3.11/lib/python3.11/site-packages/a.py",
         "poetry"),
        ("/home/ada/p/.pixi/envs/default/lib/python3.12/site-packages/torch/a.py", "pixi"),
        (r"C:\Users\Ada Byron\anaconda3\envs\rl\lib\site-packages\torch\a.py", "conda"),
        (r"C:\Users\ada\AppData\Local\Programs\Python\Python311\Lib\site-packages\a.py",
         "windows"),
        (r"D:\work\venv\Lib\site-packages\torch\a.py", "venv"),
        ("/opt/homebrew/lib/python3.11/site-packages/torch/a.py", "system"),
        ("/usr/lib/python3.10/runpy.py", "system"),
    ],
)  # fmt: skip
def test_environments_by_the_shape_of_paths(path, environment):
    assert infer((path, 1, "x"), here=False).environment == environment


def test_colab_and_kaggle():
    torch = "/usr/local/lib/python3.11/dist-packages/torch/a.py"
    cell = "/tmp/ipython-input-3-12ab.py"
    assert infer((cell, 1, "x"), (torch, 1, "x"), here=False).environment == "colab"
    assert infer(("/content/run.py", 1, "x"), (torch, 1, "x"), here=False).environment == "colab"
    assert infer(("/kaggle/working/a.py", 1, "x"), here=False).environment == "kaggle"


def test_windows_paths_are_from_elsewhere():
    if sys.platform == "win32":
        pytest.skip("this is Windows")
    origin = infer((r"C:\Users\ada\train.py", 3, "x"))
    assert not origin.here


@pytest.mark.parametrize(
    "path", ["<string>", "<frozen runpy>", "", "\0", "a" * 5000, "/dev/zero", "/proc/self/mem", "~"]
)
def test_odd_paths_do_no_harm(path):
    origin = infer((path, 1, "raise SystemExit"))
    assert not origin.here


def test_installed_files_in_a_common_place_must_read_as_printed(tmp_path, monkeypatch):
    python = making.venv(tmp_path / "usr")
    file = making.site_packages(python) / "lab.py"
    file.write_text("raise ValueError('no')\n")
    monkeypatch.setattr(provenance, "_COMMON_PREFIXES", (str(tmp_path / "usr"),))
    assert infer((str(file), 1, "raise ValueError('no')")).here
    assert not infer((str(file), 1, "raise TypeError('no')")).here


@pytest.mark.parametrize(
    "path",
    [
        "/tmp/pip-build-env-x1/overlay/lib/python3.11/site-packages/setuptools/a.py",
        "/tmp/pip-install-x1/flash-attn/setup.py",
        "/home/ada/.cache/uv/builds-v0/.tmpX/lib/python3.12/site-packages/setuptools/a.py",
        "/var/folders/xy/T/pip-build-env-1/overlay/lib/python3.11/site-packages/a.py",
    ],
)
def test_what_is_gone_soon_proves_nothing(path, script):
    origin = infer((path, 1, "x"))
    assert not origin.here
    assert "--here" in origin.because or "another version" in origin.because
    line = "model = torch.nn.Linear(3, 4).cuda()"
    assert infer((str(script), 3, line), (path, 1, "x")).here


def test_the_target_knows_the_scripts_folder(script):
    failures = [failure((str(script), 3, "x"), ("<frozen runpy>", 1, ""))]
    origin = target.infer(Document.from_text(""), failures, cwd="/", environ={})
    assert target.target(origin, failures, "/").folders == (str(script.parent),)


def test_hostile_lines_are_read_quickly():
    import time

    text = "\n".join(["/" * 1900 + "-packages", "/lib/python3" * 150 + "-packages"] * 2000)
    started = time.perf_counter()
    infer(text=text)
    assert time.perf_counter() - started < 0.5


def test_packages_below_local_belong_to_that_prefix(tmp_path):
    python = making.venv(tmp_path / "usr" / "local")
    origin = infer(text=f"in {making.site_packages(python)} (from x)")
    assert origin.prefix == str(tmp_path / "usr" / "local")
    assert origin.python == str(python)


def environment(folder, name):
    """A virtual environment's folder as far as inference looks at it."""
    place = folder / name
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").symlink_to(sys.executable)
    (place / "pyvenv.cfg").write_text(f"home = {sys.prefix}\n")
    packages = place / "lib" / "python3.10" / "site-packages" / "numpy"
    packages.mkdir(parents=True)
    (packages / "__init__.py").write_text("import none\n")
    return place


def test_packages_that_pythonpath_lends_do_not_name_the_interpreter(tmp_path):
    lent = environment(tmp_path, "other")
    packages = lent / "lib" / "python3.10" / "site-packages"
    frame = (str(packages / "numpy" / "__init__.py"), 1, "import none")
    assert infer(frame).python == str(lent / "bin" / "python")
    assert infer(frame, environ={"PYTHONPATH": str(packages)}).python != str(
        lent / "bin" / "python"
    )


def test_where_pip_found_a_package_does_not_name_the_interpreter(tmp_path, script):
    place = environment(tmp_path, "other")
    text = f"Requirement already satisfied: numpy in {place}/lib/python3.10/site-packages (2.0)\n"
    frame = (str(script), 1, "import torch")
    assert infer(frame, text=text).python != str(place / "bin" / "python")
    assert infer(text=text, here=True).python == str(place / "bin" / "python")
