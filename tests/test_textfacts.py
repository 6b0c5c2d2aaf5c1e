"""Facts that stand in the text."""

from __future__ import annotations

import pytest

from troubleshoot.document import Document
from troubleshoot.facts import TEXT, Fact
from troubleshoot.failures import find
from troubleshoot.textfacts import read


def facts(text: str) -> dict[str, Fact]:
    document = Document.from_text(text)
    return {fact.name: fact for fact in read(document, find(document))}


def values(text: str) -> dict[str, object]:
    return {name: fact.value for name, fact in facts(text).items()}


def frame(path: str) -> str:
    head = "Traceback (most recent call last):"
    return f'{head}\n  File "{path}", line 3, in f\n    g()\nValueError: x\n'


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/ada/venv/lib/python3.10/site-packages/a/b.py",
         {"python.version": "3.10", "host.os": "linux", "python.environment": "venv",
         "python.prefix": "/home/ada/venv"}),
        ("C:\\Users\\ada\\anaconda3\\envs\\DL\\lib\\site-packages\\a\\b.py",
         {"host.os": "windows", "python.environment": "conda", "python.conda_env": "DL",
          "python.prefix": "C:/Users/ada/anaconda3/envs/DL"}),
        ("C:\\Users\\ada\\AppData\\Local\\Programs\\Python\\Python311\\Lib\\site-packages\\a.py",
         {"host.os": "windows", "python.version": "3.11", "python.environment": "system"}),
        ("/Users/ada/proj/.venv/lib/python3.13/site-packages/a.py",
         {"host.os": "macos", "python.version": "3.13", "python.environment": "venv"}),
        ("/home/ada/miniconda3/envs/isaac/lib/python3.8/site-packages/a.py",
         {"python.environment": "conda", "python.conda_env": "isaac", "python.version": "3.8"}),
        ("/opt/conda/lib/python3.9/site-packages/a.py", {"python.environment": "conda",
        "python.conda_env": "base"}),
        ("/home/ada/.local/lib/python3.10/site-packages/a.py", {"python.environment": "user",
        "python.version": "3.10"}),
        ("/usr/local/lib/python3.10/dist-packages/a.py", {"python.environment": "system",
        "python.version": "3.10"}),
        ("/home/ada/.pyenv/versions/3.11.7/lib/python3.11/site-packages/a.py",
         {"python.environment": "pyenv", "python.version": "3.11"}),
        ("/opt/homebrew/lib/python3.12/site-packages/a.py", {"host.os": "macos",
        "python.version": "3.12"}),
    ],
)  # fmt: skip
def test_paths(path: str, expected: dict[str, object]) -> None:
    measured = values(frame(path))
    assert {name: measured.get(name) for name in expected} == expected


def test_reason_line_and_source() -> None:
    fact = facts("start\n" + frame("/home/ada/venv/lib/python3.10/site-packages/a/b.py"))[
        "python.version"
    ]
    assert (fact.source, fact.line) == (TEXT, 2)
    assert "python3.10" in fact.because


def test_extension_module_tells_version_and_architecture() -> None:
    measured = values(
        "ImportError: /v/x.cpython-310-x86_64-linux-gnu.so: undefined symbol: _ZN3c10"
    )
    assert measured["python.version"] == "3.10"
    assert measured["host.architecture"] == "x86_64"
    assert measured["host.os"] == "linux"


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        (
            'File "/content/train.py", line 3\n  File "/usr/local/lib/python3.10/dist-packages'
            '/a.py", line 3',
            "colab",
        ),
        ("/usr/local/lib/python3.10/dist-packages/google/colab/_import_hooks/x.py", "colab"),
        ('  File "/kaggle/working/train.py", line 3, in f', "kaggle"),
        ("slurmstepd: error: Detected 1 oom_kill event", "slurm"),
        ("root@6064c6c79426:/host# nvidia-smi", "docker"),
    ],
)
def test_platforms(text: str, platform: str) -> None:
    assert values(text)["host.platform"] == platform


