"""Modules: whether the failing interpreter can find them, what provides or shadows them."""

from __future__ import annotations

import os
import sys

from troubleshoot.installed import Installed
from troubleshoot.interpreter import inspect
from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request


def shadow(context: Context, module: str) -> tuple[str, str]:
    """A local file that Python finds before the module meant, or ``""``, and the reason."""
    top = module.partition(".")[0]
    installed = context.installed
    real = installed.locate(top)
    standard = installed.locate_standard(top) or top in _standard_names(context)
    folders = dict.fromkeys((*context.target.folders, context.target.cwd))
    for folder in folders:
        for path in (os.path.join(folder, f"{top}.py"), os.path.join(folder, top, "__init__.py")):
            if os.path.isfile(path):
                if real and os.path.realpath(real) == os.path.realpath(path):
                    continue  # an editable install of this very folder
                if real or standard:
                    return path, f"it hides {real or 'the module of the standard library'}"
                return "", f"{path} is the only module called {top}"
        plain = os.path.join(folder, top)
        if os.path.isdir(plain) and not real and not standard and not _has_modules(plain):
            return plain, "Python takes this folder for the package, and nothing else has the name"
    return "", "no file of the working folder or of the script's folder has this name"


def local(context: Context, module: str) -> tuple[str, str]:
    """The user's own file or folder that Python takes for a module, or ``""``."""
    top = module.partition(".")[0]
    for folder in dict.fromkeys((*context.target.folders, context.target.cwd)):
        for path in (os.path.join(folder, top, "__init__.py"), os.path.join(folder, f"{top}.py")):
            if os.path.isfile(path):
                return path, "it lies in the folder of the run or of a script"
        plain = os.path.join(folder, top)
        if os.path.isdir(plain) and not context.installed.locate(top):
            return plain, "a folder without __init__.py, and nothing installed has the name"
    return "", "no file of the working folder or of the script's folder has this name"


def _has_modules(folder: str) -> bool:
    try:
        return any(name.endswith((".py", ".so", ".pyd")) for name in os.listdir(folder))
    except OSError:
        return False


def _standard_names(context: Context) -> frozenset[str]:
    try:
        minor = context.interpreter.minor
    except LookupError:
        minor = ""
    if minor in ("", f"{sys.version_info[0]}.{sys.version_info[1]}"):
        return sys.stdlib_module_names
    return frozenset(sys.builtin_module_names)


def other_interpreters(context: Context) -> Iterator[str]:
    """Interpreters of this machine other than the one that failed, the likeliest first."""
    from troubleshoot.probes.python_env import known_environments

    own = os.path.realpath(context.interpreter.prefix)
    for python, prefix in known_environments(context):
        if os.path.realpath(prefix) != own:
            yield python


def _elsewhere(context: Context, module: str) -> tuple[str, str]:
    top = module.partition(".")[0]
    count = 0
    for python in other_interpreters(context):
        count += 1
        try:
            other = Installed(inspect(python, context.environ), {})
            found = other.locate(top)
        except (LookupError, OSError):
            continue
        if found:
            return python, found
    return "", f"none of {count} other interpreters has it"


def _measure(context: Context, request: Request) -> Fact:
    module = request.argument
    base = request.base.removeprefix("module.")
    if not module.replace(".", "").replace("_", "").isalnum():
        return request.unknown(f"{module!r} is not a module's name")
    if base == "elsewhere":
        return request.known(*_elsewhere(context, module))
    if base == "shadow":
        return request.known(*shadow(context, module))
    if base == "local":
        return request.known(*local(context, module))
    installed = context.installed
    where = installed.interpreter.executable
    if base == "is_standard":
        top = module.partition(".")[0]
        path = installed.locate_standard(top)
        standard = bool(path) or top in _standard_names(context)
        return request.known(standard, path or f"Python {installed.interpreter.minor}")
    if base == "parent_found":
        module = module.rpartition(".")[0]
        if not module:
            return request.unknown(f"{request.argument} has no parent package")
    if base == "provider":
        item = installed.provider(module)
        if item is None:
            return request.known("", f"no distribution in {installed.interpreter.prefix} has it")
        return request.known(item.name, item.path)
    path = installed.locate(module)
    if not path and module in sys.builtin_module_names:
        path = "built into Python"
    return request.known(bool(path), path or f"{where} has no module {module}")


PROBES = (
    Probe(
        (
            "module.found",
            "module.parent_found",
            "module.shadow",
            "module.local",
            "module.is_standard",
        ),
        each(_measure),
        limit=3.0,
    ),
    Probe(("module.provider",), each(_measure), limit=3.0),
    Probe(("module.elsewhere",), each(_measure), limit=3.0),
)
