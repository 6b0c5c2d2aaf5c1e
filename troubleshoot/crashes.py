"""Native crashes and kills: signals, C++ terminate, glibc, faulthandler, the OOM killer."""

from __future__ import annotations

from troubleshoot import signs
from troubleshoot.failure import KILL, LAUNCHER, NATIVE, WRAPPER, Frame
from troubleshoot.shapes import LONGEST, compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Found, Stream

SIGNALS = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
    8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
    24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
}  # fmt: skip
_KILLS = ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGXCPU", "SIGXFSZ", "SIGALRM")
_WORDS = {  # what a shell says about a signal, over systems and languages
    "segmentation fault": "SIGSEGV", "segfault": "SIGSEGV", "段错误": "SIGSEGV",
    "区段错误": "SIGSEGV", "speicherzugriffsfehler": "SIGSEGV",
    "aborted": "SIGABRT", "abort trap": "SIGABRT", "abort": "SIGABRT", "已放弃": "SIGABRT",
    "已中止": "SIGABRT", "bus error": "SIGBUS", "总线错误": "SIGBUS",
    "illegal instruction": "SIGILL", "illegal hardware instruction": "SIGILL",
    "非法指令": "SIGILL", "floating point exception": "SIGFPE", "浮点数例外": "SIGFPE",
    "trace/bpt trap": "SIGTRAP", "killed": "SIGKILL", "已杀死": "SIGKILL",
    "terminated": "SIGTERM", "已终止": "SIGTERM", "hangup": "SIGHUP",
    "cpu time limit exceeded": "SIGXCPU", "file size limit exceeded": "SIGXFSZ",
}  # fmt: skip
_SHELL = (
    r"(?:(?:[\w./-]{1,80}: )?line \d+: +\d+ |[\w./-]{1,80}: line \d+: +\d+ "
    r"|\[\d+\][-+ ]*(?:\d+ )? *"
    r"|zsh: |[\w./-]{1,40}: )?"
    r"(Segmentation fault|segmentation fault|段错误|区段错误|Speicherzugriffsfehler|Aborted"
    r"|Abort trap|abort"
    r"|已放弃|已中止|Bus error|bus error|总线错误|Illegal instruction|illegal hardware instruction"
    r"|非法指令|Floating point exception|floating point exception|浮点数例外|Trace/BPT trap"
    r"|Killed|killed"
    r"|已杀死|Terminated|terminated|已终止|Hangup|CPU time limit exceeded|File size limit exceeded)"
    r"(?:[:：] \d+)?(?: *[（(](?:core dumped|核心已转储|吐核|Speicherabzug geschrieben)[)）])?"
    r"(?:(?: {2,}|(?<=[)）]) )(?P<command>\S.*))?[.!]?$"
)
_GLIBC = (
    r"(?:\*\*\* Error in [`'\"].{1,200}?': )?((?:free|malloc|realloc|calloc|munmap_chunk"
    r"|malloc_consolidate)"
    r"\(\): ?[\w .,()!=<>_-]{4,90}|double free or corruption[\w ()!,.]{0,30}"
    r"|corrupted (?:size vs\. prev_size"
    r"|double-linked list)[\w ]{0,30}|\*\*\* (?:stack smashing|buffer overflow) detected "
    r"\*\*\*.{0,40}"
    r"|cannot allocate memory for thread-local data: ABORT|pure virtual method called.{0,40}"
    r"|.{0,80}malloc: \*\*\* error for object .{1,100})"
)
_TERMINATE = (
    r"(?:terminate called after throwing an instance of ['‘]([^'’\n]{1,200})['’]"
    r"|libc\+\+abi(?:\.dylib)?: terminating (?:due to|with) uncaught exception of type ([\w:<>"
    r", ]{1,160}?)(?:: (.*))?$"
    r"|terminate called (?:without an active exception|recursively))"
)
_EXIT = (
    r"(?:exit ?code|exit status|exited with(?: code| status)?|return code)\s*[:=]?\s*(?:of\s+)?"
    r"\(?(-?\d{1,10})\b"
)
_KERNEL = (
    r"(?:oom-kill:constraint|Out of memory: Kill|[Mm]emory cgroup out of memory|invoked oom-killer)"
)
_SLURM = (
    r"oom[-_]kill event|Out Of Memory|DUE TO TIME LIMIT|CANCELLED AT|DUE TO PREEMPTION"
    r"|OUT_OF_MEMORY"
    r"|job killed: walltime|exceeded (?:job |step )?memory limit|TERM_MEMLIMIT|TERM_RUNLIMIT"
)
_RECEIVED = (
    r"\*\*\* (SIG[A-Z]{2,6}) received|\bSignal: [\w ]{3,40} \((\d{1,2})\)|Caught signal (\d{1,2})\b"
    r"|[Tt]erminated by signal (\d{1,2})|exited on signal (\d{1,2})|\[signal (SIG[A-Z]+):"
    r"|(?:Received|received|Got|Caught)(?: signal)?:? (SIG(?:TERM|SEGV|ABRT|BUS|HUP|XCPU|KILL))\b"
    r"|interrupted by signal (\d{1,2})|[Ff]atal [Ss]ignal (\d{1,2})|signal: (\d{1,2}),? "
)
_CHECK = (
    r"(?:F\d{4} .{1,120}?\] |F .{1,160}?\] |\[\w+ FATAL [^\]]{1,160}\] |RAW: |\S+:\d+: )?"
    r"((?:Check|CHECK) failed:.*)"
)
_ASSERT = (
    r"(?:^|[\s:])(Assertion [`'\"(].{1,400}?[`'\")](?: failed\.?|, function .*)"
    r"|Assertion failed: .*)"
)
_STATUS = {  # Windows' exit statuses
    0xC0000005: "access violation", 0xC0000135: "DLL not found",
    0xC0000139: "entry point not found",
    0xC000001D: "illegal instruction", 0xC0000409: "stack buffer overrun",
    0xC00000FD: "stack overflow",
    0xC0000374: "heap corruption", 0xC000007B: "bad image format", 0xC0000017: "out of memory",
    0xC000013A: "interrupted",
}  # fmt: skip


