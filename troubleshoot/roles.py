"""Which failure the run died of, and what the others are to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troubleshoot.failure import (
    ADVICE,
    CASCADE,
    COMPILER,
    EXCEPTION,
    INITIATING,
    INSTALLER,
    KILL,
    LAUNCHER,
    LOG,
    NATIVE,
    SHELL,
    SYNTAX,
    TEARDOWN,
    WRAPPER,
)
from troubleshoot.shapes import compiled, is_progress
from troubleshoot.stream import Found

if TYPE_CHECKING:
    from troubleshoot.document import Document

PROGRESS_AFTER = 6  # training steps after a failure that show that the run went on
_WRAPPERS = (
    "ChildFailedError", "ProcessRaisedException", "ProcessExitedException", "RayTaskError",
    "ActorDiedError", "RayActorError", "WorkerCrashedError", "InstantiationException",
    "BackendCompilerFailed", "TuneError", "TrialRunnerError", "CellExecutionError",
    "LoggedRuntimeError", "TrainingFailedError", "WorkerGroupError", "SerializedException",
)  # fmt: skip
_INNER = frozenset(
    [
        "KeyError",
        "AttributeError",
        "IndexError",
        "StopIteration",
        "error",
        "UnicodeDecodeError",
        "LookupError",
        "StopAsyncIteration",
        "InvalidHeader",
        "PackageNotFoundError",
        "KeyboardInterrupt",
        "Empty",
        "CancelledError",
        "NotADirectoryError",
    ]
)
_IMPORTS = ("ImportError", "ModuleNotFoundError")
_PEER_NAMES = frozenset(
    [
        "BrokenPipeError",
        "ConnectionResetError",
        "ConnectionAbortedError",
        "BrokenProcessPool",
        "TerminatedWorkerError",
        "WorkerCrashedError",
        "IncompleteReadError",
        "BrokenExecutor",
        "NodeDiedError",
        "OwnerDiedError",
    ]
)
_PEER = (
    r"[Cc]onnection (?:was )?(?:closed|reset|aborted)|[Bb]roken pipe|remote process exited"
    r"|ncclRemoteError"
    r"|communicator was aborted|Socket Timeout|[Ww]ait timeout|recvValue|Watchdog caught"
    r"|[Hh]eartbeat"
    r"|DataLoader worker \(pid|exited unexpectedly|terminated abruptly|unexpectedly terminated"
    r"|died unexpectedly|worker process has died|Timed out (?:waiting|after)|socketPollConnect"
    r"|collective operation timeout|taking the entire process down|Connection lost|no longer alive"
)
_OWN = (EXCEPTION, SYNTAX, NATIVE, KILL, SHELL, INSTALLER)


def assign(document: Document, found: list[Found]) -> None:
    """Set the role of every failure that has none yet.

    Args:
        document: where they were found.
        found: all failures; sorted by their lines in place.
    """
    found.sort(key=lambda item: (item.start, item.line))
    for item in found:
        _read_signal(item)
    if len(found) == 1 and not found[0].signal:
        item = found[0]
        if not item.role:
            item.role = WRAPPER if _always_wraps(item) else INITIATING
        if item.role == INITIATING:
            _went_on(document, found)
        return
    _settle(found)
    _chains(found)
    _wrappers(found)
    _repeated(found)
    _peers(found)
    _crashes(found)
    _asides(document, found)
    _went_on(document, found)
    for item in found:
        item.role = item.role or INITIATING


def _read_signal(item: Found) -> None:
    """Exit status and signal that an exception's message reports about another process."""
    if item.kind != EXCEPTION or item.signal:
        return
    message = item.message[:2000]
    if "signal" in message or "Signals." in message:
        found = compiled(
            r"(?:Signals\.|signal:? )(SIG[A-Z]+|Killed|Bus error|Segmentation fault|Aborted)"
        ).search(message)
        if found:
            words = {"Killed": "SIGKILL", "Bus error": "SIGBUS", "Segmentation fault": "SIGSEGV",
                     "Aborted": "SIGABRT"}  # fmt: skip
            item.signal = words.get(found.group(1), found.group(1))
    if item.exit_code is None and "exit" in message:
        code = compiled(r"(?:non-zero exit status|exit code:?) (-?\d{1,10})\b").search(message)
        if code:
            item.exit_code = int(code.group(1))


def _settle(found: list[Found]) -> None:
    kinds = {item.kind for item in found}
    if INSTALLER in kinds:
        from troubleshoot import installers

        installers.settle(found)
    if COMPILER in kinds:
        from troubleshoot import compilers

        compilers.settle(found)


# chains ------------------------------------------------------------------------------------


