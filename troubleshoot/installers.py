"""What installers say: pip, setuptools, uv, conda and mamba, apt, npm."""

from __future__ import annotations

from troubleshoot import signs
from troubleshoot.failure import INSTALLER, WRAPPER
from troubleshoot.shapes import CONDA, LONGEST, compiled
from troubleshoot.stream import Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Stream

_PIP = (
    "Could not find a version", "No matching distribution", "ResolutionImpossible",
    "Cannot install", "Failed building", "Failed to build", "Could not build wheels",
    "Could not install packages", "requires a different", "dependency resolver",
    "Ignored the following", "DO NOT MATCH THE HASHES", "not a supported wheel",
    "Command errored", "Could not open requirements", "Invalid requirement", "HTTP error",
    "is not installable", "does not appear to be a Python project", "Double requirement",
    "Cannot uninstall", "Can not perform a '--user'", "No .egg-info", "editable", "TLS/SSL",
    "subprocess-exited", "metadata-generation", "legacy-install", "externally-managed",
    "failed-wheel-build", "uninstall-no-record", "Exception:", "Could not detect requirement",
    "You must give at least one", "Wheel", "Package ", "Project ", "Directory ", "File ",
    "Error while", "Could not", "has requirement", "requires ", "Operation cancelled", "Cannot",
    "Unable to", "To modify pip", "Failed", "Some build dependencies", "backend", "pip",
    "Disabling PEP 517", "In --require-hashes",
)  # fmt: skip
_WRAPPERS = (
    "subprocess-exited-with-error", "metadata-generation-failed", "legacy-install-failure",
    "failed-wheel-build-for-install", "Failed building", "Could not build wheels",
    "Failed to build", "Command errored out", "Getting requirements to build",
    "build-system-failed",
)  # fmt: skip
_GIT = (
    "pathspec", "RPC failed", "failed to push", "src refspec", "Your local changes",
    "unable to create file", "could not lock", "The following untracked", "could not apply",
    "invalid object", "cannot lock ref", "object file", "unable to read", "external filter",
    "fetch-pack", "remote unpack",
)  # fmt: skip
_SETUPTOOLS = (
    "can't find Rust compiler", "Microsoft Visual C++", "invalid command", "could not create",
    "package directory", "can't copy", "option --", "Setup script exited",
    "Unable to find vcvars", "Multiple top-level", "bad install directory",
    "can't create or remove",
)  # fmt: skip


def find(stream: Stream) -> list[Found]:
    """All complaints of installers in a stream."""
    found: list[Found] = []
    for at, text in stream.lines_with(signs.INSTALLERS):
        if stream.claimed[at]:
            continue
        made = _line(stream, at, text[:LONGEST])
        if made is not None:
            found.append(made)
    return found


def _line(stream: Stream, at: int, text: str) -> Found | None:
    bare = text.strip().replace("ERROR: ERROR: ", "ERROR: ", 1)
    if bare.startswith("× ") or "No solution found when" in bare:
        return _solution(stream, at, bare)
    if bare.startswith("ERROR: ") and bare[7:].startswith(_PIP):
        return _pip(stream, at)
    if bare.startswith("error: "):
        return _error(stream, at, bare[7:])
    if bare.startswith(("E: ", "dpkg: error")):
        return _run(stream, at, "apt", ("E: ", "dpkg: "))
    if bare.startswith(("npm ERR!", "npm error")):
        return _run(stream, at, "npm", ("npm ERR!", "npm error"))
    if bare.startswith(("The conflict is caused by",)):
        return _block(stream, at, "pip", bare)
    if bare.startswith("error in ") and (" setup command: " in bare or "setup.cfg" in bare):
        return stream.found(INSTALLER, "setuptools", bare, at)
    if "which is incompatible" in bare or "which is not installed" in bare:
        made = _run(stream, at, "pip", ())
        made.context = "resolver"
        return made
    if "SolverProblemError" in bare:
        return _block(stream, at, "poetry", bare)
    head = bare.partition(":")[0].rpartition(".")[2]
    if head in CONDA and ":" in bare:
        return _block(stream, at, "conda." + head, bare.partition(":")[2].strip())
    if "libmamba" in bare and compiled(r"(?:critical|error) +libmamba|Could not solve").match(bare):
        return _block(stream, at, "conda", bare)
    return None