def signal_name(number: int) -> str:
    """Signal name of a signal number (``9`` → ``SIGKILL``), or ``""``."""
    return SIGNALS.get(number, "")


def signal_of(status: int) -> str:
    """Signal name that an exit status (``-9``, ``137``) stands for, or ``""``."""
    if status < 0:
        return SIGNALS.get(-status, "")
    return SIGNALS.get(status - 128, "") if 128 < status < 192 else ""


def kind_of(signal: str) -> str:
    """`KILL` for a signal sent from outside, `NATIVE` for one the program caused itself."""
    return KILL if signal in _KILLS else NATIVE


def find(stream: Stream) -> list[Found]:
    """All crashes and kills of a stream."""
    found: list[Found] = []
    seen: set[str] = set()
    for at, text in stream.lines_with(signs.CRASHES):
        if stream.claimed[at]:
            continue
        made = _line(stream, at, text[:LONGEST], seen)
        if made is not None:
            _join(stream, found, made, at)
            found.append(made)
    return found


def _join(stream: Stream, found: list[Found], made: Found, at: int) -> None:
    """A shell's word about a signal reports the crash that was printed just before."""
    for earlier in reversed(found[-3:]):
        near = 0 <= made.start - earlier.end <= 40
        if near and made.signal and made.signal == earlier.signal and not earlier.parent:
            made.parent, made.link, made.role = earlier, "cause", WRAPPER
            earlier.chain = True
            return


