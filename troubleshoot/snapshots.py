"""The state of an environment before a fix changes it, and how to go back to it.

A snapshot holds the package list of the interpreter and copies of files that a command names
for writing; going back is computed as commands, shown before they are run.
"""

from __future__ import annotations

import os
import subprocess

from troubleshoot.fill import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LIST = (
    "import json, sys\n"
    "try:\n"
    "    from importlib.metadata import distributions\n"
    "except ImportError:\n"
    "    sys.exit(3)\n"
    "print(json.dumps({d.metadata['Name']: [d.version, d.read_text('direct_url.json') or '']\n"
    "    for d in distributions() if d.metadata['Name']}))\n"
)
SECONDS = 20.0
LARGEST_FILE = 5_000_000


def packages(python: str) -> dict[str, list[str]] | None:
    """Installed distributions of an interpreter: version and direct URL; None if unknown."""
    import json

    if not python:
        return None
    try:
        done = subprocess.run(
            [python, "-c", _LIST], capture_output=True, timeout=SECONDS, check=True
        )
        found: dict[str, list[str]] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return found


def take(python: str, files: tuple[str, ...] = ()) -> dict[str, Any]:
    """A snapshot of the interpreter's packages and of some files, as plain values."""
    kept: dict[str, str | None] = {}
    for path in files:
        try:
            if os.path.getsize(path) <= LARGEST_FILE:
                with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
                    kept[path] = file.read()
        except FileNotFoundError:
            kept[path] = None
        except OSError:
            continue
    return {"python": python, "packages": packages(python), "files": kept}


def way_back(before: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Commands that restore a snapshot, and what they cannot restore.

    An environment without pip is one that uv made, and is restored with ``uv pip``.

    Returns:
        Commands in the order to run them, and sentences about what stays changed.
    """
    python = before.get("python", "")
    old = before.get("packages")
    cannot: list[str] = []
    commands: list[str] = []
    now = packages(python) if old is not None else None
    if old is None or now is None:
        if python:
            cannot.append("the package list before or now is unknown")
    else:
        has_pip = any(name.lower() == "pip" for name in now)
        at = quote(python)
        install = f"{at} -m pip install" if has_pip else f"uv pip install --python {at}"
        uninstall = f"{at} -m pip uninstall -y" if has_pip else f"uv pip uninstall --python {at}"
        added = sorted(now.keys() - old.keys(), key=str.lower)
        changed = sorted(
            (name for name in old if name not in now or now[name] != old[name]), key=str.lower
        )
        if added:
            commands.append(f"{uninstall} {' '.join(map(quote, added))}")
        plain = [f"{name}=={old[name][0]}" for name in changed if not old[name][1]]
        if plain:
            commands.append(f"{install} --no-deps {' '.join(map(quote, plain))}")
        for name in changed:
            if old[name][1]:
                cannot.append(f"{name} {old[name][0]} was installed from {old[name][1]}")
    return commands, cannot


def changed_files(before: dict[str, Any]) -> list[str]:
    """Files of a snapshot that are not now as they were then."""
    found = []
    for path, content in before.get("files", {}).items():
        try:
            with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
                now: str | None = file.read()
        except FileNotFoundError:
            now = None
        except OSError:
            now = ""
        if now != content:
            found.append(path)
    return found


def restore_files(before: dict[str, Any]) -> list[str]:
    """Write back the files of a snapshot; returns what was done, a line each."""
    done = []
    for path, content in before.get("files", {}).items():
        try:
            if content is None:
                if os.path.exists(path):
                    os.remove(path)
                    done.append(f"removed {path}")
                continue
            with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
                if file.read() == content:
                    continue
        except OSError:
            pass
        try:
            with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                file.write(content)
            done.append(f"restored {path}")
        except OSError as error:
            done.append(f"cannot restore {path}: {error}")
    return done
