"""Where the release that pip was asked for stands among those the index offers.

``Could not find a version that satisfies the requirement x==1.2 (from versions: 2.0, 2.1)``: older
than all of them, the release predates this Python; newer than all of them, it does not exist or
needs a newer Python; between two of them, it was never published or withdrawn.
"""

from __future__ import annotations

from troubleshoot.shapes import compiled
from troubleshoot.tables import version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from troubleshoot.stream import Stream

_LONGEST = 20_000
_SENTENCE = (
    r"satisfies the requirement ([A-Za-z0-9][\w.-]{0,100}(?:\[[^\]]{0,100}\])?)"
    r" ?([^()\n]{0,200}?) ?(?:\(from [^)]{1,200}\) )?\(from versions?: ([^)]{1,18000})"
)


def read(stream: Stream, add: Callable[[str, str, str, int], None]) -> None:
    """Adds ``pip.asked_release`` for the last such sentence."""
    for at, line in reversed(stream.lines_with(("(from version",))):
        found = compiled(_SENTENCE).search(line[:_LONGEST])
        if found is None:
            continue
        name, bounds, offered = found.groups()
        add("pip.asked_release", place(bounds, offered), f"{name}{bounds} of {offered[:60]}", at)
        return


def place(bounds: str, offered: str) -> str:
    """``none``, ``development``, ``older``, ``newer``, ``between`` or ``only-others``."""
    if offered.strip() == "none":
        return "none"
    releases = [version(part.strip()) for part in offered.split(",")]
    releases = [each for each in releases if each]
    least = compiled(r"(===?|~=|>=?) ?([\w.+!*-]+)").search(bounds)
    most = compiled(r"<=? ?([\w.+!*-]+)").search(bounds)
    if not releases or (least is None and most is None):
        return "only-others"
    if least is not None:
        asked = least.group(2)
        if ".dev" in asked or "+git" in asked:
            return "development"
        if version(asked) > max(releases):
            return "newer"
        if least.group(1).startswith("==") and version(asked) < min(releases):
            return "older"
    if most is not None and version(most.group(1)) <= min(releases):
        return "older"
    return "between" if least is not None and least.group(1).startswith("=") else "only-others"
