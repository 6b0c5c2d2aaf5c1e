"""Facts of interpreters, packages and modules, on environments made for the test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import making
import pytest

from troubleshoot.installed import Installed, normalized
from troubleshoot.interpreter import Interpreter, inspect
from troubleshoot.probes import LiveFacts

PYENV = Path.home() / ".pyenv" / "versions"


@pytest.fixture
def python(tmp_path):
    return making.venv(tmp_path / "venv")


def measure(python, *names, cwd="/", folders=(), **environ):
    from troubleshoot.records import replace

    target = replace(making.target(python, cwd, **environ), folders=tuple(map(str, folders)))
    found = LiveFacts(target).measure(names)
    return [found[name] for name in names]


def conda(folder: Path, name: str = "lab") -> Path:
    """A folder that looks like a conda environment; returns its interpreter."""
    prefix = folder / "miniforge3" / "envs" / name
    (prefix / "conda-meta").mkdir(parents=True)
    (prefix / "conda-meta" / "python-3.10.14-hd12c33a_0_cpython.json").write_text("{}")
    (prefix / "conda-meta" / "ffmpeg-7.1.1-gpl_h127656b_906.json").write_text("{}")
    (prefix / "lib" / "python3.10" / "site-packages").mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python").symlink_to(sys.executable)
    (prefix / "bin" / "python3.10").symlink_to(sys.executable)
    return prefix / "bin" / "python"


def test_a_venv_is_read_without_running_it(python):
    version, kind, prefix, managed = measure(
        python, "python.version", "python.environment", "python.prefix",
        "python.externally_managed",
    )  # fmt: skip
    assert version.value == ".".join(map(str, sys.version_info[:3]))
    assert kind.value == "venv"
    assert prefix.value == str(python.parent.parent)
    assert managed.value is False


def test_uv_and_virtualenv_are_told_apart(python):
    settings = python.parent.parent / "pyvenv.cfg"
    plain = settings.read_text()
    settings.write_text(plain + "uv = 0.5.1\n")
    assert measure(python, "python.environment")[0].value == "uv"
    settings.write_text(plain + "virtualenv = 20.26\n")
    assert measure(python, "python.environment")[0].value == "virtualenv"


def test_a_conda_environment(tmp_path, monkeypatch):
    python = conda(tmp_path)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    kind, name, version, ffmpeg = measure(
        python, "python.environment", "python.conda_env", "python.version", "media.ffmpeg_version"
    )
    assert (kind.value, name.value, version.value) == ("conda", "lab", "3.10.14")
    assert ffmpeg.value == "7.1.1"


@pytest.mark.skipif(not PYENV.is_dir(), reason="no pyenv")
@pytest.mark.parametrize("minor", ["3.6", "3.8", "3.13"])
def test_other_pythons_are_read_without_running_them(minor, tmp_path):
    prefix = next(PYENV.glob(f"{minor}.*"), None)
    if prefix is None:
        pytest.skip(f"no Python {minor}")
    python = prefix / "bin" / "python"
    version, kind, standard, found = measure(
        python, "python.version", "python.environment", "module.is_standard(asyncio)",
        "module.found(json)",
    )  # fmt: skip
    assert version.value == prefix.name
    assert kind.value == "pyenv"
    assert standard.value is True
    assert found.value is True
    inside = making.venv(tmp_path / "old", str(python))
    assert measure(inside, "python.version")[0].value == prefix.name


def test_distutils_went_in_3_12():
    for minor, present in (("3.8", True), ("3.13", False)):
        prefix = next(PYENV.glob(f"{minor}.*"), None)
        if prefix is None:
            pytest.skip(f"no Python {minor}")
        (fact,) = measure(prefix / "bin" / "python", "module.is_standard(distutils)")
        assert fact.value is present


def test_a_pyenv_shim_leads_to_the_chosen_version(tmp_path):
    for version in ("3.9.1", "3.11.2"):
        folder = tmp_path / "versions" / version / "bin"
        folder.mkdir(parents=True)
        (folder / "python").write_text("")
    shim = tmp_path / "shims" / "python"
    shim.parent.mkdir()
    shim.write_text("#!/usr/bin/env bash\n")
    (tmp_path / "version").write_text("3.9.1\n")
    found = inspect(str(shim), {"PYENV_VERSION": "3.11.2"})
    assert found.executable.endswith("versions/3.11.2/bin/python")
    assert found.version == "3.11.2"
    found = inspect(str(shim), {"PWD": str(tmp_path)})
    assert found.version == "3.9.1"


def test_a_missing_interpreter_is_a_reason(tmp_path):
    (fact,) = measure(tmp_path / "gone" / "python", "python.version")
    assert fact.value is None
    assert "does not exist" in fact.because


def test_versions_of_packages(python):
    folder = making.site_packages(python)
    making.distribution(folder, "torch", "2.4.0+cu121")
    making.distribution(folder, "opencv_python", "4.10.0.84", installer="uv")
    names = ["package.version(torch)", "package.version(OpenCV-Python)",
             "package.installed(numpy)", "package.version(numpy)",
             "package.installer(opencv-python)"]  # fmt: skip
    found = measure(python, *names)
    assert [fact.value for fact in found] == ["2.4.0+cu121", "4.10.0.84", False, None, "uv"]
    assert "numpy is not installed in" in found[3].because


def test_editable_and_direct_installs(python, tmp_path):
    folder = making.site_packages(python)
    making.distribution(
        folder, "lerobot", "0.4.4",
        direct_url='{"url": "file:///home/ada/lerobot", "dir_info": {"editable": true}}',
    )  # fmt: skip
    making.distribution(
        folder, "CLIP", "1.0",
        direct_url='{"url": "git+https://ada:pass@git.example/clip.git", "vcs_info": {}}',
    )  # fmt: skip
    names = ["package.editable(lerobot)", "package.direct_url(lerobot)", "package.editable(clip)",
             "package.direct_url(clip)"]  # fmt: skip
    assert [fact.value for fact in measure(python, *names)] == [
        True, "file:///home/ada/lerobot", False, "git+https://***@git.example/clip.git",
    ]  # fmt: skip


def test_a_develop_install_is_found_through_its_link(python, tmp_path):
    source = tmp_path / "clone"
    (source / "nmmo").mkdir(parents=True)
    (source / "nmmo" / "__init__.py").touch()
    info = source / "nmmo.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: nmmo\nVersion: 2.0\n\n")
    (info / "requires.txt").write_text("numpy\n\n[dev]\npytest\n")
    (making.site_packages(python) / "easy-install.pth").write_text(f"{source}\n")
    names = ["package.version(nmmo)", "package.editable(nmmo)", "module.found(nmmo)",
             "package.requirements(nmmo)"]  # fmt: skip
    assert [fact.value for fact in measure(python, *names)] == [
        "2.0", True, True, ("numpy", 'pytest ; extra == "dev"'),
    ]  # fmt: skip


def test_a_broken_editable_install_finds_nothing(python, tmp_path):
    source = tmp_path / "moved" / "widowx_envs"
    source.mkdir(parents=True)
    (source / "__init__.py").touch()
    folder = making.site_packages(python)
    finder = folder / "__editable___widowx_1_0_finder.py"
    finder.write_text(f"MAPPING: dict[str, str] = {{'widowx_envs': {str(source)!r}}}\n")
    names = ["module.found(widowx_envs)", "module.found(widowx_envs.utils)",
             "module.parent_found(widowx_envs.utils)"]  # fmt: skip
    assert [fact.value for fact in measure(python, *names)] == [True, False, True]
    (source / "__init__.py").unlink()
    source.rmdir()
    assert [fact.value for fact in measure(python, *names)] == [False, False, False]


def test_pth_lines_that_run_code_are_not_followed(python, tmp_path):
    folder = making.site_packages(python)
    (folder / "evil.pth").write_text("import os; os.system('touch /tmp/whyfail-evil')\n")
    measure(python, "module.found(x)")
    assert not os.path.exists("/tmp/whyfail-evil")


def test_duplicates_are_seen_but_not_an_editable_source(python, tmp_path):
    folder = making.site_packages(python)
    making.distribution(folder, "numpy", "1.26.4")
    making.distribution(folder, "numpy", "2.1.0", installer="conda")
    making.distribution(folder, "single", "1.0")
    assert measure(python, "package.duplicates(numpy)")[0].value is True
    assert measure(python, "package.duplicates(single)")[0].value is False


def test_an_interrupted_uninstall_is_not_an_installation(python):
    folder = making.site_packages(python)
    info = making.distribution(folder, "scipy", "1.11.0")
    (info / "METADATA").unlink()
    making.distribution(folder, "~orch", "2.4.0")
    assert measure(python, "package.installed(scipy)")[0].value is False
    installed = Installed(inspect(str(python), {}), {})
    assert "~orch" not in installed.distributions
    assert len(installed.leftovers) == 2


def test_broken_requirements_are_listed(python):
    folder = making.site_packages(python)
    making.distribution(
        folder, "torchvision", "0.22.0",
        requires=("numpy", "torch (==2.7.0)", 'scipy ; extra == "scipy"',
                  'old ; python_version < "3.0"', 'win ; sys_platform == "win32"'),
    )  # fmt: skip
    making.distribution(folder, "torch", "2.8.0+cu128")
    making.distribution(folder, "lab", "1", requires=("torch>=2.2.1,<2.11", "gone~=1.4"))
    (fact,) = measure(python, "package.broken_requirements")
    assert set(fact.value) == {
        "torchvision 0.22.0 requires numpy, which is not installed",
        "torchvision 0.22.0 requires torch==2.7.0, but 2.8.0+cu128 is installed",
        "lab 1 requires gone, which is not installed",
    }


def test_a_module_and_what_provides_it(python):
    folder = making.site_packages(python)
    making.distribution(folder, "opencv_python", "4.10", files=("cv2/__init__.py",))
    making.distribution(folder, "six", "1.16", files=("six.py",))
    names = ["module.found(cv2)", "module.provider(cv2)", "module.provider(six)",
             "module.found(cv2.gapi)", "module.provider(nothing)"]  # fmt: skip
    assert [fact.value for fact in measure(python, *names)] == [
        True, "opencv_python", "six", False, "",
    ]  # fmt: skip


def test_standard_and_built_in_modules_are_found(python):
    names = [f"module.found({name})" for name in ("json", "sys", "_thread", "asyncio.queues")]
    assert [fact.value for fact in measure(python, *names)] == [True] * 4


def test_the_python_path_counts(python, tmp_path):
    (tmp_path / "extra" / "lab").mkdir(parents=True)
    (tmp_path / "extra" / "lab" / "__init__.py").touch()
    assert measure(python, "module.found(lab)")[0].value is False
    (fact,) = measure(python, "module.found(lab)", PYTHONPATH=str(tmp_path / "extra"))
    assert fact.value is True


def test_files_that_shadow(python, tmp_path):
    making.distribution(
        making.site_packages(python), "torch", "2.4.0", files=("torch/__init__.py",)
    )
    work = tmp_path / "work"
    (work / "wandb").mkdir(parents=True)
    (work / "torch").mkdir()
    for name in ("random.py", "torch.py", "train.py"):
        (work / name).touch()
    names = ["random", "torch", "train", "wandb", "json"]
    found = measure(python, *(f"module.shadow({name})" for name in names), cwd=work)
    assert [fact.value for fact in found] == [
        str(work / "random.py"), str(work / "torch.py"), "", str(work / "wandb"), "",
    ]  # fmt: skip
    assert found[0].because.endswith("random.py")
    (work / "torch.py").unlink()
    (fact,) = measure(python, "module.shadow(torch)", cwd=work)
    assert fact.value == ""  # a plain folder does not hide a package
    (fact,) = measure(python, "module.shadow(random)", folders=[work])
    assert fact.value == str(work / "random.py")


def test_an_editable_install_of_the_folder_is_no_shadow(python, tmp_path):
    work = tmp_path / "clone"
    (work / "lab").mkdir(parents=True)
    (work / "lab" / "__init__.py").touch()
    (making.site_packages(python) / "lab.pth").write_text(f"{work}\n")
    assert measure(python, "module.shadow(lab)", cwd=work)[0].value == ""


def test_another_environment_that_has_the_module(python, tmp_path):
    other = making.venv(tmp_path / "work" / ".venv")
    making.distribution(
        making.site_packages(other), "zarrlike", "1", files=("zarrlike/__init__.py",)
    )
    (fact,) = measure(
        python, "module.elsewhere(zarrlike)", cwd=tmp_path / "work", HOME=str(tmp_path)
    )
    assert fact.value == str(other)
    (fact,) = measure(
        other, "module.elsewhere(zarrlike)", cwd=tmp_path / "work", HOME=str(tmp_path)
    )
    assert fact.value == ""


def test_an_environment_of_any_name_in_the_folder_counts(python, tmp_path):
    other = making.venv(tmp_path / "work" / "robot")
    packages = making.site_packages(other)
    making.distribution(packages, "draccus", "0.10", files=("draccus/__init__.py",))
    (found,) = measure(
        python, "module.elsewhere(draccus)", cwd=tmp_path / "work", HOME=str(tmp_path)
    )
    assert found.value == str(other)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b", "os;rm", ""])
def test_what_is_no_module_name_is_refused(python, name):
    (fact,) = measure(python, f"module.found({name})")
    assert fact.value is None


def test_torch_is_read_from_its_files(python):
    folder = making.site_packages(python)
    making.distribution(folder, "torch", "2.4.0+cu121", files=("torch/__init__.py",))
    making.distribution(folder, "nvidia_nccl_cu12", "2.20.5")
    (folder / "torch" / "version.py").write_text(
        "from typing import Optional\n__all__ = ['__version__', 'cuda']\n"
        "__version__ = '2.4.0+cu121'\ndebug = False\ncuda: Optional[str] = '12.1'\n"
        "git_version = 'd990'\nhip: Optional[str] = None\n"
    )
    names = ["torch.version", "torch.cuda", "torch.is_cpu_build", "torch.nccl_version",
             "torch.cudnn_version"]  # fmt: skip
    found = measure(python, *names)
    assert [fact.value for fact in found] == ["2.4.0+cu121", "12.1", False, "2.20.5", None]
    assert max(fact.seconds for fact in found) < 0.2


def test_a_cpu_build_is_not_asked(python):
    folder = making.site_packages(python)
    making.distribution(folder, "torch", "2.4.0+cpu", files=("torch/__init__.py",))
    (folder / "torch" / "version.py").write_text("__version__ = '2.4.0+cpu'\ncuda = None\n")
    (folder / "torch" / "__init__.py").write_text("raise SystemExit('imported')\n")
    names = ["torch.is_cpu_build", "torch.cuda", "torch.cuda_available", "torch.arch_list"]
    assert [fact.value for fact in measure(python, *names)] == [True, "", False, ()]


TORCH = """
import sys, warnings
class cuda:
    @staticmethod
    def is_available():
        warnings.warn("CUDA initialization: The NVIDIA driver on your system is too old")
        return False
    @staticmethod
    def init(): raise RuntimeError("no")
