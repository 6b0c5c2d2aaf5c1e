"""What the paths in a text tell: system, Python version, environment, platform."""

from __future__ import annotations

from troubleshoot.shapes import LONGEST, compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from troubleshoot.facts import Value
    from troubleshoot.failure import Failure
    from troubleshoot.stream import Stream

    Add = Callable[[str, Value, str, int], None]

_MOST = 400  # paths that are looked at
_LITERALS = (
    "site-packages", "dist-packages", "/lib/python3", "\\Python3", "cpython-3", "/envs/",
    "\\envs\\", "/content/", "/kaggle/", "/mnt/", "google.colab", ":\\", "/Users/", "/home/",
)  # fmt: skip
_PLATFORMS = ("/content/", "/kaggle/", "google.colab", "google/colab", "cpython-3")
_PATH = r"(?:[A-Za-z]:\\|~?/|\.{0,2}[\w.-]*[/\\])[^\s'\"<>|:,;()\[\]]{3,400}"


def read(stream: Stream, failures: Sequence[Failure], add: Add) -> None:
    """Report what frames, and then other paths, say.

    Args:
        stream: the whole document.
        failures: what went wrong; the frames of the failing interpreter are surest.
        add: called with name, value, reason and line of every fact.
    """
    platforms: set[str] = set()
    packages = ""
    known: set[str] = set()

    def note(name: str, value: Value, because: str, at: int) -> None:
        known.add(name)
        add(name, value, because, at)

    for path, line in _paths(stream, failures, known):
        _system(path, line, note)
        _version(path, line, note)
        if "/site-packages/" in path or "/dist-packages/" in path or "/lib/python" in path:
            _environment(path, line, note)
        if "/dist-packages/" in path:
            packages = "dist"
        if path.startswith("/content/"):
            platforms.add("content")
        elif "google/colab" in path or "google.colab" in path:
            platforms.add("colab")
        elif path.startswith("/kaggle/"):
            add("host.platform", "kaggle", path, line)
    if (
        "colab" in platforms
        or ("content" in platforms and packages)
        or "google.colab" in stream.text
    ):
        add("host.platform", "colab", "paths of Google Colab", -1)
    elif packages and "<ipython-input-" in stream.text and "/usr/local/lib/python3" in stream.text:
        add("host.platform", "colab", "IPython with packages in /usr/local/lib/…/dist-packages", -1)
    _prompts(stream, add)


def _paths(
    stream: Stream, failures: Sequence[Failure], known: set[str]
) -> Iterator[tuple[str, int]]:
    """Paths with forward slashes and their lines: those of frames first.

    The rest of the text is read only where ``known`` shows that frames did not tell enough.
    """
    count = 0
    for failure in failures:
        for frame in failure.frames:
            count += 1
            if count > _MOST:
                return
            yield frame.path.replace("\\", "/"), frame.index
    told = "host.os" in known and "python.version" in known and "python.prefix" in known
    literals = _PLATFORMS if told else _LITERALS
    if not stream.has(literals):
        return
    pattern = compiled(_PATH)
    for at, text in stream.lines_with(literals)[:_MOST]:
        for found in pattern.finditer(text[:LONGEST]):
            count += 1
            if count > 2 * _MOST:
                return
            yield found.group().replace("\\\\", "/").replace("\\", "/"), at


def _system(path: str, line: int, add: Add) -> None:
    if path[1:3] == ":/" and path[0].isalpha():
        add("host.os", "windows", path, line)
    elif path.startswith(
        ("/Users/", "/opt/homebrew/", "/Library/Frameworks/", "/Applications/")
    ) or path.endswith(".dylib"):
        add("host.os", "macos", path, line)
    elif path.startswith(
        ("/home/", "/root/", "/usr/lib/python3", "/usr/local/lib/python3", "/opt/conda/",
        "/content/", "/kaggle/",
         "/workspace/", "/mnt/", "/data/", "/scratch/", "/datav/", "/dev/shm")
    ):  # fmt: skip
        add("host.os", "linux", path, line)
    if path.startswith("/mnt/") and path[6:7] == "/" and path[7:12] in ("Users", "Windo", "Progr"):
        add("host.is_wsl", True, path, line)