def _chains(found: list[Found]) -> None:
    """In each chain one exception is the one to look at; what only says it again wraps it."""
    for item in found:
        if item.parent is None or item.chain or item.link not in ("cause", "context"):
            continue
        if item.kind not in (EXCEPTION, SYNTAX):
            continue
        chain = [item]
        seen = {id(item)}
        while chain[-1].parent is not None and id(chain[-1].parent) not in seen:
            seen.add(id(chain[-1].parent))
            chain.append(chain[-1].parent)
        chain.reverse()
        head = chain[0]
        for place, one in enumerate(chain[1:], 1):
            if one.role:
                continue
            if any(_says_again(one, before) for before in chain[max(0, place - 6) : place]):
                one.role = WRAPPER
            elif _is_detail(head, one):
                if not head.role:
                    head.role = ADVICE
                head = one
            else:
                one.role = WRAPPER if one.link == "cause" else CASCADE


def _says_again(later: Found, earlier: Found) -> bool:
    """Whether a later exception repeats the earlier one's message, or names it as its reason."""
    if later.short_name in ("KeyboardInterrupt", "SystemExit"):
        return True
    if f"{earlier.short_name}(" in later.message:
        return True
    said = " ".join(earlier.message[:400].split())
    if len(said) < 8:
        return False
    whole = " ".join(later.message[:8000].split())
    return said[:160] in whole or said[:160].replace("'", "\\'") in whole


def _is_detail(earlier: Found, later: Found) -> bool:
    """Whether the earlier exception is an inner step that its handler replaced by a clear one."""
    name = earlier.short_name
    if name in _IMPORTS:
        return later.short_name in _IMPORTS and later.link == "context"
    if name == "KeyboardInterrupt":
        return False
    if name not in _INNER:
        return False
    if later.short_name in _INNER and later.link == "context":
        return False
    last = earlier.frames[-1] if earlier.frames else None
    return last is None or not last.is_user or later.link == "cause"


# wrappers ----------------------------------------------------------------------------------


def _always_wraps(item: Found) -> bool:
    if item.kind == LAUNCHER or item.short_name.partition("(")[0] in _WRAPPERS:
        return True
    if item.short_name == "CalledProcessError":
        return any(
            "accelerate/" in frame.path.replace("\\", "/") or "/launch" in frame.path
            for frame in item.frames
        )
    return False


def _wrappers(found: list[Found]) -> None:
    """Reports about children; a child that died of a signal becomes a failure of its own."""
    signals = [item for item in found if item.kind in (KILL, NATIVE) and item.signal]
    for item in list(found):
        told = item.context == "signal" or item.short_name in (
            "CalledProcessError",
            "ProcessExitedException",
        )
        if told and item.signal and not any(one.signal == item.signal for one in signals):
            from troubleshoot.crashes import kind_of

            child = Found(
                kind_of(item.signal), item.signal, item.message, item.line,
                rank=item.rank, signal=item.signal, exit_code=item.exit_code,
            )  # fmt: skip
            item.role, item.parent, item.link = WRAPPER, child, "cause"
            found.append(child)
            signals.append(child)
    for item in list(found):
        if item.context == "table":
            twin = next(
                (one for one in signals if one is not item and one.signal == item.signal
                 and one.context != "table"), None,
            )  # fmt: skip
            if twin is not None:
                item.role, item.parent, item.link = WRAPPER, twin, "cause"
        if item.role:
            continue
        if _always_wraps(item) or (
            item.short_name in ("CalledProcessError", "SystemExit")
            and any(one.start < item.start and one.kind != LOG and not one.role for one in found)
        ):
            item.role = WRAPPER
        elif item.kind == EXCEPTION and not item.name and not item.message:
            inner = any(one is not item and not one.role and one.name for one in found)
            item.role = ADVICE if inner else ""
        elif item.kind == KILL and item.name == "jupyter" and found[0] is not item:
            item.role = WRAPPER


def _repeated(found: list[Found]) -> None:
    """The same exception again: re-raised in the parent, or printed twice."""
    seen: dict[tuple[str, str], Found] = {}
    for item in found:
        if item.kind not in (EXCEPTION, LOG) or item.role in (TEARDOWN, ADVICE):
            continue
        key = (item.short_name, " ".join(item.message[:300].split()))
        first = seen.setdefault(key, item)
        if first is item or item.role:
            continue
        if first.rank and item.rank and first.rank != item.rank:
            continue  # each rank failed by itself
        item.role = WRAPPER
        if item.parent is None:
            item.parent = first
    raised = [item for item in found if item.kind == EXCEPTION and not item.role and item.message]
    for item in found:
        if item.kind == LOG and not item.role:
            said = item.message[:120]
            for one in raised[:50]:
                if said in one.message or one.message[:120] in item.message:
                    item.role = WRAPPER
                    break


