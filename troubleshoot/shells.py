"""What shells, command-line parsers and small programs say before anything ran."""

from __future__ import annotations

from troubleshoot import signs
from troubleshoot.failure import SHELL
from troubleshoot.shapes import LONGEST, compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Found, Stream

_SHELLS = (
    (r"(?:-)?(bash|zsh|sh|dash|ksh|fish|/bin/\w+|[\w./~-]{1,120}): (?:line )?(?:\d+: )?(?:eval"
     r": )?(.{1,300}?: "
     r"(?:command )?not found|command not found: .{1,200})$", 1),
    (r"()(.{1,200}: (?:未找到命令|找不到命令))$", "bash"),
    (r"(zsh): (no matches found: .*|permission denied: .*|no such file or directory: .*"
     r"|.*event not found.*)$", 1),
    (r"(fish): (Unknown command:? .*)", 1),
    (r"()(['\"“]?.{1,120}['\"”]? is not recognized as an internal or external command.*)", "cmd"),
    (r"()(['\"“]?.{1,120}?['\"”]? ?不是内部或外部命令.*)", "cmd"),
    (r"()(.{0,160}The term ['\"“‘].{1,120}['\"”’] is not recognized as .*)", "powershell"),
    (r"()(.{0,160}无法将[“\"].{1,120}[”\"]项识别为.*)", "powershell"),
    (r"()(Command ['\"].{1,80}['\"] not found.*)", "bash"),
    (r"(sudo|/usr/bin/env|env|xargs|exec|time|nohup|timeout|which): (.*(?:not found"
     r"|No such file or directory|"
     r"must be run from a terminal).*)", 1),
    (r"((?:-)?bash|sh|zsh|dash|[\w./~-]{1,120}\.(?:sh|bash|slurm|sbatch"
     r"|zsh)): (?:line )?(?:\d+: )?(.*(?:syntax error"
     r"|unexpected EOF|unexpected end of file|No such file or directory|ermission denied"
     r"|cannot execute"
     r"|xec format error|bad interpreter|Illegal option|event not found|Is a directory"
     r"|not a valid identifier"
     r"|ambiguous redirect|rgument list too long|Operation not permitted|unbound variable"
     r"|bad substitution|parameter not set).*)", 1),
    (r"()(exec .{1,200}: exec format error|standard_init_linux.*exec format error.*)", "docker"),
    (r"()((?:/\S{1,200}|\w[\w.-]*)?python[\w.]*(?:\.exe)?: can't open file .*)", "python"),
    (r"(\S{1,200}): error while loading shared libraries: (.*)", "ld.so"),
    (r"(\S{1,200}): symbol lookup error: (.*)", "ld.so"),
    (r"()(\S{1,300}: version [`'‘\"][\w.]+['’\"] not found \(required by .*"
     r"|\S{1,40}: \S{1,300}: version [`'‘\"][\w.]+['’\"] not found.*)", "ld.so"),
    (r"()((?:Unrecognized options?|No such option|Missing (?:argument|option|parameter"
     r"|command)|Required options?):? .*)", "click"),
    (r"(dyld)(?:\[\d+\])?: (.*(?:Library not loaded|Symbol not found|missing symbol).*)", "dyld"),
    (r"()(Could not load library .*|.*cannot load library.*|Unable to load .*: cannot open sha"
     r"red object.*)", "ld.so"),
    (r"(cp|mv|rm|ls|cat|mkdir|touch|ln|tar|unzip|find|du|df|chmod|chown|cd|head|tail|grep"
     r"|mount|rsync|scp|ssh|"
     r"curl|wget|git-lfs|fuse|nvidia-smi|ffmpeg|tee|dd|xz|gzip|zip|source|kill|lsof|nvcc|gcc"
     r"|make|install): (.*"
     r"(?:No such file or directory|ermission denied|File exists|o space left on device"
     r"|ead-only file system|"
     r"annot (?:access|create|stat|open|remove|overwrite)|Is a directory|Not a directory"
     r"|onnection refused|"
     r"ould not resolve host|Operation not permitted|nvalid option|nrecognized option"
     r"|Disk quota exceeded|"
     r"Device or resource busy|does not exist|timed out|not found|too long).*)", 1),
)  # fmt: skip
_ARGPARSE = r"([\w./\\ :-]{1,160}?(?:\.py|\.exe)?(?: [\w-]+){0,3}): error: (.*)"
_SCRIPT = (
    r"([\w./\\-]{1,160}\.py): (?!\d)(?!\w*(?:Warning|INFO|DEBUG)\b)(?=.*\b(?:error|not"
    r"|cannot|can't|fail|missing|invalid|no such|unable|must|require|does)\w*\b)(.{3,})"
)
_COMPILERS = (
    r"(?:.*:\d+(?::\d+)?|.*\(\d+(?:,\d+)?\)|nvcc|g?cc\S*|[cg]\+\+\S*|clang\S*|ld\S*"
    r"|cmake|ninja|make|rustc|cargo|slurmstepd|srun|sbatch|salloc|pip|uv|conda|npm|git|dpkg"
    r"|apt|docker|error|fatal|hint)"
)

