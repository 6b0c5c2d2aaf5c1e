"""Keeps secrets out of facts: values that look secret are told as set, never shown."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(?i)(?:token|secret|passw|passphrase|api_?key|apikey|private_?key|access_?key"
    r"|credential|auth(?!or)|cookie|session_?key|_key$|^key$|_pat$|_dsn$|webhook)"
)
_PUBLIC = frozenset(("SSH_AUTH_SOCK", "XAUTHORITY", "HF_TOKEN_PATH", "RAY_AUTH_MODE"))
_CREDENTIALS = re.compile(r"(://)[^/@\s]{1,300}@")


def looks_secret(name: str) -> bool:
    """Whether a variable or option of this name may hold a secret."""
    return name not in _PUBLIC and bool(_SECRET.search(name))


def hide_credentials(text: str) -> str:
    """``text`` without user names and passwords in its URLs."""
    return _CREDENTIALS.sub(r"\1***@", text)


def hide_arguments(arguments: list[str]) -> list[str]:
    """A command's arguments with the values of secret options masked."""
    shown = []
    hide_next = False
    for argument in arguments:
        if hide_next and not argument.startswith("-"):
            shown.append("***")
            hide_next = False
            continue
        name, equals, _ = argument.partition("=")
        is_secret = looks_secret(name.lstrip("-").replace("-", "_"))
        is_option = argument.startswith("-") or bool(equals)
        hide_next = is_secret and is_option and not equals
        shown.append(f"{name}=***" if is_secret and equals else hide_credentials(argument))
    return shown
