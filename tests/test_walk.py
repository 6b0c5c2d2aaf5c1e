"""Whole stories through the walkthrough, driven by keys, with real processes."""
# ruff: noqa: E501 (logs keep their lines)

import os
import re
import socket
import subprocess
import sys
import threading
import time
import venv
from pathlib import Path

import pytest
from test_fixes import wheel
from textual import events
from textual.geometry import Region

from troubleshoot import index, looking, packdata
from troubleshoot.diagnose import Options
from troubleshoot.journal import Journal
from troubleshoot.tui.app import WalkApp
from troubleshoot.tui.screens.confirm import ConfirmScreen
from troubleshoot.tui.screens.diagnosis import DiagnosisScreen
from troubleshoot.tui.screens.message import MessageScreen
from troubleshoot.tui.screens.running import RunScreen
from troubleshoot.tui.screens.undo import UndoScreen

ROOT = Path(__file__).resolve().parent.parent
LISTEN = (
    "import socket, sys, time\n"
    "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
    "print(s.getsockname()[1], flush=True); time.sleep(120)\n"
)


@pytest.fixture
def journal(tmp_path):
    kept = Journal(tmp_path / "journal.sqlite")
    yield kept
    kept.close()


@pytest.fixture
def listener():
    process = subprocess.Popen([sys.executable, "-c", LISTEN], stdout=subprocess.PIPE, text=True)
    port = int(process.stdout.readline())
    yield process, port
    process.kill()
    process.wait()


async def until(pilot, condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "timed out"
        await pilot.pause(0.05)


async def ready(app, pilot):
    await until(pilot, lambda: app.guide is not None and not app.screen.is_looking)
    await pilot.pause()
    return app.screen


async def to_fix(app, pilot, fix_id):
    """Skip fixes and leave questions until a certain fix is offered."""
    for _ in range(12):
        step = app.guide.step()
        if step.kind == "fix":
            if app.guide.plan(step.fix).ranked.fix["id"] == fix_id:
                return
            await pilot.press("s")
        elif step.kind == "question":
            await pilot.press("u")
        else:
            break
        await pilot.pause()
    raise AssertionError(f"{fix_id} was not offered")


def port_fix(app):
    for fix in app.guide.result.ranking.fixes:
        if any(line.startswith("kill ") for line in fix.fix.get("run", ())):
            return fix.fix["id"]
    raise AssertionError("no fix ends the process")


async def test_a_busy_port_is_freed_verified_and_journaled(listener, journal):
    process, port = listener
    log = f"OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', {port}): address already in use\n"
    app = WalkApp(Options(here=True), data=log.encode(), journal=journal)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(app, pilot)
        assert str(process.pid) in str(app.guide.result.answer["diagnoses"][0])
        await to_fix(app, pilot, port_fix(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert process.poll() is None, "nothing may run before the yes"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: not app.screen.is_busy)
        process.wait(timeout=5)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DiagnosisScreen))
        await pilot.pause()
        assert app.guide.session.is_solved
    trials = journal.trials()
    assert [trial.outcome for trial in trials] == ["worked"]
    assert trials[0].commands == (f"kill {process.pid}",)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))


