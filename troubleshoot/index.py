"""The compiled rules at run time: found, loaded, and asked for candidates.

An index file begins with the length of its head; the head is one marshalled dict, and the
records stand behind it, each unmarshalled only when its rule is a candidate.
"""

from __future__ import annotations

import marshal
import os

from troubleshoot import places
from troubleshoot.errors import PackError
from troubleshoot.places import PACKAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from mmap import mmap
    from typing import Any

    Record = dict[str, Any]
    Stamp = tuple[str, int, int]

BUILT_IN = os.path.join(PACKAGE, "_compiled", "rules.bin")
CHECKOUT = os.path.join(os.path.dirname(PACKAGE), "rules")
SMALL = 262_144
"""Characters up to which an input is indexed by its runs of four characters."""


class Index:
    """The rules of one or several packs, ready to be searched.

    Attributes:
        consequences: ids of the rules that some other rule leads to.
        notes: what was wrong with the packs, for the answer.
    """

    def __init__(self, data: bytes | mmap) -> None:
        size = int.from_bytes(data[:8], "little")
        head = marshal.loads(data[8 : 8 + size])
        self._data = data
        self._base = 8 + size
        self._rules = head["rules"]
        self._literals: tuple[str, ...] = head["literals"]
        self._owners: tuple[tuple[int, ...], ...] = head["owners"]
        self._grams: dict[str, tuple[int, ...]] = head["grams"]
        self._short: tuple[int, ...] = head["short"]
        self.consequences: frozenset[str] = frozenset(head["led"])
        self._records: dict[int, Record] = {}
        self._numbers: dict[str, int] | None = None
        self.notes: list[str] = []

    def __len__(self) -> int:
        return len(self._rules)

    @property
    def literals(self) -> tuple[str, ...]:
        """All literals, for scanning large inputs."""
        return self._literals

    @property
    def loaded(self) -> int:
        """How many records have been unmarshalled (a counted budget of the tests)."""
        return len(self._records)

    def ids(self) -> list[str]:
        """Ids of all rules."""
        return [rule[0] for rule in self._rules]

    def packs(self) -> dict[str, str]:
        """Pack of each rule id."""
        return {rule[0]: rule[7] for rule in self._rules}

    def record(self, number: int) -> Record:
        """The record of the rule with this number."""
        record = self._records.get(number)
        if record is None:
            start = self._base + self._rules[number][1]
            record = marshal.loads(self._data[start : start + self._rules[number][2]])
            self._records[number] = record
        return record

    def find(self, rule_id: str) -> Record | None:
        """The record of the rule called ``rule_id``, or None."""
        if self._numbers is None:
            self._numbers = {rule[0]: number for number, rule in enumerate(self._rules)}
        number = self._numbers.get(rule_id)
        return None if number is None else self.record(number)

    def with_doctor(self) -> Iterator[Record]:
        """The rules that facts alone can decide."""
        for number, rule in enumerate(self._rules):
            if rule[6]:
                yield self.record(number)

    def hits(self, text: str) -> list[int]:
        """Numbers of the literals that stand in ``text``."""
        literals = self._literals
        if len(text) > SMALL:
            return [number for number, literal in enumerate(literals) if literal in text]
        runs = {text[start : start + 4] for start in range(len(text))}
        found = [number for number in self._short if literals[number] in text]
        grams = self._grams
        for gram in runs & grams.keys():
            for number in grams[gram]:
                if literals[number] in text:
                    found.append(number)
        return found

    def candidates(self, text: str, needs: Iterable[str]) -> list[int]:
        """Numbers of the rules whose symptom may hold.

        Args:
            text: everything their patterns may be searched in.
            needs: what the input has besides text: ``metric``, ``exit``, ``failure``.
        """
        wanted = set(needs)
        found = {number for hit in self.hits(text) for number in self._owners[hit]}
        if wanted:
            wanted.add("any")
            found.update(
                number for number, rule in enumerate(self._rules) if rule[3] and rule[3] in wanted
            )
        return sorted(found)


def scan(root: str) -> list[Stamp]:
    """Path, modification time and size of every YAML file below ``root``, sorted."""
    found: list[Stamp] = []
    folders = [root]
    while folders:
        folder = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith((".", "_")):
                    continue
                if entry.is_dir():
                    folders.append(entry.path)
                elif entry.name.endswith(".yaml"):
                    status = entry.stat()
                    found.append((entry.path, status.st_mtime_ns, status.st_size))
    return sorted(found)


def pack_folders(extra: Sequence[str] = ()) -> list[str]:
    """Folders beside the built-in rules: ``--rules``, ``$WHYFAIL_RULES``, the user's own."""
    folders = list(extra)
    folders += [part for part in os.environ.get("WHYFAIL_RULES", "").split(os.pathsep) if part]
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    own = os.path.join(base, "whyfail", "rules")
    if os.path.isdir(own):
        folders.append(own)
    return folders


def load(extra: Sequence[str] = ()) -> Index:
    """The rules in force.

    Args:
        extra: folders of further rule packs (``--rules``).

    Raises:
        PackError: a folder named is not there, or no rules can be found at all.
    """
    folders = pack_folders(extra)
    for folder in folders:
        if not os.path.isdir(folder):
            raise PackError("no such folder of rules", where=folder)
    installed = places.installed_packs()
    if not folders and not installed and os.path.exists(BUILT_IN) and not _in_checkout():
        from mmap import ACCESS_READ, mmap

        with open(BUILT_IN, "rb") as file:  # a diagnosis needs a few records of thousands
            return Index(mmap(file.fileno(), 0, access=ACCESS_READ))
    from troubleshoot import packs

    return packs.load(folders, installed)


def _in_checkout() -> bool:
    return os.path.isfile(os.path.join(CHECKOUT, "_data", "facts.yaml"))