class _C:
    @staticmethod
    def _cuda_getArchFlags(): return "sm_80 sm_90"
print("noise on the output")
"""


def fake_torch(python: Path, text: str) -> None:
    folder = making.site_packages(python)
    making.distribution(folder, "torch", "2.4.0", files=("torch/__init__.py",))
    (folder / "torch" / "version.py").write_text("__version__ = '2.4.0'\ncuda = '12.1'\n")
    (folder / "torch" / "__init__.py").write_text(text)


def test_torch_is_asked_in_the_target_interpreter(python):
    fake_torch(python, TORCH)
    names = ["torch.cuda_available", "torch.cuda_reason", "torch.arch_list"]
    assert [fact.value for fact in measure(python, *names)] == [
        False,
        "CUDA initialization: The NVIDIA driver on your system is too old",
        ("sm_80", "sm_90"),
    ]


def test_torch_is_asked_in_an_old_python(tmp_path):
    prefix = next((p for minor in ("3.6", "3.8") for p in PYENV.glob(f"{minor}.*")), None)
    if prefix is None:
        pytest.skip("no old Python")
    python = making.venv(tmp_path / "old", str(prefix / "bin" / "python"))
    fake_torch(python, TORCH)
    assert measure(python, "torch.arch_list")[0].value == ("sm_80", "sm_90")


def test_a_torch_that_hangs_or_breaks_is_a_reason(python):
    from troubleshoot.records import replace

    fake_torch(python, "import time\ntime.sleep(60)\n")
    target = replace(making.target(python), cwd="/")
    facts = LiveFacts(target, limit_seconds=1.0)
    fact = facts.measure(["torch.cuda_available"])["torch.cuda_available"]
    assert fact.value is None
    assert "did not answer" in fact.because or "no answer" in fact.because
    fake = making.site_packages(python) / "torch" / "__init__.py"
    fake.write_text("raise OSError('libcudart.so.12: cannot open shared object file')\n")
    (fact,) = measure(python, "torch.cuda_available")
    assert "libcudart.so.12" in fact.because


def test_a_local_torch_file_is_not_imported_instead(python, tmp_path):
    fake_torch(python, TORCH)
    (tmp_path / "torch.py").write_text("raise SystemExit(3)\n")
    (fact,) = measure(python, "torch.arch_list", cwd=tmp_path)
    assert fact.value == ("sm_80", "sm_90")


def test_pip_of_another_interpreter_is_noticed(python, tmp_path):
    other = making.venv(tmp_path / "other")
    for folder in (python.parent, other.parent):
        pip = folder / "pip"
        pip.write_text(f"#!{folder}/python\nimport sys\n")
        pip.chmod(0o755)
    (fact,) = measure(python, "python.pip_mismatch", PATH=str(other.parent))
    assert fact.value is True
    (fact,) = measure(python, "python.pip_mismatch", PATH=str(python.parent))
    assert fact.value is False


def test_interpreters_on_path_are_listed_in_order(python, tmp_path):
    other = making.venv(tmp_path / "other")
    path = f"{other.parent}:{python.parent}:{other.parent}"
    (fact,) = measure(python, "python.interpreters", PATH=path)
    assert fact.value == (str(other), str(python))


def test_the_user_folder_counts_for_a_base_python_only(python, tmp_path):
    base = inspect(os.path.realpath(sys.executable), {})
    folder = tmp_path / ".local" / "lib" / f"python{base.minor}" / "site-packages"
    making.distribution(folder, "einops", "0.7")
    name = "package.installed(einops)"
    real = os.path.realpath(sys.executable)
    environ = {"HOME": str(tmp_path), "PYTHONUSERBASE": ""}
    assert measure(real, name, **environ)[0].value is True
    assert measure(real, name, **environ, PYTHONNOUSERSITE="1")[0].value is False
    assert measure(python, name, **environ)[0].value is False


def test_names_compare_in_any_spelling():
    assert normalized("Foo__Bar.baz") == "foo-bar-baz"


def test_facts_agree_with_pip(python, tmp_path):
    """What is read from files must be what the interpreter itself says."""
    listed = subprocess.run(
        [sys.executable, "-c",
         "import importlib.metadata as m\n"
         "for d in m.distributions(): print(d.metadata['Name'], d.version)"],
        capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    theirs = {normalized(line.split()[0]): line.split()[1] for line in listed if line.strip()}
    installed = Installed(inspect(sys.executable, os.environ), {})
    ours = {name: found[0].version for name, found in installed.distributions.items()}
    assert {name: ours.get(name) for name in theirs} == theirs


def test_locating_agrees_with_the_interpreter():
    installed = Installed(inspect(sys.executable, os.environ), {})
    for module in ("yaml", "pytest", "psutil._common", "asyncio.queues", "yaml.cyaml", "regex"):
        code = f"import importlib.util as u; print(u.find_spec({module!r}).origin)"
        theirs = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert os.path.realpath(installed.locate(module)) == os.path.realpath(theirs.stdout.strip())


def test_an_interpreter_is_a_record():
    found = inspect(sys.executable, os.environ)
    assert isinstance(found, Interpreter)
    assert found.minor == f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_the_users_own_package_of_a_name(python, tmp_path):
    (tmp_path / "robots").mkdir()
    (tmp_path / "robots" / "__init__.py").touch()
    (tmp_path / "plain").mkdir()
    own, folder, other = measure(
        python,
        "module.local(robots.arm)",
        "module.local(plain)",
        "module.local(json)",
        cwd=tmp_path,
    )
    assert own.value == str(tmp_path / "robots" / "__init__.py")
    assert folder.value == str(tmp_path / "plain")
    assert other.value == ""
