"""The bug report: filled, honest about what is missing, safe to post."""

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from troubleshoot import (
    bundle,
    diagnose,
    environment,
    index,
    intake,
    issue_forms,
    issue_link,
    packdata,
    report,
    report_markdown,
    reporting,
)
from troubleshoot.facts import PROBE, RECORDED, Fact, Facts, unknown
from troubleshoot.redact import Redactor

ROOT = Path(__file__).resolve().parent.parent
RULES = index.load(())
FORMS = issue_forms.load(packdata.path("issue_forms"))
TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh"
LOG = f"""\
(lerobot) ada@lab-server:~/rl$ HF_TOKEN={TOKEN} python train.py --lr 3e-4
torch version: 2.5.1+cu124
Traceback (most recent call last):
  File "/home/ada/rl/train.py", line 31, in <module>
    policy(batch)
  File "/home/ada/env/lib/python3.10/site-packages/torch/nn/modules/linear.py", line 125, in forward
    return F.linear(input, self.weight, self.bias)
RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x512 and 768x10)
"""


def made(text=LOG, *, facts=None, here=False, lang="en", **more):
    document = intake.from_bytes(text.encode())
    options = diagnose.Options(here=False, lang=lang)
    result = diagnose.diagnose(document, options, rules=RULES)
    answer = {**result.answer, "origin": {**result.answer["origin"], "here": here}}
    return report.build(
        answer, document, facts=facts or result.facts, failures=result.reader.failures,
        forms=FORMS, lang=lang, **more,
    )  # fmt: skip


def field(found, label):
    return next(each for each in found.fields if each.field.label == label).text


def known(**values):
    facts = Facts()
    for name, value in values.items():
        facts.add(Fact(name.replace("__", "."), value, PROBE))
    return facts


def test_fields_are_those_of_the_projects_form():
    found = made()
    assert found.form.repository == "pytorch/pytorch"
    assert [each.field.label for each in found.fields] == ["🐛 Describe the bug", "Versions"]
    assert found.title.startswith("RuntimeError: mat1 and mat2 shapes")
    assert "torch/nn/modules/linear" in found.title


def test_nothing_private_is_in_it_and_it_stays_useful():
    text = made().markdown()
    assert TOKEN not in text and "lab-server" not in text
    assert not re.search(r"\bada\b", text)
    assert "/home/<user-1>/env/lib/python3.10/site-packages/torch/nn/modules/linear.py" in text
    assert "(32x512 and 768x10)" in text and "train.py --lr 3e-4" in text


def test_without_redaction_everything_stands_there():
    found = made(is_redacted=False)
    assert TOKEN in found.markdown() and found.hidden == () and not found.is_redacted


def test_tokens_outside_of_code_are_not_html():
    text = made("ada@box-7:~$ python /home/ada/x.py\nKeyError: '/home/ada/x'\n").markdown()
    bare = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", text)
    assert "<user-1>" not in bare.replace("\\<user-1>", "")
    assert report_markdown.visible("a <user-1> `b <user-1>`\n```\n<user-1>\n```") == (
        "a \\<user-1> `b <user-1>`\n```\n<user-1>\n```"
    )


def test_what_only_a_person_knows_is_marked_and_listed():
    found = made()
    assert "[FILL IN]** what did you expect to happen?" in found.markdown()
    assert found.open == ("🐛 Describe the bug", "Versions")
    said = made(said={"expected": "a loss", "summary": "since today", "steps": "1. run",
                      "tried": "a reboot"})  # fmt: skip
    text = field(said, "🐛 Describe the bug")
    assert "a loss" in text and "since today" in text and "- a reboot" in text
    assert "[FILL IN]" not in text


def test_the_diagnosis_is_marked_as_automatic():
    text = made().markdown()
    assert "> Automatic diagnosis by whyfail" in text and "not checked by a person" in text
    assert re.search(r"Fingerprint `[0-9a-f]{12}`", text)


