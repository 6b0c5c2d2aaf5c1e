"""What processes print when another one has failed: lost peers, crashes at the end."""

from __future__ import annotations

from troubleshoot.failure import (
    CASCADE,
    EXCEPTION,
    INSTALLER,
    KILL,
    LAUNCHER,
    LOG,
    NATIVE,
    SHELL,
    SYNTAX,
)
from troubleshoot.shapes import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Found

_PEER_NAMES = (
    "BrokenPipeError", "ConnectionResetError", "ConnectionAbortedError", "BrokenProcessPool",
    "TerminatedWorkerError", "WorkerCrashedError", "IncompleteReadError", "BrokenExecutor",
    "NodeDiedError", "OwnerDiedError",
)  # fmt: skip
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


def settle(found: list[Found]) -> None:
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


def settle_crashes(found: list[Found]) -> None:
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
                near
                and one.kind in (SHELL, LOG)
                and one.name in ("ld.so", "CUDA", "OMP", "NCCL", "Qt")
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
