"""Facts that follow from the compatibility tables."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from troubleshoot import tables

FOLDER = Path(__file__).parent.parent / "rules" / "_data"
DATA = {
    name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    for name in ("torch_releases", "cuda_drivers", "gpu_architectures", "libraries")
} | {
    "import_names": {"names": {"cv2": "opencv-python", "google.protobuf": "protobuf"}},
    "ray": {"pythons": [{"python": "3.12", "oldest": "2.31.0", "newest": "2.60.0"}]},
    "torchcodec": {
        "releases": [
            {"torchcodec": "0.12", "torch_least": "2.11", "ffmpeg": [4, 8]},
            {"torchcodec": "0.9", "torch": "2.9", "ffmpeg": [4, 8]},
            {"torchcodec": "0.8", "torch": "2.9", "ffmpeg": [4, 7]},
        ]
    },
}

BLACKWELL = {
    "gpu.compute_capability": "12.0",
    "gpu.driver_version": "570.124.06",
    "torch.version": "2.5.1+cu121",
    "python.version": "3.11.9",
    "host.os": "linux",
}


def derive(name: str, facts: dict[str, object], argument: str = "") -> object:
    return tables.Tables(DATA).derive(name, argument, facts.get)  # type: ignore[arg-type]


def test_blackwell_with_driver_570_gets_the_last_cu128_build() -> None:
    assert derive("torch.supports_gpu", BLACKWELL) is False
    assert derive("torch.index_tag", BLACKWELL) == "cu128"
    assert derive("torch.install_command", BLACKWELL) == (
        "pip install torch==2.11.0 torchvision==0.26.0 torchaudio==2.11.0"
        " --index-url https://download.pytorch.org/whl/cu128"
    )


def test_a_newer_driver_gets_a_newer_build() -> None:
    facts = BLACKWELL | {"gpu.driver_version": "590.44.01"}
    assert derive("torch.install_command", facts) == (
        "pip install torch==2.14.1 torchvision==0.29.1"
        " --index-url https://download.pytorch.org/whl/cu132"
    )


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        (
            {"gpu.compute_capability": "7.0", "gpu.driver_version": "580.95.05"},  # V100
            "pip install torch==2.14.1 torchvision==0.29.1"
            " --index-url https://download.pytorch.org/whl/cu126",
        ),
        (
            {"gpu.compute_capability": "8.6", "gpu.driver_version": "470.182.03"},
            "pip install torch==2.7.1 torchvision==0.22.1 torchaudio==2.7.1"
            " --index-url https://download.pytorch.org/whl/cu118",
        ),
        (
            {"gpu.compute_capability": "8.9", "python.version": "3.8.10"},
            "pip install torch==2.4.1 torchvision==0.19.1 torchaudio==2.4.1"
            " --index-url https://download.pytorch.org/whl/cu124",
        ),
        (
            {"torch.version": "2.11.0+cpu", "python.environment": "uv"},
            "uv pip install --force-reinstall torch==2.11.0 torchvision==0.26.0"
            " torchaudio==2.11.0 --index-url https://download.pytorch.org/whl/cu128",
        ),
        ({"host.os": "macos"}, "pip install torch==2.14.1 torchvision==0.29.1"),
        (
            {"host.os": "macos", "host.architecture": "x86_64"},
            "pip install torch==2.2.2 torchvision==0.17.2 torchaudio==2.2.2",
        ),
        ({"gpu.compute_capability": "8.7"}, None),  # Jetson: builds of its own
        ({"gpu.driver_version": "390.157", "gpu.compute_capability": "6.1"}, None),
    ],
)
def test_install_command(changes: dict[str, object], command: str | None) -> None:
    assert derive("torch.install_command", BLACKWELL | changes) == command


def test_the_cuda_of_the_driver_will_do_where_its_version_is_unknown() -> None:
    facts = {"gpu.driver_cuda": "11.4", "python.version": "3.10"}
    assert derive("torch.index_tag", facts) == "cu118"


def test_nothing_is_guessed() -> None:
    for name in tables.NAMES:
        assert derive(name, {}) is None
        assert tables.derive(name, "", {}.get, {}) is None


@pytest.mark.parametrize(
    ("torch", "capability", "supported"),
    [
        ("2.8.0+cu128", "12.0", True),
        ("2.8.0+cu126", "12.0", False),
        ("2.9.1+cu128", "7.0", True),
        ("2.11.0+cu128", "7.0", False),
        ("2.5.1+cu121", "8.9", True),  # runs the code of 8.6
        ("2.5.1+cu121", "6.1", True),
        ("2.13.0+cpu", "8.6", False),
        ("2.13.0", "8.6", None),
    ],
)
def test_supports_gpu(torch: str, capability: str, supported: bool | None) -> None:
    facts = {"torch.version": torch, "gpu.compute_capability": capability}
    assert derive("torch.supports_gpu", facts) is supported


def test_the_list_of_the_build_goes_before_the_table() -> None:
    facts = BLACKWELL | {"torch.arch_list": ("sm_90", "compute_90")}
    assert derive("torch.supports_gpu", facts) is True  # PTX is compiled for newer devices
    assert derive("torch.supports_gpu", facts | {"torch.arch_list": ("sm_90a",)}) is False


def test_companions_of_torch() -> None:
    assert derive("torch.matching_torchvision", {"torch.version": "2.8.0+cu128"}) == "0.23.0"
    assert derive("torch.matching_torchaudio", {"torch.version": "2.0.1"}) == "2.0.2"
    assert derive("torch.matching_torchaudio", {"torch.version": "2.13.0"}) is None
    facts: dict[str, object] = {"torch.version": "2.8.0+cu128"}
    fit = "torchvision.matches_torch"
    assert derive(fit, facts | {"package.version(torchvision)": "0.23.0+cu128"}) is True
    assert derive(fit, facts | {"package.version(torchvision)": "0.23.0+cpu"}) is False
    assert derive(fit, facts | {"package.version(torchvision)": "0.22.1"}) is False
    audio = facts | {"package.version(torchaudio)": "2.7.1"}
    assert derive("torchaudio.matches_torch", audio) is False


def test_drivers() -> None:
    facts = {"torch.version": "2.13.0+cu130", "gpu.driver_version": "570.86.10"}
    assert derive("cuda.least_driver", facts) == "580.65.06"
    assert derive("cuda.driver_supports_torch", facts) is False
    facts["torch.version"] = "2.11.0+cu128"
    assert derive("cuda.driver_supports_torch", facts) is True
    assert derive("cuda.least_driver", facts | {"host.is_wsl": True}) == "528.33"


def test_libraries_and_names() -> None:
    assert derive("library.package", {"host.package_manager": "apt"}, "libGL.so.1") == "libgl1"
    assert derive("library.package", {"host.package_manager": "dnf"}, "libavutil.so.58") == (
        "ffmpeg-free"
    )
    assert derive("library.package", {}, "libcuda.so.1") is None
    assert derive("module.distribution", {}, "cv2.gapi") == "opencv-python"
    assert derive("module.distribution", {}, "google.protobuf.message") == "protobuf"
    assert derive("module.distribution", {}, "google") is None
    assert derive("module.is_standard", {}, "json.decoder") is True
    assert derive("module.is_standard", {}, "numpy") is False


def test_torchcodec_and_ray() -> None:
    facts: dict[str, object] = {
        "torch.version": "2.9.1",
        "package.version(torchcodec)": "0.8.1",
        "media.ffmpeg_majors": ("8",),
        "package.version(ray)": "2.9.3",
        "python.version": "3.12.3",
    }
    assert derive("torch.matching_torchcodec", facts) == ">=0.8,<0.10"
    assert derive("torchcodec.matches_torch", facts) is True
    assert derive("torchcodec.ffmpeg_supported", facts) is False
    assert derive("torchcodec.ffmpeg_supported", facts | {"media.ffmpeg_majors": ("7",)}) is True
    assert derive("ray.supports_python", facts) is False
    assert derive("ray.supports_python", facts | {"package.version(ray)": "2.40.0"}) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2.11.0+cu128", (2, 11, 0)), ("v570.26", (570, 26)), ("2.9.0rc1", (2, 9, 0)), ("", ()),
     (None, ()), ("abc", ()), ("1.²", (1,)), ("9" * 5000, ())],
)  # fmt: skip
def test_version(text: str | None, expected: tuple[int, ...]) -> None:
    assert tables.version(text) == expected