def test_wsl() -> None:
    assert values("ada@DESKTOP:/mnt/c/grok$ python3 run.py\nx")["host.is_wsl"] is True
    assert (
        values("Linux-5.15.90.1-microsoft-standard-WSL2-x86_64-with-glibc2.35")["host.is_wsl"]
        is True
    )
    assert "host.is_wsl" not in values(frame("/mnt/sdd/proj/a.py"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("PyTorch version: 2.1.0+cu121", {"torch.version": "2.1.0+cu121", "torch.cuda": "12.1"}),
        ("Using torch 1.13.1 CUDA:0 (NVIDIA GeForce GTX 1650, 4095MB)",
         {"torch.version": "1.13.1", "gpu.name": "NVIDIA GeForce GTX 1650",
         "gpu.total_memory": 4095 * 2**20}),
        ("Ultralytics YOLOv8.0.20 🚀 Python-3.10.12 torch-2.0.1+cu118 CUDA:0 (Tesla T4, 15102MiB)",
         {"python.version": "3.10.12", "torch.version": "2.0.1+cu118", "torch.cuda": "11.8",
         "gpu.name": "Tesla T4",
          "package.version(ultralytics)": "8.0.20"}),
        ("Successfully installed numpy-2.3.5 torch-2.4.0+cpu scikit-learn-1.4.2",
         {"package.version(numpy)": "2.3.5", "torch.version": "2.4.0+cpu", "torch.cuda": "",
         "torch.is_cpu_build": True,
          "package.version(scikit-learn)": "1.4.2"}),
        ("torch==2.4.0+cu121", {"torch.version": "2.4.0+cu121"}),
        ("[pip3] numpy==1.26.4", {"package.version(numpy)": "1.26.4"}),
        ("Requirement already satisfied: Flask_Cors in /v/lib/python3.9/site-packages (from x"
         ") (1.2)",
         {"package.version(flask-cors)": "1.2"}),
        ("    Found existing installation: numpy 2.0.2", {"package.version(numpy)": "2.0.2"}),
        ("numba 0.60.0 requires numpy<2.1,>=1.22, but you have numpy 2.3.5 which is incompatible.",
         {"package.version(numba)": "0.60.0", "package.version(numpy)": "2.3.5"}),
        ("Package    Version\n---------- -------\nnumpy      1.26.4\ntorch      2.2.0",
         {"package.version(numpy)": "1.26.4", "torch.version": "2.2.0"}),
        ("# packages in environment at /opt/conda:\n#\n# Name    Version   Build  Channel\nnum"
         "py  1.26.4  py311_0  conda-forge",
         {"package.version(numpy)": "1.26.4"}),
        ("A module that was compiled using NumPy 1.x cannot be run in\nNumPy 2.2.6 as it may c"
         "rash.",
         {"package.version(numpy)": "2.2.6"}),
        ("Cuda compilation tools, release 11.8, V11.8.89", {"cuda.toolkit_version": "11.8"}),
        ("The detected CUDA version (10.1) mismatches the version that was used to compile\nPy"
         "Torch (12.1). Please",
         {"cuda.toolkit_version": "10.1", "torch.cuda": "12.1"}),
        ("| NVIDIA-SMI 535.104.05   Driver Version: 535.104.05   CUDA Version: 12.2     |",
         {"gpu.driver_version": "535.104.05", "gpu.driver_cuda": "12.2"}),
        ("|   0  NVIDIA GeForce RTX 3090        Off | 00000000:65:00.0 Off |\n"
         "| 30%   45C    P2  100W / 350W |   2000MiB / 24576MiB |     12%  Default |",
         {"gpu.name": "NVIDIA GeForce RTX 3090", "gpu.total_memory": 24576 * 2**20}),
        ("NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the curre"
         "nt PyTorch installation.\n"
         "The current PyTorch install supports CUDA capabilities sm_50 sm_60 sm_90.",
         {"gpu.name": "NVIDIA GeForce RTX 5090", "gpu.compute_capability": "12.0",
          "torch.arch_list": ("sm_50", "sm_60", "sm_90")}),
        ("GPU 0: NVIDIA A100-SXM4-40GB", {"gpu.name": "NVIDIA A100-SXM4-40GB"}),
        ("Nvidia driver version: 550.54.14", {"gpu.driver_version": "550.54.14"}),
        ("The NVIDIA driver on your system is too old (found version 11040).",
        {"gpu.driver_cuda": "11.4"}),
        ("Failed to initialize NVML: Driver/library version mismatch", {"gpu.state": "mismatch"}),
        ("OS: Ubuntu 22.04.3 LTS (x86_64)", {"host.distribution": "ubuntu 22.04"}),
        ("Debian GNU/Linux 12 (bookworm)", {"host.distribution": "debian 12"}),
        ("ERROR: Package 'a' requires a different Python: 3.11.7 not in '>=3.12'",
        {"python.version": "3.11.7"}),
        ("Python 3.11.11 (main, Dec 11 2024, 15:08:04) [Clang 14.0.6 ] on darwin",
         {"python.version": "3.11.11", "host.os": "macos"}),
        ("Using CPython 3.12.3 interpreter at: /usr/bin/python3", {"python.version": "3.12.3"}),
        ("ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright", {"media.ffmpeg_version": "4.4.2"}),
        ("AssertionError: Torch not compiled with CUDA enabled", {"torch.is_cpu_build": True}),
        (">>> torch.cuda.is_available()\nFalse", {"torch.cuda_available": False}),
        (">>> torch.__version__\n'2.1.1'", {"torch.version": "2.1.1"}),
    ],
)  # fmt: skip
def test_lines(line: str, expected: dict[str, object]) -> None:
    measured = values(line)
    assert {name: measured.get(name, "missing") for name in expected} == expected


