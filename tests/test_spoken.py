"""Messages of exceptions that stand without their type."""

from __future__ import annotations

import pytest

from troubleshoot.diagnose import Options, diagnose_bytes

MESSAGE = "mat1 and mat2 shapes cannot be multiplied (4x5 and 6x7)"
OTHER = "step 1 of 9\nstep 2 of 9\nstep 3 of 9\n"


def rules_of(text: str) -> list[str]:
    result = diagnose_bytes(text.encode(), Options(here=False))
    return [each["rule"] for each in result.answer["diagnoses"]]


@pytest.mark.parametrize(
    "text",
    [
        MESSAGE,
        f"{OTHER}An error occurred: {MESSAGE}\n",
        f"{OTHER}ERROR:root:forward failed: {MESSAGE}\n",
        f"{OTHER}Exception: {MESSAGE}\n",
        f"{OTHER}出错了：{MESSAGE}\n",
    ],
)
def test_a_message_is_known_without_its_type(text: str) -> None:
    assert rules_of(text) == ["torch.shape-mismatch"]


@pytest.mark.parametrize(
    "text",
    [
        f"{OTHER}{MESSAGE} is what PyTorch says about it\n",
        f"{OTHER}WARNING: error in batch 3, skipped: {MESSAGE}\n",
        f"{OTHER}[INFO] no error: {MESSAGE}\n",
        f"{OTHER}Error: shape\n",
    ],
)
def test_talk_about_a_message_is_none(text: str) -> None:
    assert "torch.shape-mismatch" not in rules_of(text)


def test_a_typed_failure_goes_first() -> None:
    text = f"error: {MESSAGE}\nModuleNotFoundError: No module named 'numpy'\n"
    assert "torch.shape-mismatch" not in rules_of(text)
