"""What loggers, launchers, containers and mail put in front of every line.

Clock times, worker labels and quotation marks are always taken off. A logger's name and level
stay, because they are part of what the line says, except where they stand before every line of
a traceback: such a prefix is learned from the traceback itself, whatever its form.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from troubleshoot.page import Page

TRACEBACK = "Traceback (most recent call last)"
_LEADING = "[(0123456789#>"
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"

_DATE = r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/]\d\d[-/]\d\d(?:\d\d)?)"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_STAMP = rf"{_DATE}[T _]{_CLOCK}(?: ?Z| ?[+-]\d\d:?\d\d| UTC)?"
_TIME = (
    # 2024-01-01 12:00:00,123 …   [2024-01-01 12:00:00,123]…   12:00:00.123 …   [12:00:00] …
    rf"(?:\[(?:{_STAMP}|{_CLOCK})\]:?|(?:{_STAMP}|{_CLOCK}):?)"
    # a container runtime's stream and "whole line" flag, and the separators of loggers
    r"(?:[ \t](?:stdout|stderr) [FP](?=\s|$))?"
    r"(?:[ \t][-|](?=[ \t]))?(?:[ \t]|$|(?=\[))"
)
_SYSLOG = (
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? [\w.-]{1,64} "
    r"[\w./@-]{1,64}(?:\[\d{1,8}\])?: "
)
_DMESG = r"\[ {0,6}\d{1,8}\.\d{6}\] "
_BUILD_STEP = r"#\d{1,4} \d{1,5}\.\d{1,3} "
_BUILD_CLOCK = r"\d{1,5}\.\d{2,3} "
_JOB = r"[^\t\n]{1,100}\t[^\t\n]{1,100}\t\ufeff?(?=\d{4}-\d\d-\d\dT\d\d)"
_KAGGLE = r"\d{1,6}\.\d+s\s{1,8}\d{1,7}\s"

# Worker labels; group 1 is what Document.ranks gets.
# A number alone on its line is an entry of torchrun's table of failures, no prefix.
_BRACKET_RANK = r"\[([A-Za-z_]{1,24}[- ]?\d{1,6}|\d{1,5}(?=\]:.*\S))\]:"
_MPI_RANK = r"\[([\w@.,: -]{1,80})\]<(?:stderr|stdout|stddiag)>:?"
_MPI_TAG = r"\[(\d{1,4},\d{1,6})\]:"
_POD = r"\[(pod/[\w./-]{1,160})\] "
_RAY = (
    r"\(((?:[^()\n]{1,120} )?pid=[\w.-]{1,24}(?:, ip=[\w.:-]{1,48})?|raylet(?:, ip=[\w.:-]{1,48})?"
    r"|autoscaler[^()\n]{0,24}|gcs_server|dashboard[^()\n]{0,40})\) ?"
)
_ROS_PROCESS = r"\[([A-Za-z][\w.+/-]{0,80}-\d{1,4})\] "
_SERVICE = r"([\w.-]{1,64}) +\| ?"
_SRUN = r" {0,5}(\d{1,5}): ?"
_HOST = r"([A-Za-z0-9][\w.-]{2,120}): ?"

_PATTERNS: dict[str, re.Pattern[str]] = {}


def _match(source: str, text: str, position: int = 0) -> re.Match[str] | None:
    pattern = _PATTERNS.get(source)
    if pattern is None:
        pattern = _PATTERNS[source] = re.compile(source)
    return pattern.match(text, position)


def peel(page: Page) -> None:
    """Take the prefixes off every line, and note workers in ``page.ranks``."""
    lines = page.lines
    optional = _consistent(lines)
    is_tight = _is_tight(lines)
    for index, line in enumerate(lines):
        first = line[:1]
        if not optional and not (
            first in _LEADING or (first.isupper() and line[3:4] == " " and line[:3] in _MONTHS)
        ):
            continue
        if not first:
            continue
        position, rank = _prefix(line, optional, is_tight)
        if position:
            lines[index] = line[position:]
        if rank:
            page.ranks[index] = rank
    _uniform(page)
    _unlearned(page)


def unquote(page: Page) -> None:
    """Take mail's and issues' ``>`` off quoted blocks, but not pytest's or a shell's."""
    lines = page.lines
    while True:
        quoted = [line[:1] == ">" for line in lines]
        changed = False
        for index, line in enumerate(lines):
            if not quoted[index] or line.startswith((">>> ", ">>>\n")):
                continue
            rest = line[2:] if line[1:2] == " " else line[1:]
            beside = (index > 0 and quoted[index - 1]) or quoted[index + 1 : index + 2] == [True]
            if rest.startswith("      ") and not beside:
                continue  # pytest marks the failing line of source so
            if beside or TRACEBACK in rest or rest.lstrip().startswith('File "'):
                lines[index] = rest
                changed = True
        if not changed:
            return


def _is_tight(lines: Sequence[str]) -> bool:
    """Whether labels stand before the text without a blank, so that blanks are the text's."""
    return any(
        _match(label.removesuffix(":?") + r":?[^\s:\[]", line)
        for line in lines
        if line[:1] == "[" and ("]:" in line or ">:" in line)
        for label in (_BRACKET_RANK, _MPI_RANK, _MPI_TAG)
    )