async def test_refusing_runs_nothing(listener, journal):
    process, port = listener
    log = f"OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', {port}): address already in use\n"
    app = WalkApp(Options(here=True), data=log.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        await to_fix(app, pilot, port_fix(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("escape")
        await pilot.pause()
    assert process.poll() is None
    assert journal.trials() == []


DEMO = (str(Path(__file__).parent / "screens" / "pack"),)
"""A pack with one rule, so that stories and pinned screens do not change with the rules."""
PINNED = """2026-11-02 10:14:07 INFO loading config configs/base.yaml
Traceback (most recent call last):
  File "/home/ada/robot/train.py", line 12, in <module>
    gadget.turn()
demo.errors.GadgetJam: sprocket refuses the frobnicator
"""
OOM = (
    "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 8.00 GiB "
    "total capacity; 6.00 GiB already allocated; 1.00 GiB free; 6.50 GiB reserved in total by "
    "PyTorch)\n"
)


def text_of(app, selector):
    """What a widget shows, as plain text."""
    widget = app.screen.query_one(selector)
    return "\n".join(
        "".join(segment.text for segment in strip).rstrip()
        for strip in widget.render_lines(Region(0, 0, *widget.size))
    )


async def to_question(app, pilot):
    for _ in range(12):
        if app.screen.step.kind == "question":
            return app.screen.step.question
        await pilot.press("s")
        await pilot.pause()
    raise AssertionError("no question was asked")


async def test_an_answer_moves_the_beliefs_and_can_be_taken_back(journal):
    app = WalkApp(Options(here=False), data=OOM.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        session = app.guide.session
        question = await to_question(app, pilot)
        before = session.belief()
        await pilot.press("y")
        await pilot.pause()
        assert session.believed(question.key) > before["/".join(question.key)]
        assert "▲" in text_of(app, "#bars-next")
        assert question.text in text_of(app, "#step")
        await pilot.press("b")
        await pilot.pause()
        assert session.belief() == before
        assert app.screen.step.question == question


async def test_a_question_says_why_it_is_asked_and_what_either_answer_changes(journal):
    app = WalkApp(Options(here=False), data=OOM.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        question = await to_question(app, pilot)
        before = app.guide.session.belief()
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, MessageScreen))
        shown = app.screen.query_one("#message").content
        assert question.why in shown and "If yes" in shown and "If no" in shown
        assert app.guide.session.belief() == before and app.guide.session.answers == ()


async def test_the_log_may_have_the_focus_and_keys_still_mean_the_same(journal):
    app = WalkApp(Options(here=False), data=OOM.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        question = await to_question(app, pilot)
        await pilot.press("3", "n")
        await pilot.pause()
        assert app.guide.session.answers == ((question.key, "no"),)
        await pilot.press("2")
        assert app.screen.query_one("#tabs").active == "causes"


async def test_a_click_on_a_button_or_a_key_does_what_the_key_does(journal):
    app = WalkApp(Options(here=False), data=OOM.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        await to_question(app, pilot)
        button = next(each for each in app.screen.query("Button") if "yes" in str(each.name))
        await pilot.click(button)
        await pilot.pause()
        assert [said for _, said in app.guide.session.answers] == ["yes"]
        row = text_of(app, "#keys")
        await pilot.click("#keys", offset=(row.index("b take back") + 3, 0))
        await pilot.pause()
        assert app.guide.session.answers == ()


async def test_a_symptom_without_any_text_is_told_apart_by_questions(journal):
    app = WalkApp(Options(here=False), journal=journal)
    symptom = next(
        each
        for group in packdata.load("symptoms")["groups"]
        for each in group["symptoms"]
        if each["title"]["en"] == "the session just stopped"
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.screen._go(looking.symptom(symptom, "en"))
        await ready(app, pilot)
        assert app.screen.step.kind == "question"
        while app.screen.step.kind == "question":
            await pilot.press("y" if app.screen.step.question.rule == "colab.disconnected" else "n")
            await pilot.pause()
        assert app.guide.result.answer["diagnoses"][0]["rule"] == "colab.disconnected"
        assert "<" not in text_of(app, "#verdict")


def test_every_symptom_names_rules_that_exist_in_both_languages():
    rules = index.load()
    for group in packdata.load("symptoms")["groups"]:
        for symptom in group["symptoms"]:
            assert symptom["title"]["en"] and symptom["title"]["zh"] != symptom["title"]["en"]
            assert symptom["rules"]
            for rule in symptom["rules"]:
                assert rules.find(rule), f"{symptom['title']['en']}: {rule}"
            for rule, question in symptom.get("ask", {}).items():
                assert rule in symptom["rules"]
                assert question["en"].endswith("?") and question["zh"].endswith("？")


async def test_a_missing_package_is_installed_verified_and_undone(
    tmp_path, tmp_path_factory, journal, monkeypatch
):
    folder = tmp_path_factory.mktemp("scratch")
    venv.create(folder / "env", with_pip=True)
    python = str(folder / "env" / "bin" / "python")
    wheel(tmp_path, "gadgetry")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    log = (
        'Traceback (most recent call last):\n  File "train.py", line 1, in <module>\n'
        "    import gadgetry\nModuleNotFoundError: No module named 'gadgetry'\n"
    )
    app = WalkApp(Options(here=True, python=python), data=log.encode(), journal=journal)

    def importable():
        return subprocess.run([python, "-c", "import gadgetry"], capture_output=True).returncode

    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        for _ in range(12):
            step = app.screen.step
            if step.kind == "fix" and "pip install" in str(app.guide.plan(step.fix).commands):
                break
            await pilot.press("s" if step.kind == "fix" else "u")
            await pilot.pause()
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter")  # nobody guesses which package provides the module
        await pilot.pause()
        assert app.screen.query_one("#problem").display
        app.screen.query_one("#command-0").value = f"{python} -m pip install gadgetry"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: not app.screen.is_busy, 60)
        assert importable() == 0
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DiagnosisScreen))
        await pilot.pause()
        assert app.screen.step.kind == "solved"
        assert "pip install gadgetry" in " ".join(text_of(app, "#step").split())
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, UndoScreen), 30)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: not app.screen.is_busy, 60)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DiagnosisScreen))
        assert importable() == 1
        assert not app.guide.session.is_solved
    assert [(trial.outcome, trial.undone) for trial in journal.trials()] == [("worked", True)]