def test_fixes_tried_stand_with_what_came_of_them():
    tried = [
        {"title": "Install numpy<2", "commands": ['pip install "numpy<2"'],
         "outcome": "did not help", "started": 1_790_000_000.0},
        {"title": "Use /home/ada/other", "commands": [], "outcome": "worked", "undone": True},
    ]  # fmt: skip
    text = field(made(tried=tried), "🐛 Describe the bug")
    assert '- Install numpy&lt;2 (`pip install "numpy<2"`): did not help (2026-' in text
    assert "\\<user-1>" in text or "&lt;user-1>" in text
    assert "worked; undone afterwards" in text and "/home/ada" not in text


def test_chinese_form_and_words():
    text = made("KeyError: 'config'\n", lang="zh", project="acme/zorb").markdown()
    labels = ["问题描述", "复现步骤", "预期行为", "实际行为", "环境信息", "错误日志",
              "已尝试的解决方案"]  # fmt: skip
    assert re.findall(r"(?m)^### (.*)$", text) == labels
    assert "【请填写】" in text and "[FILL IN]" not in text and "自动诊断" in text


def test_plain_fields_hold_no_markdown_of_their_own():
    found = made(project="gymnasium")
    code = field(found, "Code example")
    assert "```" not in code and "python train.py --lr 3e-4" in code
    assert "# [FILL IN] the shortest script" in code and "**" not in code
    assert "```shell\n" in found.markdown()


def test_a_fence_in_the_log_cannot_break_out():
    for inner in ("```", "~~~\n```sh\nx\n```", "`````"):
        block = report_markdown.fenced(f"a\n{inner}\n# injected", "text")
        ticks = re.match(r"`+", block)[0]
        lines = block.split("\n")
        assert lines[0] == f"{ticks}text" and lines[-1] == ticks
        assert not any(line.startswith(ticks) for line in lines[1:-1])


def test_code_spans_hold_any_text():
    for text in ("a`b", "`a`", "``x", "a\nb", "@someone #12 <b>"):
        shown = report_markdown.code(text)
        ticks = re.match(r"`+", shown)[0]
        assert shown.endswith(ticks) and ticks not in shown[len(ticks) : -len(ticks)]


def test_trimmed_log_is_checked_and_the_command_is_kept():
    seen = []
    found = made("setup\n" * 300 + LOG, agrees=lambda text: not seen.append(text))
    assert found.log.same_verdict is True and seen
    assert "python train.py --lr 3e-4" in seen[0] and "left out" in seen[0]


def test_no_private_path_in_the_reason_or_beside_the_report(tmp_path: Path):
    text = (
        "Traceback (most recent call last):\n"
        '  File "/Users/grace/lerobot/lerobot/datasets.py", line 291, in create\n'
        "    root.mkdir()\n"
        '  File "/opt/py/lib/python3.12/pathlib.py", line 1311, in mkdir\n    os.mkdir(self)\n'
        "FileExistsError: [Errno 17] File exists: '/Users/grace/.cache/huggingface/lerobot/x'\n"
    )
    assert "grace" not in json.dumps(made(text).data())
    done = whyfail("--elsewhere", stdin=text)
    assert b"LeRobot" in done.stderr and b"grace" not in done.stdout + done.stderr


def test_a_run_without_a_failure_still_has_its_form():
    text = made("Epoch 1 loss 0.3\n", project="lerobot").markdown()
    assert "No error was found in the log." in text and "Epoch 1 loss 0.3" in text


def test_data_says_what_is_open_and_hidden():
    data = made().data()
    assert data["schema"] == report.SCHEMA and data["project"] == "pytorch/pytorch"
    assert data["fields"][0]["open"] and data["fingerprint"]
    kinds = {each["kind"] for each in data["hidden"]}
    assert {"hf-token", "user"} <= kinds
    assert TOKEN not in json.dumps(data) and "lab-server" not in json.dumps(data)


# the environment


