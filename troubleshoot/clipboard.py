"""Text to the clipboard of this machine, with the program that the system has for it."""

from __future__ import annotations

import base64
import os
import subprocess
import sys

from troubleshoot.programs import on_path

_PROGRAMS = (
    ("pbcopy", ()),
    ("wl-copy", ()),
    ("xclip", ("-selection", "clipboard")),
    ("xsel", ("--clipboard", "--input")),
    ("clip.exe", ()),
    ("clip", ()),
    ("termux-clipboard-set", ()),
)
_NEEDS = {"wl-copy": "WAYLAND_DISPLAY", "xclip": "DISPLAY", "xsel": "DISPLAY"}
_LONGEST_SEQUENCE = 74_000
"""Characters that terminals take in a clipboard sequence (OSC 52)."""


def copy(text: str) -> tuple[str, str]:
    """Copy a text.

    Returns:
        The program or way it went, and why it did not work (one of the two is ``""``).
    """
    trouble = "no clipboard program was found (pbcopy, wl-copy, xclip, xsel, clip)"
    for name, options in _PROGRAMS:
        needs = _NEEDS.get(name)
        path = on_path(name, os.environ)
        if not path or (needs and not os.environ.get(needs)):
            continue
        encoding = "utf-16-le" if name.startswith("clip") else "utf-8"
        try:
            subprocess.run(
                [path, *options],
                input=text.encode(encoding, "replace"),
                check=True,
                timeout=5,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, subprocess.SubprocessError) as error:
            trouble = f"{name}: {error}"
            continue
        return name, ""
    return ("the terminal", "") if _by_terminal(text) else ("", trouble)


def _by_terminal(text: str) -> bool:
    """Ask the terminal itself, which also works over ssh."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if len(encoded) > _LONGEST_SEQUENCE or not sys.stderr.isatty():
        return False
    sys.stderr.write(f"\x1b]52;c;{encoded}\x07")
    sys.stderr.flush()
    return True