TORCHCODEC = """Traceback (most recent call last):
  File "/home/ada/train.py", line 3, in <module>
    from torchcodec.decoders import VideoDecoder
  File "/home/ada/.venv/lib/python3.11/site-packages/torchcodec/_internally_replaced_utils.py", line 93, in load_torchcodec_shared_libraries
    raise RuntimeError(
RuntimeError: Could not load libtorchcodec. Likely causes:
          1. FFmpeg is not properly installed in your environment. We support versions 4, 5, 6 and 7.
          2. The PyTorch version (2.7.1+cu126) is not compatible with this version of TorchCodec.
[start of libtorchcodec loading traceback]
FFmpeg version 7: libavutil.so.59: cannot open shared object file: No such file or directory
FFmpeg version 6: libavutil.so.58: cannot open shared object file: No such file or directory
[end of libtorchcodec loading traceback].
"""


async def test_libavutil_is_walked_through_by_hand_until_it_helps(journal):
    app = WalkApp(Options(here=False), data=TORCHCODEC.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        assert app.guide.result.answer["diagnoses"][0]["rule"] == "media.torchcodec-load"
        tried = []
        while len(tried) < 2:
            step = app.screen.step
            if step.kind == "question":
                await pilot.press("u")
            else:
                tried.append(app.guide.plan(step.fix).ranked.fix["id"])
                await pilot.press("x" if len(tried) == 1 else "h")
            await pilot.pause()
        assert tried[0] != tried[1]
        assert app.screen.step.kind == "solved"
    outcomes = {trial.fix: trial.outcome for trial in journal.trials()}
    assert outcomes == {tried[0]: "did not help", tried[1]: "worked"}


async def test_manual_steps_are_ticked_off_and_remembered(journal):
    app = WalkApp(Options(here=False, rules=DEMO), data=PINNED.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        question = await to_question(app, pilot)
        await pilot.press("y" if question.cause == "dust" else "n")
        await pilot.pause()
        while app.screen.step.kind == "question":
            await pilot.press("u")
            await pilot.pause()
        assert app.guide.plan(app.screen.step.fix).ranked.fix["id"] == "clean-it"
        await pilot.press("r", "space", "space", "escape", "r")
        await pilot.pause()
        shown = text_of(app, "#checklist")
        assert shown.count("[x]") == 2 and "[ ] Switch the gadget on." in shown
        await pilot.press("h")
        await pilot.pause()
        assert app.screen.step.kind == "solved"


async def test_a_person_can_say_that_the_log_is_from_here(listener, journal):
    process, port = listener
    log = f"OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', {port}): address already in use\n"
    app = WalkApp(Options(), data=log.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        assert not app.guide.result.origin.here
        assert str(process.pid) not in str(app.guide.result.answer["diagnoses"][0])
        await pilot.press("o")
        await until(pilot, lambda: app.guide.result.origin.here and not app.screen.is_looking)
        assert str(process.pid) in str(app.guide.result.answer["diagnoses"][0])


async def test_facts_arrive_after_the_text_was_shown(listener, journal):
    _, port = listener
    log = f"OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', {port}): address already in use\n"
    told = []
    stages = list(
        looking.stages(
            looking.Input(data=log.encode()), Options(here=True),
            lambda name, fact: told.append((name, fact is None)),
        )
    )  # fmt: skip
    assert len(stages) >= 2
    first = stages[0].facts.given(f"network.port_in_use({port})")
    assert first is None or not first.is_known
    assert stages[1].facts.value(f"network.port_in_use({port})") is True
    assert (f"network.port_in_use({port})", True) in told
    assert (f"network.port_in_use({port})", False) in told


async def test_a_failure_nobody_knows_ends_in_the_report(journal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = (
        "Traceback (most recent call last):\n"
        '  File "/home/ada/train.py", line 9, in spin\n    wheel.turn()\n'
        "zorblib.errors.WheelJam: sprocket 9 refuses the frobnicator\n"
    )
    app = WalkApp(Options(here=False), data=log.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        assert app.guide.result.answer["outcome"] == "unknown"
        assert app.screen.step.kind == "report"
        await pilot.press("g")
        await until(pilot, lambda: list(tmp_path.glob("whyfail-report-*.md")))
        path = next(tmp_path.glob("whyfail-report-*.md"))
        await until(pilot, lambda: path.name in app.screen.query_one("#message").content)
    report = path.read_text()
    assert "WheelJam" in report and "/home/ada" not in report


async def test_paste_of_thousands_of_lines(journal):
    app = WalkApp(Options(here=False), journal=journal)
    log = "step 1 loss=0.5\n" * 5000 + "ModuleNotFoundError: No module named 'cv2'\n"
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("escape")  # the list has the focus: a paste still goes into the field
        app.post_message(events.Paste(log))
        await until(pilot, lambda: "5,002" in text_of(app, "#paste-hint"))
        await pilot.press("f5")
        await ready(app, pilot)
        assert "cv2" in str(app.guide.result.answer["diagnoses"][0]["title"])


async def test_the_screen_at_80_by_24_is_as_pinned(journal):
    app = WalkApp(Options(here=False, rules=DEMO), data=PINNED.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        pin("walk-80x24", screen_text(app))


async def test_the_chinese_screen_keeps_its_columns(journal):
    app = WalkApp(Options(here=False, lang="zh", rules=DEMO), data=PINNED.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        pin("walk-80x24-zh", screen_text(app))


async def test_the_wide_screen_has_the_log_beside(journal):
    app = WalkApp(Options(here=False, rules=DEMO), data=PINNED.encode(), journal=journal)
    async with app.run_test(size=(140, 45)) as pilot:
        await ready(app, pilot)
        pin("walk-140x45", screen_text(app))
        assert app.screen.query_one("#log-side").display
        await pilot.resize_terminal(60, 18)
        await pilot.pause()
        assert not app.screen.has_class("wide") and app.screen.has_class("narrow")


def screen_text(app):
    """The whole screen as plain text, a line for each row."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(part.text for part in strip).rstrip() for strip in strips) + "\n"


def pin(name, shown):
    """Compare with the pinned screen; WHYFAIL_BLESS=1 pins it anew."""
    path = Path(__file__).parent / "screens" / f"{name}.txt"
    if os.environ.get("WHYFAIL_BLESS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert measured_out(shown) == measured_out(path.read_text(encoding="utf-8"))


def measured_out(shown):
    """A screen without the numbers, which follow from weights that are fitted."""
    shown = re.sub(r"(?m)^(\W*[█·]+ +)\d+%( [▲▼]\d+)?", r"\1", shown)
    return re.sub(r"\d+(?= (?:%|min|s|h)\b| %)|[█·]", "#", shown)


@pytest.mark.parametrize("size", [(80, 24), (140, 45), (40, 12)])
@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_every_tab_draws_at_every_size(size, lang, journal):
    log = "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 8.00 GiB total capacity; 6.00 GiB already allocated; 1.00 GiB free; 6.50 GiB reserved in total by PyTorch)\n"
    app = WalkApp(Options(here=False, lang=lang), data=log.encode(), journal=journal)
    async with app.run_test(size=size) as pilot:
        await ready(app, pilot)
        for key in "12345":
            await pilot.press(key)
            await pilot.pause()
        await pilot.press("question_mark")
        await pilot.pause()
        await pilot.press("escape")


def plain_walk(arguments, keys, tmp_path):
    """The line-by-line walk with its answers given on a terminal of its own."""
    import pty

    parent, child = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TERM": "dumb",
                   "WHYFAIL_JOURNAL": str(tmp_path / "j.sqlite")}  # fmt: skip
    environment.pop("CI", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "troubleshoot", "walk", "--plain", *arguments],
        stdin=child, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
    )  # fmt: skip
    os.close(child)
    os.write(parent, keys.encode())
    output, _ = process.communicate(timeout=60)
    os.close(parent)
    return process.returncode, output.decode()


def test_plain_walk_ends_solved_when_a_fix_is_said_to_help(tmp_path):
    log = tmp_path / "run.log"
    log.write_text("ModuleNotFoundError: No module named 'cv2'\n")
    status, output = plain_walk([str(log), "--elsewhere"], "h\n", tmp_path)
    assert status == 0 and "Solved" in output


def test_plain_walk_leaves_on_q(tmp_path):
    log = tmp_path / "run.log"
    log.write_text("ModuleNotFoundError: No module named 'cv2'\n")
    status, output = plain_walk([str(log), "--elsewhere"], "q\n", tmp_path)
    assert status == 1 and "Solved" not in output


def test_plain_walk_tells_a_symptom_apart_without_any_text(tmp_path):
    groups = packdata.load("symptoms")["groups"]
    place = next(i for i, each in enumerate(groups, 1) if each["title"]["en"].startswith("Network"))
    titles = [each["title"]["en"] for each in groups[place - 1]["symptoms"]]
    number = titles.index("the browser shows a directory listing") + 1
    status, output = plain_walk([], f"{place}\n{number}\nh\n", tmp_path)
    assert "directory listing" in output
    assert status == 0 and "Solved" in output


@pytest.mark.skipif(os.name == "nt", reason="pseudo terminals")
@pytest.mark.parametrize("keys", ["q", "\x03", "TERM"])
def test_the_terminal_is_clean_after_any_exit(keys, tmp_path):
    import pty
    import signal
    import termios

    log = tmp_path / "run.log"
    log.write_text(PINNED)
    parent, child = pty.openpty()
    before = termios.tcgetattr(child)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color",
                   "WHYFAIL_NO_HISTORY": "1", "LANG": "C.UTF-8"}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "troubleshoot", "walk", "--elsewhere", "--rules", *DEMO, str(log)],
        stdin=child, stdout=child, stderr=child, env=environment, start_new_session=True,
    )  # fmt: skip
    shown = bytearray()
    thread = threading.Thread(target=drain, args=(parent, shown), daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while b"jammed" not in shown or b"1-5" not in shown:
        assert time.monotonic() < end, bytes(shown[-500:])
        time.sleep(0.05)
    time.sleep(0.3)
    if keys == "TERM":
        process.send_signal(signal.SIGTERM)
    else:
        os.write(parent, keys.encode())
    assert process.wait(timeout=20) in (1, 143)
    assert termios.tcgetattr(child)[:4] == before[:4]
    time.sleep(0.2)
    tail = bytes(shown)
    assert tail.rindex(b"\x1b[?1049l") > tail.rindex(b"\x1b[?1049h")
    assert tail.rindex(b"\x1b[?25h") > tail.rindex(b"\x1b[?25l")
    os.close(child)
    os.close(parent)


def drain(terminal, into):
    """Read a terminal until it is closed."""
    try:
        while data := os.read(terminal, 65536):
            into.extend(data)
    except OSError:
        return
