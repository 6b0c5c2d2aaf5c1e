"""Requirements of distributions (PEP 508) and versions (PEP 440), as far as a check needs them."""

from __future__ import annotations

import re
from functools import total_ordering

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION = re.compile(
    r"\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>a|b|c|rc|alpha|beta|pre|preview)[-_.]?(?P<pre_n>\d*))?"
    r"(?:-(?P<post_n1>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_n>\d*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_n>\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$",
    re.I,
)
_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?:@\s*(?P<url>[^\s;]+)|\(?(?P<specifier>[^;)@]*)\)?)\s*(?:;(?P<marker>.*))?$"
)
_TOKEN = re.compile(
    r"\s*(?:(?P<paren>[()])|(?P<text>'[^']*'|\"[^\"]*\")|(?P<op><=|>=|==|!=|~=|===|<|>)"
    r"|(?P<word>not\s+in\b|in\b|and\b|or\b|[A-Za-z_][\w.]*))"
)
_NOT_DEV = 1 << 60
_PRE = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}


@total_ordering
class Version:
    """A PEP 440 version that compares.

    Raises:
        ValueError: if the text is not a version.
    """

    def __init__(self, text: str) -> None:
        match = _VERSION.match(text)
        if match is None:
            raise ValueError(f"{text!r} is not a version")
        numbers = [int(part) for part in match["release"].split(".")]
        self.release = tuple(numbers)
        while len(numbers) > 1 and not numbers[-1]:
            numbers.pop()
        pre = match["pre"]
        self.is_pre = bool(pre or match["dev"])
        post = match["post_n1"] or match["post_n"] or ("0" if match["post"] else "")
        self.is_post = bool(post)
        stage = (_PRE[pre.lower()], int(match["pre_n"] or 0)) if pre else (3, 0)
        if not pre and not post and match["dev"]:
            stage = (-1, 0)
        self.public = (
            int(match["epoch"] or 0),
            tuple(numbers),
            stage,
            int(post) if post else -1,
            int(match["dev_n"] or 0) if match["dev"] else _NOT_DEV,
        )
        self.local = match["local"] or ""
        self.key = (*self.public, bool(self.local), _local_key(self.local))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.key == other.key

    def __lt__(self, other: Version) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _local_key(local: str) -> tuple[tuple[int, int, str], ...]:
    parts = re.split(r"[-_.]", local.lower()) if local else []
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)


@record
class Requirement:
    """One requirement.

    Attributes:
        name: the distribution.
        extras: extras of it that are wanted.
        specifier: version specifiers separated by commas, or ``""``.
        marker: condition under which it applies, or ``""``.
    """

    name: str
    extras: tuple[str, ...]
    specifier: str
    marker: str


def parse(text: str) -> Requirement | None:
    """Read a requirement as metadata writes it; None if it is none."""
    match = _REQUIREMENT.match(text)
    if match is None:
        return None
    extras = tuple(part.strip() for part in (match["extras"] or "").split(",") if part.strip())
    specifier = (match["specifier"] or "").strip()
    return Requirement(match["name"], extras, specifier, (match["marker"] or "").strip())


def satisfies(version: str, specifier: str) -> bool | None:
    """Whether an installed version fits; None if either cannot be read.

    A pre-release that is installed counts as pip's check counts it: it may satisfy.
    """
    try:
        present = Version(version)
        return all(_fits(present, part.strip()) for part in specifier.split(",") if part.strip())
    except ValueError:
        return None


def _fits(present: Version, part: str) -> bool:
    match = re.match(r"(==|!=|<=|>=|~=|<|>)\s*(.+)$", part)
    if match is None:
        raise ValueError(part)
    operator, text = match.groups()
    if text.endswith(".*"):
        prefix = Version(text[:-2]).release
        padded = present.release + (0,) * len(prefix)
        same = padded[: len(prefix)] == prefix
        return same if operator == "==" else not same
    wanted = Version(text)
    if operator == "~=":
        kept = wanted.release[:-1]
        padded = present.release + (0,) * len(kept)
        return present.public >= wanted.public and padded[: len(kept)] == kept
    # A local label such as +cu121 does not count unless the requirement names one.
    left = present.key if wanted.local else (*present.public, False, ())
    right = wanted.key
    if operator == ">":
        same_release = present.release == wanted.release
        return left > right and not (same_release and present.is_post and not wanted.is_post)
    if operator == "<":
        same_release = present.release == wanted.release
        return left < right and not (same_release and present.is_pre and not wanted.is_pre)
    return {"==": left == right, "!=": left != right, "<=": left <= right}.get(
        operator, left >= right
    )


def applies(marker: str, environment: Mapping[str, str]) -> bool | None:
    """Whether a marker holds in an environment; None if it cannot be read.

    Args:
        marker: such as ``python_version < "3.11" and extra == "dev"``.
        environment: values of the marker variables.
    """
    if not marker:
        return True
    tokens = []
    position = 0
    marker = marker.strip()
    while position < len(marker):
        match = _TOKEN.match(marker, position)
        if match is None:
            return None
        tokens.append(re.sub(r"\s+", " ", match.group().strip()))
        position = match.end()
    try:
        value, rest = _either(tokens, environment)
    except (ValueError, IndexError, KeyError, RecursionError):
        return None
    return None if rest else value


def _either(tokens: list[str], environment: Mapping[str, str]) -> tuple[bool, list[str]]:
    value, tokens = _both(tokens, environment)
    while tokens and tokens[0] == "or":
        other, tokens = _both(tokens[1:], environment)
        value = value or other
    return value, tokens


def _both(tokens: list[str], environment: Mapping[str, str]) -> tuple[bool, list[str]]:
    value, tokens = _single(tokens, environment)
    while tokens and tokens[0] == "and":
        other, tokens = _single(tokens[1:], environment)
        value = value and other
    return value, tokens


def _single(tokens: list[str], environment: Mapping[str, str]) -> tuple[bool, list[str]]:
    if tokens[0] == "(":
        value, rest = _either(tokens[1:], environment)
        if rest[0] != ")":
            raise ValueError("unbalanced")
        return value, rest[1:]
    left, operator, right = tokens[:3]
    first, second = _value(left, environment), _value(right, environment)
    return _compare(first, operator, second, "version" in f"{left} {right}"), tokens[3:]


def _value(token: str, environment: Mapping[str, str]) -> str:
    return token[1:-1] if token[0] in "'\"" else environment[token.replace(".", "_")]


def _compare(left: str, operator: str, right: str, is_version: bool) -> bool:
    if operator == "in":
        return left in right
    if operator == "not in":
        return left not in right
    if is_version:
        found = satisfies(left, operator + right)
        if found is not None:
            return found
    if operator in ("==", "==="):
        return left == right
    if operator == "!=":
        return left != right
    if operator == "<":
        return left < right
    return {">": left > right, "<=": left <= right, ">=": left >= right}[operator]