def test_out_of_memory_message() -> None:
    measured = values(
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a t"
        "otal capacity of "
        "23.50 GiB of which 1.50 GiB is free. Process 2006998 has 256.00 MiB memory in use. Pr"
        "ocess 77 has "
        "1.00 GiB memory in use. Including non-PyTorch memory, this process has 9.30 GiB memor"
        "y in use."
    )
    assert measured["gpu.total_memory"] == int(23.5 * 2**30)
    assert measured["gpu.free_memory"] == int(1.5 * 2**30)
    assert measured["gpu.foreign_memory"] == 1280 * 2**20
    measured = values(
        "RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 4.00 GiB total "
        "capacity; 3.36 GiB "
        "already allocated; 0 bytes free; 3.48 GiB reserved in total by PyTorch)"
    )
    assert (measured["gpu.total_memory"], measured["gpu.free_memory"]) == (4 * 2**30, 0)


@pytest.mark.parametrize(
    "line",
    [
        "Collecting torch==2.0.1",
        "ERROR: No matching distribution found for torch==2.4.0",
        "pip install torch==2.3.1 numpy==1.2",
        "In PyTorch 2.6, we changed the default value of `weights_only`",
        "Downloading torch-2.4.0-cp312-cp312-manylinux1_x86_64.whl",
        "Because torch==2.4.1 depends on nvidia-cudnn-cu12==9.1.0.70, we can conclude",
        "Using RTX 4000 series doesn't support faster communication broadband",
        "DEBUG Adding direct dependency: torch>=2.4.1, <2.4.1+",
    ],
)
def test_what_was_only_asked_for_is_no_fact(line: str) -> None:
    assert set(values(line)) <= {"run.command", "python.version"}


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("$ python train.py --lr 1\nValueError: x", "python train.py --lr 1"),
        ("(env) ada@host:~/proj$ python train.py\nValueError: x", "python train.py"),
        ("[ada@host proj]$ torchrun t.py\nValueError: x", "torchrun t.py"),
        ("root@6064c6c79426:/host# nvidia-smi\nFailed to initialize NVML: x", "nvidia-smi"),
        ("PS C:\\Chat> pip install flash-attn\nValueError: x", "pip install flash-attn"),
        ("(tf) D:\\git\\nmmo>python setup.py\nValueError: x", "python setup.py"),
        ("!python train.py\nValueError: x", "python train.py"),
        (
            "python train.py \\\n    --source a \\\n    --target b\nValueError: x",
            "python train.py --source a --target b",
        ),
        (
            "uv pip install torch==2.3.1 --index-url x # fails\nerror: y",
            "uv pip install torch==2.3.1 --index-url x # fails",
        ),
    ],
)
def test_command(text: str, command: str) -> None:
    assert values(text)["run.command"] == command


@pytest.mark.parametrize(
    "text", ["python invoked oom-killer: x", "python: can't open", "pip is looking at", "a > b"]
)
def test_no_command(text: str) -> None:
    assert "run.command" not in values(text)
