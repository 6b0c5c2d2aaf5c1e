"""Diagnosing an exception of the very process that runs: its modules and frames are facts."""

from __future__ import annotations

import sys
import traceback

from troubleshoot import diagnose, intake
from troubleshoot.facts import PROBE, Fact, unknown
from troubleshoot.origin import Origin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType
    from typing import Any

    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.facts import FactSource

MOST_ARRAYS = 12
_IMPORTED = "kernel.imported_version("
_STALE = "kernel.is_stale("


class LiveProcess:
    """Answers what only the running process knows, and hands every other fact on."""

    def __init__(self, source: FactSource) -> None:
        self._source = source

    def forget(self) -> None:
        """Let the source measure everything anew."""
        forget = getattr(self._source, "forget", None)
        if forget is not None:
            forget()

    def measure(self, names: Sequence[str]) -> Mapping[str, Fact]:
        """Every name asked for."""
        own = [name for name in names if name.startswith((_IMPORTED, _STALE))]
        found = dict(self._source.measure([name for name in names if name not in own]))
        for name in own:
            if name.startswith(_STALE):
                found[name] = self._stale(name)
                continue
            version = imported_version(name[len(_IMPORTED) : -1])
            if version:
                found[name] = Fact(name, version, PROBE, "imported in this process")
            else:
                found[name] = unknown(name, "not imported in this process")
        return found

    def _stale(self, name: str) -> Fact:
        """Whether a module in memory is of another version than the one installed now."""
        top = name[len(_STALE) : -1].split(".")[0]
        imported = imported_version(top)
        if not imported:
            return unknown(name, "not imported in this process")
        installed = self._installed(top)
        if not installed:
            return unknown(name, f"the installed version of {top} is not known")
        return Fact(
            name, imported != installed, PROBE, f"{imported} is imported, {installed} is installed"
        )

    def _installed(self, module: str) -> str:
        """Version of the distribution that provides a module, or ``""``."""
        asked = f"module.provider({module})"
        provider = self._source.measure([asked])[asked].value or module
        asked = f"package.version({provider})"
        return str(self._source.measure([asked])[asked].value or "")


def imported_version(distribution: str) -> str:
    """Version of a distribution's module as imported here, or ``""``."""
    for name in (distribution, distribution.replace("-", "_")):
        module = sys.modules.get(name)
        version = getattr(module, "__version__", "") if module is not None else ""
        if version:
            return str(version)
    return ""


def arrays(error: BaseException) -> str:
    """Names, shapes, types and devices of the arrays in the innermost frame that has any."""
    frames: list[FrameType] = []
    step = error.__traceback__
    while step is not None:
        frames.append(step.tb_frame)
        step = step.tb_next
    for frame in reversed(frames):
        found = []
        for name, value in list(frame.f_locals.items())[:200]:
            shape = _described(value)
            if shape:
                found.append(f"{name}: {shape}")
        if found:
            return "; ".join(found[:MOST_ARRAYS])
    return ""


def _described(value: Any) -> str:
    """An array's shape, type and device, or ``""`` for anything else; never its values."""
    try:
        if type(value).__module__.split(".")[0] not in ("torch", "numpy", "jax", "jaxlib"):
            return ""
        shape = value.shape
        kind = str(value.dtype).replace("torch.", "")
        device = getattr(value, "device", "")
        return f"{kind}{[int(each) for each in shape]} {device}".strip()
    except Exception:
        return ""


def diagnosed(error: BaseException, *, lang: str) -> Diagnosed:
    """The diagnosis of an exception raised in this process."""
    from troubleshoot import probes, target

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    given = []
    shapes = arrays(error)
    if shapes:
        given.append(Fact("frame.tensors", shapes, PROBE, "read from the failing frame"))
    options = diagnose.Options(lang=lang, here=True, python=sys.executable, given=tuple(given))
    origin = Origin(here=True, because="it happened in this process", python=sys.executable)
    source = LiveProcess(probes.LiveFacts(target.target(origin, ())))
    return diagnose.diagnose(
        intake.from_bytes(text.encode("utf-8", "surrogateescape")), options, source=source
    )