# other ranks and processes -------------------------------------------------------------------


def is_peer(item: Found) -> bool:
    """Whether a failure is what a process prints when another one has gone away."""
    if item.kind not in (EXCEPTION, LOG, NATIVE):
        return False
    name = item.short_name
    if name in _PEER_NAMES:
        return True
    if name == "EOFError":
        return not item.message or any(
            "multiprocessing" in frame.path for frame in item.frames[-3:]
        )
    return compiled(_PEER).search(item.message[:3000]) is not None


def _peers(found: list[Found]) -> None:
    """Failures of peers and parents are cascades when one process failed by itself."""
    open_ = [item for item in found if not item.role]
    peers = [item for item in open_ if is_peer(item)]
    if not peers:
        return
    own = [item for item in open_ if item.kind in _OWN and item not in peers]
    root = next((item for item in found if item.kind == LAUNCHER and item.rank), None)
    if own:
        for item in peers:
            before = any(
                one.start < item.start
                or one.rank != item.rank
                or one.context in ("table", "process", "remote")
                for one in own
            )
            if before:
                item.role = CASCADE
        return
    first = peers[0]
    if root is not None:
        first = next((item for item in peers if item.rank == root.rank), first)
    for item in peers:
        if item is not first:
            item.role = CASCADE


def _crashes(found: list[Found]) -> None:
    """A crash at the end of a process that had already failed; signals that ended the peers."""
    for place, item in enumerate(found):
        if item.role or item.kind not in (NATIVE, KILL):
            continue
        others = [one for one in found if one is not item and not one.role]
        if (
            item.signal == "SIGTERM"
            and item.context == ""
            and any(one.kind in _OWN and one.signal != "SIGTERM" for one in others)
        ):
            item.role = CASCADE
            continue
        for one in reversed(found[:place]):
            if one.role or one.rank != item.rank:
                continue
            ended = (
                one.kind in (EXCEPTION, SYNTAX)
                and bool(one.frames)
                and (
                    one.context != "logged"
                    and item.kind == NATIVE
                    and item.name.startswith(("SIG", "std::"))
                )
            )
            near = item.start - one.end <= 6 and not item.frames and item.kind == NATIVE
            if ended or (
                near and one.kind in (SHELL, LOG) and one.name in ("ld.so", "CUDA", "OMP", "NCCL")
            ):
                item.role = CASCADE
                if item.parent is None:
                    item.parent = one
                break
    asserted = next((item for item in found if item.name == "device-side assert"), None)
    if asserted is not None:
        for item in found:
            if (
                item.kind == EXCEPTION
                and "device-side assert" in item.message
                and item.parent is None
            ):
                item.parent, item.link = asserted, "cause"


# what the run survived -----------------------------------------------------------------------


def _asides(document: Document, found: list[Found]) -> None:
    """Log lines beside a real failure, interrupts after it, warnings with an error's name."""
    own = [
        item for item in found
        if not item.role and item.kind != LOG and item.context not in ("resolver", "logged")
    ]  # fmt: skip
    if not own:
        return
    first = own[0]
    waited = all("Timeout" in item.name for item in own)  # whatever was logged is the reason
    for item in found:
        if item.role or (waited and item.kind == LOG):
            continue
        if item.short_name == "KeyboardInterrupt" and item is not first:
            item.role = TEARDOWN
        elif item.context in ("resolver", "logged") or (
            item.kind == LOG and item.name in ("ERROR", "Error")
        ):
            item.role = ADVICE
        elif (
            item.kind == EXCEPTION and not item.frames and len(own) > 1 and item.line > 0
            and document.lines[item.line - 1][:8].lower() == "warning:"
        ):  # fmt: skip
            item.role = ADVICE


def _went_on(document: Document, found: list[Found]) -> None:
    """A failure after which the same process trained on was handled."""
    lines = document.lines
    first = min(item.end for item in found)
    if len(lines) - first < PROGRESS_AFTER:
        return
    steps: dict[str, list[int]] = {}
    ranks = document.ranks
    for index in range(first + 1, len(lines)):
        if len(lines[index]) > 6 and is_progress(lines[index]):
            steps.setdefault(ranks[index], []).append(index)
    if not steps:
        return
    for item in found:
        if item.role in ("", INITIATING, CASCADE) and item.kind in (EXCEPTION, LOG, SHELL):
            after = steps.get(item.rank, [])
            if len(after) >= PROGRESS_AFTER and after[-PROGRESS_AFTER] > item.end:
                item.role = ADVICE
