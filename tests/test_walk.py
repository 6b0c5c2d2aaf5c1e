"""Whole stories through the walkthrough, driven by keys, with real processes."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from troubleshoot.diagnose import Options
from troubleshoot.journal import Journal
from troubleshoot.tui.app import WalkApp
from troubleshoot.tui.screens.confirm import ConfirmScreen
from troubleshoot.tui.screens.diagnosis import DiagnosisScreen
from troubleshoot.tui.screens.running import RunScreen

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


async def test_an_answer_moves_the_beliefs_and_can_be_taken_back(journal):
    log = (
        "Traceback (most recent call last):\n"
        '  File "/home/ada/train.py", line 3, in <module>\n    import some_pkg\n'
        "ModuleNotFoundError: No module named 'some_pkg'\n"
    )
    app = WalkApp(Options(here=False), data=log.encode(), journal=journal)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(app, pilot)
        session = app.guide.session
        before = session.belief()
        asked = [each for each in app.guide.result.ranking.diagnoses if each.cause["ask"]]
        if not asked:
            pytest.skip("no cause of this rule has a question")
        key = asked[0].key
        session.answer(key, "yes")
        name = "/".join(key)
        assert session.belief()[name] > before[name]
        await pilot.press("b")
        assert session.belief() == before


async def test_a_failure_nobody_knows_ends_in_the_report(journal):
    log = (
        "Traceback (most recent call last):\n"
        '  File "/home/ada/train.py", line 9, in spin\n    wheel.turn()\n'
        "zorblib.errors.WheelJam: sprocket 9 refuses the frobnicator\n"
    )
    app = WalkApp(Options(here=False), data=log.encode(), journal=journal)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app, pilot)
        assert app.guide.result.answer["outcome"] == "unknown"
        assert app.guide.step().kind == "report"


async def test_paste_of_thousands_of_lines(journal):
    app = WalkApp(Options(here=False), journal=journal)
    log = "step 1 loss=0.5\n" * 5000 + "ModuleNotFoundError: No module named 'cv2'\n"
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        from textual.widgets import TextArea

        app.screen.query_one("#paste", TextArea).text = log
        await pilot.press("f5")
        await ready(app, pilot)
        assert "cv2" in str(app.guide.result.answer["diagnoses"][0]["title"])


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
