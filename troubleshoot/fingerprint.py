"""A stable name for a failure: the same bug gets the same one on another day and machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_NOISE = (
    (r"0x[0-9a-fA-F]{4,16}", "<address>"),
    (r"(?:[A-Za-z]:)?(?:[/\\][\w.@+~-]+){2,}", "<path>"),
    (r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b", "<uuid>"),
    (r"\d+(?:\.\d+)?", "<n>"),
)


def normalised(message: str) -> str:
    """A message without what differs from run to run: addresses, paths, numbers."""
    text = message[:2000]
    for pattern, token in _NOISE:
        text = re.sub(pattern, token, text)
    return " ".join(text.split())[:300]


def main_failure(answer: dict[str, Any]) -> dict[str, Any] | None:
    """The failure a person should look at: the first initiating one, else the last."""
    failures = answer["failures"]
    for failure in failures:
        if failure["role"] == "initiating":
            return dict(failure)
    return dict(failures[-1]) if failures else None


def of(answer: dict[str, Any]) -> str:
    """Twelve hexadecimal digits of an answer's main failure (or its first rule)."""
    import hashlib

    failure = main_failure(answer)
    if failure is not None:
        parts = [failure["exception"], normalised(failure["message"]), failure["package"] or ""]
    else:
        parts = [each["rule"] for each in answer["diagnoses"][:1]]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:12]