def _line(stream: Stream, at: int, text: str, seen: set[str]) -> Found | None:
    bare = text.strip()
    if "Fatal Python error" in bare or "fatal exception:" in bare:
        return _faulthandler(stream, at, bare)
    if "terminate called" in bare or "libc++abi" in bare:
        return _terminate(stream, at, bare)
    shell = compiled(_SHELL).match(bare)
    if shell is not None:
        return _shell(stream, at, bare, shell.group(1), shell.group("command") or "")
    if "free" in bare or "alloc" in bare or "corrupt" in bare or "***" in bare or "virtual" in bare:
        glibc = compiled(_GLIBC).match(bare)
        if glibc is not None:
            return stream.found(NATIVE, "SIGABRT", glibc.group(1).strip(), at, signal="SIGABRT")
    if "heck failed" in bare or "HECK failed" in bare:
        check = compiled(_CHECK).search(bare)
        if check is not None:
            return stream.found(NATIVE, "SIGABRT", check.group(1), at, signal="SIGABRT")
    if "LLVM ERROR" in bare:
        message = bare.partition("LLVM ERROR:")[2].strip()
        return stream.found(NATIVE, "LLVM", message, at, signal="SIGABRT")
    if "Assertion" in bare:
        return _assertion(stream, at, bare, seen)
    if "NVRM: Xid" in bare:
        return stream.found(NATIVE, "Xid", bare[bare.find("NVRM: Xid") + 6 :], at)
    return _report(stream, at, bare)


def _report(stream: Stream, at: int, bare: str) -> Found | None:
    """What the kernel, a scheduler, a container or an IDE says about a process."""
    kernel = compiled(_KERNEL).search(bare)
    if kernel is not None:
        end = at
        for later in range(at + 1, min(at + 80, len(stream.texts))):
            line = stream.texts[later]
            if compiled(_KERNEL).search(line) or "oom_reaper" in line or "oom_kill" in line:
                end = later
        message = next(
            (
                line.strip()
                for line in stream.texts[at : end + 1]
                if "Kill" in line and "process" in line
            ),
            bare,
        )
        return stream.found(KILL, "oom-killer", message, at, end, signal="SIGKILL", exit_code=137)
    if compiled(_SLURM).search(bare):
        signal = "SIGTERM" if "TIME" in bare or "CANCELLED" in bare or "wall" in bare else "SIGKILL"
        name = "oom-killer" if "emory" in bare or "oom" in bare or "OUT_OF" in bare else "scheduler"
        return stream.found(KILL, name, bare, at, signal=signal)
    if "memory pressure (OOM)" in bare:
        return stream.found(KILL, "ray", bare, at, signal="SIGKILL")
    if "worker died or was killed" in bare:
        made = stream.found(LAUNCHER, "ray", bare, at)
        made.context = "lost"
        return made
    if "OOMKilled" in bare and "false" not in bare.lower():
        return stream.found(KILL, "oom-killer", bare, at, signal="SIGKILL", exit_code=137)
    if (
        "session crashed" in bare
        or "Kernel died" in bare
        or "restarting kernel" in bare
        or ("kernel appears to have died" in bare)
    ):
        return stream.found(KILL, "jupyter", bare, at)
    received = compiled(_RECEIVED).search(bare)
    if received is not None:
        word = next(group for group in received.groups() if group)
        signal = word if word.startswith("SIG") else signal_name(int(word))
        if signal:
            return stream.found(kind_of(signal), signal, bare, at, signal=signal)
    if "exit" in bare or "Exit" in bare or "return code" in bare:
        return _status(stream, at, bare)
    return None


def _status(stream: Stream, at: int, bare: str) -> Found | None:
    if "elastic" in bare or "exitcode  :" in bare or "local_rank" in bare:
        return None  # torchrun's report belongs to the launchers
    code = compiled(_EXIT).search(bare)
    if code is None:
        return None
    status = int(code.group(1))
    if status < -255 or status > 0xC0000000:
        name = _STATUS.get(status & 0xFFFFFFFF, "")
        return stream.found(NATIVE, name or hex(status & 0xFFFFFFFF), bare, at, exit_code=status)
    signal = signal_of(status)
    if not signal or signal in ("SIGINT", "SIGPIPE"):
        return None
    return stream.found(kind_of(signal), signal, bare, at, signal=signal, exit_code=status)