def test_environment_is_as_complete_as_collect_env():
    facts = known(
        torch__version="2.5.1+cu124", torch__cuda="12.4", torch__hip="",
        torch__is_debug_build=False, torch__cuda_available=True, torch__cudnn_version="9.1.0.70",
        host__os="linux", host__distribution="ubuntu 22.04", host__kernel="5.15.0",
        host__architecture="x86_64", host__cpu_model="AMD EPYC", host__cpu_count=16,
        host__glibc_version="2.35", python__version="3.10.12", python__bits=64,
        gpu__names=("NVIDIA H100", "NVIDIA H100"), gpu__driver_version="550.54.15",
        cuda__toolkit_version="12.4",
    )  # fmt: skip
    facts.add(Fact("tool.version(gcc)", "11.4.0", PROBE))
    facts.add(Fact("package.version(numpy)", "1.26.4", PROBE))
    facts.add(Fact("env.variable(LD_LIBRARY_PATH)", "/opt/x", PROBE))
    text = environment.section(facts, ["numpy", "torch"])
    for line in (
        "PyTorch version: 2.5.1+cu124", "Is debug build: False",
        "CUDA used to build PyTorch: 12.4", "ROCM used to build PyTorch: N/A",
        "OS: ubuntu 22.04 (Linux, kernel 5.15.0, x86_64)", "GCC version: 11.4.0",
        "Libc version: glibc-2.35", "Python version: 3.10.12 (64-bit runtime)",
        "Python platform: Linux-5.15.0-x86_64-with-glibc2.35", "Is CUDA available: True",
        "CUDA runtime (toolkit) version: 12.4",
        "GPU models and configuration: 2 × NVIDIA H100", "Nvidia driver version: 550.54.15",
        "cuDNN version: 9.1.0.70", "CPU: AMD EPYC (16 usable)", "numpy==1.26.4",
        "LD_LIBRARY_PATH=/opt/x",
    ):  # fmt: skip
        assert line in text.split("\n"), line


def test_a_torch_that_cannot_be_imported_leaves_the_rest():
    facts = known(torch__version="2.5.1", host__os="linux", python__version="3.10.12")
    facts.add(unknown("torch.cuda_available", "python: ImportError: libcudnn.so.9"))
    text = environment.section(facts)
    assert "Is CUDA available: unknown (python: ImportError: libcudnn.so.9)" in text
    assert "Python version: 3.10.12" in text


def test_only_packages_that_matter_unless_all_are_asked_for():
    facts = Facts()
    for name in ("numpy", "nvidia-nccl-cu12", "leftpad"):
        facts.add(Fact(f"package.version({name})", "1.0", PROBE))
    assert "leftpad" not in environment.section(facts, ["numpy"])
    assert "nvidia-nccl-cu12==1.0" in environment.section(facts, ["numpy"])
    assert "leftpad==1.0" in environment.section(facts, ["numpy"], everything=True)


def test_environment_of_another_machine_is_asked_for_unless_recorded():
    assert "whyfail facts --json" in made().markdown()
    facts = Facts([Fact("python.version", "3.10.12", RECORDED), Fact("host.os", "linux", RECORDED)])
    text = made(facts=facts).markdown()
    assert "whyfail facts --json" not in text and "Python version: 3.10.12" in text


# the link


def test_link_fills_the_fields_that_have_an_id():
    found = made(project="lerobot")
    link = issue_link.prefilled(found)
    parts = urlsplit(link.url)
    query = parse_qs(parts.query)
    assert parts.path == "/huggingface/lerobot/issues/new"
    assert query["template"] == ["bug-report.yml"] and query["title"] == [found.title]
    assert "mat1 and mat2" in query["logs"][0] and TOKEN not in link.url
    assert len(link.url) <= issue_link.LONGEST


def test_what_does_not_fit_into_the_link_is_named():
    found = made("x" * 900 + "\n" + LOG + ("y" * 900 + "\n") * 5, project="lerobot")
    link = issue_link.prefilled(found, limit=2500)
    assert len(link.url) <= 2500 and "Relevant logs or stack trace" in link.left
    assert issue_link.prefilled(made()).left == ("🐛 Describe the bug", "Versions")


def test_plain_issue_gets_a_body_of_whole_fields():
    found = made(project="cleanrl")
    link = issue_link.prefilled(found)
    body = parse_qs(urlsplit(link.url).query)["body"][0]
    assert body.startswith("### Problem Description") and "template" not in link.url
    short = issue_link.prefilled(found, limit=1200)
    assert len(short.url) <= 1200 and short.left


def test_no_tracker_no_link():
    found = made("KeyError: 'x'\n")
    assert issue_link.prefilled(found).url == "" and issue_link.search(found) == ""


