"""What is unusual about a series: pure functions that return what they measured, or None.

Every threshold is an argument; a function says nothing about causes.
"""

from __future__ import annotations

import math

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from troubleshoot.metrics import Series


@record
class NonFinite:
    """Where a series first became nan or inf.

    Attributes:
        index: position in the series.
        step: training step, or -1.
        line: index of the line in the document.
        value: nan, inf or -inf.
        before: up to five finite values right before it.
        count: how many values of the series are not finite.
    """

    index: int
    step: int
    line: int
    value: float
    before: tuple[float, ...]
    count: int


@record
class Growth:
    """A series that grew far beyond its usual size; ``factor`` is ``value`` over ``usual``."""

    index: int
    step: int
    line: int
    usual: float
    value: float
    factor: float


@record
class Change:
    """Medians of the first and last part of a series; ``change`` is relative to the first."""

    first: float
    last: float
    change: float
    count: int
    line: int


@record
class Swing:
    """How much a series swings: standard deviation over mean, and share of turning points."""

    ratio: float
    turns: float
    mean: float
    count: int
    line: int


@record
class Share:
    """How much of a series lies beyond a value; ``line`` is the first such line."""

    share: float
    median: float
    count: int
    beyond: int
    longest: int
    line: int


@record
class Bound:
    """A series that stays at one value; ``index`` is where it arrives."""

    value: float
    share: float
    count: int
    index: int
    step: int
    line: int


def median(values: Sequence[float]) -> float:
    """The median of finite and infinite values (nan are left out); nan when there is none."""
    ordered = sorted(value for value in values if value == value)
    if not ordered:
        return math.nan
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def first_nonfinite(series: Series, kind: str = "nonfinite") -> NonFinite | None:
    """The first value that is not finite.

    Args:
        series: the series.
        kind: ``nan``, ``inf`` or ``nonfinite`` (either).
    """

    def bad(value: float) -> bool:
        if kind == "nan":
            return math.isnan(value)
        if kind == "inf":
            return math.isinf(value)
        return not math.isfinite(value)

    values = series.values
    for index, value in enumerate(values):
        if bad(value):
            before = [each for each in values[max(0, index - 20) : index] if math.isfinite(each)]
            return NonFinite(
                index=index,
                step=series.steps[index],
                line=series.lines[index],
                value=value,
                before=tuple(before[-5:]),
                count=sum(1 for each in values[index:] if bad(each)),
            )
    return None


def explosion(series: Series, factor: float = 10.0, least: int = 5) -> Growth | None:
    """The first value ``factor`` times the median of the ``least`` before it, if it stays there.

    A spike that training recovers from is none: the values from there to the end count.
    """
    values = series.values
    for index in range(least, len(values)):
        value = values[index]
        if not math.isfinite(value):
            continue
        usual = median([abs(each) for each in values[max(0, index - 50) : index]])
        if not (math.isfinite(usual) and usual > 0 and abs(value) >= factor * usual):
            continue
        rest = median([abs(each) for each in values[index:]])
        if rest >= factor * usual:
            return Growth(
                index, series.steps[index], series.lines[index], usual, value, abs(value) / usual
            )
    return None


def change(series: Series, part: float = 0.2, least: int = 10) -> Change | None:
    """Medians of the first and last ``part`` of the finite values, if there are ``least``."""
    values = [value for value in series.values if math.isfinite(value)]
    if len(values) < max(least, 2):
        return None
    size = max(1, int(len(values) * part))
    first, last = median(values[:size]), median(values[-size:])
    relative = (last - first) / abs(first) if first else (0.0 if last == first else math.inf)
    return Change(first, last, relative, len(values), series.lines[-1])


def not_falling(
    series: Series, by: float = 0.01, part: float = 0.2, least: int = 20
) -> Change | None:
    """The change of a series that did not fall by the share ``by`` from beginning to end."""
    measured = change(series, part, least)
    return measured if measured is not None and measured.change > -by else None


def rising(series: Series, by: float = 0.5, part: float = 0.2, least: int = 10) -> Change | None:
    """The change of a series that rose by at least the share ``by``."""
    measured = change(series, part, least)
    return measured if measured is not None and measured.change >= by else None


def oscillating(
    series: Series, ratio: float = 0.3, part: float = 0.5, least: int = 20
) -> Swing | None:
    """How the last ``part`` of a series swings, if its deviation over mean is ``ratio`` or more."""
    values = [value for value in series.values if math.isfinite(value)]
    if len(values) < max(least, 3):
        return None
    tail = values[-max(3, int(len(values) * part)) :]
    mean = sum(tail) / len(tail)
    try:
        deviation = math.sqrt(sum((value - mean) ** 2 for value in tail) / len(tail))
    except OverflowError:
        deviation = math.inf
    measured = deviation / abs(mean) if mean else (math.inf if deviation else 0.0)
    if not measured >= ratio:
        return None
    turns = sum(
        (two - one) * (three - two) < 0 for one, two, three in zip(tail, tail[1:], tail[2:])
    )
    return Swing(measured, turns / max(1, len(tail) - 2), mean, len(tail), series.lines[-1])


def share_above(series: Series, value: float, *, below: bool = False) -> Share | None:
    """How much of a series lies above ``value`` (or below it); None for an empty series."""
    beyond = longest = run = 0
    line = -1
    counted = []
    for index, each in enumerate(series.values):
        if math.isnan(each):
            continue
        counted.append(each)
        if (each < value) if below else (each > value):
            beyond += 1
            run += 1
            longest = max(longest, run)
            if line < 0:
                line = series.lines[index]
        else:
            run = 0
    if not counted:
        return None
    if line < 0:
        line = series.lines[-1]
    return Share(beyond / len(counted), median(counted), len(counted), beyond, longest, line)


def at_bound(series: Series, value: float | None = None, least: int = 5) -> Bound | None:
    """Whether the end of a series rests at ``value`` (by default at its own largest value).

    Args:
        series: the series.
        value: the bound, compared with a relative tolerance of one in a million.
        least: values at the end that must lie at the bound.
    """
    values = [each for each in series.values if math.isfinite(each)]
    if len(values) < least:
        return None
    bound = max(values) if value is None else value
    near = abs(bound) * 1e-6 + 1e-12
    index = len(series.values)
    while index > 0 and abs(series.values[index - 1] - bound) <= near:
        index -= 1
    resting = len(series.values) - index
    if resting < least or (value is None and index == 0):
        return None
    return Bound(
        bound,
        resting / len(series.values),
        resting,
        index,
        series.steps[index],
        series.lines[index],
    )