def _prefix(line: str, optional: Sequence[str], is_tight: bool) -> tuple[int, str]:
    """Where the text begins after all prefixes, and the worker's label."""
    position = 0
    rank = ""
    for _ in range(6):
        first = line[position : position + 1]
        found = None
        if first == "[":
            found = _match(_TIME, line, position) or _match(_DMESG, line, position)
            if found is None:
                label = (
                    _match(_BRACKET_RANK, line, position)
                    or _match(_MPI_RANK, line, position)
                    or _match(_MPI_TAG, line, position)
                    or _match(_POD, line, position)
                    or (_ROS_PROCESS in optional and _match(_ROS_PROCESS, line, position))
                    or None
                )
                if label is not None:
                    found = label
                    rank = rank or label.group(1)
        elif first == "(":
            found = _match(_RAY, line, position)
            if found is not None:
                rank = rank or found.group(1)
        elif first.isdigit():
            found = _match(_TIME, line, position) or _match(_KAGGLE, line, position)
        elif first == "#":
            found = _match(_BUILD_STEP, line, position)
        elif first.isupper() and line[position + 3 : position + 4] == " ":
            found = _match(_SYSLOG, line, position)
        if found is None and optional:
            for source in optional:
                found = _match(source, line, position)
                if found is not None:
                    if found.re.groups and source != _NUMBERING:
                        rank = rank or found.group(1)
                    break
        if found is None or found.end() == position:
            break
        position = found.end()
        if (
            first == "["
            and not is_tight
            and line[position - 1] in ":>"
            and (line[position : position + 1] == " ")
        ):
            position += 1
    return position, rank


_NUMBERING = r" {0,6}(\d{1,7})[:|] ?"
_CELL_FRAME = '| File "'
_CELL = r" {0,6}\| ?"
"""The left bar of a table into which a log was pasted, line by line."""