def _version(path: str, line: int, add: Add) -> None:
    if "ython" not in path:
        return
    place = path.find("/python")
    plain = path[place + 7 : place + 12].partition("/")[0].rstrip("t") if place >= 0 else ""
    if plain[:2] in ("3.", "2.") and plain[2:].isdigit():
        add("python.version", plain, path, line)
    else:
        found = compiled(r"/Python(3)(\d{1,2})(?:-\d\d)?/|\.cpython-(3)(\d{1,2})t?-").search(path)
        if found is not None:
            version = ".".join(part for part in found.groups() if part)
            add("python.version", version, path, line)
    if ".cpython-" not in path:
        return
    built = compiled(r"\.cpython-\d+t?-(x86_64|aarch64|arm64)?[\w-]*").search(path)
    if built and built.group(1):
        add("host.architecture", "x86_64" if built.group(1) == "x86_64" else "arm64", path, line)


def _environment(path: str, line: int, add: Add) -> None:
    """The environment that packages were imported from, with its folder."""
    folder = path.partition("/site-packages/")[0].partition("/dist-packages/")[0]
    if len(folder) == len(path):
        return
    folder, _, library = folder.rpartition("/")
    if library.startswith("python"):
        folder, _, library = folder.rpartition("/")
    if library not in ("lib", "Lib", "lib64"):
        return
    lowered = folder.lower()
    above, _, name = folder.rpartition("/")
    if above.endswith("/envs"):
        add("python.environment", "conda", path, line)
        add("python.conda_env", name, path, line)
    elif lowered.rsplit("/", 1)[-1].startswith(
        ("anaconda", "miniconda", "miniforge", "mambaforge", "micromamba", "conda")
    ):
        add("python.environment", "conda", path, line)
        add("python.conda_env", "base", path, line)
    elif folder.endswith("/.local") or "/appdata/roaming/python" in lowered:
        add("python.environment", "user", path, line)
        return  # the interpreter itself lies elsewhere
    elif folder in ("/usr", "/usr/local", "/usr/lib") or "/programs/python/" in lowered:
        add("python.environment", "system", path, line)
    elif "/.pyenv/versions/" in folder:
        add("python.environment", "pyenv", path, line)
    elif "/virtualenvs/" in folder:
        add("python.environment", "virtualenv", path, line)
    elif "/uv/" in folder and ("/.cache/" in folder or "/share/" in folder):
        add("python.environment", "uv", path, line)
    elif "frameworks/python" in lowered or "homebrew" in lowered or "/cellar/" in lowered:
        add("python.environment", "system", path, line)
    elif folder.rsplit("/", 1)[-1].lower().strip(".").startswith(("venv", "env", "virtualenv")):
        add("python.environment", "venv", path, line)
    if folder[:1] == "/" or folder[1:2] == ":":
        add("python.prefix", folder, path, line)


def _prompts(stream: Stream, add: Add) -> None:
    """What a prompt or a platform string says about the machine."""
    text = stream.text
    if "root@" in text:
        for at, line in stream.lines_with(("root@",))[:3]:
            if compiled(r"(?:\([\w.-]+\) )?root@[0-9a-f]{12}:").match(line):
                add("host.is_container", True, line[:80], at)
                add("host.platform", "docker", line[:80], at)
    if ":/mnt/c" in text:
        for at, line in stream.lines_with((":/mnt/c",))[:2]:
            if compiled(r"(?:\([\w.-]+\) )?[\w.-]+@[\w.-]+:/mnt/c").match(line):
                add("host.is_wsl", True, line[:80], at)
                add("host.os", "linux", line[:80], at)
    for literal, name in (("] on linux", "linux"), ("] on darwin", "macos"), ("] on win32",
    "windows"),
                          ("PS C:\\", "windows"), ("WinError", "windows"), ("x86_64-linux-gnu",
                          "linux"),
                          ("macOS-", "macos")):  # fmt: skip
        if literal in text:
            at, line = stream.lines_with((literal,))[0]
            add("host.os", name, line.strip()[:120], at)
    if "(base) " in text:
        for at, line in stream.lines_with(("(base) ",))[:1]:
            if line.startswith("(base) "):
                add("python.environment", "conda", line[:80], at)
                add("python.conda_env", "base", line[:80], at)
