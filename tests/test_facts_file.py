"""Facts recorded on one machine and read on another."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import making
import pytest

from troubleshoot import facts_file
from troubleshoot.errors import FactsError
from troubleshoot.facts import PROBE, RECORDED, Fact, Facts


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_what_is_saved_is_what_is_loaded(tmp_path):
    path = str(tmp_path / "facts.json")
    made = [
        Fact("host.os", "linux", PROBE, "uname"),
        Fact("gpu.names", ("A", "B"), PROBE, "NVML"),
        Fact("gpu.count", None, PROBE, "no driver"),
        Fact("package.version(opencv_python)", "4.10", PROBE, ""),
    ]
    facts_file.save(made, path)
    loaded = {fact.name: fact for fact in facts_file.load(path)}
    assert loaded["host.os"] == Fact("host.os", "linux", RECORDED, "uname")
    assert loaded["gpu.names"].value == ("A", "B")
    assert loaded["gpu.count"].value is None
    assert loaded["gpu.count"].because == "no driver"
    assert loaded["package.version(opencv-python)"].value == "4.10"
    assert '"schema": "whyfail-facts/1"' in (tmp_path / "facts.json").read_text()


def test_plain_names_with_values_are_read(tmp_path):
    path = write(tmp_path / "f", {"host.os": "linux", "storage.free(/data)": 12, "gpu.count": None})
    assert [(fact.name, fact.value) for fact in facts_file.load(path)] == [
        ("host.os", "linux"), ("storage.free(/data)", 12), ("gpu.count", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[1]",
        '"text"',
        "{" * 3000,
        '{"a": {"b": 1}}',
        '{"schema": "other/9", "facts": {}}',
        '{"schema": "whyfail-facts/1"}',
        '{"schema": "whyfail-facts/1", "facts": [1]}',
        '{"schema": "whyfail-facts/1", "facts": {"host.os": {"value": {"a": 1}}}}',
        '{"no name": 1}',
        '{"host.os\\u001b[2J": 1}',
    ],
)
def test_bad_files_are_one_clear_line(tmp_path, content):
    path = write(tmp_path / "bad.json", content)
    if content == '{"schema": "whyfail-facts/1"}':
        assert facts_file.load(path) == []
        return
    with pytest.raises(FactsError) as caught:
        facts_file.load(path)
    assert path in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_and_huge_files(tmp_path, monkeypatch):
    with pytest.raises(FactsError):
        facts_file.load(str(tmp_path / "gone"))
    with pytest.raises(FactsError):
        facts_file.load(str(tmp_path))
    monkeypatch.setattr(facts_file, "LARGEST_FILE", 3)
    with pytest.raises(FactsError, match="too large"):
        facts_file.load(write(tmp_path / "f", "{}    "))


def test_recorded_facts_answer_as_a_source():
    source = facts_file.RecordedFacts(
        [Fact("package.version(torch)", "2.4", RECORDED), Fact("host.os", "linux", RECORDED)]
    )
    facts = Facts((), source)
    assert facts.value("package.version(Torch)") == "2.4"
    assert facts.value("package.installed(torch)") is True
    assert facts.value("package.installed(numpy)") is False
    assert facts.get("gpu.count").because == "not among the recorded facts"


def test_absence_is_not_concluded_without_a_list():
    source = facts_file.RecordedFacts([Fact("host.os", "linux", RECORDED)])
    assert source.measure(["package.installed(numpy)"])["package.installed(numpy)"].value is None


def test_the_command_records_packages_and_no_secrets(tmp_path):
    python = making.venv(tmp_path / "venv")
    making.distribution(making.site_packages(python), "opencv_python", "4.10.0.84")
    path = tmp_path / "facts.json"
    command = [sys.executable, "-m", "troubleshoot", "facts", "--fast", "--python", str(python)]
    environ = {**os.environ, "HF_TOKEN": "hf_very_secret", "WANDB_API_KEY": "hush-hush"}
    subprocess.run([*command, "--out", str(path)], check=True, env=environ, capture_output=True)
    text = path.read_text()
    assert "hf_very_secret" not in text
    assert "hush-hush" not in text
    found = {fact.name: fact.value for fact in facts_file.load(str(path))}
    assert found["package.version(opencv-python)"] == "4.10.0.84"
    assert found["env.variable(HF_TOKEN)"] == "set"
    assert found["python.executable"] == str(python)
    assert "torch.cuda_available" not in found


def test_the_command_prints_named_facts():
    command = [sys.executable, "-m", "troubleshoot", "facts", "host.is_root", "no.such_fact"]
    reply = subprocess.run(command, capture_output=True, text=True)
    first, second = reply.stdout.splitlines()
    assert first.startswith("host.is_root = ")
    assert second.startswith("no.such_fact = unknown")
    assert reply.returncode == 0


def test_a_diagnosis_uses_the_recorded_list_of_packages():
    from troubleshoot import diagnose
    from troubleshoot.document import Document

    given = (
        Fact("package.version(opencv-python)", "4.10", RECORDED),
        Fact("package.version(numpy)", "2.0", RECORDED),
    )
    options = diagnose.Options(here=False, given=given)
    result = diagnose.diagnose(Document.from_text("all is well"), options)
    assert result.facts.value("package.version(OpenCV_Python)") == "4.10"
    assert result.facts.value("package.installed(torch)") is False
