"""What went wrong in a document: the record every later room reasons about."""

from __future__ import annotations

import re

from troubleshoot.records import record

EXCEPTION = "exception"  # a Python exception, with or without frames
SYNTAX = "syntax"  # SyntaxError/IndentationError form: file, line, caret
NATIVE = "native"  # segmentation fault, abort, C++ terminate, bus error, fatal Python error
KILL = "kill"  # killed from outside: Killed, exit 137, kernel OOM killer
SHELL = "shell"  # command not found, permission denied, no such file, bad options
INSTALLER = "installer"  # pip, uv, conda, mamba, apt
COMPILER = "compiler"  # gcc, nvcc, cmake, ninja, linker
LAUNCHER = "launcher"  # torchrun's failure table, ray's or mpirun's report about a child
LOG = "log"  # an ERROR/FATAL log line that is none of the above
KINDS = (EXCEPTION, SYNTAX, NATIVE, KILL, SHELL, INSTALLER, COMPILER, LAUNCHER, LOG)

INITIATING = "initiating"  # the failure the run died of
CASCADE = "cascade"  # happened because of another failure (peers timing out, broken pipes)
TEARDOWN = "teardown"  # noise of an ending process (exceptions ignored in __del__, atexit)
WRAPPER = "wrapper"  # reports another failure (ChildFailedError, RayTaskError, CalledProcessError)
ADVICE = "advice"  # a line that only advises or a handled failure the program went on after
ROLES = (INITIATING, CASCADE, TEARDOWN, WRAPPER, ADVICE)

_ENDINGS = (
    "pth?|ckpt|bin|safetensors|pkl|pickle|joblib|np[yz]|h5|hdf5|zarr|lmdb|db|mp4|avi|mkv|mov|webm|"
    "png|jpe?g|bmp|tiff?|gif|json|jsonl|ya?ml|csv|tsv|parquet|arrow|feather|zip|tar|t?gz|onnx|"
    "engine|xml|urdf|mjcf|usda?|txt|toml|model|gguf|wav|mp3|ply|obj|stl|pcd|bag"
)
_NAMED = {
    "path": rf"['\"]([^'\"\n{{}}%*?<>|]{{1,200}}\.(?:{_ENDINGS}))['\"]",
    "port": r"(?:\bport\w{0,12}['\"]?[=:, ]{1,3}|(?:bind|listen|connect|address)\w{0,12}\(.{0,80}?"
    r"|(?:['\"]|://)[\w.*]{0,60}:)([1-9]\d{2,4})\b(?![.\d])",
}


_LOOK_UPS = ("__getattr__", "__getattribute__")


@record
class Frame:
    """One frame of a traceback.

    Attributes:
        path: file as printed; ``Cell In[4]`` style names for notebook cells.
        line: line number in that file, or 0 where the traceback does not say.
        function: function name, or ``""``.
        code: the source line printed below, or ``""``.
        index: index of the frame's line in the document.
    """

    path: str
    line: int
    function: str
    code: str
    index: int

    @property
    def package(self) -> str:
        """Top-level package of an installed file (``torch``), ``""`` for the user's own files."""
        path = self.path.replace("\\", "/")
        for folder in ("/site-packages/", "/dist-packages/"):
            if folder in path:
                return path.rsplit(folder, 1)[1].split("/", 1)[0].removesuffix(".py")
        return ""

    @property
    def is_user(self) -> bool:
        """Whether the file is neither installed nor part of Python itself."""
        path = self.path.replace("\\", "/")
        if self.package or path.startswith("<ipython-input"):
            return not self.package
        if path.startswith("<") or path.endswith((".pyx", ".pxi", ".pxd")) or ".so" in path[-8:]:
            return False
        folder, _, name = path.rpartition("/")
        if folder.endswith(("/bin", "/Scripts")) and not name.endswith(".py"):
            return False  # a console script
        parts = folder.split("/")
        for at, part in enumerate(parts):
            if part in ("lib", "Lib", "lib64") and at:
                after = parts[at + 1] if at + 1 < len(parts) else ""
                if after.startswith(("python3", "python2")):
                    return False
                above = parts[at - 1].lower()
                if above.startswith("python") and above[6:].isdigit():
                    return False  # C:/Python311/Lib
                if path[1:2] == ":" and ("conda" in above or parts[max(at - 2, 0)] == "envs"):
                    return False
        return True


@record
class Failure:
    """One thing that went wrong.

    Attributes:
        kind: one of `KINDS`.
        name: exception type as printed (``torch.cuda.OutOfMemoryError``), signal name
            (``SIGSEGV``), or tool (``pip``, ``uv``, ``bash``, ``nvcc``, ``torchrun``).
        message: the message without the name; may have several lines.
        start: index of the failure's first line in the document.
        end: index of its last line (inclusive).
        line: index of the line that names it.
        role: one of `ROLES`.
        rank: worker label of its lines, or ``""``.
        frames: frames from the outermost to the innermost.
        parent: position, in the list of failures, of the failure that this one was raised
            from or during the handling of (the earlier one), or -1.
        link: ``cause`` ("direct cause of"), ``context`` ("during handling of"), ``group``
            (member of an exception group), ``alternative`` (one of several tried ways), or "".
        exit_code: exit status that the failure reports, or None.
        signal: signal name such as ``SIGKILL``, or "".
    """

    kind: str
    name: str
    message: str
    start: int
    end: int
    line: int
    role: str = INITIATING
    rank: str = ""
    frames: tuple[Frame, ...] = ()
    parent: int = -1
    link: str = ""
    exit_code: int | None = None
    signal: str = ""

    @property
    def package(self) -> str:
        """Installed package of the line that failed, ``""`` when that is the user's own.

        A frame that only looks an attribute up (``__getattr__``) is passed over.
        """
        asking = (each for each in reversed(self.frames) if each.function not in _LOOK_UPS)
        frame = next(asking, self.frames[-1] if self.frames else None)
        return frame.package if frame is not None else ""

    @property
    def short_name(self) -> str:
        """The type without its module: ``OutOfMemoryError``."""
        return self.name.rsplit(".", 1)[-1]

    @property
    def user_frame(self) -> Frame | None:
        """The innermost frame in the user's own files, or None."""
        for frame in reversed(self.frames):
            if frame.is_user:
                return frame
        return None

    def named(self, kind: str) -> str:
        """A value that the user's failing line holds as a literal, or ``""``.

        Args:
            kind: ``path`` (a file's name in quotes) or ``port`` (a number that is one).
        """
        frame = self.user_frame
        pattern = _NAMED.get(kind)
        if frame is None or pattern is None:
            return ""
        found = re.search(pattern, frame.code[:1000])
        return found.group(1) if found else ""
