"""Whatever the bytes: a document that maps to raw lines, or one clear line; never a crash."""

from __future__ import annotations

import gzip
import json
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from troubleshoot import intake
from troubleshoot.errors import IntakeError

SEEDS = [
    b"Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nKeyError: 'a'\n",
    b'[rank0]: Traceback (most recent call last):\n[rank1]:   File "a.py", line 1, in f\n',
    b"2024-01-01 12:00:00,123 - a - ERROR - Traceback (most recent call last):\n" * 3,
    "╭─ Traceback (most recent call last) ─╮\n│ /a:1 in f │\n│ ❱ 1 │ x │\n╰──╯\nE: 1\n".encode(),
    "éœ€è¦ hidden feature cacheï¼Œä½† ÕÒ²»µ½ 鎵句笉鍒\n".encode(),
    b'{"name": "E", "message": "m", "stack": "a\\nb\\u001b[0m\\ud83d"}\n',
    b'{"cells": [{"cell_type": "code", "outputs": [{"output_type": "stream", "text": ["a\\n"]}]}], '
    b'"nbformat": 4}',
    b'{"level": "error", "msg": "m", "exc_info": "Traceback (most recent call last):\\nE: 1"}\n',
    b"\r 10%|# | 1/9 [a=1]\r 20%|##| 2/9 [a=nan]\x1b[2K\rdone\x1b]8;;http://a\x1b\\x\x08\x08\n",
    b"> > ```\n> > **KeyError**: &lt;a&gt; [a](file:/) <pre>\n> ```\n\\_\\_init\\_\\_\n",
    b"\xff\xfea\x00\n\x00b\x00",
    gzip.compress(b"Killed\n" * 50),
    b"name-1  | a\nname-2  | b\n1: x\n2: y\n#12 3.1 z\n",
    b"100%|##| 1/1 [00:00<00:00, 1.0it/s]Traceback (most recent call last):\\n  File\n",
]


def check(data: bytes) -> None:
    """Every law of a document."""
    try:
        document = intake.from_bytes(data, "x.log")
    except IntakeError as error:
        assert "\n" not in str(error)
        return
    count = len(document.lines)
    assert count == len(document.numbers) == len(document.ranks) == len(document.cells)
    assert all("\n" not in line and len(line) <= 16_384 for line in document.lines)
    assert list(document.numbers) == sorted(document.numbers)
    if count:
        assert document.numbers[0] >= 1
        assert document.numbers[-1] <= document.raw_lines
    for line in (*document.lines, *document.ranks, *document.notes):
        line.encode("utf-8")


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes(data: bytes) -> None:
    check(data)


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))
    document = intake.clean_text(text)
    assert len(document.lines) == len(document.numbers)


@given(
    st.lists(st.sampled_from(SEEDS), min_size=1, max_size=3),
    st.lists(
        st.tuples(st.integers(0, 2**16), st.integers(0, 12), st.binary(max_size=6)), max_size=6
    ),
)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutations_of_every_form(seeds: list[bytes], edits: list[tuple[int, int, bytes]]) -> None:
    data = b"".join(seeds)
    for place, removed, inserted in edits:
        place %= len(data) + 1
        data = data[:place] + inserted + data[place + removed :]
    check(data)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_truncation(seed: bytes) -> None:
    for end in range(0, len(seed), 3):
        check(seed[:end])
        check(seed[end:])


LINES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=30)


@given(st.lists(LINES, min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_ordinary_lines_are_untouched(lines: list[str]) -> None:
    document = intake.from_bytes("\n".join(lines).encode())
    assert list(document.lines) == lines
    assert list(document.numbers) == list(range(1, len(lines) + 1))


@pytest.mark.parametrize(
    "unit",
    [
        "\x1b[", "\x1b]8;;", "[", "((", "**a", "[a](", "\r1%", "\x08", "&lt;", "> ", "0: ", '{"a":',
        "Traceback (most recent call last):", "\\n", "\\", "éœ", "2024-01-01 ", "│ ❱ ", "╭─",
        '{"name": "', "1 ", "  File \"", "a | ", "[0m[", "<a href='file:", "'", "=nan ", "[0,1]<",
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", "\n"])
def test_hostile_repetition_takes_no_time(unit: str, end: str) -> None:
    text = (unit + end) * (60_000 // len(unit))
    begin = time.perf_counter()
    check(text.encode())
    assert time.perf_counter() - begin < 3.0


def test_deeply_nested_json() -> None:
    check(b'{"cells": ' + b"[" * 100_000 + b'"nbformat"')
    check(b'{"level": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    check(json.dumps({"stack": "x", "message": "y", "name": "z"}).encode() * 1000)


def test_random_blocks_of_real_forms() -> None:
    generator = random.Random(7)
    for _ in range(60):
        lines = b"\n".join(generator.choice(SEEDS) for _ in range(8)).split(b"\n")
        generator.shuffle(lines)
        check(b"\n".join(lines))