def _shell(stream: Stream, at: int, bare: str, word: str, command: str) -> Found | None:
    if (
        bare[0].islower()
        and not bare.startswith(("zsh", "bash", "line", "sh:"))
        and ":" not in bare
    ):
        return None
    signal = _WORDS[word.lower()]
    return stream.found(
        kind_of(signal), signal, bare, at, signal=signal, exit_code=128 + _number(signal)
    )


def _number(signal: str) -> int:
    return next(number for number, name in SIGNALS.items() if name == signal)


def _assertion(stream: Stream, at: int, bare: str, seen: set[str]) -> Found | None:
    found = compiled(_ASSERT).search(bare)
    if found is None:
        return None
    message = found.group(1)
    on_gpu = "thread: [" in bare or "block: [" in bare or ".cu:" in bare
    key = message if on_gpu else ""
    if key and key in seen:
        stream.claim(at, at)
        return None
    seen.add(key)
    if on_gpu:
        return stream.found(NATIVE, "device-side assert", bare, at)
    return stream.found(NATIVE, "SIGABRT", bare, at, signal="SIGABRT")


def _terminate(stream: Stream, at: int, bare: str) -> Found | None:
    found = compiled(_TERMINATE).search(bare)
    if found is None:
        return None
    name = found.group(1) or found.group(2) or "std::terminate"
    lines = [found.group(3)] if found.group(3) else []
    end = at
    texts = stream.texts
    for later in range(at + 1, min(at + 4, len(texts))):
        text = texts[later].strip()
        if text.startswith("what():"):
            lines.append(text[7:].strip())
            end = later
            while end + 1 < len(texts) and end - later < 30:
                following = texts[end + 1].strip()
                if (
                    not following
                    or compiled(_SHELL).match(following)
                    or following.startswith(
                        (
                            "frame #",
                            "***",
                            "Fatal Python",
                            "[",
                            "Exception raised from",
                            "Traceback",
                        )
                    )
                ):
                    break
                lines.append(following[:LONGEST])
                end += 1
            break
    message = "\n".join(lines) or bare
    return stream.found(NATIVE, name, message, at, end, signal="SIGABRT")


def _faulthandler(stream: Stream, at: int, bare: str) -> Found:
    """``Fatal Python error`` with the frames that faulthandler prints innermost first."""
    windows = "fatal exception:" in bare and "Python" not in bare
    message = bare.partition("fatal exception:" if windows else "Fatal Python error:")[2].strip()
    signal = "" if windows else _WORDS.get(message.lower(), "SIGABRT")
    frames: list[Frame] = []
    best: list[Frame] = []
    end = at
    current = True
    pattern = compiled(r'\s*File "([^"]{0,1000})", line (\d{1,9}) in (.{0,200})')
    for later in range(at + 1, min(at + 3000, len(stream.texts))):
        text = stream.texts[later][:LONGEST]
        bare = text.strip()
        found = pattern.match(text)
        if found is not None:
            frames.append(
                Frame(
                    found.group(1), int(found.group(2)), found.group(3), "", stream.indices[later]
                )
            )
            end = later
            continue
        if "most recent call first" in bare:
            if current and frames and not best:
                best = frames
            frames = []
            current = "Current thread" in bare
            if current:
                best = []
            end = later
        elif not bare or bare.startswith(("...", "Python runtime state", "Extension modules")):
            end = later if bare else end
        elif bare.startswith(("<no Python frame>", "Thread 0x")):
            end = later
        elif later - at > 2 or not bare.startswith(
            ("Python", "Current", "ModuleNotFound", "Windows")
        ):
            break
    frames = best or frames
    name = message.partition("(")[0].strip() if windows else signal
    made = stream.found(NATIVE, name, message, at, end, signal=signal)
    made.frames = frames[::-1]
    return made
