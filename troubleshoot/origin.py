"""Where an input comes from: this machine or another, and the interpreter that failed."""

from __future__ import annotations

from troubleshoot.records import record


@record
class Origin:
    """Where the input comes from.

    Attributes:
        here: whether it comes from this machine.
        because: how that was found out, for a person.
        python: the interpreter that failed, or ``""``; only set when it is on this machine.
        environment: ``conda``, ``venv``, ``uv``, ``virtualenv``, ``pyenv``, ``poetry``, ``pixi``,
            ``user``, ``debian``, ``windows``, ``colab``, ``kaggle``, ``system`` or ``""``: what the
            paths in the text, or else the shell and folder, show.
        prefix: the environment's folder as the text or the shell names it, or ``""``.
        python_because: how the interpreter was found.
    """

    here: bool
    because: str
    python: str = ""
    environment: str = ""
    prefix: str = ""
    python_because: str = ""
