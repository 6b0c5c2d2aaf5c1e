"""What stays the same from run to run, and what does not."""

import pytest

from troubleshoot import failures, fingerprint
from troubleshoot.document import Document

SITE = "/home/ada/env/lib/python3.10/site-packages"


def answer(name="RuntimeError", message="x", role="initiating", package=None):
    failure = {"exception": name, "message": message, "role": role, "package": package}
    return {"failures": [failure]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tried to allocate 2.00 GiB on GPU 0", "Tried to allocate 512.00 MiB on GPU 3"),
        ("no file /home/ada/x/model.pt", "no file /data/grace/runs/7/model.pt"),
        ("object at 0x7f3c2a1b4c10 broke", "object at 0x55aa0011 broke"),
        ("shapes (32x512 and 768x10)", "shapes (64x512 and 768x12)"),
        ("at 2026-11-02 10:12:44,123 lost", "at 2025-01-01T00:00:00Z lost"),
        ("404 for url: https://a.example/x", "404 for url: https://b.example/y?z=1"),
        ("user <user-1> is missing", "user <user-22> is missing"),
    ],
)
def test_noise_does_not_change_it(one, other):
    assert fingerprint.of(answer(message=one)) == fingerprint.of(answer(message=other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (answer(message="a"), answer(message="b")),
        (answer("KeyError"), answer("ValueError")),
        (answer(package="torch"), answer(package="ray")),
        (answer(message="[Errno 28] full"), answer(message="[Errno 13] full")),
        (answer(message="401 Client Error"), answer(message="404 Client Error")),
        (answer(message="CUDA error 802"), answer(message="CUDA error 804")),
    ],
)
def test_what_tells_changes_it(one, other):
    assert fingerprint.of(one) != fingerprint.of(other)


def test_frames_are_the_librarys_without_the_folders_before_them():
    def found(prefix: str):
        text = (
            "Traceback (most recent call last):\n"
            f'  File "{prefix}/run.py", line 3, in main\n    f()\n'
            f'  File "{prefix}/lib/python3.10/site-packages/torch/nn/x.py", line 30, in forward\n'
            "    g()\nRuntimeError: x"
        )
        return failures.find(Document.from_text(text))

    first, second = found("/home/ada/env"), found("/opt/conda")
    assert fingerprint.library_frames(first) == ["torch/nn/x.forward"]
    assert fingerprint.of(answer(), first) == fingerprint.of(answer(), second)
    assert fingerprint.of(answer(), first) != fingerprint.of(answer())


def test_no_failure_has_none():
    assert fingerprint.of({"failures": []}) == "" and fingerprint.query({"failures": []}) == ""


def test_the_query_has_the_words_and_not_the_noise():
    message = "[Errno 2] No such file or directory: '/home/ada/data/meta/tasks.jsonl'\nmore"
    query = fingerprint.query(answer("builtins.FileNotFoundError", message))
    assert query.startswith("FileNotFoundError") and "tasks.jsonl" in query
    assert "ada" not in query and "more" not in query and "Errno 2" in query


def test_the_initiating_failure_counts():
    both = {"failures": [
        {"exception": "A", "message": "", "role": "cascade", "package": None},
        {"exception": "B", "message": "", "role": "initiating", "package": None},
    ]}  # fmt: skip
    assert fingerprint.query(both) == "B"