def _consistent(lines: Sequence[str]) -> list[str]:
    """Prefixes that could be ordinary text, and count only if nearly all lines have them."""
    sample = [line for line in lines[:400] if line.strip()]
    if len(sample) < 2:
        return []
    chosen = []
    digits = colons = pipes = brackets = bars = 0
    for line in sample:
        start = line.lstrip(" ")[:1]
        if start.isdigit():
            digits += 1
        elif start == "|":
            bars += 1
        elif start == "[":
            brackets += 1
        if ": " in line[:100] or line[:100].rstrip().endswith(":"):
            colons += 1
        if " |" in line[:80]:
            pipes += 1
    enough = len(sample) * 0.6
    if digits >= enough or (digits >= 2 and any(TRACEBACK in line for line in sample)):
        found = [_match(_SRUN, line) for line in sample]
        labels = [match.group(1) for match in found if match]
        if len(labels) >= enough and len(labels) >= 3:
            # A pasted listing with line numbers (grep -n) has a new number on each line.
            numbered = len(set(labels)) > max(2, len(labels) * 0.8) and _ascends(labels)
            chosen.append(_NUMBERING if numbered else _SRUN)
        elif _is_build_clock(sample):
            chosen.append(_BUILD_CLOCK)
    if pipes >= enough:
        found = [_match(_SERVICE, line) for line in sample]
        labels = [match.group(1) for match in found if match]
        if len(labels) >= len(sample) * 0.8 and (
            all(re.search(r"[-_.]\d+$", label) for label in labels)
            or (len(set(labels)) <= max(1, len(labels) // 4) and len(labels) >= 4)
        ):
            if all(label.isdigit() for label in labels) and _ascends(labels):
                chosen.append(_NUMBERING)
            else:
                chosen.append(_SERVICE)
    if bars >= len(sample) * 0.7 and any(_CELL_FRAME in line[:12] for line in sample):
        chosen.append(_CELL)
    if any("\t" in line[:202] for line in sample[:5]) and _match(_JOB, sample[-1]):
        chosen.append(_JOB)
    if brackets >= 2:
        found = [_match(_ROS_PROCESS, line) for line in sample]
        if sum(match is not None for match in found) >= max(2, brackets * 0.5):
            chosen.append(_ROS_PROCESS)
    if colons >= enough and not chosen and any(map(_is_frame, sample)):
        chosen.extend(_hosts(sample))
    return chosen


def _hosts(sample: Sequence[str]) -> list[str]:
    """A pattern of the few host names that stand before nearly all lines, as pdsh prints them."""
    found = [_match(_HOST, line) for line in sample]
    labels = [match.group(1) for match in found if match]
    names = {
        label for label in labels if labels.count(label) > 1 and ("." in label or "-" in label)
    }
    if len(labels) < max(4, len(sample) * 0.8) or not 0 < len(names) <= len(labels) // 2:
        return []
    return ["(" + "|".join(map(re.escape, sorted(names)[:64])) + "): ?"]


def _ascends(labels: Sequence[str]) -> bool:
    numbers = [int(label) for label in labels]
    return all(numbers[place] > numbers[place - 1] for place in range(1, len(numbers)))


def _is_build_clock(sample: Sequence[str]) -> bool:
    """Whether a run of lines starts with growing seconds, as in a failed ``docker build``."""
    run = 0
    last = 0.0
    for line in sample:
        found = _match(_BUILD_CLOCK, line)
        if found is None:
            run = 0
            continue
        seconds = float(found.group().strip())
        run = run + 1 if seconds >= last or not run else 1
        last = seconds
        if run >= 3 or (run >= 1 and TRACEBACK in line):
            return True
    return False


def _is_frame(line: str) -> bool:
    return '  File "' in line or TRACEBACK in line


def _uniform(page: Page) -> None:
    """Take off what stands before every line where a logger was fed a program's raw output."""
    lines = [line for line in page.lines[:400] if line][:60]
    if len(lines) < 4 or lines[0][0] == " " or len({line[0] for line in lines}) > 1:
        return
    plain = [re.sub(r"\d+", "0", line[:160]) for line in lines]
    low, high = min(plain), max(plain)
    size = next((n for n, char in enumerate(low) if high[n : n + 1] != char), len(low))
    # Up to the last separator that all lines have; blanks behind it belong to the text.
    found = re.match(r"(.{3,150}[]:|>-]) ?", low[:size])
    if found is None or not any(char.isalnum() for char in found.group()):
        return
    end = found.end()
    rests = [line[end:] for line in plain]
    # What a person logs begins no line with a blank, a program's output does.
    if sum(not rest.strip() or rest[0] == " " for rest in rests) < 2:
        return
    shape = _shape(found.group().rstrip())
    for index, line in enumerate(page.lines):
        match = _match(shape, line)
        if match is not None:
            begin = match.end()
            if found.group().endswith(" ") and line[begin : begin + 1] == " ":
                begin += 1
            page.lines[index] = line[begin:]


def _shape(prefix: str) -> str:
    """A pattern of prefixes that differ from ``prefix`` in numbers alone."""
    return re.sub(r"\\ (?:\\ )*", " +", re.sub(r"\d+", r"\\d+", re.escape(prefix)))


def _unlearned(page: Page) -> None:
    """Learn the prefix that stands before each line of a traceback, and take it off."""
    lines = page.lines
    seen: set[str] = set()
    for index in range(len(lines)):
        line = lines[index]
        if len(line) > 2000 or not _is_frame(line):
            continue
        position = line.find(TRACEBACK)
        if position < 0:
            position = line.find('  File "')
        prefix = line[:position]
        if not any(char.isalnum() for char in prefix) or len(prefix) > 200:
            continue
        shape = _shape(prefix.rstrip())
        shape += r"(?: |$)" if prefix.endswith(" ") else ""
        if shape in seen:
            continue
        if not _frame_follows(lines, index, shape):
            continue
        seen.add(shape)
        _take_off(lines, index, shape)


def _frame_follows(lines: Sequence[str], index: int, shape: str) -> bool:
    """Whether the next line carries the same prefix: a lone prefix opens a message."""
    return any(_match(shape, other) for other in lines[index + 1 : index + 3])


def _take_off(lines: list[str], index: int, shape: str) -> None:
    """Strip ``shape`` from the tracebacks of the page, up to the end of each message."""
    pattern = _PATTERNS[shape]
    inside = False
    padding = 0
    for position in range(index, len(lines)):
        line = lines[position]
        found = pattern.match(line)
        if found is None:
            if line.strip():
                inside = False
            continue
        rest = line[found.end() :]
        if TRACEBACK in rest[:80]:
            padding = len(rest) - len(rest.lstrip(" "))
            inside = True
        elif not inside and rest.lstrip().startswith('File "'):
            inside = True
            padding = max(0, len(rest) - len(rest.lstrip(" ")) - 2)
        if inside:
            lines[position] = rest[padding:] if not rest[:padding].strip() else rest.lstrip(" ")
