"""Whether a launcher starts the interpreter that failed, and what PYTHONPATH really gives it."""

from __future__ import annotations

import os
import re

from troubleshoot.probes import Probe, each
from troubleshoot.programs import on_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request


def shebang(path: str) -> str:
    """The interpreter that a script names in its first lines, or ``""``."""
    try:
        with open(path, "rb") as file:
            start = file.read(1024).decode("utf-8", "replace")
    except OSError:
        return ""
    if not start.startswith("#!"):
        return ""
    first, _, rest = start[2:].partition("\n")
    words = first.split()
    if words and words[0] == "/bin/sh":  # pip's form for a path that is too long or has blanks
        match = re.search(r"exec'? \"?(/[^\"\n]{1,400}?python[\w.]*)\"? ", rest)
        return match[1] if match else words[0]
    if len(words) > 1 and words[0].endswith("/env"):
        return words[1]
    return words[0] if words else ""


def path_entry(python_path: str, module: str, cwd: str) -> tuple[str, str]:
    """The entry of PYTHONPATH that holds a package, or ``""``, and why."""
    if not python_path:
        return "", "PYTHONPATH is not set"
    entries = [os.path.join(cwd, entry) for entry in python_path.split(os.pathsep) if entry]
    top = module.partition(".")[0]
    for entry in entries:
        for found in (os.path.join(entry, top, "__init__.py"), os.path.join(entry, f"{top}.py")):
            if os.path.isfile(found):
                return entry, found
    for entry in entries:
        if os.path.isfile(os.path.join(entry, "src", top, "__init__.py")):
            return "", f"not in {entry} itself, but in {entry}/src"
    absent = [entry for entry in entries if not os.path.isdir(entry)]
    if absent:
        return "", f"{absent[0]} does not exist"
    return "", f"no entry of PYTHONPATH holds {top}"


def _measure(context: Context, request: Request) -> Fact:
    name = request.argument
    if not re.fullmatch(r"[\w.+-]{1,60}", name):
        return request.unknown(f"{name!r} is not a name")
    if request.base == "python.path_entry":
        value = context.environ.get("PYTHONPATH", "")
        return request.known(*path_entry(value, name, context.target.cwd))
    path = on_path(name, context.environ)
    if not path:
        return request.unknown(f"{name} is not on PATH")
    prefix = os.path.realpath(context.interpreter.prefix)
    named = shebang(path)
    if named in ("python", "python3"):
        named = on_path(named, context.environ)
    folder = os.path.dirname(os.path.dirname(named or path))
    same = os.path.realpath(folder) == prefix
    return request.known(same, f"{path} starts {named or 'what lies beside it'}; {prefix} failed")


PROBES = (Probe(("tool.is_of_python", "python.path_entry"), each(_measure)),)
