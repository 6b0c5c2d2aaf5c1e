"""What compilers, linkers and build tools say: gcc, nvcc, MSVC, cmake, ninja, make, rustc."""

from __future__ import annotations

from troubleshoot import signs
from troubleshoot.failure import COMPILER, WRAPPER
from troubleshoot.shapes import LONGEST, compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Found, Stream

_MOST = 40
_SOURCE = (
    r"((?:[A-Za-z]:)?[^:()\n]{1,300})(?::(\d+)(?::\d+)?|\((\d+)(?:,\d+)?\))\s?: (?:fata"
    r"l )?error(?: ?:| [A-Z]+\d+ ?:) ?(.*)"
)
_NVCC = r"(?:nvcc|ptxas|cicc|cudafe\+\+)(?: fatal| error)?\s+: (.*)"
_WRAPS = (
    r"(?:ninja: (?:build stopped|error).*|(?:g?make|nmake|mingw32-make)(?:\[\d+\])?: \*\*\* .*"
    r"|collect2: error:.*"
    r"|(?:ERROR: |error: )?command '[^']{1,300}' (?:failed|terminated).*|FAILED: .*"
    r"|(?:clang|gcc|g\+\+|cc|c\+\+)[\w+.-]*: error: (?:linker )?command failed.*"
    r"|error: (?:could not compile|linker `.{1,80}` (?:failed|not found)).*"
    r"|LINK : fatal error.*|-- Configuring incomplete.*)"
)
_LINKER = (
    r".*(?:undefined reference to|cannot find -l|unresolved external symbol"
    r"|multiple definition of|Undefined symbols).*"
)


def find(stream: Stream) -> list[Found]:
    """Compiler and build errors of a stream, one for each distinct message."""
    found: list[Found] = []
    seen: set[str] = set()
    for at, text in stream.lines_with(signs.COMPILERS):
        if stream.claimed[at] or len(found) >= _MOST:
            continue
        made = _line(stream, at, text[:LONGEST].strip())
        if made is not None and made.message not in seen:
            seen.add(made.message)
            found.append(made)
    return found


def _line(stream: Stream, at: int, bare: str) -> Found | None:
    if bare.startswith("#error "):
        return stream.found(COMPILER, "gcc", bare, at)
    if compiled(r"CMake \d[\d.]* or higher is required").match(bare):
        return stream.found(COMPILER, "cmake", bare, at)
    if compiled(r"fatal error: .*: No such file").match(bare):
        return stream.found(COMPILER, "gcc", bare.partition("error: ")[2] + "\n" + bare, at)
    if bare.startswith("CMake Error"):
        return _cmake(stream, at, bare)
    if compiled(_WRAPS).match(bare):
        return _wrapper(stream, at, bare)
    if compiled(_LINKER).match(bare):
        return stream.found(COMPILER, "ld", bare, at)
    if bare.startswith("error[E"):
        return _indented(stream, at, "rustc", bare)
    nvcc = compiled(_NVCC).match(bare)
    if nvcc is not None:
        return stream.found(COMPILER, "nvcc", nvcc.group(1), at)
    if "rror" not in bare:
        return None
    source = compiled(_SOURCE).match(bare)
    if source is not None:
        path = source.group(1).strip().lower()
        if path.endswith((".py", ".yaml", ".json")) or path.startswith("http"):
            return None
        if source.group(3) and (path.endswith((".cu", ".cuh")) or " nvcc" in stream.text):
            name = "nvcc"
        elif source.group(3):
            name = "msvc" if "error C" in bare else "nvcc" if ".cu" in stream.text else "msvc"
        else:
            name = "nvcc" if path.endswith((".cu", ".cuh")) or "host_config.h" in path else "gcc"
        return stream.found(COMPILER, name, f"{source.group(4)}\n{bare}", at)
    if compiled(
        r"(?:gcc|g\+\+|cc1plus|cc1|cc|c\+\+|clang(?:\+\+)?|x86_64[\w-]*)(?:-[\d.]+)?: (?:fata"
        r"l )?error: "
    ).match(bare):
        return stream.found(COMPILER, "gcc", bare.partition("error: ")[2], at)
    if compiled(r"(?:LINK|\S+\.obj|\S+\.lib) ?: (?:fatal )?error LNK").match(bare):
        return stream.found(COMPILER, "msvc", bare, at)
    if bare.startswith(("rustc", "cargo")):
        return stream.found(COMPILER, "rustc", bare, at)
    return None


def _cmake(stream: Stream, at: int, bare: str) -> Found:
    made = _indented(stream, at, "cmake", bare)
    return made


def _indented(stream: Stream, at: int, name: str, bare: str) -> Found:
    """A message whose further lines are indented; blank lines stand between its parts."""
    texts = stream.texts
    lines = [bare]
    end = at
    blanks = 0
    base = len(texts[at]) - len(texts[at].lstrip())
    for later in range(at + 1, min(at + 60, len(texts))):
        text = texts[later]
        if not text.strip():
            blanks += 1
            if blanks > 2:
                break
            continue
        if len(text) - len(text.lstrip()) <= base or "Call Stack" in text:
            break
        blanks = 0
        lines.append(text.strip()[:LONGEST])
        end = later
    return stream.found(COMPILER, name, "\n".join(lines), at, end)


def _wrapper(stream: Stream, at: int, bare: str) -> Found:
    word = bare.removeprefix("ERROR: ").removeprefix("error: ")
    if word.startswith(("ninja", "FAILED")):
        name = "ninja"
    elif "make" in word[:12]:
        name = "make"
    elif word.startswith("command"):
        name = "setuptools"
    elif word.startswith(("could not compile", "linker")):
        name = "rustc"
    elif word.startswith("-- Conf"):
        name = "cmake"
    else:
        name = "msvc" if word.startswith("LINK") else "ld"
    code = compiled(r"(?:Error|code|status:?) (\d{1,3})\b").search(bare)
    made = stream.found(COMPILER, name, bare, at, exit_code=int(code.group(1)) if code else None)
    if not bare.startswith("LINK"):
        made.context = "wraps"
    return made


def settle(found: list[Found]) -> None:
    """``make``'s and ``ninja``'s last words wrap whatever failed before them."""
    for item in found:
        if item.context != "wraps" or item.kind != COMPILER or item.role:
            continue
        others = [one for one in found if one is not item and one.context != "wraps"]
        before = [one for one in others if one.start <= item.start]
        built = [one for one in before if one.kind == COMPILER][-1:]
        # ninja names the target first and shows the compiler's output then
        after = [one for one in others if one.kind == COMPILER and one.start > item.start][:1]
        inner = next(iter(built or after or before[-1:]), None)
        if inner is not None:
            item.role, item.parent, item.link = WRAPPER, inner, "cause"