def _block(stream: Stream, at: int, name: str, first: str, role: str = "") -> Found:
    """A message with everything up to a change of subject."""
    from troubleshoot.shapes import starts_anew

    texts = stream.texts
    lines = [first] if first else []
    end = at
    blanks = 0
    for later in range(at + 1, min(at + 60, len(texts))):
        text = texts[later].strip()
        if not text:
            blanks += 1
            if blanks > (1 if lines else 2):
                break
            continue
        if stream.claimed[later] or text.startswith(("ERROR: ", "note: ", "[notice]", "hint: ")):
            if not text.startswith("ERROR: ResolutionImpossible"):
                break
        elif starts_anew(text) and not text.startswith(("╰─", "- ", "  -", "× ")):
            break
        blanks = 0
        lines.append(text[:LONGEST])
        end = later
    return stream.found(INSTALLER, name, "\n".join(lines), at, end, role=role)


def _run(stream: Stream, at: int, name: str, starts: tuple[str, ...], role: str = "") -> Found:
    """Lines of one kind that follow each other become one failure."""
    texts = stream.texts
    lines: list[str] = []
    end = at
    for later in range(at, min(at + 40, len(texts))):
        text = texts[later].strip()
        if starts and not text.startswith(starts):
            break
        if not starts and "which is" not in text:
            break
        for start in starts:
            text = text.removeprefix(start).strip() if start != "dpkg: " else text
        lines.append(text[:LONGEST])
        end = later
    return stream.found(INSTALLER, name, "\n".join(lines), at, end, role=role)


def _pip(stream: Stream, at: int) -> Found:
    """pip's ``ERROR:`` lines that belong together."""
    texts = stream.texts
    lines: list[str] = []
    end = at
    blanks = 0
    for later in range(at, min(at + 80, len(texts))):
        text = texts[later].strip().replace("ERROR: ERROR: ", "ERROR: ", 1)
        if not text:
            blanks += 1
            if blanks > 1:
                break
            continue
        if later > at and not text.startswith("ERROR: "):
            conflict = "conflicting dependencies" in lines[0] or "dependency resolver" in lines[0]
            if not conflict and not texts[later].startswith(("    ", "Hint:", "HINT:")):
                break
            if text.startswith(
                ("Successfully", "WARNING", "[notice]", "Traceback", "$ ", "  error")
            ):
                break
            if conflict and "dependency resolver" in lines[0] and "which is" not in text:
                break
        elif (later > at and not text[7:].startswith(_PIP)) or (
            later > at and _wraps(text) != _wraps(lines[0])
        ):
            break
        blanks = 0
        lines.append(text.removeprefix("ERROR: ")[:LONGEST])
        end = later
        if text.startswith(("ERROR: ResolutionImpossible", "ERROR: No matching distribution")):
            break
    made = stream.found(INSTALLER, "pip", "\n".join(lines), at, end)
    if _wraps(lines[0]):
        made.context = "wraps"
    elif "dependency resolver does not currently" in lines[0]:
        made.context = "resolver"
    return made


def _wraps(text: str) -> bool:
    return text.removeprefix("ERROR: ").startswith(_WRAPPERS)


def _error(stream: Stream, at: int, message: str) -> Found | None:
    """A line ``error: …``: pip's blocks, uv, git or setuptools, by what it says."""
    if message.startswith(_WRAPPERS):
        return _subprocess(stream, at, message)
    if message.startswith("externally-managed-environment"):
        return _block(stream, at, "pip", message)
    if message.startswith(_GIT):
        return _block(stream, at, "git", message)
    if message.startswith(("command ", "linker ", "could not compile", "ld ")):
        return None
    if message.startswith(_SETUPTOOLS):
        return _block(stream, at, "setuptools", message)
    if message.startswith("[E"):
        return None
    texts = stream.texts
    below = "\n".join(texts[at + 1 : at + 4])
    ours = (
        "Caused by:" in below
        or "cause:" in below
        or "hint:" in below
        or compiled(
            r"(?m)^\W{0,4}(?:\S+\$ )?uv |\buv (?:pip|sync|add|run|venv|lock|tool)\b"
            r"|^Resolved \d+ packages?|^Using (?:C?Python|python)"
        ).search(stream.text[:200_000])
    )
    if not ours:
        return None
    return _block(stream, at, "uv", message)


