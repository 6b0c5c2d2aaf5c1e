"""Logs whose lines are JSON objects: the message, what was raised, and the numbers logged."""

from __future__ import annotations

from troubleshoot import cleaning, markup, screen
from troubleshoot.page import Page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MESSAGE = (
    "message",
    "msg",
    "event",
    "text",
    "body",
    "short_message",
    "textPayload",
    "log.message",
)
_VERBATIM = ("log", "data", "line", "output", "MESSAGE")
_RAISED = (
    "exc_info",
    "exception",
    "exc_text",
    "traceback",
    "stack_trace",
    "stacktrace",
    "stackTrace",
    "stack_info",
    "full_message",
    "error.stack_trace",
    "error.stack",
    "stack",
    "error",
    "err",
)
_LEVEL = ("level", "levelname", "severity", "lvl", "log.level", "loglevel", "level_name")
_LOUD = {
    "error": "ERROR",
    "err": "ERROR",
    "critical": "CRITICAL",
    "fatal": "FATAL",
    "panic": "FATAL",
    "warning": "WARNING",
    "warn": "WARNING",
    "50": "ERROR",
    "60": "FATAL",
}
_RANK = ("rank", "local_rank", "global_rank", "worker", "pod", "worker_id")
_NOT_LOGGED = ("ts", "time", "timestamp", "pid", "process", "thread", "lineno", "line")
_MOST_NUMBERS = 24


def lines(text: str, numbers: list[int] | None = None) -> Page | None:
    """The page of a log that consists of JSON objects, at least in part.

    Lines that are no JSON stay as they are.

    Args:
        text: the decoded log.
        numbers: the raw line numbers of its lines, if the text is not the whole input.

    Returns:
        None if hardly anything is JSON.
    """
    import json

    page = Page.from_text(text, numbers)
    shaped = [
        index
        for index, line in enumerate(page.lines)
        if line.lstrip(" ,[")[:1] == "{" and line.rstrip(" ,]\r")[-1:] == "}"
    ]
    if not shaped:
        return None
    changes: dict[int, list[str]] = {}
    ranks: dict[int, str] = {}
    for index in shaped:
        line = page.lines[index].strip().lstrip("[, ").rstrip(",\r")
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            if not line.endswith("]"):
                continue
            try:
                entry = json.loads(line[:-1])
            except (ValueError, RecursionError):
                continue
        if isinstance(entry, dict):
            changes[index] = _entry(entry)
            ranks[index] = _rank(entry)
    full = sum(1 for line in page.lines if line.strip())
    useful = sum(1 for shown in changes.values() if len(shown) > 1)
    if not changes or (len(changes) * 2 < full and not useful):
        return None
    for index, shown in changes.items():
        if not shown:
            changes[index] = [page.lines[index]]
    for index, rank in ranks.items():
        page.ranks[index] = rank
    page.expand({index: [_clean(part) for part in shown] for index, shown in changes.items()})
    cleaned = markup.clean_text(screen.strip_escapes("\n".join(page.lines)))
    page.lines = cleaned.split("\n")
    if "\r" in cleaned:
        page.lines = [line.rstrip("\r") for line in page.lines]
        screen.settle(page)
    page.note("a log of JSON objects")
    cleaning.clean_page(page, cleaned)
    return page


def _clean(line: str) -> str:
    line = line.replace("\n", " ").replace("\x00", "")
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return line.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return line


def _entry(entry: dict[str, Any]) -> list[str]:
    """The lines that stand for one object, what was raised below the message."""
    shown: list[str] = []
    for key in _VERBATIM:
        value = entry.get(key)
        if isinstance(value, str) and not any(name in entry for name in _MESSAGE):
            return value.removesuffix("\n").split("\n")
    level = next((str(entry[key]).lower() for key in _LEVEL if key in entry), "")
    record = entry.get("record")
    if isinstance(record, dict) and isinstance(entry.get("text"), str):
        return str(entry["text"]).rstrip("\n").split("\n")  # loguru's serialize=True
    message = next((entry[key] for key in _MESSAGE if isinstance(entry.get(key), str)), "")
    numbers = _numbers(entry)
    if message:
        first, *rest = message.rstrip("\n").split("\n")
        loud = _LOUD.get(level, "")
        # A traceback as the message begins a line, whatever the level.
        if loud and not first.startswith(("Traceback (", loud)):
            first = f"{loud}: {first}"
        if numbers and not rest:
            first = f"{first} {numbers}"
        shown.extend([first, *rest])
    elif numbers:
        shown.append(numbers)
    for key in _RAISED:
        shown.extend(_raised(entry.get(key), shown))
    return shown


def _rank(entry: dict[str, Any]) -> str:
    """The worker's label, where the log names one."""
    for key in _RANK:
        value = entry.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return f"rank{value}"
        if isinstance(value, str) and 0 < len(value) < 80:
            return value
    return ""


def _numbers(entry: dict[str, Any]) -> str:
    """Logged numbers as ``name=value``, the form every metric is read in."""
    parts = []
    for key, value in entry.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if key in _LEVEL or key in _RANK or key in _NOT_LOGGED:
                continue
            parts.append(f"{key}={value}")
            if len(parts) == _MOST_NUMBERS:
                break
    return " ".join(parts)


def _raised(value: Any, shown: list[str]) -> list[str]:
    """Lines of an exception field: text, a list of lines, or an object with a stack."""
    if isinstance(value, str):
        if "\n" not in value and ": " not in value and "Error" not in value:
            return []
        found = value.rstrip("\n").split("\n")
        return [] if len(found) == 1 and any(found[0] in line for line in shown) else found
    if isinstance(value, list):
        if value and all(isinstance(part, str) for part in value):
            return (
                "".join(part if part.endswith("\n") else part + "\n" for part in value)
                .rstrip("\n")
                .split("\n")
            )
        result: list[str] = []
        for part in reversed(value[:16]):
            if isinstance(part, dict):
                result.extend(_structured(part))
        return result
    if isinstance(value, dict):
        return _structured(value)
    return []


def _structured(value: dict[str, Any]) -> list[str]:
    """A traceback of a structured one (structlog's dict_tracebacks, Sentry, ECS)."""
    kind = value.get("exc_type") or value.get("type") or value.get("name") or value.get("kind")
    message = value.get("exc_value") or value.get("value") or value.get("message") or ""
    for key in ("stack", "stack_trace", "stacktrace", "traceback"):
        stack = value.get(key)
        if isinstance(stack, str) and stack.strip():
            return stack.rstrip("\n").split("\n")
        if isinstance(stack, list) and stack and all(isinstance(part, str) for part in stack):
            return "".join(stack).rstrip("\n").split("\n") if "\n" in stack[0] else stack
    result: list[str] = []
    frames = value.get("frames")
    if isinstance(frames, list) and frames:
        result.append("Traceback (most recent call last):")
        for frame in frames[-100:]:
            if not isinstance(frame, dict):
                continue
            path = frame.get("filename") or frame.get("file") or frame.get("abs_path") or "?"
            number = frame.get("lineno") or frame.get("line_number") or 0
            name = frame.get("name") or frame.get("function") or "?"
            result.append(f'  File "{path}", line {number}, in {name}')
            code = frame.get("line") or frame.get("context_line")
            if isinstance(code, str) and code.strip():
                result.append("    " + code.strip())
    if isinstance(kind, str) and kind:
        result.extend(f"{kind}: {message}".rstrip(": ").split("\n"))
    return result
