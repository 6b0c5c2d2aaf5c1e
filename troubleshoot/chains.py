"""In a chain of exceptions one is the one to look at; what only says it again wraps it."""

from __future__ import annotations

from troubleshoot.failure import ADVICE, CASCADE, EXCEPTION, SYNTAX, WRAPPER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Found

# Types that libraries raise and catch inside: alone they say little.
_INNER = (
    "KeyError", "AttributeError", "IndexError", "StopIteration", "error", "UnicodeDecodeError",
    "LookupError", "StopAsyncIteration", "InvalidHeader", "PackageNotFoundError",
    "KeyboardInterrupt", "Empty", "CancelledError", "NotADirectoryError",
)  # fmt: skip
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


def settle(found: list[Found]) -> None:
    """Set the roles of exceptions that were raised from each other."""
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
