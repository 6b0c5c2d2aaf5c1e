"""Start-up files of shells: which of them sets an environment variable, and where."""

from __future__ import annotations

import os
import re

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

FILES = ("~/.bashrc", "~/.bash_profile", "~/.profile", "~/.zshrc", "~/.zshenv", "~/.zprofile",
         "~/.bash_aliases", "~/.config/fish/config.fish", "~/.pam_environment", "~/.cshrc",
         "/etc/environment", "/etc/profile", "/etc/bash.bashrc", "/etc/zsh/zshenv",
         "/etc/zsh/zshrc")  # fmt: skip


def line_that_sets(text: str, name: str) -> int:
    """Number of the last line that sets a variable (not of a comment), or 0."""
    pattern = re.compile(
        rf"^\s*(?:(?:export|declare -x|typeset -x)\s+(?:\w+=\S*\s+)*|set(?:env)?\s+(?:-\w+\s+)*)?"
        rf"{re.escape(name)}(?:=|\s+\S)"
    )
    found = 0
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.match(line[:500]):
            found = number
    return found


def _measure(context: Context, request: Request) -> Fact:
    name = request.argument
    if not re.fullmatch(r"[A-Za-z_]\w{0,60}", name):
        return request.unknown(f"{name!r} is not a variable's name")
    names = [context.home + path[1:] if path[0] == "~" else path for path in FILES]
    prefix = context.environ.get("CONDA_PREFIX", "")
    if prefix:
        folder = os.path.join(prefix, "etc", "conda", "activate.d")
        names += [os.path.join(folder, item) for item in _listing(folder)]
    folder = "/etc/profile.d"
    names += [os.path.join(folder, item) for item in _listing(folder)]
    for path in names:
        number = line_that_sets(read_text(path), name)
        if number:
            return request.known(f"{path}:{number}", f"line {number} of {path} sets it")
    return request.known("", f"no start-up file of the shell sets {name}")


def _listing(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".sh"))[:60]
    except OSError:
        return []


PROBES = (Probe(("env.set_in",), each(_measure)),)
