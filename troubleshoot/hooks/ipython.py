"""IPython, Jupyter and Colab: the diagnosis beneath the traceback of a cell.

``%load_ext troubleshoot`` switches it on, ``%whyfail`` explains the last error again,
``%whyfail on`` and ``off`` switch, ``%whyfail zh`` and ``en`` choose the language.
"""

from __future__ import annotations

import html
import sys

from troubleshoot import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from troubleshoot.diagnose import Diagnosed


class Explanation:
    """A diagnosis that shows itself as HTML in a notebook and as text in a terminal."""

    def __init__(self, result: Diagnosed, lang: str) -> None:
        self._result = result
        self._lang = lang

    def __repr__(self) -> str:
        from troubleshoot.render import plain

        return plain.render(self._result, self._lang)

    def _repr_html_(self) -> str:
        from troubleshoot.render import wording

        colours = {"error": "#c62828", "warning": "#b26a00", "good": "#2e7d32", "": "inherit"}
        rows = []
        for part in wording.parts(self._result, self._lang):
            text = html.escape(part.text).replace("\n", "<br>")
            if part.kind == "verdict":
                style = f"font-weight:600;color:{colours[part.tone]}"
                rows.append(f'<div style="{style}">{text}</div>')
            elif part.kind == "heading":
                rows.append(f'<div style="font-weight:600;margin-top:.6em">{text}</div>')
            elif part.kind in ("command", "quote"):
                mark = f"{html.escape(part.mark)} │ " if part.kind == "quote" else ""
                rows.append(f'<pre style="margin:0 0 0 1.5em">{mark}{text}</pre>')
            elif part.kind == "item":
                rows.append(f'<div style="margin-left:1em">{html.escape(part.mark)} {text}</div>')
            elif part.kind == "dim":
                rows.append(f'<div style="margin-left:1em;opacity:.65">{text}</div>')
            else:
                rows.append(f'<div style="margin-left:1em">{text}</div>')
        inner = "".join(rows)
        return f'<div style="border-left:4px solid #888;padding:.3em .8em">{inner}</div>'


class Extension:
    """The state of the extension in one shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.is_on = True
        self.lang = words.language()
        self.last: BaseException | None = None

    def after_cell(self, result: Any) -> None:
        """Explain what a cell raised; never raises itself."""
        error = getattr(result, "error_in_exec", None) or getattr(result, "error_before_exec", None)
        if error is None:
            return
        self.last = error
        if self.is_on and not isinstance(error, KeyboardInterrupt | SystemExit):
            self.show(error)

    def show(self, error: BaseException) -> None:
        """Display the diagnosis of an exception."""
        try:
            from IPython.display import display

            from troubleshoot.hooks import live
            from troubleshoot.hooks.imports import OwnImports

            with OwnImports():
                display(Explanation(live.diagnosed(error, lang=self.lang), self.lang))  # type: ignore[no-untyped-call]
        except Exception as problem:
            print(f"whyfail: no diagnosis: {problem}", file=sys.stderr)

    def magic(self, line: str) -> None:
        """``%whyfail [on|off|en|zh]``."""
        word = line.strip()
        if word in ("on", "off"):
            self.is_on = word == "on"
        elif word in ("en", "zh"):
            self.lang = word
        elif self.last is not None:
            self.show(self.last)
        else:
            print(words.say("no_failure", self.lang))


_extensions: dict[int, Extension] = {}


def load(shell: Any) -> None:
    """Switch the extension on in a shell."""
    if id(shell) in _extensions:
        _extensions[id(shell)].is_on = True
        return
    extension = _extensions[id(shell)] = Extension(shell)
    shell.events.register("post_run_cell", extension.after_cell)
    shell.register_magic_function(extension.magic, "line", "whyfail")


def unload(shell: Any) -> None:
    """Switch it off and forget it."""
    extension = _extensions.pop(id(shell), None)
    if extension is not None:
        shell.events.unregister("post_run_cell", extension.after_cell)
