"""Which failure the run died of, and what the others are to it."""

from __future__ import annotations

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
    TEARDOWN,
    WRAPPER,
)
from troubleshoot.shapes import compiled, is_progress
from troubleshoot.stream import Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.document import Document

_ABOVE = "root cause above"
PROGRESS_AFTER = 6  # training steps after a failure that show that the run went on
_WRAPPERS = (
    "ChildFailedError", "ProcessRaisedException", "ProcessExitedException", "RayTaskError",
    "ActorDiedError", "RayActorError", "WorkerCrashedError", "InstantiationException",
    "BackendCompilerFailed", "TuneError", "TrialRunnerError", "CellExecutionError",
    "LoggedRuntimeError", "TrainingFailedError", "WorkerGroupError", "SerializedException",
)  # fmt: skip


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
            _survived(document, found)
        return
    from troubleshoot import chains, peers

    _settle(found)
    chains.settle(found)
    _wrappers(found)
    _repeated(found)
    peers.settle(found)
    peers.settle_crashes(found)
    _asides(document, found)
    _went_on(document, found)
    _survived(document, found)
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


def _always_wraps(item: Found) -> bool:
    if (
        item.kind == LAUNCHER and item.context not in ("refused", "lost")
    ) or item.short_name == "ChildFailedError":
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
        if (
            _always_wraps(item)
            or (
                item.short_name in ("CalledProcessError", "SystemExit")
                and any(
                    one.start < item.start and one.kind != LOG and not one.role for one in found
                )
            )
            or (_reports(item) and any(_is_own(one) for one in found))
        ):
            item.role = WRAPPER
        elif item.kind == EXCEPTION and not item.name and not item.message:
            inner = any(one is not item and not one.role and one.name for one in found)
            item.role = ADVICE if inner else ""
        elif (
            item.kind == KILL
            and item.name == "jupyter"
            and any(one is not item and not one.role for one in found)
        ) or (
            _ABOVE in item.message
            and any(
                one.start < item.start and one.kind == EXCEPTION and not one.role for one in found
            )
        ):
            item.role = WRAPPER
        elif item.message.startswith(("Error building extension", "Error compiling objects")):
            built = next((one for one in found if one.kind == COMPILER and not one.role), None)
            if built is not None:
                item.role, item.parent, item.link = WRAPPER, built, "cause"


def _reports(item: Found) -> bool:
    return item.short_name.partition("(")[0] in _WRAPPERS or item.context == "lost"


def _is_own(item: Found) -> bool:
    """Whether a failure says itself what went wrong."""
    if item.role or _reports(item):
        return False
    return item.kind != LOG or item.name not in ("ERROR", "Error")


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


def _asides(document: Document, found: list[Found]) -> None:
    """Log lines beside a real failure, interrupts after it, warnings with an error's name."""
    own = [
        item for item in found
        if not item.role
        and (item.kind != LOG or item.name not in ("ERROR", "Error"))
        and item.context not in ("resolver", "logged")
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


def _survived(document: Document, found: list[Found]) -> None:
    from troubleshoot import survival

    survival.settle(document, found)


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
