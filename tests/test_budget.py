"""Counted budgets of the hot path: modules imported, regexes compiled, records loaded."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "pydantic", "yaml", "torch", "textual", "pynvml", "psutil", "rich", "regex", "dataclasses",
    "inspect", "subprocess", "importlib.metadata", "pathlib", "platformdirs", "typing", "sqlite3",
}  # fmt: skip
LOG = (
    "Traceback (most recent call last):\n"
    '  File "/home/ada/train.py", line 3, in <module>\n'
    "    import torch_scatter\n"
    "ModuleNotFoundError: No module named 'torch_scatter'\n"
)
PROGRAM = """
import io, json, sys
from troubleshoot import cli, index, patterns
loaded = []
original = index.load
def load(extra=()):
    loaded.append(original(extra)); return loaded[-1]
index.load = load
out, sys.stdout = sys.stdout, io.StringIO()
status = cli.run(["--elsewhere", "--format", FORMAT, PATH])
sys.stdout = out
print(json.dumps({"modules": sorted(sys.modules), "regexes": patterns.compiled_count(),
                  "records": loaded[0].loaded, "rules": len(loaded[0]), "status": status}))
"""


def count(tmp_path, form):
    """What one cold diagnosis of an installed package needs."""
    log = tmp_path / "run.log"
    log.write_text(LOG)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WHYFAIL_CACHE": str(tmp_path / "cache"),
                   "WHYFAIL_JOURNAL": str(tmp_path / "journal.sqlite")}  # fmt: skip
    program = f"FORMAT, PATH = {form!r}, {str(log)!r}\n" + PROGRAM
    for _ in range(2):  # the first fills the cache of a checkout
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, env=environment, check=True
        )
    return json.loads(done.stdout)


def test_plain_and_json_import_only_what_they_need(tmp_path):
    for form in ("plain", "json"):
        counted = count(tmp_path, form)
        assert counted["status"] == 0
        checkout = {"platformdirs", "pathlib", "typing", "importlib.metadata"}
        used = {name for name in counted["modules"] if name in FORBIDDEN - checkout}
        assert used == set()


def test_only_candidates_are_loaded_and_compiled(tmp_path):
    counted = count(tmp_path, "json")
    assert counted["rules"] >= 25
    assert counted["records"] <= 15 + counted["rules"] // 10
    assert counted["regexes"] <= 40


def test_target_scripts_parse_as_python_3_6():
    import ast

    folder = ROOT / "troubleshoot" / "probes" / "target_scripts"
    scripts = sorted(folder.glob("*.py"))
    assert scripts
    for path in scripts:
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
