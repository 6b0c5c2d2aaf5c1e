"""Which interpreter failed, and whether the input comes from this machine at all.

Facts of this machine say nothing about a traceback from another one. So before anything is
measured, the files that the text names are looked up: are they here, and do their lines read
as the traceback printed them?
"""

from __future__ import annotations

import os

from troubleshoot import installations
from troubleshoot.interpreter import python_of, resolve_shim
from troubleshoot.origin import Origin
from troubleshoot.programs import on_path
from troubleshoot.provenance import NO_EVIDENCE, is_file, is_here
from troubleshoot.records import record
from troubleshoot.shell_python import named, shell_python, working_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from troubleshoot.document import Document
    from troubleshoot.failure import Failure, Frame
    from troubleshoot.installations import Installation
    from troubleshoot.pipeline import Writer

_MOST_FRAMES = 60
_NAMED = "you named its interpreter (--python)"


@record
class Target:
    """What the probes measure: an interpreter, a folder and environment variables.

    Attributes:
        python: path of the interpreter that failed, or ``""``.
        cwd: folder the run was started in.
        environ: environment variables of the run, as far as they are known.
        pids: processes that belong to the run (they do not count as other users of the GPU).
        folders: folders of the user's own scripts; a module may be shadowed there.
    """

    python: str
    cwd: str
    environ: Mapping[str, str]
    pids: tuple[int, ...] = ()
    folders: tuple[str, ...] = ()

    @classmethod
    def of_shell(cls, python: str = "") -> Target:
        """What a command started now from this shell and folder would run."""
        cwd = working_folder()
        found = named(python, cwd, os.environ) if python else shell_python(cwd, os.environ)[0]
        return cls(python=found, cwd=cwd, environ=dict(os.environ))


def infer(
    document: Document,
    failures: Sequence[Failure],
    *,
    here: bool | None = None,
    python: str | None = None,
    cwd: str | None = None,
    environ: Mapping[str, str] | None = None,
    live: Writer | None = None,
) -> Origin:
    """Find out where the input comes from and which interpreter failed.

    Args:
        document: the cleaned input.
        failures: what went wrong in it.
        here: the person's word (``--here``, ``--elsewhere``), or None to infer it.
        python: the interpreter the person named (``--python``).
        cwd: folder that relative paths are looked up in; the current one by default.
        environ: environment variables; those of this process by default.
        live: the run that writes into standard input, if one was seen.
    """
    if live is not None:
        cwd, environ = live.cwd or cwd, live.environ or environ
    cwd = cwd or working_folder()
    environ = os.environ if environ is None else environ
    frames = _frames(failures)
    shapes = list(installations.named_in(document, frames))
    environment, prefix = installations.classify(frames, shapes)
    if here is None:
        here, because = is_here(frames, shapes, cwd) if not python else (True, _NAMED)
        if live is not None and because == NO_EVIDENCE:
            here, because = True, f"process {live.pid} writes it as it runs"
    else:
        because = "you said so (--here)" if here else "you said so (--elsewhere)"
    if not here:
        return Origin(False, because, "", environment, prefix)
    path, why = _find_python(python, shapes, cwd, environ, _folders(frames, cwd), live)
    return Origin(True, because, path, environment, prefix, why)


def target(
    origin: Origin,
    failures: Sequence[Failure],
    cwd: str | None = None,
    live: Writer | None = None,
) -> Target:
    """What the probes shall measure for an input from here.

    Args:
        origin: where the input is from.
        failures: what went wrong in it.
        cwd: folder of the run; the current one by default.
        live: the run that writes into standard input, if one was seen.
    """
    environ: Mapping[str, str] = os.environ
    if live is not None:
        cwd, environ = live.cwd or cwd, live.environ or environ
    cwd = cwd or working_folder()
    return Target(
        python=origin.python,
        cwd=cwd,
        environ=dict(environ),
        pids=(live.pid,) if live is not None else (),
        folders=tuple(_folders(_frames(failures), cwd)),
    )


def _frames(failures: Sequence[Failure]) -> list[Frame]:
    ordered = sorted(failures, key=lambda failure: failure.role != "initiating")
    found: list[Frame] = []
    for failure in ordered:
        found += failure.frames[-_MOST_FRAMES // 2 :]
        if len(found) >= _MOST_FRAMES:
            break
    return found[:_MOST_FRAMES]


def _folders(frames: Sequence[Frame], cwd: str) -> list[str]:
    """Folders of the user's own files, the script's first."""
    found: dict[str, None] = {}
    for frame in frames:
        if frame.is_user and is_file(frame.path):
            folder = os.path.dirname(os.path.join(cwd, frame.path))
            if os.path.isdir(folder):
                found[os.path.normpath(folder)] = None
    return list(found)


def _find_python(
    python: str | None,
    shapes: Sequence[Installation],
    cwd: str,
    environ: Mapping[str, str],
    folders: Sequence[str],
    live: Writer | None,
) -> tuple[str, str]:
    """Path of the interpreter that failed, and how it was found."""
    if python:
        return named(python, cwd, environ), _NAMED
    lent = environ.get("PYTHONPATH", "").split(os.pathsep)  # another Python's packages
    for shape in shapes:
        found = _python_at(shape, environ) if shape.kind and shape.path not in lent else ""
        if found:
            return found, f"the traceback's packages lie in {shape.prefix}"
    if live is not None and live.python:
        return live.python, f"process {live.pid} runs on it"
    standard = [shape for shape in shapes if not shape.kind and shape.prefix]
    for start in (*folders, cwd):
        path, why = shell_python(start, environ)
        if path and _agrees(path, standard):
            return path, why
    for shape in standard:
        found = _python_at(shape, environ)
        if found:
            return found, f"the traceback's standard library lies in {shape.prefix}"
    return shell_python(cwd, environ)


def _agrees(python: str, standard: Sequence[Installation]) -> bool:
    """Whether an interpreter uses the standard library that the traceback shows."""
    if not standard:
        return True
    real = os.path.realpath(python)
    return any(_inside(real, os.path.realpath(shape.prefix)) for shape in standard)


def _inside(path: str, folder: str) -> bool:
    return bool(folder) and path.startswith(folder.rstrip("/\\") + os.sep)


def _python_at(shape: Installation, environ: Mapping[str, str]) -> str:
    minor = shape.minor if "." in shape.minor else ""
    if shape.prefix.endswith("/.local"):  # packages of the user, for the Python on PATH
        path = on_path(f"python{minor}", environ) or on_path("python3", environ)
        return resolve_shim(path, environ) if path else ""
    for prefix in (shape.prefix, "/usr" if shape.kind == "dist-packages" else ""):
        exact = os.path.join(prefix, "bin", f"python{minor}")
        if prefix and minor and os.path.isfile(exact):
            venv = os.path.join(prefix, "bin", "python")
            return venv if os.path.isfile(os.path.join(prefix, "pyvenv.cfg")) else exact
        found = python_of(prefix) if prefix else ""
        if found:
            return found
    return ""
