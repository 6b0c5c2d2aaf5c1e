"""Large inputs: what is kept, that line numbers stay right, that memory stays flat."""

from __future__ import annotations

import gzip
import io
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troubleshoot import excerpts, intake, scan, scanner
from troubleshoot.document import GAP, Document
from troubleshoot.errors import IntakeError
from troubleshoot.excerpts import Excerpt

HEALTHY = "INFO 2026-02-28 10:11:12 ot_train.py:439 step:{n} loss:0.345 grdn:1.220 lr:1.0e-05"
CRASH = [
    "Traceback (most recent call last):",
    '  File "/home/ada/train.py", line 212, in <module>',
    "    loss.backward()",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
]
COUNT = 120_000  # lines, about 10 MB
EVENTS = {3: "torch 2.4.0+cu121", 40_000: "needle one", 40_001: "needle two", 90_000: "needle one"}


def log_lines() -> list[str]:
    lines = [EVENTS.get(n, HEALTHY.format(n=n)) for n in range(1, COUNT + 1)]
    return lines + CRASH


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scan") / "train.log"
    path.write_text("\n".join(log_lines()) + "\n")
    return path


def check_numbers(document: Document, lines: list[str], shift: int = 0) -> None:
    """Every kept line stands where its number says (lines cut at an excerpt's edge begin it)."""
    assert len(document.lines) == len(document.numbers)
    for line, number in zip(document.lines, document.numbers, strict=True):
        if line != GAP:
            assert line in lines[number + shift - 1]


def test_a_large_file_is_read_in_pieces(log: Path) -> None:
    assert log.stat().st_size > intake.LARGE
    document = intake.read(str(log), literals=[b"needle"])
    check_numbers(document, log_lines())
    assert sum(map(len, document.lines)) < 1_000_000
    found = {number: line for line, number in zip(document.lines, document.numbers)}
    assert {n: found.get(n) for n in EVENTS} == EVENTS
    assert list(document.lines[-4:]) == CRASH
    assert document.numbers[-4:] == tuple(range(COUNT + 1, COUNT + 5))
    assert document.raw_lines == COUNT + 4
    assert document.lines.count(GAP) == 3  # behind the head, and around two groups of hits
    assert any("left out" in note for note in document.notes)
    assert list(document.numbers) == sorted(document.numbers)


def test_without_literals_the_middle_is_left_out(log: Path) -> None:
    document = scan.whole(str(log))
    assert "needle one" not in document.lines
    assert document.lines[2] == EVENTS[3]


