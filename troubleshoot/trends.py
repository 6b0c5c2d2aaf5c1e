"""Symptoms on the series of a training log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troubleshoot.match import Sighting

if TYPE_CHECKING:
    from typing import Any

    from troubleshoot.reader import Reader


def sightings(symptom: tuple[Any, ...], reader: Reader) -> list[Sighting]:
    return []
