"""What must not leave the machine: detectors of secrets, people, hosts and addresses.

Each module knows one kind of private thing and yields `Span`s of a text; `troubleshoot.redact`
puts stable tokens in their place. Detectors work without the network and never raise.
"""

from __future__ import annotations

from troubleshoot.records import record

NOWHERE = ""  # the value is replaced only where it was found
LITERAL = "literal"  # everywhere in the text, also inside longer words (secrets)
WORD = "word"  # everywhere it stands as a word of its own (hosts)
PART = "part"  # everywhere it stands as a part of a path or owner (user names)


@record
class Span:
    """A private piece of a text.

    Attributes:
        start: index of its first character.
        end: index after its last character.
        kind: what it is, such as ``password``; the token is made of it.
        spread: where else the same value is private: `NOWHERE`, `LITERAL`, `WORD` or `PART`.
    """

    start: int
    end: int
    kind: str
    spread: str = NOWHERE


def words(text: str) -> frozenset[str]:
    """The words of a text as a set: how the lists of names are written here."""
    return frozenset(text.split())
