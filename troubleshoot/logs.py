"""Error lines of programs that are neither Python exceptions nor installers: the rest."""

from __future__ import annotations

from troubleshoot import signs
from troubleshoot.failure import ADVICE, EXCEPTION, LOG, WRAPPER
from troubleshoot.shapes import LONGEST, compiled, exception_head, surely_raised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Found, Stream

_MOST = 60
_LEVEL = (
    r"(?:.{0,160}?[\s\[\]|(:,-])?(?<![\w=/.-])(ERROR|FATAL|CRITICAL|SEVERE"
    r"|PANIC)(?![\w=(/.])\s{0,8}"
    r"(?:\]|\)|:| -| \||\||-|\s(?=\S))[\s:|\]-]{0,8}(.*)"
)
_GLOG = r"[EF](\d{4,8}) \d\d:\d\d:\d\d[.\d]* +(?:\d+ )?([^\]]{1,200})\] ?(.*)"
_RAY = (
    r"(?:\([\w ,=.]{1,80}\) ?)?\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ ([EFC]) \d+ \d+\](?: "
    r"\(\w+\))? ?(.*)"
)
_LLAMA = r"(?:[\d.]{6,20} )?E +(\S.*)"
_LOGFMT = r".*level=(error|fatal|panic)\b.*?\bmsg=\"?(.*?)\"?$"
_NAMED = (
    (r"(?:docker: )?(Error response from daemon: .*|Cannot connect to the Docker daemon.*"
     r"|Got permission denied while "
     r"trying to connect to the Docker daemon.*)", "docker"),
    (r"(?:ERROR: )?(failed to solve: .*)", "docker"),
    (r"docker: (.*(?:denied|rror|annot|nvalid|nknown|ailed).*)", "docker"),
    (r"(?:qt\.qpa\.plugin: )?(Could not load the Qt platform plugin .*)", "Qt"),
    (r"(This application failed to start because no Qt platform plugin.*)", "Qt"),
    (r"error: (?!Your|pathspec)(.{8,})", "error"),
    (r"fatal: (.*)", "git"),
    (r"thread '.{0,80}' (?:\(\d+\) )?panicked at (.*)", "rust"),
    (r"panic: (.*)", "go"),
    (r'Exception in thread "[^"]{0,80}" ((?:[\w$]+\.)*[\w$]+(?:: .*)?)', "java"),
    (r"(?:Uncaught )?(?:Error|TypeError|RangeError|SyntaxError): (listen E\w+.*"
     r"|Cannot find module .*|.*EADDRINUSE.*"
     r"|E[A-Z]{4,}: .*)", "node"),
    (r"(Failed to initialize NVML: .*)", "nvidia-smi"),
    (r"(NVIDIA-SMI has failed .*|NVIDIA-SMI couldn't .*)", "nvidia-smi"),
    (r"(OMP: Error #\d+: .*)", "OMP"),
    (r".*?((?:CUDA|HIP) error: .*)", "CUDA"),
    (r"((?:CUDA|cuda|cuDNN|CUDNN|cublas|CUBLAS)\w* (?:error|failure|Error).*)", "CUDA"),
    (r"(cuda\w+ returned \d+.*|.*code=\d+\(cuda\w+\).*)", "CUDA"),
    (r"(NCCL (?:failure|error)\b.*|.*\bNCCL WARN (?!.*(?:NET/|Failed to open libibverbs)).*(?:"
     r"rror|ailed|refused|timed out).*)", "NCCL"),
    (r".*?(\[(?:PG[^\]]*)?Rank \d+\].{0,40}Watchdog caught collective operation timeout.*)",
    "NCCL"),
    (r".*?(Watchdog caught collective operation timeout.*)", "NCCL"),
    (r"(\d{3} (?:Client|Server) Error[:.].*)", "http"),
    (r"(Cannot access gated repo for url .*)", "huggingface"),
    (r"(?:.{0,60}: )?((?:\[Errno \d+\] )?(?:Port \d+ is (?:already )?in use.*"
     r"|Address already in use.*|.{0,40}bind.{0,80}"
     r"(?:already in use|already allocated).*))", "port"),
    (r"(.{0,120}could not select device driver .*)", "docker"),
)  # fmt: skip
_ORIGIN = (  # where in the program a line was logged
    r"^(?:(?:\d{4}-)?\d\d-\d\d \d\d:\d\d:\d\d[.,\d]* )?(?:\[?[\w.<>]{1,80}:(?:[\w.<>]{1,80}:)?"
    r"\d{1,6}\]?(?: -- | - |\] |: | ))"
)
_QUIET = (
    "Unable to register cu",
    "Attempting to register factory",
    "computation_placer",
    "ERROR_",
    "error_rate",
    "0 ERROR",
    "ERROR: 0",
    "no error",
    "No error",
    "ERROR = 0",
)


