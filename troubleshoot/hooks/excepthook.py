"""Explaining uncaught exceptions of a script and its threads, beneath their traceback."""

from __future__ import annotations

import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

_before: dict[str, Any] = {}
_language = ""


def install(*, lang: str = "") -> None:
    """Set the hooks; a second call only changes the language."""
    global _language
    _language = lang
    if _before:
        return
    _before["sys"] = sys.excepthook
    _before["threading"] = threading.excepthook
    sys.excepthook = _explain
    threading.excepthook = _explain_thread


def uninstall() -> None:
    """Restore the hooks that were there before."""
    if _before:
        sys.excepthook = _before.pop("sys")
        threading.excepthook = _before.pop("threading")


def _explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _before["sys"](kind, error, trace)
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        show(error.with_traceback(trace))


def _explain_thread(arguments: threading.ExceptHookArgs) -> None:
    _before["threading"](arguments)
    if arguments.exc_value is not None and arguments.exc_type is not SystemExit:
        show(arguments.exc_value)


def _print(error: BaseException) -> None:
    from troubleshoot import words
    from troubleshoot.hooks import live

    lang = words.language(_language)
    result = live.diagnosed(error, lang=lang)
    print(file=sys.stderr)
    if sys.stderr.isatty():
        from rich.console import Console

        from troubleshoot.render import terminal

        terminal.show(result, lang, console=Console(stderr=True, highlight=False))
    else:
        from troubleshoot.render import plain

        sys.stderr.write(plain.render(result, lang))


def show(error: BaseException) -> None:
    """Print the diagnosis of an exception to standard error; never raises."""
    try:
        from troubleshoot.hooks import imports

        with imports.OwnImports():
            _print(error)
    except Exception as problem:
        print(f"whyfail: no diagnosis: {problem}", file=sys.stderr)
