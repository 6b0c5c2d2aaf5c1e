"""What the shell's start files set up: conda's hook, and where conda is if it is not on PATH."""

from __future__ import annotations

import os

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.programs import on_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_START_FILES = (
    ".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", ".config/fish/config.fish",
)  # fmt: skip
_HOOKS = ("conda initialize", "mamba initialize", "mamba shell hook", "conda shell.")
_BASES = ("miniforge3", "miniconda3", "anaconda3", "mambaforge", "micromamba", "miniconda")


def _hook(context: Context, request: Request) -> Fact:
    seen = []
    for name in _START_FILES:
        path = os.path.join(context.home, name)
        text = read_text(path, 400_000)
        if not text:
            continue
        seen.append(name)
        live = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
        marked = ">>> conda initialize >>>" in text or ">>> mamba initialize >>>" in text
        if marked or any(hook in live for hook in _HOOKS):
            return request.known(True, path)
    where = ", ".join(seen) or "any start file"
    return request.known(False, f"no conda block in {where} of {context.home}")


def _program(context: Context, request: Request) -> Fact:
    for name in ("conda", "mamba", "micromamba"):
        path = on_path(name, context.environ)
        if path:
            return request.known(path, "on PATH")
    folders = [os.path.join(context.home, name) for name in _BASES]
    folders += [os.path.join(root, name) for root in ("/opt", "/usr/local") for name in _BASES]
    for folder in (*folders, "/opt/conda"):
        for name in ("conda", "mamba"):
            path = os.path.join(folder, "bin", name)
            if os.path.isfile(path):
                return request.known(path, "installed, but not on PATH")
    return request.known("", "neither on PATH nor in the usual folders")


PROBES = (
    Probe(("shell.conda_hook",), each(_hook), limit=1.0),
    Probe(("shell.conda_program",), each(_program), limit=1.0),
)
