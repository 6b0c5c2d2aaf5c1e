"""Facts computed from other facts by the compatibility tables."""

from __future__ import annotations

from troubleshoot.facts import DERIVED, Fact, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from troubleshoot.facts import Facts, FactSource

NAMES = frozenset(
    {
        "module.distribution", "module.is_standard", "library.package", "torch.supports_gpu",
        "torch.install_command", "torch.matching_torchvision", "torch.matching_torchaudio",
        "torch.matching_torchcodec", "torch.index_tag", "torchvision.matches_torch",
        "torchaudio.matches_torch", "torchcodec.matches_torch", "torchcodec.ffmpeg_supported",
        "cuda.least_driver", "cuda.driver_supports_torch", "ray.supports_python",
        "torch.is_cpu_build", "release.newest_python", "release.python_too_new",
        "source.conda", "source.development", "source.needs", "source.packages",
    }
)  # fmt: skip
"""Registered names that the tables answer."""


class DerivedFacts:
    """Answers derived facts from the tables, and hands every other name on.

    The facts a derivation needs are asked of the diagnosis' own `Facts`, so that what stands in
    the text comes before what is measured.
    """

    def __init__(self, source: FactSource | None) -> None:
        self._source = source
        self.facts: Facts | None = None

    def forget(self) -> None:
        """Let the source measure everything anew."""
        forget = getattr(self._source, "forget", None)
        if forget is not None:
            forget()

    def measure(self, names: Sequence[str]) -> Mapping[str, Fact]:
        """Every name asked for, derived, measured, or unknown with the reason."""
        found: dict[str, Fact] = {}
        other = []
        for name in names:
            if name.split("(")[0] in NAMES:
                fact = self._derive(name)
                if fact.is_known:
                    found[name] = fact
                    continue
                found[name] = fact
                if name == "torch.is_cpu_build" and self._source is not None:
                    other.append(name)
            else:
                other.append(name)
        if other and self._source is not None:
            found.update(self._source.measure(other))
        for name in names:
            found.setdefault(name, unknown(name, "not measured: the text does not say"))
        return found

    def _derive(self, name: str) -> Fact:
        from troubleshoot import tables

        base, _, rest = name.partition("(")
        argument = rest.removesuffix(")")
        facts = self.facts
        value = tables.derive(base, argument, facts.value if facts else lambda _: None)
        if value is None:
            return unknown(name, "the facts it follows from are unknown", DERIVED)
        return Fact(name=name, value=value, source=DERIVED, because="from the tables")