def test_search_has_the_telling_words():
    url = issue_link.search(made())
    assert url.startswith("https://github.com/pytorch/pytorch/issues?q=is%3Aissue%20RuntimeError")
    assert "32x512" not in url


# the bundle and the command


def test_bundle_is_redacted_throughout(tmp_path: Path):
    document = intake.from_bytes(LOG.encode())
    result = diagnose.diagnose(document, diagnose.Options(here=False), rules=RULES)
    redactor = Redactor()
    found = report.build(
        result.answer, document, facts=result.facts, failures=result.reader.failures,
        forms=FORMS, redactor=redactor,
    )  # fmt: skip
    path = tmp_path / "b.tar.gz"
    names = bundle.write(str(path), found, result.answer, document, result.facts, redactor)
    with tarfile.open(path) as archive:
        texts = {m.name: archive.extractfile(m).read().decode() for m in archive.getmembers()}
    assert {name.rsplit("/")[-1] for name in texts} == set(names)
    for name, text in texts.items():
        assert TOKEN not in text and "lab-server" not in text, name
        assert not re.search(r"\bada\b", text), name
    answer = json.loads(texts["whyfail-report/diagnosis.json"])
    assert answer["schema"] == "whyfail/1" and answer["failures"]
    assert "mat1 and mat2" in texts["whyfail-report/log.txt"]
    with pytest.raises(Exception, match=r"b\.tar\.gz"):
        bundle.write(str(path), found, result.answer, document, result.facts, redactor)


def whyfail(*arguments, stdin="", env=None, cwd=None):
    environ = {**os.environ, "LANG": "en_US.UTF-8", "PYTHONPATH": str(ROOT),
               "WHYFAIL_NO_HISTORY": "1", **(env or {})}  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "troubleshoot", "report", *arguments],
        input=stdin.encode(), capture_output=True, env=environ, cwd=cwd, timeout=60,
    )  # fmt: skip


def test_command_prints_markdown_and_says_the_rest_on_the_side(tmp_path: Path):
    done = whyfail("--elsewhere", stdin=LOG)
    assert done.returncode == 0
    out, side = done.stdout.decode(), done.stderr.decode()
    assert out.startswith("# RuntimeError: mat1") and "### Versions" in out
    assert "Project: PyTorch (pytorch/pytorch)" in side and "--project changes it" in side
    assert "Hidden: " in side and "hf-token × " in side and "Search first: https://" in side
    assert TOKEN not in out + side


def test_command_shows_places_never_values(tmp_path: Path):
    log = tmp_path / "run.log"
    log.write_text(LOG, encoding="utf-8")
    out = tmp_path / "r.md"
    done = whyfail("--elsewhere", "--show-redactions", "-o", str(out), str(log),
                   "--redact-extra", "lr (3e-4)")  # fmt: skip
    side = done.stderr.decode()
    assert re.search(r"<hf-token-1> × \d+  log:\d+:\d+", side) and "<extra-1>" in side
    assert TOKEN not in side and done.stdout == b""
    assert "3e-4" not in out.read_text(encoding="utf-8")


def test_command_formats_and_errors(tmp_path: Path):
    data = json.loads(whyfail("--elsewhere", "--json", stdin=LOG).stdout)
    assert data["new_issue"].startswith("https://github.com/pytorch/pytorch/issues/new?")
    sarif = json.loads(whyfail("--elsewhere", "--format", "sarif", stdin=LOG).stdout)
    assert sarif["version"] == "2.1.0" and "/home/ada" not in json.dumps(sarif)
    for arguments in (["--project", "zorb"], ["--redact-extra", "("], ["/no/such.log"], ["--ask"]):
        done = whyfail("--elsewhere", *arguments, stdin=LOG)
        assert done.returncode == 2, arguments
        assert done.stderr.decode().startswith("whyfail: ") and b"Traceback" not in done.stderr
    assert whyfail(stdin="").returncode == 2