def test_the_tail_alone(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = scan.tail(str(log), [b"needle"])
    lines = log_lines()
    check_numbers(document, lines)
    assert document.numbers[-1] == document.raw_lines == COUNT + 4
    assert list(document.lines[-4:]) == CRASH
    assert "needle one" in document.lines  # line 90,000 is within the last megabytes
    assert any("only the last 4.0 MB read" in note for note in document.notes)
    assert sum(map(len, document.lines)) < 300_000
    # The lines in front of a very large file's tail are not counted, and the note says so.
    monkeypatch.setattr(scan, "_COUNTED", 0)
    relative = scan.tail(str(log), [b"needle"])
    size = log.stat().st_size
    check_numbers(relative, lines, scan.lines_before(str(log), size - scan.LAST) + 1)
    assert any("line numbers count from there" in note for note in relative.notes)
    assert scan.lines_before(str(log), size) == COUNT + 4


def test_the_tail_of_a_small_file_is_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("one\nKilled\n")
    document = scan.tail(str(path))
    assert document.lines == ("one", "Killed")
    assert document.notes == ()


@pytest.mark.parametrize("how", ["pipe", "gzip", "utf-16", "bytes", "redirected"])
def test_streams_give_the_same(log: Path, how: str, tmp_path: Path) -> None:
    data = log.read_bytes()
    if how == "pipe":
        code = (
            "import sys; from troubleshoot import intake\n"
            "d = intake.read('-', literals=[b'needle'])\n"
            "print(len(d.lines), d.numbers[-1], d.raw_lines, 'needle two' in d.lines)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], input=data, capture_output=True, check=True
        )
        kept, last, raw, found = done.stdout.split()
        assert (int(last), int(raw), found) == (COUNT + 4, COUNT + 4, b"True")
        assert int(kept) < 12_000
        return
    if how == "redirected":
        with log.open("rb") as file:
            document = intake.read(file, literals=[b"needle"])
    elif how == "bytes":
        document = intake.read(data, literals=[b"needle"])
    else:
        path = tmp_path / "packed"
        path.write_bytes(
            gzip.compress(data, 1) if how == "gzip" else data.decode().encode("utf-16")
        )
        document = intake.read(str(path), literals=[b"needle"])
        if how == "utf-16":
            assert document.encoding == "utf-16-le"
    check_numbers(document, log_lines())
    assert "needle two" in document.lines
    assert list(document.lines[-4:]) == CRASH
    assert document.raw_lines == COUNT + 4


def test_last_hits_are_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    lines = [f"warm {n}" if n % 500 else f"needle {n}" for n in range(1_200_000)]
    path.write_text("\n".join(lines))
    document = scan.whole(str(path), [b"needle"])
    check_numbers(document, lines)
    kept = [int(line.split()[1]) for line in document.lines if line.startswith("needle")]
    tail = [n for n in kept if n > 1_150_000]
    middle = [n for n in kept if n < 1_140_000]
    assert middle[:20] == [n * 500 for n in range(20)]
    assert tail


def test_literals_that_are_everywhere_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    lines = [HEALTHY.format(n=n) for n in range(120_000)]
    lines[60_000] = "needle"
    path.write_text("\n".join(lines))
    document = scan.whole(str(path), [b"loss:", b"needle"])
    assert "needle" in document.lines
    assert any("'loss:'" in note for note in document.notes)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_one_endless_line(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("wb") as file:
        for part in range(40):
            file.write(b"x" * (1 << 20) if part != 20 else b"x" * 5000 + b"needle" + b"x" * 9000)
    code = (
        "from troubleshoot import intake\n"
        f"d = intake.read({str(path)!r}, literals=[b'needle'])\n"
        "print(d.raw_lines, set(d.numbers) == {1}, any('needle' in x for x in d.lines))\n"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    one, peak = done.stdout.splitlines()
    assert one == "1 True True"
    assert int(peak) < 80_000  # kB


def test_without_the_compiled_automaton(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = scan.whole(str(log), [b"needle"])
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    assert scan.whole(str(log), [b"needle"]) == expected


def test_hits_across_the_borders_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for shift in range(-12, 13, 4):
        place = scanner.BLOCK + shift
        data = b"a" * (place - 1) + b"\n" + b"needle here\n" + b"b\n" * 700_000
        document = scan.stream(io.BytesIO(data + b"c\n" * 400_000), [b"needle here"])
        assert "needle here" in document.lines
        assert document.numbers[document.lines.index("needle here")] == 2


def test_interleaved_binary_data_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    noise = random.Random(1).randbytes(3 << 20)
    text = b"step\n" * 400_000
    path.write_bytes(text + noise + b"\nneedle\n" + noise + text + b"Killed\n" + text)
    document = intake.read(str(path), literals=[b"needle"])
    assert "Killed" in document.lines
    assert document.lines[0] == "step"


@pytest.mark.parametrize("data", [b"\x00" * (9 << 20), random.Random(2).randbytes(9 << 20)])
def test_large_binary_is_refused(data: bytes) -> None:
    with pytest.raises(IntakeError, match="not a text file"):
        intake.read(data, name="a.bin")


def test_a_hole_before_a_large_log() -> None:
    data = b"\x00" * (6 << 20) + b"step\n" * 700_000 + b"Killed\n"
    document = intake.read(data)
    assert document.lines[-1] == "Killed"
    assert document.raw_lines == 700_001


def test_a_large_notebook_is_read_whole() -> None:
    picture = "A" * (9 << 20)
    text = (
        '{"cells": [{"cell_type": "code", "execution_count": 5, "outputs": [\n'
        f'{{"output_type": "display_data", "data": {{"image/png": "{picture}"}}}},\n'
        '{"output_type": "stream", "name": "stderr", "text": ["Killed\\n"]}]}],\n"nbformat": 4}'
    )
    document = intake.read(text.encode())
    assert (document.lines, document.numbers, document.cells) == (("Killed",), (3,), (5,))


def test_json_lines_in_a_large_log() -> None:
    healthy = b'{"level": "info", "msg": "step", "loss": 0.5}\n'
    data = healthy * 200_000 + b'{"level": "error", "msg": "needle"}\n' + healthy * 50_000
    document = intake.read(data, literals=[b"needle"])
    place = document.lines.index("ERROR: needle")
    assert document.numbers[place] == 200_001


def test_generic_literals_are_useful() -> None:
    healthy = (HEALTHY + "\nEpoch 3: 100%|███| 5/5 [00:01<00:00, 3.1it/s]\nsaved model").encode()
    assert not any(literal in healthy for literal in scan.GENERIC)
    assert all(len(literal) >= 3 for literal in scan.GENERIC)
    assert len(set(scan.GENERIC)) == len(scan.GENERIC)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=8))
@settings(max_examples=100, deadline=None)
def test_merged_pieces_are_the_input(bounds: list[tuple[int, int]]) -> None:
    data = bytes(random.Random(3).choice(b"ab\n") for _ in range(100))
    pieces = [
        Excerpt(start, data.count(b"\n", 0, start) + 1, data[start : start + size])
        for start, size in bounds
    ]
    result = excerpts.merged(pieces)
    covered = {place for start, size in bounds for place in range(start, start + size)}
    assert sum(len(piece.data) for piece in result) == len(covered)
    reach = -1
    for piece in result:
        assert piece.start > reach
        assert piece.data == data[piece.start : piece.start + len(piece.data)]
        assert piece.number == data.count(b"\n", 0, piece.start) + 1
        reach = piece.start + len(piece.data)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_windows_lie_around_their_hit(data: bytes, place: int) -> None:
    place = min(place, len(data))
    start, stop = excerpts.window(bytearray(data), place, len(data))
    assert 0 <= start <= place <= stop <= len(data)


def test_cut_characters_are_trimmed() -> None:
    text = "需要训练".encode()
    for start in range(4):
        for end in range(8, 13):
            data = excerpts.trimmed(Excerpt(9, 1, text[start:end]), is_first=False)
            assert re.fullmatch("[需要训练]*", data.decode())
