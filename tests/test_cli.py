"""The command as a user runs it: inputs good and bad, exit status, languages, formats."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parent.parent
MISSING = (
    "Traceback (most recent call last):\n"
    '  File "/home/ada/train.py", line 3, in <module>\n'
    "    import torch_scatter\n"
    "ModuleNotFoundError: No module named 'torch_scatter'\n"
)
ODD = (
    "Traceback (most recent call last):\n"
    '  File "/home/ada/train.py", line 9, in spin\n'
    "    wheel.turn()\n"
    "zorblib.errors.WheelJam: sprocket 9 refuses the frobnicator\n"
)


def whyfail(*arguments, stdin=b"", env=None, cwd=None):
    environment = {**os.environ, "LANG": "en_US.UTF-8", "PYTHONPATH": str(ROOT), **(env or {})}
    environment.pop("WHYFAIL_DEBUG", None)
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run(
        [sys.executable, "-m", "troubleshoot", *arguments],
        input=stdin, capture_output=True, env=environment, cwd=cwd, timeout=60,
    )  # fmt: skip
    assert b"Traceback (most recent call last)" not in done.stderr, done.stderr.decode()
    return done


def test_piped_traceback():
    done = whyfail("--elsewhere", stdin=MISSING)
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "torch_scatter" in text.split("\n")[0]
    assert "Try first" in text and "     4 | ModuleNotFoundError" in text


def test_json_is_of_the_published_form():
    schema = json.loads(whyfail("schema").stdout)
    for log in (MISSING, ODD, "all is well\n", ""):
        answer = json.loads(whyfail("--elsewhere", "--json", stdin=log).stdout)
        jsonschema.validate(answer, schema)


def test_chinese_by_option_and_by_locale():
    for arguments, env in ((("--lang", "zh"), {}), ((), {"LC_ALL": "zh_CN.UTF-8"})):
        text = whyfail("--elsewhere", *arguments, stdin=MISSING, env=env).stdout.decode()
        assert text.startswith("运行失败的原因") and "先试这个" in text


def test_unknown_failure_says_where_and_exits_with_one():
    done = whyfail("--elsewhere", stdin=ODD)
    text = done.stdout.decode()
    assert done.returncode == 1
    assert "No rule knows this failure" in text
    assert "/home/ada/train.py" in text and "line 9" in text
    assert "WheelJam: sprocket 9 refuses the frobnicator" in text


def test_healthy_log():
    done = whyfail(stdin="epoch 1 loss 0.5\nepoch 2 loss 0.4\nsaved model\n")
    assert done.returncode == 0 and b"No failure found" in done.stdout


def test_empty_input_explains_the_pipe():
    done = whyfail(stdin=b"")
    assert done.returncode == 0 and b"2>&1 | whyfail" in b" ".join(done.stdout.split())


@pytest.mark.parametrize("name", ["missing.log", "."])
def test_unreadable_inputs_are_one_line(name, tmp_path):
    done = whyfail(name, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("whyfail: ") and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 40,
        b"\x00" * 5000,
        b"\xff\xfe" + "Traceback".encode("utf-16-le")[:-1],
        b"\x1f\x8b\x08\x00truncated",
        b"{" * 20000,
        b"[" * 20000 + b'"',
        b"a" * 3_000_000,
        b"\x1b]8;;http://x\x07" * 300 + b"[bold]markup[/bold]",
        b'  File "x", line 1\n' * 5000,
    ],
    ids=["bytes", "nul", "utf16", "gzip", "braces", "brackets", "line", "escapes", "frames"],
)
def test_hostile_input_gets_an_answer_or_one_line(data):
    done = whyfail("--elsewhere", stdin=data)
    assert done.returncode in (0, 1, 2)
    if done.returncode == 2:
        assert done.stderr.count(b"\n") == 1
    assert b"\x1b]8" not in done.stdout


def test_markup_in_the_input_is_not_interpreted():
    log = ODD.replace("sprocket 9", "[red]sprocket[/red] 9")
    done = whyfail("--elsewhere", "--format", "terminal", stdin=log)
    assert "[red]sprocket[/red] 9" in done.stdout.decode()


def test_markdown_escapes_what_it_quotes():
    log = ODD.replace("wheel.turn", "x").replace("spin", "<script>alert(1)</script>*spin*")
    log = log.replace("/home/ada/train.py", "/home/ada/<b>*tr*.py")
    text = whyfail("--elsewhere", "--format", "markdown", stdin=log).stdout.decode()
    outside = "".join(text.split("```")[::2])
    assert "<b>" not in outside and "\\*tr\\*" in outside


def test_facts_file_decides(tmp_path):
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps({"module.found(torch_scatter)": False}))
    answer = json.loads(whyfail("--json", "--facts", str(facts), stdin=MISSING).stdout)
    assert answer["facts"]["module.found(torch_scatter)"] is False
    assert whyfail("--facts", str(tmp_path / "none.json"), stdin=MISSING).returncode == 2


def test_several_files(tmp_path):
    for name, log in (("a.log", MISSING), ("b.log", ODD)):
        (tmp_path / name).write_text(log)
    done = whyfail("--elsewhere", "a.log", "b.log", cwd=tmp_path)
    assert done.returncode == 1
    assert b"torch_scatter" in done.stdout and b"WheelJam" in done.stdout


def test_output_in_an_ascii_locale():
    done = whyfail("--elsewhere", "--lang", "zh", stdin=MISSING,
                   env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})  # fmt: skip
    assert done.returncode == 0 and b"torch_scatter" in done.stdout


def test_lines_fit_eighty_columns():
    from troubleshoot.render.plain import columns

    for lang in ("en", "zh"):
        text = whyfail("--elsewhere", "--lang", lang, "--why", stdin=MISSING).stdout.decode()
        wide = [line for line in text.split("\n") if columns(line) > 80 and " | " not in line
                and not line.startswith("    ")]  # fmt: skip
        assert wide == []


def test_a_crash_at_the_end_of_a_large_file_is_answered_from_its_end(tmp_path):
    log = tmp_path / "large.log"
    healthy = b"2026-11-20 12:00:00,123 INFO step:200 loss:0.532 lr:1.0e-05\n" * 160_000
    log.write_bytes(healthy + MISSING.encode())
    answer = json.loads(whyfail("--elsewhere", "--json", str(log)).stdout)
    assert answer["outcome"] == "diagnosed"
    assert answer["diagnoses"][0]["evidence"][0]["line"] == 160_004
    assert any("only the last" in note for note in answer["notes"])


def test_the_first_worker_to_fail_is_found_far_from_the_end(tmp_path):
    first = MISSING.replace("torch_scatter", "tensordict")
    lines = [f"[rank1]: {line}" for line in first.splitlines()]
    filler = "[rank0]: step:200 loss:0.532 lr:1.0e-05\n" * 260_000
    last = (
        "[rank0]: Traceback (most recent call last):\n"
        '[rank0]:   File "/home/ada/train.py", line 80, in <module>\n'
        "[rank0]:     dist.all_reduce(x)\n"
        "[rank0]: RuntimeError: [../third_party/gloo/gloo/transport/tcp/pair.cc:534] "
        "Connection closed by peer [127.0.0.1]:4711\n"
    )
    log = tmp_path / "ranks.log"
    log.write_text("\n".join(lines) + "\n" + filler + last)
    assert log.stat().st_size > 8_000_000
    answer = json.loads(whyfail("--elsewhere", "--json", str(log)).stdout)
    assert "tensordict" in answer["diagnoses"][0]["title"]


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["a.log", "-", "b.log"],
        ["--json", "--elsewhere", "a.log", "--why", "--all"],
        ["--format", "markdown", "--lang", "zh", "--python", "/x/python", "--facts", "f.json"],
        ["a.log", "--here", "--whole"],
        ["--version"],
    ],
)
def test_the_quick_reader_agrees_with_argparse(given):
    from troubleshoot import cli

    assert vars(cli.quick(given)) == vars(cli._parser().parse_args(given))


@pytest.mark.parametrize(
    "given",
    [
        ["--jsom"],
        ["--format", "xml"],
        ["--lang"],
        ["--here", "--elsewhere"],
        ["--rules", "d"],
        ["--format=json"],
        ["-h"],
        ["--lang", "--json"],
    ],
)
def test_what_is_not_plain_is_left_to_argparse(given):
    from troubleshoot import cli

    assert cli.quick(given) is None
