"""Exception groups: the tree that Python 3.11 prints with ``+`` and ``|`` at the left."""

from __future__ import annotations

from troubleshoot.failure import INITIATING, WRAPPER
from troubleshoot.shapes import compiled
from troubleshoot.stream import Found, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_RULE = r"\s*\+[-+]*-{4,}(?: (?:\d+|\.\.\.) -+)?\s*$"
_MOST_LINES = 5000


def read_group(stream: Stream, start: int) -> tuple[list[Found], int]:
    """All exceptions of the tree that begins on line ``start``, and the line after it.

    The groups themselves become wrappers; each member's parent is its group.
    """
    from troubleshoot import tracebacks

    found: list[Found] = []
    owners: dict[int, Found] = {}  # newest group at each depth
    end = start
    for depth, at, texts in _parts(stream, start):
        end = max(end, at + len(texts) - 1)
        indices = stream.indices[at : at + len(texts)]
        members = tracebacks.find(Stream(texts, indices, stream.rank), tracebacks.DEEPEST)
        if not members:
            continue
        above = [owner for level, owner in owners.items() if level < depth]
        for member in members:
            if "sub-exception" in member.message and "Group" in member.name:
                member.role = WRAPPER
                owners[depth] = member
                for level in [level for level in owners if level > depth]:
                    del owners[level]
            else:
                member.role = INITIATING
            if above and member.parent is None:
                member.parent, member.link = above[-1], "group"
        found.extend(members)
    return found, end + 1


def _parts(stream: Stream, start: int) -> Iterator[tuple[int, int, list[str]]]:
    """Depth, first line and clean lines of each part between two rulers."""
    texts = stream.texts
    rule = compiled(_RULE)
    part: list[str] = []
    first, depth = start, 0
    for at in range(start, min(len(texts), start + _MOST_LINES)):
        text = texts[at]
        bare = text.lstrip()
        if rule.match(text[:200]):
            if part:
                yield depth, first, part
            part, first = [], at + 1
            depth = len(text) - len(bare)
            if "-+-" in text[:200] or bare.startswith("+-+"):
                depth += 2
            continue
        if at == start:
            part.append(bare[1:].replace("Exception Group ", "", 1).strip())
            depth = len(text) - len(bare)
        elif bare.startswith("|"):
            part.append(bare[1:].removeprefix(" "))
        elif not bare and part:
            part.append("")
        else:
            break
    if part:
        yield depth, first, part
