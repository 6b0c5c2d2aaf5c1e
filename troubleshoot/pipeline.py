"""Who writes into whyfail's standard input: the live run of ``python train.py 2>&1 | whyfail``.

The process at the other end of the pipe is the run itself. Its command line, folder and
environment say what the text often does not: that it is from this machine, and on which
interpreter it ran. Programs that only hand text on (``cat log | whyfail``) prove nothing.
"""

from __future__ import annotations

import os

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILTERS = frozenset((
    "cat", "tac", "head", "tail", "less", "more", "zcat", "bzcat", "xzcat", "zstdcat", "gunzip",
    "gzip", "bzip2", "xz", "zstd", "grep", "egrep", "rg", "sed", "awk", "gawk", "mawk", "cut",
    "tr", "sort", "uniq", "tee", "ts", "nl", "fold", "iconv", "strings", "jq", "pv", "col",
    "unbuffer",
))  # fmt: skip
"""Programs that hand on what they read: what matters is who writes into them."""

REMOTE = frozenset((
    "ssh", "mosh", "kubectl", "oc", "docker", "podman", "nerdctl", "crictl", "curl", "wget", "gh",
    "aws", "gcloud", "gsutil", "rsync", "scp", "nc", "xclip", "xsel", "wl-paste", "pbpaste",
    "tmux", "screen", "adb", "srun", "salloc", "sacct", "echo", "printf", "vim", "vi", "nvim",
    "emacs", "nano",
))  # fmt: skip
"""Programs whose text is from elsewhere, or was pasted."""

SHELLS = frozenset((
    "sh", "bash", "dash", "zsh", "ksh", "fish", "tcsh", "csh", "busybox",
))  # fmt: skip
_MOST_STEPS = 4


@record
class Writer:
    """The run that writes into whyfail.

    Attributes:
        pid: its process id.
        arguments: its command line.
        python: the interpreter it runs on, or ``""`` if it is no Python program.
        cwd: its folder, or ``""``.
        environ: its environment variables.
    """

    pid: int
    arguments: tuple[str, ...]
    python: str
    cwd: str
    environ: Mapping[str, str]

    @property
    def command(self) -> str:
        """Its command line for a shell, without secrets."""
        import shlex

        from troubleshoot.probes.secrecy import hide_arguments

        return shlex.join(hide_arguments(list(self.arguments)))


def writer(descriptor: int = 0) -> Writer | None:
    """The live run at the other end of a pipe; None where there is none or it cannot be seen."""
    try:
        pipe = _pipe("self", descriptor)
        for _ in range(_MOST_STEPS):
            if not pipe:
                return None
            holders = list(_holders(pipe))
            names = [os.path.basename(arguments[0]) for _, arguments in holders]
            if any(name in REMOTE for name in names):
                return None
            filters = [pid for (pid, _), name in zip(holders, names) if name in FILTERS]
            if not filters:
                return _best(holders)
            pipe = _pipe(filters[0], 0)
    except OSError:
        return None
    return None


def _pipe(pid: int | str, descriptor: int) -> str:
    """Name of the pipe that a descriptor of a process is, or ``""``."""
    try:
        name = os.readlink(f"/proc/{pid}/fd/{descriptor}")
    except OSError:
        return ""
    return name if name.startswith("pipe:") else ""


def _holders(pipe: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Processes of this pipeline whose output goes into a pipe, with their command lines."""
    group, own = os.getpgrp(), os.getpid()
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == own:
            continue
        try:  # a shell puts all processes of one pipeline into one group
            if os.getpgid(int(name)) != group:
                continue
        except OSError:
            continue
        if pipe in (_pipe(name, 1), _pipe(name, 2)):
            arguments = _strings(f"/proc/{name}/cmdline")
            if arguments:
                yield int(name), tuple(arguments)


def _best(holders: list[tuple[int, tuple[str, ...]]]) -> Writer | None:
    found = [_described(pid, arguments) for pid, arguments in sorted(holders)]
    programs = [one for one in found if os.path.basename(one.arguments[0]) not in SHELLS]
    pythons = [one for one in programs if one.python]
    ordered = [*pythons, *programs, *found]
    return ordered[0] if ordered else None


def _described(pid: int, arguments: tuple[str, ...]) -> Writer:
    environ = dict(line.split("=", 1) for line in _strings(f"/proc/{pid}/environ") if "=" in line)
    try:
        cwd = os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        cwd = ""
    return Writer(pid, arguments, _python(pid, arguments[0], cwd, environ), cwd, environ)


def _python(pid: int, program: str, cwd: str, environ: Mapping[str, str]) -> str:
    """The interpreter as it was called: its path tells the environment, its file does not."""
    from troubleshoot.programs import on_path

    try:
        file = os.readlink(f"/proc/{pid}/exe")
    except OSError:
        file = ""
    if not os.path.basename(file).startswith(("python", "pypy")):
        return ""
    called = os.path.join(cwd, program) if "/" in program else on_path(program, environ)
    if called and os.path.realpath(called) == os.path.realpath(file):
        return called
    return file


def _strings(path: str) -> list[str]:
    try:
        with open(path, "rb") as file:
            raw = file.read(1_000_000)
    except OSError:
        return []
    return [part.decode("utf-8", "replace") for part in raw.split(b"\0") if part]
