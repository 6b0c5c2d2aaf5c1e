"""Which interpreter failed, and whether the input comes from this machine at all.

Facts of this machine say nothing about a traceback from another one. So before anything is
measured, the files that the text names are looked up: are they here, and do their lines read
as the traceback printed them?
"""

from __future__ import annotations

import os
import re
import sys

from troubleshoot.interpreter import python_of, resolve_shim
from troubleshoot.origin import Origin
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from troubleshoot.document import Document
    from troubleshoot.failure import Failure, Frame
    from troubleshoot.pipeline import Writer

COLAB = "colab"
KAGGLE = "kaggle"
DEBIAN = "debian"
USER = "user"
POETRY = "poetry"

_POSIX = re.compile(
    r"(?P<prefix>/[^\n]{0,300}?)/lib(?:64)?/(?:python|pypy)(?P<minor>[23](?:\.\d{1,2})?)t?"
    r"/(?P<kind>(?:site|dist)-packages(?=/|$))?"
)
_WINDOWS = re.compile(
    r"(?P<prefix>[A-Za-z]:[\\/][^\n]{0,300}?)[\\/][Ll]ib[\\/](?P<kind>site-packages(?=[\\/]|$))?"
)
_LONGEST_FILE = 4_000_000
_MOST_FRAMES = 60
_NO_EVIDENCE = "the text names no file by which to recognise this machine (--here if it is)"
_NAMED = "you named its interpreter (--python)"
_VOLATILE = re.compile(
    r"/tmp/|/var/tmp/|/var/folders/|/private/var/|(?i:[a-z]:[\\/].*[\\/]temp[\\/])|.*/\.cache/uv/builds-"
)
"""Files that are gone soon after a run: their absence says nothing about the machine."""
_COMMON_PREFIXES = ("/usr", "/usr/local", "/opt/conda", "/opt/venv", "/venv", "/root/.local")


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
        cwd = _working_folder()
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
    cwd = cwd or _working_folder()
    environ = os.environ if environ is None else environ
    frames = _frames(failures)
    shapes = list(_shapes(document, frames))
    environment, prefix = _classify(frames, shapes)
    if here is None:
        here, because = _is_here(frames, shapes, cwd) if not python else (True, _NAMED)
        if live is not None and because == _NO_EVIDENCE:
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
    cwd = cwd or _working_folder()
    return Target(
        python=origin.python,
        cwd=cwd,
        environ=dict(environ),
        pids=(live.pid,) if live is not None else (),
        folders=tuple(_folders(_frames(failures), cwd)),
    )


