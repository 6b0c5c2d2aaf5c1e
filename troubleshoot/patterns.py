"""Regexes of rules: the literals they cannot do without, their growth, and bounded searching.

At build time a pattern is parsed once: which literals must stand in every match (the prefilter
looks for those before any regex is compiled), and whether its running time can grow faster than
the square of the line (then it runs in the ``regex`` module under a time limit instead of ``re``).
At run time `search` looks only near a literal and within a length cap.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Pattern = tuple[str, tuple[str, ...], bool]
    """Source, literals of which every match contains one, and whether ``re`` may run it."""

LONGEST_TEXT = 16_384
"""Characters of one message that are searched; longer ones are cut around the literal."""
LONGEST_LINE = 2_400
"""Characters of one line that are searched, taken around the literal."""
SECONDS = 0.05
"""Time limit of one search of a pattern that may be slow."""

_UNBOUNDED = 200
_compiled: dict[str, Any] = {}
slow_patterns: list[str] = []
"""Patterns that ran into the time limit in this process, for the notes of the answer."""


def search(pattern: Pattern, text: str) -> re.Match[str] | None:
    """The first match of a compiled rule pattern in a line or message, under its limits."""
    source, literals, is_safe = pattern
    if literals and not any(literal in text for literal in literals):
        return None
    if len(text) > LONGEST_TEXT or ("\n" not in text and len(text) > LONGEST_LINE):
        text = _near(text, literals)
    compiled = _compiled.get(source)
    found: re.Match[str] | None
    if is_safe:
        if compiled is None:
            compiled = _compiled[source] = re.compile(source, re.MULTILINE)
        found = compiled.search(text)
        return found
    if compiled is None:
        import regex

        slow: Any = regex.compile(source, regex.MULTILINE)
        compiled = _compiled[source] = slow
    try:
        found = compiled.search(text, timeout=SECONDS)  # a regex.Match, of the same interface
    except TimeoutError:
        slow_patterns.append(source)
        return None
    return found


def compiled_count() -> int:
    """How many regexes this process has compiled (a counted budget of the tests)."""
    return len(_compiled)


def _near(text: str, literals: tuple[str, ...]) -> str:
    """A stretch of an overlong text around the first literal in it."""
    reach = LONGEST_TEXT if "\n" in text else LONGEST_LINE
    position = 0
    for literal in literals:
        found = text.find(literal)
        if found >= 0:
            position = found
            break
    start = max(0, position - reach // 3)
    return text[start : start + reach]


def analyse(source: str) -> Pattern:
    """Parse a pattern as the rule compiler does.

    Args:
        source: a pattern in ``re`` syntax.

    Returns:
        The source with its literals (empty when none of four characters is required) and
        whether its running time is at most quadratic.

    Raises:
        re.error: the pattern is not valid.
    """
    parsed = _parse(source)
    literals = _literals(parsed, ignore_case=False) or ()
    return source, tuple(sorted(literals)), _growth(parsed) < 3


def growth(source: str) -> int:
    """How many unbounded gaps can trade characters with each other; 99: nested repeats."""
    return _growth(_parse(source))


def _parse(source: str) -> Any:
    re.compile(source)
    try:
        from re import _parser as parser  # type: ignore[attr-defined]
    except ImportError:
        import sre_parse as parser
    return parser.parse(source, re.MULTILINE)


COMMON = (
    "No module named ", "cannot import name ", " has no attribute ", " object has no attribute ",
    "got an unexpected keyword argument ", "No such file or directory", "undefined symbol: ",
    "cannot open shared object file", "Permission denied", "command not found", "is not installed",
    "not found", "Traceback (most recent call last)", "RuntimeError: ", "ValueError: ",
    "ImportError: ", "AttributeError: ", "TypeError: ", "ModuleNotFoundError: ", "OSError: ",
    "ERROR: ", "error: ", "Error", "error", "ERROR", "warning", "WARNING", "module ",
    " from ", "could not ", "Could not ", "failed",
    "CUDA error: ", "CUDA", "torch", "requires ", "required", "expected ", "version", "Failed to ",
    "unexpected ", "invalid ", "File ", "python", "site-packages",
)  # fmt: skip
"""What stands in the messages of very many failures: a literal is worth what it holds besides."""
MOST_ALTERNATIVES = 40


def worth(literal: str) -> float:
    """What a literal is worth as a sign: its characters beyond what many messages share."""
    rest = literal
    for phrase in COMMON:
        rest = rest.replace(phrase, "").replace(phrase.strip(), "")
    return len(rest.strip(" '\"`:.,()")) + len(literal) * 0.05


def _score(literals: frozenset[str] | None) -> float:
    if not literals:
        return 0.0
    shortest = min(map(len, literals))
    least = min(worth(literal) for literal in literals) - len(literals) * 0.05
    return least + 1.0 if shortest >= 4 else 0.01 * shortest


def _exact(parsed: Any, ignore_case: bool) -> frozenset[str] | None:
    """All texts that a fixed piece of a pattern matches, if it is a short list; else None."""
    texts = frozenset([""])
    for operation, argument in parsed:
        name = str(operation)
        if name == "LITERAL" and not (ignore_case and chr(argument).isalpha()):
            texts = frozenset(text + chr(argument) for text in texts)
            continue
        if name == "SUBPATTERN":
            inner = _exact(argument[3], ignore_case or bool(argument[1] & re.IGNORECASE))
        elif name == "IN":
            letters = [chr(value) for kind, value in argument if str(kind) == "LITERAL"]
            inner = frozenset(letters) if len(letters) == len(argument) <= 4 else None
            if ignore_case:
                inner = None
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and argument[:2] == (0, 1):
            inner = _exact(argument[2], ignore_case)
            inner = None if inner is None else inner | {""}
        elif name == "BRANCH":
            branches = [_exact(branch, ignore_case) for branch in argument[1]]
            known = [branch for branch in branches if branch is not None]
            inner = frozenset().union(*known) if len(known) == len(branches) else None
        else:
            return None
        if inner is None or len(texts) * len(inner) > MOST_ALTERNATIVES:
            return None
        texts = frozenset(text + more for text in texts for more in inner)
    return texts


def _literals(parsed: Any, *, ignore_case: bool) -> frozenset[str] | None:
    """The best set of literals of which every match contains at least one, or None."""
    best: frozenset[str] | None = None
    runs = frozenset([""])

    def offer(found: frozenset[str] | None) -> None:
        nonlocal best
        if found and "" not in found and _score(found) > _score(best):
            best = found

    for item in parsed:
        operation, argument = item
        name = str(operation)
        if name == "AT":
            continue
        exact = _exact([item], ignore_case)
        if exact is not None and len(runs) * len(exact) <= MOST_ALTERNATIVES:
            runs = frozenset(run + more for run in runs for more in exact)
            continue
        offer(runs)
        runs = frozenset([""])
        if name == "SUBPATTERN":
            inner = ignore_case or bool(argument[1] & re.IGNORECASE)
            offer(_literals(argument[3], ignore_case=inner))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            if argument[0] >= 1:
                offer(_literals(argument[2], ignore_case=ignore_case))
        elif name == "ATOMIC_GROUP":
            offer(_literals(argument, ignore_case=ignore_case))
        elif name == "BRANCH":
            sets = [_literals(branch, ignore_case=ignore_case) for branch in argument[1]]
            if all(sets):
                offer(frozenset().union(*[found for found in sets if found]))
    offer(runs)
    return None if best and min(map(len, best)) < 3 else best


def _growth(parsed: Any, inside_repeat: bool = False) -> int:
    """Polynomial order of searching; a repeat inside a repeat counts as exponential.

    A repeat of a narrow class (``\\w+``) is delimited by what follows and costs nothing extra,
    unless another unbounded repeat stands right behind it.
    """
    order = 0
    after_repeat = False
    for operation, argument in parsed:
        name = str(operation)
        below = 0
        is_repeat = False
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, inner = argument
            is_repeat = most > _UNBOUNDED
            if is_repeat and inside_repeat:
                return 99
            below = _growth(inner, inside_repeat or (is_repeat and not _is_delimited(inner)))
            if is_repeat and (after_repeat or _is_broad(inner)):
                below += 1
        elif name == "SUBPATTERN":
            below = _growth(argument[3], inside_repeat)
        elif name == "BRANCH":
            below = max((_growth(branch, inside_repeat) for branch in argument[1]), default=0)
        elif name in ("ASSERT", "ASSERT_NOT"):
            below = _growth(argument[1], inside_repeat)
        elif name == "ATOMIC_GROUP":
            below = _growth(argument, inside_repeat)
        order += below
        after_repeat = is_repeat
        if order >= 99:
            return 99
    return order


def _is_delimited(parsed: Any) -> bool:
    """Whether each round of a repeat begins with a letter that the rest of it cannot match.

    ``(?:\\.\\w+)*`` is such a one: where a round ends is never in doubt.
    """
    items = list(parsed)
    while len(items) == 1 and str(items[0][0]) == "SUBPATTERN":
        items = list(items[0][1][3])
    if not items or str(items[0][0]) != "LITERAL":
        return False
    first = chr(items[0][1])
    for operation, argument in items[1:]:
        if str(operation) == "LITERAL":
            continue
        if str(operation) not in ("MAX_REPEAT", "MIN_REPEAT", "IN"):
            return False
        inner = argument[2] if str(operation) != "IN" else [(operation, argument)]
        for name, part in inner:
            if str(name) != "IN" or _is_broad([(name, part)]) or _can_match(part, first):
                return False
    return True


def _can_match(members: Any, letter: str) -> bool:
    """Whether a character class holds a letter (categories other than word and digit: yes)."""
    for name, value in members:
        kind = str(name)
        if kind == "LITERAL" and chr(value) == letter:
            return True
        if kind == "RANGE" and value[0] <= ord(letter) <= value[1]:
            return True
        if kind == "CATEGORY":
            word = str(value) in ("CATEGORY_WORD", "CATEGORY_DIGIT")
            if not word or letter.isalnum() or letter == "_":
                return True
        if kind == "NEGATE":
            return True
    return False


def _is_broad(parsed: Any) -> bool:
    """Whether one step of a repeat can swallow nearly any character."""
    for operation, argument in parsed:
        name = str(operation)
        if name in ("ANY", "NOT_LITERAL"):
            return True
        if name == "IN" and (str(argument[0][0]) == "NEGATE" or (len(argument) > 1 and {
            str(part[1]) for part in argument if str(part[0]) == "CATEGORY"
        } >= {"CATEGORY_SPACE", "CATEGORY_NOT_SPACE"})):  # fmt: skip
            return True
        if name == "SUBPATTERN" and _is_broad(argument[3]):
            return True
    return False