def find(stream: Stream) -> list[Found]:
    """Error lines of a stream that nothing else explained; repeated ones once."""
    found: list[Found] = []
    seen: set[str] = set()
    for at, text in stream.lines_with(signs.LOGS):
        if stream.claimed[at] or len(found) >= _MOST:
            continue
        made = _line(stream, at, text[:LONGEST].strip())
        if made is None:
            continue
        key = compiled(r"\d+").sub("#", f"{made.name}:{made.message}")
        if key in seen:
            continue
        seen.add(key)
        found.append(made)
    return found


def _line(stream: Stream, at: int, bare: str) -> Found | None:
    for pattern, name in _NAMED:
        named = compiled(pattern).match(bare)
        if named is not None:
            if name == "git" and "not a git repository" in bare and "pip" in stream.text:
                return None  # setup scripts ask git for a version and go on without
            message, end = _following(stream, at, named.group(1).strip())
            return stream.found(LOG, name, message, at, end)
    level = message = ""
    logged = compiled(_LEVEL).match(bare)
    if (
        logged is not None
        and not any(word in bare for word in _QUIET)
        and (
            bare[logged.end(1) : logged.end(1) + 1] != " "
            or bare[: logged.start(1)].rstrip()[-1:] in ("", "]", "|", ":", "-", ")", ">")
        )
    ):
        level, message = logged.group(1), logged.group(2)
    else:
        glog = compiled(_GLOG).match(bare) or compiled(_RAY).match(bare)
        if glog is not None:
            message = glog.group(glog.lastindex or 0)
            fatal = bare.startswith("F") or glog.group(1) in ("F", "C") or "Unhandled" in message
            level = "FATAL" if fatal else "ERROR"
        elif "level=" in bare:
            formed = compiled(_LOGFMT).match(bare)
            if formed is not None:
                level, message = formed.group(1), formed.group(2)
        elif " E " in bare or bare.startswith("E "):
            short = compiled(_LLAMA).match(bare)
            if short is not None and len(short.group(1)) > 8:
                level, message = "ERROR", short.group(1)
        elif bare.startswith(("Error: ", "[ERROR", "[error", "[Error", "[fatal", "[critical")):
            level, message = (
                "Error",
                bare.partition(": " if bare[0] == "E" else "]")[2].strip(" :-"),
            )
    message = compiled(_ORIGIN).sub("", message, count=1)
    if len(message) < 4 or any(word in message for word in _QUIET[:3]):
        return None
    made = _logged(stream, at, bare, level, message)
    if ".cc:" in bare and level == "ERROR" and _goes_on(stream, at):
        made.role = ADVICE  # native libraries complain and go on
    return made


def _goes_on(stream: Stream, at: int) -> bool:
    return sum(1 for text in stream.texts[at + 1 : at + 40] if text.strip()) > 5


def _logged(stream: Stream, at: int, bare: str, level: str, message: str) -> Found:
    head = exception_head(message)
    following = stream.texts[at + 1] if at + 1 < len(stream.texts) else ""
    above_traceback = (
        "Traceback (most recent" in following
        or stream.claimed[min(at + 1, len(stream.claimed) - 1)]
    )
    if head is not None and surely_raised(head[0]) and not head[0].endswith("Warning"):
        made = stream.found(EXCEPTION, head[0], head[1], at)
        made.context = "logged"
    else:
        made = stream.found(LOG, level, message, at)
    if above_traceback:
        made.role = WRAPPER
    return made


def _following(stream: Stream, at: int, first: str) -> tuple[str, int]:
    """The message and the index of its last line: indented or plainly continuing lines."""
    from troubleshoot.shapes import starts_anew

    texts = stream.texts
    lines = [first]
    end = at
    for later in range(at + 1, min(at + 12, len(texts))):
        text = texts[later]
        if not text.strip() or starts_anew(text) or stream.claimed[later]:
            break
        if not text.startswith((" ", "\t")) and len(lines) > 3:
            break
        lines.append(text.strip()[:LONGEST])
        end = later
    return "\n".join(lines), end