_MISSING = (
    "not found",
    "not recognized",
    "未找到命令",
    "找不到命令",
    "不是内部",
    "Unknown command",
)


def find(stream: Stream) -> list[Found]:
    """All complaints of shells and command lines in a stream."""
    found: list[Found] = []
    for at, text in stream.lines_with(signs.SHELLS):
        if stream.claimed[at]:
            continue
        made = _line(stream, at, text[:LONGEST].strip())
        if made is not None:
            found.append(made)
    return found


def _line(stream: Stream, at: int, bare: str) -> Found | None:
    if "HYDRA_FULL_ERROR" in bare:
        return _hydra(stream, at)
    if ": error: " in bare:
        made = _argparse(stream, at, bare)
        if made is not None:
            return made
    if bare.startswith("Error: ") and _usage(stream, at) >= 0:
        return stream.found(SHELL, "click", bare[7:], at, start=_usage(stream, at), exit_code=2)
    for pattern, name in _SHELLS:
        found = compiled(pattern).match(bare)
        if found is not None:
            tool = str(name) if isinstance(name, str) else found.group(1).rsplit("/", 1)[-1]
            if tool.endswith((".sh", ".bash", ".slurm", ".sbatch", ".zsh")) or tool.startswith("-"):
                tool = "zsh" if tool.endswith("zsh") else "bash"
            code = 127 if any(word in bare for word in _MISSING) else None
            message = found.group(found.lastindex or 0) if found.lastindex else bare
            if isinstance(name, str) and found.group(1):
                message = bare
            return stream.found(SHELL, tool.lstrip("-"), message, at, exit_code=code)
    if ".py: " in bare:
        script = compiled(_SCRIPT).match(bare)
        if script is not None:
            return stream.found(SHELL, script.group(1), script.group(2), at)
    return None


def _argparse(stream: Stream, at: int, bare: str) -> Found | None:
    found = compiled(_ARGPARSE).match(bare)
    if found is None or compiled(_COMPILERS).fullmatch(found.group(1).strip()):
        return None
    usage = _usage(stream, at)
    program = found.group(1)
    if (
        usage < 0
        and not program.endswith((".py", ".exe"))
        and not compiled(r".*(?:argument|choose from|required|option|invalid)").match(
            found.group(2)
        )
    ):
        return None
    end = at
    texts = stream.texts
    while end + 1 < len(texts) and end - at < 4 and texts[end + 1].startswith("    "):
        end += 1
    message = " ".join([found.group(2), *(text.strip() for text in texts[at + 1 : end + 1])])
    return stream.found(SHELL, "argparse", f"{program}: {message}", at, end, exit_code=2,
                        start=usage if usage >= 0 else at)  # fmt: skip


def _usage(stream: Stream, at: int) -> int:
    """The line of the ``usage:`` that a parser printed above its error, or -1."""
    for above in range(at - 1, max(-1, at - 400), -1):
        text = stream.texts[above]
        if text[:7].lower() == "usage: ":
            return above
        if at - above > 3 and text and not text[0].isspace() and not text.startswith(("Try ", "[")):
            break
    return -1


def _hydra(stream: Stream, at: int) -> Found | None:
    """The complaint that hydra prints without a traceback, above its last line."""
    start = at
    for above in range(at - 1, max(-1, at - 40), -1):
        text = stream.texts[above].strip()
        if stream.claimed[above] or text.startswith("Traceback"):
            break
        if text.startswith("Error executing job with overrides"):
            break
        if text:
            start = above
        elif start != at and above < at - 1 and not stream.texts[above - 1].strip():
            break
    if start == at:
        return None
    message = "\n".join(stream.texts[start:at]).strip()
    return stream.found(SHELL, "hydra", message, start, at, exit_code=1)
