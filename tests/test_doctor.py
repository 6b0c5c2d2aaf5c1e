"""`whyfail doctor`: what is wrong, told from facts alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from troubleshoot import doctor, index, packdata
from troubleshoot.derived import DerivedFacts
from troubleshoot.diagnose import fact_type
from troubleshoot.facts import RECORDED, Fact, Facts
from troubleshoot.facts_file import RecordedFacts
from troubleshoot.rule_model import Condition, Fix, Text

ROOT = Path(__file__).parent.parent

HEALTHY = {
    "host.os": "linux",
    "host.package_manager": "apt",
    "host.is_container": False,
    "host.is_wsl": False,
    "host.memory_total": 64 << 30,
    "host.memory_available": 50 << 30,
    "host.open_files_limit": 65535,
    "host.oom_kills": 0,
    "host.display": True,
    "gpu.hardware_present": True,
    "gpu.state": "ok",
    "gpu.name": "NVIDIA GeForce RTX 4090",
    "gpu.compute_capability": "8.9",
    "gpu.driver_version": "570.124.06",
    "gpu.driver_cuda": "12.8",
    "gpu.total_memory": 24 << 30,
    "gpu.foreign_memory": 0,
    "gpu.fabric_manager": "not-needed",
    "gpu.ecc_errors": 0,
    "gpu.freest": 0,
    "gpu.processes": "nobody",
    "storage.shm_total": 32 << 30,
    "storage.free(.)": 200 << 30,
    "storage.home_free": 200 << 30,
    "storage.hf_cache_free": 200 << 30,
    "storage.tmp_free": 200 << 30,
    "storage.free_inodes(.)": 10**7,
    "storage.is_read_only(.)": False,
    "storage.quota_left(.)": 200 << 30,
    "storage.deleted_open(.)": 0,
    "storage.file_system(.)": "ext4",
    "project.file": "/home/ada/work/pyproject.toml",
    "project.fault": "",
    "project.requires_python": ">=3.10",
    "project.supports_python": True,
    "kernel.is_running": True,
    "kernel.is_stale(numpy)": False,
    "kernel.is_stale(torch)": False,
    "kernel.is_stale(transformers)": False,
    "network.proxy_half_set": False,
    "network.dead_proxy": "",
    "network.default_route": True,
    "host.clock_plausible": True,
    "host.secure_boot": True,
    "host.kernel": "6.8.0-50-generic",
    "host.address_space_limit": 1 << 50,
    "host.pids_used": 400,
    "host.pids_limit": 30000,
    "gpu.count": 2,
    "gpu.visible_count": 2,
    "gpu.hidden_by": "",
    "gpu.throttling": "",
    "gpu.is_link_narrow": False,
    "gpu.orphans": "",
    "gpu.fabric_state": "completed",
    "gpu.module_loaded": True,
    "gpu.module_for_kernel": True,
    "gpu.module_kernels": ("6.8.0-50-generic",),
    "gpu.nouveau_loaded": False,
    "gpu.libraries_match": True,
    "gpu.userspace_version": "570.124.06",
    "gpu.kernel_module_version": "570.124.06",
    "tool.path(torchrun)": "/home/ada/venv/bin/torchrun",
    "tool.is_of_python(torchrun)": True,
    "network.proxy": "",
    "python.version": "3.11.7",
    "python.environment": "venv",
    "python.pip_mismatch": False,
    "python.interpreters": ("/home/ada/venv/bin/python",),
    "python.user_site_enabled": False,
    "package.broken_requirements": (),
    "package.version(torch)": "2.7.0+cu128",
    "package.version(torchvision)": "0.22.0",
    "package.version(numpy)": "2.1.0",
    "package.duplicates(torch)": False,
    "package.duplicates(numpy)": False,
    "torch.version": "2.7.0+cu128",
    "torch.cuda": "12.8",
    "torch.is_cpu_build": False,
    "torch.cuda_available": True,
    "torch.arch_list": ("sm_75", "sm_80", "sm_86", "sm_90", "sm_120"),
    "env.variable(CUDA_VISIBLE_DEVICES)": "",
    "env.variable(PYTHONPATH)": "",
    "env.variable(LD_LIBRARY_PATH)": "",
    **{f"network.port_in_use({port})": False
       for port in (29500, 6006, 6379, 8265, 7860, 8888, 8000, 8080, 8501)},
}  # fmt: skip


def examine(lang="en", **changed):
    values = {**HEALTHY, **{name.replace("__", "."): value for name, value in changed.items()}}
    source = RecordedFacts([Fact(name, value, RECORDED) for name, value in values.items()])
    derived = DerivedFacts(source)
    facts = Facts((), derived)
    derived.facts = facts
    examiner = doctor.Doctor(facts, fact_type, "/home/ada/venv/bin/python", lang)
    return {finding.id: finding for finding in examiner.examine(doctor.checks())}


def wrong(**changed):
    return {id: f for id, f in examine(**changed).items() if f.state == doctor.WRONG}


def test_a_healthy_machine_has_no_findings():
    assert [id for id, f in wrong().items() if not f.quiet] == []


def test_a_healthy_machine_leaves_little_undecided():
    undecided = [id for id, f in examine().items() if f.state == doctor.UNKNOWN]
    assert undecided == []


@pytest.mark.parametrize(
    ("check", "changed", "words"),
    [
        ("torch-cpu-build",
         {"torch.version": "2.7.0+cpu", "torch.cuda": "", "torch.is_cpu_build": True,
          "package.version(torch)": "2.7.0+cpu"}, "built without CUDA"),
        ("driver-too-old",
         {"gpu.driver_version": "470.82.01", "gpu.driver_cuda": "11.4"}, "470.82.01"),
        ("gpu-not-supported",
         {"gpu.name": "NVIDIA GeForce RTX 5090", "gpu.compute_capability": "12.0",
          "torch.arch_list": ("sm_80", "sm_90"), "torch.version": "2.5.1+cu124",
          "package.version(torch)": "2.5.1+cu124", "torch.cuda": "12.4"}, "RTX 5090"),
        ("cuda-unavailable",
         {"torch.cuda_available": False, "torch.cuda_reason": "CUDA unknown error"},
         "CUDA unknown error"),
        ("torchvision-mismatch", {"package.version(torchvision)": "0.20.1"}, "0.20.1"),
        ("broken-requirements",
         {"package.broken_requirements": ("a 1 requires b, which is not installed",)},
         "a 1 requires b"),
        ("numpy-abi-torch",
         {"package.version(torch)": "2.1.0", "torch.version": "2.1.0+cu121",
          "torch.cuda": "12.1", "package.version(torchvision)": "0.16.0"}, "built for numpy 1"),
        ("numpy-abi-opencv-opencv-python", {"package.version(opencv-python)": "4.8.1.78"},
         "opencv-python 4.8.1.78"),
        ("installed-twice-numpy", {"package.duplicates(numpy)": True}, "numpy"),
        ("pip-of-another-python", {"python.pip_mismatch": True}, "another interpreter"),
        ("driver-missing", {"gpu.state": "no-driver"}, "not loaded"),
        ("gpu-in-container", {"gpu.state": "no-driver", "host.is_container": True}, "container"),
        ("driver-mismatch", {"gpu.state": "mismatch"}, "different versions"),
        ("gpu-hangs", {"gpu.state": "hang"}, "does not answer"),
        ("gpu-error", {"gpu.state": "error: GPU is lost"}, "GPU is lost"),
        ("fabric-manager", {"gpu.fabric_manager": "stopped"}, "stopped"),
        ("gpus-hidden", {"gpu.hidden_by": "CUDA_VISIBLE_DEVICES"},
         "CUDA_VISIBLE_DEVICES hides every GPU"),
        ("driver-not-for-kernel",
         {"gpu.module_loaded": False, "gpu.module_for_kernel": False, "gpu.state": "no-driver",
          "gpu.module_kernels": ("6.8.0-45-generic",)}, "6.8.0-45-generic"),
        ("secure-boot", {"gpu.module_loaded": False, "gpu.state": "no-driver"}, "Secure Boot"),
        ("nouveau", {"gpu.module_loaded": False, "gpu.nouveau_loaded": True}, "nouveau"),
        ("driver-changed",
         {"gpu.libraries_match": False, "gpu.userspace_version": "575.51"}, "575.51"),
        ("fabric-state", {"gpu.fabric_state": "not-started"}, "not-started"),
        ("gpu-throttled", {"gpu.throttling": "power brake"}, "power brake"),
        ("gpu-orphans", {"gpu.orphans": "python (pid 7) holds 3 GiB"}, "pid 7"),
        ("address-space", {"host.address_space_limit": 8 << 30}, "8.0 GiB"),
        ("processes-near", {"host.pids_used": 29000}, "29000 of 30000"),
        ("dead-proxy", {"network.dead_proxy": "https_proxy = http://127.0.0.1:7890"}, "7890"),
        ("clock", {"host.clock_plausible": False}, "clock"),
        ("torchrun-of-another-python", {"tool.is_of_python(torchrun)": False}, "torchrun"),
        ("gpu-memory-taken", {"gpu.foreign_memory": 20 << 30, "gpu.processes": "x (pid 7)"},
         "20.0 GiB of 24.0 GiB"),
        ("shm-small", {"storage.shm_total": 64 << 20}, "64.0 MiB"),
        ("memory-pressure", {"host.memory_available": 1 << 30}, "1.0 GiB"),
        ("memory-limit-near",
         {"host.memory_limit": 8 << 30, "host.memory_available": 300 << 20}, "8.0 GiB"),
        ("folder-full", {"storage.free(.)": 100 << 20}, "100.0 MiB"),
        ("inodes", {"storage.free_inodes(.)": 3}, "3 more files"),
        ("read-only", {"storage.is_read_only(.)": True}, "read-only"),
        ("proxy-half-set",
         {"network.proxy_half_set": True, "network.proxy": "http_proxy=http://p:1"}, "http://p:1"),
        ("open-files", {"host.open_files_limit": 256}, "256"),
        ("gpu-ecc", {"gpu.ecc_errors": 14}, "14 uncorrected"),
        ("torchaudio-mismatch", {"package.version(torchaudio)": "2.5.1"}, "2.5.1"),
        ("torchcodec-mismatch",
         {"package.version(torchcodec)": "0.1.0", "media.ffmpeg_majors": (6,)}, "0.1.0"),
        ("torchcodec-ffmpeg",
         {"package.version(torchcodec)": "0.5", "media.ffmpeg_majors": ()}, "no FFmpeg"),
        ("opencv-twice",
         {"package.version(opencv-python)": "4.11.0.86",
          "package.version(opencv-python-headless)": "4.11.0.86"}, "overwrite"),
        ("quota-near", {"storage.quota_left(.)": 3 << 20}, "3.0 MiB"),
        ("deleted-but-open", {"storage.deleted_open(.)": 60 << 30}, "60.0 GiB"),
        ("project-file-broken",
         {"project.fault": "[project] has no name"}, "[project] has no name"),
        ("project-python",
         {"project.supports_python": False, "project.requires_python": ">=3.12"}, ">=3.12"),
        ("stale-kernel-numpy", {"kernel.is_stale(numpy)": True}, "restart the kernel"),
        ("home-full", {"storage.home_free": 5 << 20}, "5.0 MiB"),
        ("cache-full", {"storage.hf_cache_free": 5 << 20}, "5.0 MiB"),
        ("temporary-full", {"storage.tmp_free": 5 << 20}, "5.0 MiB"),
        ("ray-python", {"package.version(ray)": "2.2.0", "python.version": "3.13.1"}, "3.13.1"),
    ],
)  # fmt: skip
def test_each_finding(check, changed, words):
    found = wrong(**changed)
    assert check in found, {id: f.evidence for id, f in examine(**changed).items() if id == check}
    assert words in found[check].title
    assert found[check].counts
    assert found[check].evidence
    assert "<" not in found[check].title, found[check].title


@pytest.mark.parametrize(
    ("check", "changed", "words"),
    [
        ("interpreters-on-path",
         {"python.interpreters": ("/usr/bin/python3", "/home/ada/venv/bin/python")}, "/usr/bin"),
        ("python-path-set", {"env.variable(PYTHONPATH)": "/opt/ros/lib"}, "/opt/ros/lib"),
        ("user-site-in-conda",
         {"python.environment": "conda", "python.user_site_enabled": True}, "~/.local"),
        ("library-path-conda",
         {"env.variable(LD_LIBRARY_PATH)": "/home/ada/miniconda3/lib"}, "miniconda3"),
        ("windows-drive",
         {"host.is_wsl": True, "storage.file_system(.)": "9p"}, "Windows drive"),
        ("oom-kills", {"host.oom_kills": 3}, "3 processes"),
        ("gpus-fewer",
         {"gpu.visible_count": 1, "env.variable(CUDA_VISIBLE_DEVICES)": "1"}, "1 of 2 GPUs"),
        ("gpu-link", {"gpu.is_link_narrow": True}, "PCIe lanes"),
        ("no-way-out", {"network.default_route": False}, "no route"),
        ("wandb-key",
         {"package.version(wandb)": "0.23.0", "wandb.key_present": False,
          "wandb.server": "api.wandb.ai", "env.variable(WANDB_MODE)": ""}, "api.wandb.ai"),
        ("mujoco-without-display",
         {"package.version(mujoco)": "3.3.0", "host.display": False,
          "env.variable(MUJOCO_GL)": ""}, "MUJOCO_GL"),
    ],
)  # fmt: skip
def test_each_note_is_shown_but_does_not_count(check, changed, words):
    found = wrong(**changed)
    assert words in found[check].title
    assert not found[check].counts


def test_every_check_is_tested():
    with open(__file__, encoding="utf-8") as source:
        text = source.read()
    missing = [check["id"] for check in packdata.load("doctor")["checks"]
               if f'"{check["id"]}' not in text]  # fmt: skip
    assert missing == []


def test_the_torch_command_is_the_one_of_the_tables():
    found = wrong(**{"gpu.driver_version": "470.82.01", "gpu.driver_cuda": "11.4",
                     "torch.is_cpu_build": True, "torch.cuda": "", "torch.version": "2.7.0+cpu",
                     "package.version(torch)": "2.7.0+cpu"})  # fmt: skip
    assert found["torch-cpu-build"].commands[0].startswith("/home/ada/venv/bin/python -m pip")


def test_a_taken_port_is_a_note_with_its_holder():
    found = wrong(**{"network.port_in_use(6006)": True,
                     "network.port_holder(6006)": "tensorboard (pid 42)",
                     "network.port_pid(6006)": 42})  # fmt: skip
    finding = found["port-taken-6006"]
    assert finding.title == "port 6006 (TensorBoard) is taken: tensorboard (pid 42)"
    assert finding.commands[0].startswith("kill 42")
    assert not finding.counts


def test_slow_facts_are_measured_only_where_they_matter():
    asked = []

    class Source(RecordedFacts):
        def measure(self, names):
            asked.extend(names)
            return super().measure(names)

    values = {**HEALTHY, "gpu.state": "no-device"}
    derived = DerivedFacts(Source([Fact(n, v, RECORDED) for n, v in values.items()]))
    facts = Facts((), derived)
    derived.facts = facts
    doctor.Doctor(facts, fact_type, "", "en").examine(doctor.checks())
    assert "gpu.state" in asked
    assert "torch.cuda_available" not in asked


def test_chinese_titles():
    assert "显存" in examine("zh", **{"gpu.foreign_memory": 20 << 30})["gpu-memory-taken"].title


def test_a_rule_that_facts_decide_is_a_check():
    condition = {**doctor._DEFAULTS, "kind": "fact", "subject": "gpu.state", "value": "hang"}
    rule = {
        "id": "nvidia.stuck", "title": {"en": "the GPU is stuck", "zh": "卡住"},
        "severity": "error", "doctor": (condition,),
        "causes": ({"prior": "common", "fixes": ({"run": ("sudo reboot",)},)},),
    }  # fmt: skip

    class Rules:
        def with_doctor(self):
            yield rule

    checks = doctor.checks(Rules())
    assert checks[-1]["id"] == "nvidia.stuck"
    assert checks[-1]["group"] == "gpu"
    assert checks[-1]["run"] == ("sudo reboot",)


def test_the_data_file_is_well_formed():
    facts = packdata.load("facts")
    rules = set(index.load(()).ids())
    seen = set()
    for check in packdata.load("doctor")["checks"]:
        assert set(check) <= {"id", "group", "severity", "title", "fine", "when", "each", "run",
                              "on", "edit", "rule", "quiet"}, check["id"]  # fmt: skip
        assert check["id"] not in seen
        seen.add(check["id"])
        assert check["group"] in doctor.GROUPS
        assert check["severity"] in ("error", "warning", "note")
        for key in ("title", "fine"):
            Text.model_validate(check[key])
        for condition in check["when"]:
            Condition.model_validate(condition)
        Fix.model_validate(
            {"id": "x", "title": check["title"], "safety": "safe", "works": "often", "cost": "1s",
             "run": check.get("run") or [], "on": check.get("on") or {},
             "edit": check.get("edit") or check["title"]}
        )  # fmt: skip
        for name in doctor._names(next(doctor._spread(check))["when"]):
            assert name.split("(")[0] in facts, name
        if check.get("rule"):
            assert check["rule"] in rules, (check["id"], check["rule"])


def run(*options, **environ):
    return subprocess.run(
        [sys.executable, "-m", "troubleshoot", "doctor", *options], capture_output=True, text=True,
        cwd=ROOT, env={**os.environ, **environ},
    )  # fmt: skip


def test_the_command_on_recorded_facts(tmp_path):
    path = tmp_path / "facts.json"
    values = dict(HEALTHY)
    path.write_text(json.dumps(values))
    reply = run("--facts", str(path))
    assert reply.returncode == 0, reply.stdout
    path.write_text(json.dumps({**values, "storage.shm_total": 64 << 20}))
    reply = run("--facts", str(path))
    assert reply.returncode == 1
    assert "warning  /dev/shm holds only 64.0 MiB" in reply.stdout
    assert "Fabric" not in reply.stdout
    assert "Fabric" in run("--facts", str(path), "--all").stdout
    content = json.loads(run("--facts", str(path), "--json").stdout)
    assert content["schema"] == "whyfail-doctor/1"
    assert content["wrong"] == 1
    states = {finding["id"]: finding["state"] for finding in content["findings"]}
    assert states["shm-small"] == "wrong"
    assert states["gpu-hangs"] == "fine"


def test_the_command_on_this_machine():
    reply = run("--json")
    content = json.loads(reply.stdout)
    assert reply.returncode == int(content["wrong"] > 0)
    assert len(content["findings"]) > 40
    half = run("--json", http_proxy="http://p:1", https_proxy="", HTTPS_PROXY="", all_proxy="",
               ALL_PROXY="")  # fmt: skip
    states = {f["id"]: f["state"] for f in json.loads(half.stdout)["findings"]}
    assert states["proxy-half-set"] == "wrong"
    assert half.returncode == 1
