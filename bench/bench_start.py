"""Start-up: the cold command on a small traceback against ``python -c pass``, in one run.

    python bench/bench_start.py [--runs 15] [--rules 5000]

Installs the checkout as a wheel into a scratch environment, so that what is measured is what a
user gets. With ``--rules N`` synthetic rules fill the library up to N. Ratios are medians of
pairs; valgrind's instruction counts are printed where it is installed.
"""

import argparse
import marshal
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

CLEAN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / "fixtures" / "torch" / "cuda" / "oom"


def installed(folder):
    """A scratch environment with the checkout's wheel; returns its folder of programs."""
    venv.create(folder / "env", with_pip=True)
    programs = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run(
        [programs / "pip", "install", "-q", str(ROOT)], check=True, stderr=subprocess.DEVNULL
    )
    return programs


def fill(programs, count):
    """Fill the compiled library up to ``count`` rules with synthetic ones."""
    from troubleshoot import compile as compiler
    from troubleshoot.index import Index
    from troubleshoot.rule_model import Rule

    found = subprocess.run(
        [programs / "python", "-c", "import troubleshoot.index as i; print(i.BUILT_IN)"],
        capture_output=True, text=True, check=True, cwd=programs, env=CLEAN,
    )  # fmt: skip
    path = Path(found.stdout.strip())
    index = Index(path.read_bytes())
    records = [(index.record(number), "built-in") for number in range(len(index))]
    for number in range(len(records), count):
        rule = Rule.model_validate(
            {
                "id": f"synthetic.rule-{number}",
                "title": {"en": f"synthetic failure {number}", "zh": f"合成故障 {number}"},
                "checked": "2026-11",
                "symptom": {
                    "any": [
                        {"exception": [f"Synthetic{number}Error"],
                         "message": f"part {number:05d} of the machine (?P<what>\\w+) broke"},
                        {"text": f"machine {number:05d} reports trouble"},
                    ],
                    "examples": {"yes": ["x"], "no": []},
                },
                "cause": {"en": "It broke.", "zh": "坏了。"},
                "fixes": [{"id": "mend", "title": {"en": "Mend", "zh": "修"}, "run": ["mend it"],
                           "safety": "safe", "works": "often", "cost": "10s"}],
            }
        )  # fmt: skip
        records.append((compiler.compile_rule(rule), "synthetic"))
    path.write_bytes(compiler.assemble(records))
    assert marshal.loads(path.read_bytes()[8:])["rules"]
    return len(records)


def seconds(command):
    start = time.perf_counter()
    subprocess.run(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=CLEAN,
        cwd=tempfile.gettempdir(),
    )
    return time.perf_counter() - start


def instructions(command):
    """Instructions of a whole process in millions, or None without valgrind."""
    if shutil.which("valgrind") is None:
        return None
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *map(str, command)],
        capture_output=True, text=True, env=CLEAN, cwd=tempfile.gettempdir(),
    )  # fmt: skip
    for line in done.stderr.splitlines():
        if "Collected" in line:
            return int(line.split(":")[1].split()[0]) / 1e6
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--rules", type=int, default=0)
    options = parser.parse_args()
    log = next(path for path in sorted(LOG.glob("*.log")))
    with tempfile.TemporaryDirectory() as name:
        programs = installed(Path(name))
        count = fill(programs, options.rules) if options.rules else None
        base = [str(programs / "python"), "-c", "pass"]
        whyfail = str(programs / "whyfail")
        print(f"log: {log.name}, {log.stat().st_size} bytes; rules: {count or 'as shipped'}")
        passes = instructions(base)
        for title, arguments, goal, gate in (
            ("json", ["--elsewhere", "--json", str(log)], 3, 5),
            ("plain", ["--elsewhere", "--format", "plain", str(log)], 3, 5),
            ("rich", ["--elsewhere", "--format", "terminal", str(log)], 7, 9),
        ):
            command = [whyfail, *arguments]
            seconds(command), seconds(base)
            ratios = [seconds(command) / seconds(base) for _ in range(options.runs)]
            counted = instructions(command)
            extra = f", {counted:.0f} M instructions (pass {passes:.0f} M)" if counted else ""
            ratio = statistics.median(ratios)
            print(f"{title:<6} {ratio:.2f} x pass (goal {goal}, gate {gate}){extra}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
