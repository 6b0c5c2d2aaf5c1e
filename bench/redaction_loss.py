"""How much of real logs the redaction takes away that it should leave.

Every token that disappears counts as lost unless what was hidden is an address by its form or a
name in the reviewed list below. Prints the share and every hidden value for a person to judge.

    python bench/redaction_loss.py FOLDER [FOLDER …]     (*.json cases with "input", input.* files,
                                                          *.log and *.txt)
"""

from __future__ import annotations

import collections
import json
import re
import sys
from pathlib import Path

from troubleshoot.redact import Redactor

# Reviewed: names that stand for persons and machines in these logs (their collectors put them
# in place of the real ones). Any other hidden name counts as lost.
PRIVATE = {
    "ada", "alice", "bob", "grace", "lin", "linus", "mei", "noor", "omar", "pcuser", "tove", "yuki",
    "box", "ci", "desktop", "lab", "lab-server", "laptop", "node3", "node7",
    "node8vb69v6s60", "rig",
}  # fmt: skip
BY_FORM = ("ip", "private-ip", "gpu-uuid", "container", "mac")
_TOKEN = re.compile(r"[^\s\"'`,;()\[\]{}<>=|│]+")


def inputs(folder: Path):
    """Texts of a folder, each with its name."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json" and path.parent.name == "cases":
            yield path.name, json.loads(path.read_text(encoding="utf-8"))["input"]
        elif path.is_file() and (path.name.startswith("input") or path.suffix in (".log", ".txt")):
            yield str(path.relative_to(folder)), path.read_text(encoding="utf-8", errors="replace")


def main(folders: list[str]) -> None:
    total = 0
    hidden: dict[tuple[str, str], int] = collections.Counter()
    where: dict[tuple[str, str], str] = {}
    for folder in folders:
        for name, text in inputs(Path(folder)):
            total += len(_TOKEN.findall(text))
            redactor = Redactor()
            redactor.redact(text)
            lines = text.split("\n")
            for value, (kind, token) in redactor._tokens.items():
                count = len(redactor._positions.get(token, ()))
                hidden[kind, value] += count
                row = redactor._positions[token][0][1] if count else 1
                where.setdefault((kind, value), f"{name}:{row}: {lines[row - 1].strip()[:110]}")
    lost = 0
    for (kind, value), count in sorted(hidden.items()):
        is_private = kind in BY_FORM or value.lower() in PRIVATE
        lost += 0 if is_private else count
        mark = " " if is_private else "!"
        print(f"{mark} {kind:12} {count:4}  {value[:40]!r:44} {where[kind, value]}")
    share = 100 * lost / max(total, 1)
    print(f"{total} tokens, {sum(hidden.values())} hidden, {lost} of them useful: {share:.3f} %")


if __name__ == "__main__":
    main(sys.argv[1:])