def shell_python(cwd: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The interpreter that ``python`` means in this shell and folder, and how it was found."""
    project, why = _project_python(cwd, environ)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = environ.get(variable, "")
        if variable == "CONDA_PREFIX" and project and environ.get("CONDA_DEFAULT_ENV") == "base":
            continue  # conda's base is active in every shell and says nothing about the run
        found = python_of(prefix) if prefix else ""
        if found:
            return found, f"${variable} is set"
    if project:
        return project, why
    for name in ("python", "python3"):
        found = on_path(name, environ)
        if found:
            return resolve_shim(found, environ), f"{name} on PATH"
    return "", "no interpreter on PATH"


def _project_python(cwd: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Interpreter of the uv, poetry or pixi project, or the venv, that a folder lies in."""
    folder = cwd
    for _ in range(8):
        for place in (".venv", os.path.join(".pixi", "envs", "default"), "venv", "env"):
            prefix = os.path.join(folder, place)
            found = python_of(prefix)
            if found and (".pixi" in place or os.path.isfile(os.path.join(prefix, "pyvenv.cfg"))):
                return found, f"{folder} has {place}"
        if os.path.isfile(os.path.join(folder, "poetry.lock")):
            found = _poetry_python(folder, environ)
            if found:
                return found, f"{folder} is a poetry project"
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            break
        folder = parent
    return "", ""


def _poetry_python(folder: str, environ: Mapping[str, str]) -> str:
    """Poetry names its environments ``<project>-<hash of the folder>-py3.x``."""
    import base64
    import hashlib

    digest = hashlib.sha256(os.path.normcase(os.path.realpath(folder)).encode()).digest()
    mark = f"-{base64.urlsafe_b64encode(digest).decode()[:8]}-py"
    home = environ.get("HOME") or os.path.expanduser("~")
    caches = [
        os.path.join(home, ".cache", "pypoetry"),
        os.path.join(home, "Library", "Caches", "pypoetry"),
    ]
    if environ.get("POETRY_CACHE_DIR"):
        caches.insert(0, environ["POETRY_CACHE_DIR"])
    for cache in caches:
        place = os.path.join(cache, "virtualenvs")
        try:
            names = sorted(name for name in os.listdir(place) if mark in name)
        except OSError:
            continue
        for name in reversed(names):
            found = python_of(os.path.join(place, name))
            if found:
                return found
    return ""


def on_path(name: str, environ: Mapping[str, str]) -> str:
    """Path of a program on ``PATH``, or ``""`` (``shutil`` is too slow to import)."""
    endings = environ.get("PATHEXT", ".EXE;.BAT;.CMD").split(";") if os.name == "nt" else [""]
    for folder in environ.get("PATH", "").split(os.pathsep):
        for ending in endings:
            path = os.path.join(folder, name + ending)
            if folder and os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return ""


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # the folder was deleted
        return os.path.expanduser("~")


def _frames(failures: Sequence[Failure]) -> list[Frame]:
    ordered = sorted(failures, key=lambda failure: failure.role != "initiating")
    found: list[Frame] = []
    for failure in ordered:
        found += failure.frames[-_MOST_FRAMES // 2 :]
        if len(found) >= _MOST_FRAMES:
            break
    return found[:_MOST_FRAMES]


@record
class _Shape:
    """A path that shows where packages are installed."""

    prefix: str
    minor: str
    kind: str
    path: str


def _shapes(document: Document, frames: Sequence[Frame]) -> Iterator[_Shape]:
    """Installation prefixes named by frames, innermost first, then by other lines."""
    seen = set()
    for frame in reversed(frames):
        shape = None if _is_volatile(frame.path) else _shape(frame.path)
        if shape is not None and (shape.prefix, shape.kind) not in seen:
            seen.add((shape.prefix, shape.kind))
            yield shape
    budget = 40
    for line in reversed(document.lines[-4000:]):
        if "-packages" in line and len(line) < 2000:
            path = _token(line)
            shape = None if _is_volatile(path) else _shape(path)
            if shape is not None and (shape.prefix, shape.kind) not in seen:
                seen.add((shape.prefix, shape.kind))
                yield shape
            budget -= 1
            if not budget:
                return


def _token(line: str) -> str:
    """The path around ``-packages`` in a line of prose."""
    middle = line.index("-packages")
    start = max(line.rfind(mark, 0, middle) for mark in " \t\"'`(<=,;") + 1
    return line[start : middle + len("-packages")]


def _shape(path: str) -> _Shape | None:
    pattern = _WINDOWS if path[1:2] == ":" else _POSIX
    match = pattern.match(path[:1000])
    if match is None:
        return None
    minor = match["minor"] if pattern is _POSIX else ""
    return _Shape(match["prefix"], minor, match["kind"] or "", match.group())


def _classify(frames: Sequence[Frame], shapes: Sequence[_Shape]) -> tuple[str, str]:
    """Kind and folder of the environment that the paths show."""
    paths = [frame.path.replace("\\", "/") for frame in frames]
    best = next((shape for shape in shapes if shape.kind), None)
    if best is None and shapes:
        best = shapes[0]
    where = best.prefix.replace("\\", "/") if best else ""
    prefix = best.prefix if best else ""
    if any(path.startswith("/kaggle/") for path in paths):
        return KAGGLE, prefix
    notebook = any("ipython-input-" in path or "/ipykernel_" in path for path in paths)
    colab = any(path.startswith("/content/") for path in paths)
    if best and best.kind == "dist-packages" and where == "/usr/local" and (notebook or colab):
        return COLAB, prefix
    if colab and notebook:
        return COLAB, prefix
    if best is None:
        return ("windows" if any(path[1:3] == ":/" for path in paths) else ""), ""
    return _kind(where, best.kind), prefix


def _kind(where: str, packages: str) -> str:
    if "/.pixi/envs/" in where:
        return "pixi"
    if "/pypoetry/virtualenvs/" in where or "/pypoetry/Cache/virtualenvs/" in where:
        return POETRY
    if re.search(r"(?i)/(?:mini|ana)?(?:conda|forge|mamba)\w*(?:/|$)|/envs/[^/]+$", where):
        return "conda"
    if "/.cache/uv/" in where or "/uv/tools/" in where or "/share/uv/" in where:
        return "uv"
    if "/.pyenv/versions/" in where or "/pyenv/versions/" in where:
        return "pyenv"
    if where.endswith("/.local") or "/AppData/Roaming/Python/" in where:
        return USER
    if os.path.isfile(os.path.join(where, "pyvenv.cfg")):
        return _made_by(os.path.join(where, "pyvenv.cfg"))
    if packages == "dist-packages":
        return DEBIAN
    if re.match(r"[A-Za-z]:/", where):
        return "venv" if re.search(r"(?i)/\.?v?env[^/]*$", where) else "windows"
    if where in ("/usr", "/usr/local") or where.startswith(("/opt/homebrew", "/Library/")):
        return "system"
    return "venv"


def _made_by(path: str) -> str:
    from troubleshoot.interpreter import read_text, settings_of

    settings = settings_of(read_text(path))
    return "uv" if "uv" in settings else "virtualenv" if "virtualenv" in settings else "venv"


def _is_here(frames: Sequence[Frame], shapes: Sequence[_Shape], cwd: str) -> tuple[bool, str]:
    """Whether the text comes from this machine, and the reason."""
    own = [frame for frame in frames if frame.is_user and _is_file(frame.path)]
    full = [(frame, _compare(frame, cwd)) for frame in own if _is_absolute(frame.path)]
    for frame, verdict in full:
        if verdict == "same":
            return True, f"{frame.path} is here and its line {frame.line} reads as printed"
    if sys.platform != "win32" and any(frame.path[1:3] in (":\\", ":/") for frame in frames):
        return False, "the paths are Windows paths"
    lasting = [frame for frame, _ in full if not _is_volatile(frame.path)]
    if lasting and all(verdict == "absent" for _, verdict in full):
        return False, f"{lasting[-1].path} is not on this machine"
    personal = [shape for shape in shapes if shape.prefix not in _COMMON_PREFIXES]
    for shape in personal:
        if _exists(shape.path):
            return True, f"the environment {shape.prefix} is on this machine"
    if personal:
        return False, f"{personal[0].prefix} is not on this machine"
    changed = next((frame for frame, verdict in full if verdict != "absent"), None)
    if changed is not None:
        return True, f"{changed.path} is on this machine (that line has changed since)"
    for frame in own:
        if len(frame.code.strip()) > 6 and _compare(frame, cwd) == "same":
            return True, f"{frame.path} is in this folder and line {frame.line} reads as printed"
    return _library_verdict(frames, cwd)


def _library_verdict(frames: Sequence[Frame], cwd: str) -> tuple[bool, str]:
    """What files say that are installed where every machine has some (``/usr``)."""
    installed = [frame for frame in frames if frame.package and frame.code]
    for frame in installed:
        if _compare(frame, cwd) != "same":
            return False, f"{frame.path} is not here, or it is another version"
    if installed:
        return True, f"all {len(installed)} lines of installed files read as printed"
    return False, _NO_EVIDENCE


def _is_volatile(path: str) -> bool:
    if not _VOLATILE.match(path):
        return False
    return not _exists(path)  # present, it is evidence like any other


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or bool(re.match(r"[A-Za-z]:[\\/]", path))


def _is_file(path: str) -> bool:
    if path.startswith("<") or not path.strip() or "\0" in path or len(path) > 1000:
        return False
    volatile = ("/tmp/ipykernel_", "/tmp/ipython-input", "ipython-input-", "Cell In", "Input In")
    return not path.lstrip("<").startswith(volatile)


def _exists(path: str) -> bool:
    try:
        return os.path.exists(path)
    except (OSError, ValueError):
        return False


def _compare(frame: Frame, cwd: str) -> str:
    """``same`` if the file's line reads as printed, else ``changed`` or ``absent``."""
    import stat

    try:
        path = os.path.join(cwd, os.path.expanduser(frame.path))
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "absent"
        if not frame.code or frame.line < 1 or status.st_size > _LONGEST_FILE:
            return "changed"
        with open(path, "rb") as file:
            lines = file.read(_LONGEST_FILE).split(b"\n")
    except (OSError, ValueError):
        return "absent"
    if frame.line > len(lines):
        return "changed"
    present = lines[frame.line - 1].decode("utf-8", "replace").strip()
    printed = frame.code.split("\n", 1)[0].strip()
    return "same" if present == printed and len(printed) > 2 else "changed"


def _folders(frames: Sequence[Frame], cwd: str) -> list[str]:
    """Folders of the user's own files, the script's first."""
    found: dict[str, None] = {}
    for frame in frames:
        if frame.is_user and _is_file(frame.path):
            folder = os.path.dirname(os.path.join(cwd, frame.path))
            if os.path.isdir(folder):
                found[os.path.normpath(folder)] = None
    return list(found)


def named(python: str, cwd: str, environ: Mapping[str, str]) -> str:
    """The interpreter a person named: a path, an environment's folder, or a name on PATH."""
    path = os.path.join(cwd, os.path.expanduser(python))
    if os.sep not in python and not os.path.exists(path):
        path = on_path(python, environ)
    if os.path.isdir(path):
        path = python_of(path)
    return path if os.path.isfile(path) else ""


def _find_python(
    python: str | None,
    shapes: Sequence[_Shape],
    cwd: str,
    environ: Mapping[str, str],
    folders: Sequence[str],
    live: Writer | None,
) -> tuple[str, str]:
    """Path of the interpreter that failed, and how it was found."""
    if python:
        return named(python, cwd, environ), _NAMED
    for shape in shapes:
        found = _python_at(shape, environ) if shape.kind else ""
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


def _agrees(python: str, standard: Sequence[_Shape]) -> bool:
    """Whether an interpreter uses the standard library that the traceback shows."""
    if not standard:
        return True
    real = os.path.realpath(python)
    return any(_inside(real, os.path.realpath(shape.prefix)) for shape in standard)


def _inside(path: str, folder: str) -> bool:
    return bool(folder) and path.startswith(folder.rstrip("/\\") + os.sep)


def _python_at(shape: _Shape, environ: Mapping[str, str]) -> str:
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
