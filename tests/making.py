"""Makes small environments on disk for the tests of the probes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from troubleshoot.target import Target


def venv(folder: Path, python: str = sys.executable) -> Path:
    """A virtual environment without pip; returns its interpreter."""
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / "bin" / "python"


def site_packages(python: Path) -> Path:
    """The folder of installed packages of an environment."""
    return next(python.parent.parent.glob("lib/python3*/site-packages"))


def distribution(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
    direct_url: str = "",
    installer: str = "pip",
) -> Path:
    """An installed distribution's metadata and empty files; returns its dist-info folder."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    headers = [f"Name: {name}", f"Version: {version}"]
    headers += [f"Requires-Dist: {text}" for text in requires]
    (info / "METADATA").write_text("\n".join(headers) + "\n\nRequires-Dist: not-a-header\n")
    (info / "INSTALLER").write_text(installer + "\n")
    record = []
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        record.append(f"{file},,")
    (info / "RECORD").write_text("\n".join(record) + "\n")
    if direct_url:
        (info / "direct_url.json").write_text(direct_url)
    return info


def target(python: Path | str = "", cwd: Path | str = "/", **environ: str) -> Target:
    """A target with this process's environment, changed."""
    clean = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return Target(python=str(python), cwd=str(cwd), environ={**clean, **environ})
