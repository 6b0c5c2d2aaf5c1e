"""Fixes: run on a yes only, verified, journaled, undone; with real environments."""
# ruff: noqa: E501 (logs keep their lines)

import json
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

from troubleshoot import snapshots
from troubleshoot.diagnose import Options
from troubleshoot.journal import FAILED, WORKED, Journal, Trial
from troubleshoot.runner import Runner

ROOT = Path(__file__).resolve().parent.parent


def wheel(folder, name, version="1.0", module=""):
    """A minimal pure wheel, so that nothing is downloaded."""
    import zipfile

    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{module or name}/__init__.py": f"__version__ = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{each},,\n" for each in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in files.items():
            archive.writestr(each, content)
        archive.writestr(f"{info}/RECORD", record)
    return path


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scratch")
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    return folder, str(python)


def whyfail(*arguments, stdin="", env=None, cwd=None):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8", **(env or {})}
    environment.pop("CI", None)
    return subprocess.run(
        [sys.executable, "-m", "troubleshoot", *arguments], input=stdin, text=True,
        capture_output=True, env=environment, cwd=cwd, timeout=120,
    )  # fmt: skip


def test_a_missing_package_is_installed_verified_and_undone(scratch, tmp_path):
    _, python = scratch
    links = tmp_path / "links"
    links.mkdir()
    wheel(links, "PyYAML", module="yaml")
    log = tmp_path / "run.log"
    log.write_text(
        f'Traceback (most recent call last):\n  File "{tmp_path}/train.py", line 1, in <module>\n'
        "    import yaml\nModuleNotFoundError: No module named 'yaml'\n"
    )
    (tmp_path / "train.py").write_text("import yaml\n")
    journal = tmp_path / "journal.sqlite"
    env = {"WHYFAIL_JOURNAL": str(journal), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links),
           "PIP_CONFIG_FILE": os.devnull}  # fmt: skip
    options = (str(log), "--here", "--python", python)
    dry = whyfail("fix", *options, "--dry-run", env=env)
    assert f"{python} -m pip install PyYAML" in dry.stdout
    assert not journal.exists() or Journal(journal).trials() == []
    done = whyfail("fix", *options, "--yes", env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert subprocess.run([python, "-c", "import yaml"]).returncode == 0
    trials = Journal(journal).trials()
    assert [trial.outcome for trial in trials] == [WORKED]
    shown = whyfail("history", env=env).stdout
    assert "it worked" in shown
    undone = whyfail("undo", "--yes", env=env)
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert subprocess.run([python, "-c", "import yaml"], capture_output=True).returncode == 1
    assert Journal(journal).trials()[0].undone
    history = json.loads(whyfail("history", "--json", env=env).stdout)
    assert history[0]["trials"][0]["outcome"] == WORKED
    whyfail("history", "--delete", "all", env=env)
    assert json.loads(whyfail("history", "--json", env=env).stdout) == []


def test_without_a_person_nothing_runs(tmp_path):
    log = tmp_path / "run.log"
    log.write_text("ModuleNotFoundError: No module named 'gadgetry'\n")
    done = whyfail("fix", str(log), "--elsewhere", env={"WHYFAIL_NO_HISTORY": "1"})
    assert done.returncode == 2 and "nobody can be asked" in done.stderr


def test_way_back_names_what_was_added_changed_and_cannot_be_restored(scratch, tmp_path):
    _, python = scratch
    pip = [python, "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
    subprocess.run([*pip, str(wheel(tmp_path, "widget", "1.0"))], check=True)
    before = snapshots.take(python)
    subprocess.run([*pip, str(wheel(tmp_path, "newcomer", "2.0"))], check=True)
    commands, cannot = snapshots.way_back(before)
    assert commands == [f"{python} -m pip uninstall -y newcomer"] and cannot == []
    subprocess.run([*pip, "--upgrade", str(wheel(tmp_path, "widget", "1.5"))], check=True)
    commands, cannot = snapshots.way_back(before)
    assert any("widget 1.0 was installed from" in each for each in cannot) or any(
        "widget==1.0" in each for each in commands
    )


def test_files_are_restored(tmp_path):
    path, new = tmp_path / "config.toml", tmp_path / "new.txt"
    path.write_text("lr = 1\n")
    before = snapshots.take("", (str(path), str(new)))
    path.write_text("lr = 2\n")
    new.write_text("x")
    assert len(snapshots.restore_files(before)) == 2
    assert path.read_text() == "lr = 1\n" and not new.exists()


def test_a_running_command_is_stopped_with_its_children(tmp_path):
    import threading

    marker = tmp_path / "marker"
    runner = Runner(lambda line: None)
    command = f"(sleep 3; touch {marker}) & wait"
    thread = threading.Thread(target=runner.run, args=([command, f"touch {marker}"],))
    thread.start()
    time.sleep(0.5)
    runner.stop()
    thread.join(timeout=10)
    assert not thread.is_alive() and runner.was_stopped
    time.sleep(3)
    assert not marker.exists()


def test_a_failing_command_ends_the_fix():
    lines = []
    assert Runner(lines.append).run(["false", "echo never"]) == 1
    assert "never" not in lines


def test_experience_counts_only_verified_outcomes(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    incident = journal.add_incident("abc", "run.log", {"diagnoses": [], "outcome": "unknown"})
    for outcome in (WORKED, WORKED, FAILED, "stopped", "unverified"):
        journal.add_trial(
            Trial(0, incident, "r", "c", "f", "t", ("x",), 0.0, 0.0, outcome, {}, False)
        )
    assert journal.worked("r", "c", "f") == (2, 1)
    assert journal.worked("r", "c", "other") is None


def test_history_is_off_when_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("WHYFAIL_NO_HISTORY", "1")
    monkeypatch.setenv("WHYFAIL_JOURNAL", str(tmp_path / "j.sqlite"))
    journal = Journal()
    assert (
        journal.trouble and journal.add_incident("a", "b", {"diagnoses": [], "outcome": "x"}) == 0
    )
    assert not (tmp_path / "j.sqlite").exists()


def test_an_unwritable_journal_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "j.sqlite")
    assert journal.trouble and journal.trials() == []


def test_what_worked_here_is_ranked_higher_and_said(tmp_path):
    log = tmp_path / "run.log"
    log.write_text(
        "OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 18099): "
        "address already in use\n"
    )
    env = {"WHYFAIL_JOURNAL": str(tmp_path / "j.sqlite")}
    before = json.loads(whyfail(str(log), "--elsewhere", "--json", env=env).stdout)["fixes"]
    last = before[-1]
    journal = Journal(tmp_path / "j.sqlite")
    incident = journal.add_incident("abc", "run.log", {"diagnoses": [], "outcome": "diagnosed"})
    for _ in range(2):
        journal.add_trial(
            Trial(0, incident, last["rule"], last["cause_id"], last["id"], "t", ("x",), 0.0, 0.0,
                  WORKED, {}, False)
        )  # fmt: skip
    journal.close()
    after = json.loads(whyfail(str(log), "--elsewhere", "--json", env=env).stdout)["fixes"]
    found = next(each for each in after if each["id"] == last["id"])
    assert found["probability"] > last["probability"]
    off = json.loads(
        whyfail(str(log), "--elsewhere", "--json", env={**env, "WHYFAIL_NO_HISTORY": "1"}).stdout
    )["fixes"]
    assert [each["probability"] for each in off] == [each["probability"] for each in before]
    said = whyfail("fix", str(log), "--elsewhere", "--dry-run", env=env).stdout
    assert "worked twice on this machine" in said


def test_the_last_failed_run_is_kept_for_its_user_alone(tmp_path, monkeypatch):
    from troubleshoot import last_run

    env = {"WHYFAIL_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", "import gadgetry"]
    assert whyfail("run", "--", *command, env={**env, "WHYFAIL_NO_HISTORY": "1"}).returncode == 1
    monkeypatch.setenv("WHYFAIL_CACHE", env["WHYFAIL_CACHE"])
    assert last_run.find() is None
    assert whyfail("run", "--", *command, env=env).returncode == 1
    kept = last_run.find()
    assert "gadgetry" in Path(kept.path).read_text()
    assert kept.value("run.exit_code") == 1
    if os.name == "posix":
        assert os.stat(kept.path).st_mode & 0o077 == 0
    options = kept.attached(Options())
    assert options.here is True and any(fact.name == "run.command" for fact in options.given)


def test_outcomes_are_read_without_sqlite_until_something_is_added(tmp_path):
    path = tmp_path / "j.sqlite"
    journal = Journal(path)
    incident = journal.add_incident("abc", "run.log", {"diagnoses": [], "outcome": "unknown"})

    def add(outcome):
        journal.add_trial(
            Trial(0, incident, "r", "c", "f", "t", ("x",), 0.0, 0.0, outcome, {}, False)
        )

    def asked():
        code = (
            "import sys; from troubleshoot import experience; worked = experience.worked();"
            "print(worked('r', 'c', 'f'), worked('r', 'c', 'x'), 'sqlite3' in sys.modules)"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "WHYFAIL_JOURNAL": str(path)}
        environment.pop("CI", None)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment
        )
        return done.stdout.strip()

    add(WORKED)
    assert asked() == "(1, 0) None True"
    assert asked() == "(1, 0) None False"
    add(FAILED)
    assert asked() == "(1, 1) None True"
