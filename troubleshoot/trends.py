"""Symptoms on the series of a training log: where they hold, and the numbers that show it."""

from __future__ import annotations

from troubleshoot import curves
from troubleshoot.match import Sighting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from troubleshoot.metrics import Series
    from troubleshoot.reader import Reader


def sightings(symptom: tuple[Any, ...], reader: Reader) -> list[Sighting]:
    """The series that a ``metric`` leaf describes.

    Args:
        symptom: names, what it becomes, value, share and least count, as compiled.
        reader: the input.
    """
    names, becomes, value, share, least = symptom
    found = []
    for name in names:
        series = reader.metrics.get(name) or _printed(name, reader)
        if series is None:
            continue
        measured = _measure(series, becomes, value, share, least)
        if measured is None:
            continue
        line, numbers, words = measured
        captures = {"metric": series.printed, **numbers}
        found.append(
            Sighting(
                kind="metric",
                line=line,
                failure=-1,
                text=f"{series.printed} {words}",
                captures={key: _number(each) for key, each in captures.items()},
            )
        )
    return found


def _printed(name: str, reader: Reader) -> Series | None:
    for series in reader.metrics.values():
        if series.printed == name:
            return series
    return None


def _measure(
    series: Series, becomes: str, value: float | None, share: float | None, least: int | None
) -> tuple[int, dict[str, Any], str] | None:
    """Line, captures and words of a symptom, or None where it does not hold."""
    step: Any
    if becomes in ("nan", "inf", "nonfinite"):
        bad = curves.first_nonfinite(series, becomes)
        if bad is None:
            return None
        step = bad.step if bad.step >= 0 else bad.index
        before = ", ".join(_number(each) for each in bad.before) or "–"
        numbers = {"step": step, "value": bad.value, "before": before, "count": bad.count}
        words = f"is {_number(bad.value)} from step {step} on (before: {before})"
        return bad.line, numbers, words
    if becomes in ("above", "below"):
        if value is None:
            return None
        part = curves.share_above(series, value, below=becomes == "below")
        if part is None or part.count < (least or 5) or part.share < (share or 0.5):
            return None
        percent = round(part.share * 100)
        numbers = {
            "share": f"{percent} %", "median": part.median, "count": f"{part.count:,}",
            "threshold": value,
        }  # fmt: skip
        words = (
            f"{becomes} {_number(value)} in {percent} % of {part.count:,} values, "
            f"median {_number(part.median)}"
        )
        return part.line, numbers, words
    if becomes == "at bound":
        bound = curves.at_bound(series, value, least or 5)
        if bound is None or bound.share < (share or 0.0):
            return None
        step = bound.step if bound.step >= 0 else bound.index
        numbers = {"value": bound.value, "count": bound.count, "step": step}
        return bound.line, numbers, f"stays at {_number(bound.value)} from step {step} on"
    if becomes == "oscillating":
        swing = curves.oscillating(series, value if value is not None else 0.3, least=least or 20)
        if swing is None or swing.turns < (share or 0.4):
            return None
        numbers = {"value": swing.ratio, "count": swing.count, "median": swing.mean}
        words = f"swings by {swing.ratio:.0%} of its mean {_number(swing.mean)}"
        return swing.line, numbers, words
    if becomes == "exploding":
        grown = curves.explosion(series, value if value is not None else 10.0, least or 5)
        if grown is None:
            return None
        step = grown.step if grown.step >= 0 else grown.index
        numbers = {
            "before": grown.usual, "value": grown.value, "share": f"{grown.factor:.0f} x",
            "count": len(series.values), "step": step,
        }  # fmt: skip
        words = f"jumped from {_number(grown.usual)} to {_number(grown.value)} at step {step}"
        return grown.line, numbers, words
    changed = (
        curves.rising(series, value if value is not None else 0.5, least=least or 10)
        if becomes == "rising"
        else curves.not_falling(series, value if value is not None else 0.01, least=least or 20)
    )
    if changed is None:
        return None
    numbers = {
        "before": changed.first, "value": changed.last, "count": changed.count,
        "share": f"{changed.change:+.0%}",
    }  # fmt: skip
    words = (
        f"went from {_number(changed.first)} to {_number(changed.last)} over {changed.count} values"
    )
    return changed.line, numbers, words


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