def test_command_opens_nothing_by_itself():
    done = whyfail("--elsewhere", "--open", stdin=LOG)
    side = done.stderr.decode()
    assert "New issue, prefilled: https://github.com/pytorch/pytorch/issues/new?" in side
    assert "paste by hand: 🐛 Describe the bug" in side


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
def test_on_a_terminal_the_person_is_asked_and_may_leave_it_open(tmp_path: Path):
    import pty

    log = tmp_path / "run.log"
    log.write_text("KeyError: 'config'\n", encoding="utf-8")
    code = (
        "import sys; sys.argv[1:] = ['report', '--elsewhere', '--lang', 'en', sys.argv[1]];"
        "from troubleshoot.__main__ import main; sys.exit(main())"
    )
    master, slave = pty.openpty()
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "WHYFAIL_NO_HISTORY": "1"}
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(log)],
        stdin=slave, stdout=slave, stderr=slave, env=environ, close_fds=True,
    )  # fmt: skip
    os.close(slave)
    os.write(master, b"python run.py --x\n\nit prints 3\n\nreinstalled\n")
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(master)
    assert child.wait(timeout=60) == 0
    text = shown.decode("utf-8", "replace").replace("\r\n", "\n")
    report_text = text[text.index("# KeyError") :]
    assert "python run.py --x" in report_text and "- reinstalled" in report_text
    assert "it prints 3" in report_text and "what did you expect" not in report_text
    assert "[FILL IN]** what were you doing" in report_text


def test_tried_fixes_come_from_the_journal(tmp_path: Path):
    from troubleshoot.fingerprint import of
    from troubleshoot.journal import FAILED, Journal, Trial

    document = intake.from_bytes(LOG.encode())
    result = diagnose.diagnose(document, diagnose.Options(here=False), rules=RULES)
    journal = Journal(tmp_path / "j.sqlite")
    number = journal.add_incident(of(result.answer), "run.log", result.answer)
    other = journal.add_incident("else", "b.log", result.answer)
    for incident, title in ((number, "Match the layers"), (other, "Something else")):
        journal.add_trial(
            Trial(0, incident, "r", "c", "f", title, ("pip list",), 5.0, 1.0, FAILED, {}, False)
        )
    assert [each.title for each in reporting.trials_of(result, journal)] == ["Match the layers"]
    text = field(made(tried=reporting.trials_of(result, journal)), "🐛 Describe the bug")
    assert "- Match the layers (`pip list`): did not help" in text


@pytest.mark.parametrize(
    "text", ["", "\x00\x01", "`" * 500, "<script>alert(1)</script>\nKeyError: '`'\n", "\ufffd" * 99,
             "Traceback (most recent call last):\n" * 300, "KeyError: " + "x" * 20_000]
)  # fmt: skip
def test_hostile_input_makes_a_report_or_one_line(text):
    try:
        document = intake.from_bytes(text.encode("utf-8", "replace"))
    except Exception as error:
        assert type(error).__name__ == "IntakeError"
        return
    result = diagnose.diagnose(document, diagnose.Options(here=False), rules=RULES)
    found = report.build(
        result.answer, document, facts=result.facts, failures=result.reader.failures, forms=FORMS
    )
    assert len(found.title) < 300 and "\n" not in found.title
    bare = re.sub(r"(?s)(`{3,})\w*\n.*?\n\1|(`+)(?!`).+?\2", "", found.markdown())
    assert "<script>" not in bare
    assert issue_link.prefilled(found).url == "" or len(issue_link.prefilled(found).url) < 8000


def test_bytes_are_written_whatever_the_terminal_can_print():
    done = whyfail("--elsewhere", stdin="KeyError: '配置'\n", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and b"KeyError" in done.stdout


def test_stdout_of_the_walkthrough_is_a_file_beside_the_log(tmp_path: Path, monkeypatch):
    from troubleshoot.guide import Guide

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHYFAIL_NO_HISTORY", "1")
    log = tmp_path / "run.log"
    log.write_text(LOG, encoding="utf-8")
    result = diagnose.diagnose(intake.read(str(log)), diagnose.Options(here=False), rules=RULES)
    path = reporting.write(Guide(result, "en"), "en")
    assert Path(path).parent == tmp_path
    text = Path(path).read_text(encoding="utf-8")
    assert text.startswith("# RuntimeError: mat1") and TOKEN not in text
    assert reporting.write(Guide(result, "en"), "en") != path
    assert io.StringIO(text).readline().endswith("\n")