def _subprocess(stream: Stream, at: int, message: str) -> Found:
    """pip's report about a subprocess, whose own output stands between ``╰─>`` and its end."""
    texts = stream.texts
    end = at
    output: list[str] = []
    inside = False
    for later in range(at + 1, min(at + 1500, len(texts))):
        text = texts[later].strip()
        if text.startswith("error: subprocess-exited"):
            break
        if "╰─>" in text:
            inside = "lines of output" in text
            end = later
        elif text.startswith("[end of output]"):
            end = later
            break
        elif inside:
            output.append(text)
            end = later
        elif text and not text.startswith(("×", "│", "note:", "hint:", "exit code")):
            break
        elif text:
            end = later
    tail = [line for line in output if line][-30:]
    made = Found(
        INSTALLER, "pip", "\n".join([message, *tail]), stream.indices[at], stream.indices[end],
        rank=stream.rank, context="wraps",
    )  # fmt: skip
    stream.claim(at, at)
    return made


def _solution(stream: Stream, at: int, bare: str) -> Found | None:
    """uv's tree: the wrapped text under ``╰─▶`` joined into sentences; or pip's ``×`` line."""
    texts = stream.texts
    head = bare.removeprefix("error: ").lstrip("× ").strip()
    below = "".join(texts[at + 1 : at + 4])
    is_uv = "╰─▶" in below or "├─▶" in below or "No solution found" in bare or "Failed to" in head
    if not is_uv:
        stream.claim(at, at)
        if "did not run successfully" not in bare or _is_reported(stream, at):
            return None
        made = stream.found(INSTALLER, "pip", head, at)
        made.context = "wraps"
        return made
    sentences: list[str] = []
    end = at
    for later in range(at + 1, min(at + 120, len(texts))):
        text = texts[later].strip()
        if not text:
            following = texts[later + 1].strip() if later + 1 < len(texts) else ""
            if not following.startswith(("hint:", "╰", "├", "cause:")):
                break
            continue
        opens = text.startswith(
            ("╰─▶", "├─▶", "hint:", "cause:", "Caused by:", "And because", "Because")
        )
        plain = text.lstrip("│╰├─▶ ").strip()
        if texts[later][:1] not in (" ", "│", "╰", "├") and not opens:
            break
        if opens or not sentences:
            sentences.append(plain)
        else:
            sentences[-1] = f"{sentences[-1]} {plain}"
        end = later
    message = "\n".join([head, *sentences])
    made = stream.found(INSTALLER, "uv", message, at, end)
    if head.startswith(("Failed to build", "Failed to download and build")):
        made.context = "wraps"
    return made


def _is_reported(stream: Stream, at: int) -> bool:
    """Whether pip's ``error: subprocess-exited-with-error`` stands right above."""
    return any("subprocess-exited" in text for text in stream.texts[max(0, at - 3) : at])


def settle(found: list[Found]) -> None:
    """A report about a failed subprocess wraps the failure it quotes, if one was found."""
    others = [item for item in found if item.context not in ("wraps", "resolver")]
    for item in found:
        if item.context != "wraps":
            continue
        inner = (
            next((one for one in others if item.start < one.start <= item.end), None)
            or next((one for one in others if 0 < one.start - item.end <= 60), None)
            or next((one for one in reversed(others) if one.start < item.start), None)
        )
        if inner is not None:
            item.role, item.parent, item.link = WRAPPER, inner, "cause"
        else:
            first = next(one for one in found if one.context == "wraps")
            if item is not first:
                item.role, item.parent, item.link = WRAPPER, first, "cause"
