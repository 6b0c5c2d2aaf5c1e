"""The projects' forms as data, and whose failure it is."""

import re
from pathlib import Path

import pytest

from troubleshoot import failures, issue_forms, packdata, responsible
from troubleshoot.document import Document
from troubleshoot.errors import ReportError

FORMS = issue_forms.load(packdata.path("issue_forms"))
NOTHING = {"diagnoses": [], "outcome": "unknown", "failures": []}
SITE = "/home/ada/env/lib/python3.10/site-packages"


def traceback(*frames: str, error: str = "RuntimeError: it broke") -> str:
    lines = ["Traceback (most recent call last):"]
    for frame in frames:
        path, _, code = frame.partition(" | ")
        lines += [f'  File "{path}", line 3, in step', f"    {code or 'step()'}"]
    return "\n".join([*lines, error])


def chosen(text: str, answer=NOTHING, **more):
    found = failures.find(Document.from_text(text))
    return responsible.choose(FORMS, answer, found, **more)


def test_every_named_project_has_a_form():
    repositories = {form.repository for form in FORMS.values()}
    assert {
        "pytorch/pytorch", "huggingface/lerobot", "huggingface/transformers",
        "huggingface/datasets", "huggingface/accelerate", "ray-project/ray",
        "Farama-Foundation/Gymnasium", "google-deepmind/mujoco", "DLR-RM/stable-baselines3",
        "vwxyzjn/cleanrl", "NeuralMMO/environment", "younggyoseo/FastTD3",
        "meta-pytorch/torchcodec", "numpy/numpy", "",
    } <= repositories  # fmt: skip


@pytest.mark.parametrize("key", sorted(FORMS))
def test_every_form_takes_log_steps_environment_and_what_was_tried(key):
    form = FORMS[key]
    parts = [part for field in form.fields for part in field.parts]
    assert {"summary", "steps", "expected", "log", "tried", "diagnosis"} <= set(parts)
    assert {"environment", "system"} & set(parts)
    assert len(parts) == len(set(parts)), "a part stands in two fields"
    assert "{summary}" in form.title and form.language in ("en", "zh")
    ids = [field.id for field in form.fields if field.id]
    assert len(ids) == len(set(ids))
    assert form.source or not form.repository


def test_generic_chinese_form_has_the_fields_of_the_guides():
    assert [field.label for field in FORMS["generic_zh"].fields] == [
        "问题描述", "复现步骤", "预期行为", "实际行为", "环境信息", "错误日志", "已尝试的解决方案",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("frames", "error", "key", "because"),
    [
        ([f"{SITE}/torch/nn/modules/linear.py"], "RuntimeError: x", "pytorch", "torch"),
        ([f"{SITE}/lerobot/scripts/train.py"], "KeyError: 'x'", "lerobot", "lerobot"),
        (["/home/ada/lerobot/src/lerobot/x.py"], "KeyError: 'x'", "lerobot", "checkout"),
        (["/data/FastTD3/fast_td3/train.py"], "ValueError: x", "fasttd3", "checkout"),
        (["/home/ada/train.py | y = torch.cat(x)"], "RuntimeError: x", "pytorch", "calls torch"),
        (["/home/ada/train.py"], "torch.OutOfMemoryError: x", "pytorch", "error of torch"),
        (["/home/ada/train.py | y = x[0]"], "IndexError: x", "generic_en", "your own code"),
        (["/home/ada/train.py | torch.f(x)"], "KeyError: x", "generic_en", "your own code"),
        (
            [f"{SITE}/torch/utils/data.py", "/home/ada/mine.py | return d[k]"],
            "KeyError: 'x'", "generic_en", "your own code",
        ),
    ],
)  # fmt: skip
def test_whose_failure_it_is(frames, error, key, because):
    choice = chosen(traceback("/home/ada/run.py", *frames, error=error))
    assert (choice.form.key, because in choice.because) == (key, True), choice.because


def test_the_rule_knows_better_when_it_is_sure():
    diagnosis = {"rule": "a.b", "report": "numpy/numpy", "confidence": 0.9}
    text = traceback(f"{SITE}/torch/x.py")
    answer = {**NOTHING, "diagnoses": [diagnosis]}
    assert chosen(text, answer).form.key == "numpy"
    answer["diagnoses"] = [{**diagnosis, "confidence": 0.2}]
    assert chosen(text, answer).form.key == "pytorch"


def test_a_module_that_lacks_a_name_is_not_at_fault():
    text = (
        "Traceback (most recent call last):\n"
        f'  File "{SITE}/gym/utils/checker.py", line 9, in check\n    np.bool8\n'
        f'  File "{SITE}/numpy/__init__.py", line 3, in __getattr__\n    raise AttributeError\n'
        "AttributeError: module 'numpy' has no attribute 'bool8'"
    )
    assert chosen(text, repositories={"gym": "openai/gym"}).form.repository == "openai/gym"
    assert chosen(text).form.repository == "" and chosen(text).form.name == "gym"


def test_known_trackers_are_addresses_of_projects_without_a_form():
    known = packdata.load("repositories")["repositories"]
    with_form = {package for form in FORMS.values() for package in form.packages}
    assert len(known) > 40 and not with_form & known.keys()
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+", name) for name in known.values())


def test_unknown_package_goes_by_its_metadata():
    text = traceback(f"{SITE}/zorblib/wheel.py")
    urls = {"zorblib": ["https://github.com/acme/zorb/issues"]}
    choice = chosen(text, urls=lambda package: urls.get(package, ()))
    assert choice.form.repository == "acme/zorb"
    assert choice.form.fields[0].label == "Description"
    assert chosen(text).form.repository == ""


@pytest.mark.parametrize(
    ("word", "repository"),
    [
        ("lerobot", "huggingface/lerobot"),
        ("Stable-Baselines3", "DLR-RM/stable-baselines3"),
        ("torch", "pytorch/pytorch"),
        ("numpy/numpy", "numpy/numpy"),
        ("acme/zorb", "acme/zorb"),
        ("https://github.com/acme/zorb/issues/3", "acme/zorb"),
    ],
)
def test_the_person_may_name_the_project(word, repository):
    assert chosen("", project=word).form.repository == repository


def test_a_project_of_no_name_is_one_clear_error():
    with pytest.raises(ReportError, match="no project is called 'zorb'"):
        chosen("", project="zorb")


@pytest.mark.parametrize(
    "text", ["- 1", "a: [", "fields: [{parts: [log]}]", "fields: [{label: x, parts: [poem]}]"]
)
def test_a_broken_form_names_its_file(tmp_path: Path, text):
    (tmp_path / "zorb.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=r"zorb\.yaml"):
        issue_forms.load(str(tmp_path))


def test_a_form_is_added_by_a_file(tmp_path: Path):
    (tmp_path / "zorb.yaml").write_text(
        "repository: acme/zorb\npackages: [zorblib]\nfields: [{label: What, parts: [summary]}]\n",
        encoding="utf-8",
    )
    forms = {**FORMS, **issue_forms.load(str(tmp_path))}
    found = failures.find(Document.from_text(traceback(f"{SITE}/zorblib/wheel.py")))
    assert responsible.choose(forms, NOTHING, found).form.key == "zorb"
