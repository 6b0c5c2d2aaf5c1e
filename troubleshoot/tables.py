"""Facts that follow from other facts and the compatibility tables of a rule pack.

Pure functions: the tables arrive as plain dicts, one per file of ``rules/_data`` (loaded by the
caller, compiled, never YAML at run time), other facts through ``get``. A table that is missing,
or a fact that is unknown, gives an unknown value; nothing is guessed.

The tables, by file name: ``torch_releases``, ``cuda_drivers``, ``gpu_architectures``,
``libraries``, ``import_names``, ``torchcodec``, ``ray``, ``releases``,
``source_builds``, ``development``.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from troubleshoot.facts import Value

    Get = Callable[[str], Value]
    Row = Mapping[str, Any]

Version = tuple[int, ...]

NAMES = (
    "torch.supports_gpu",
    "torch.install_command",
    "torch.index_tag",
    "torch.matching_torchvision",
    "torch.matching_torchaudio",
    "torch.matching_torchcodec",
    "torchvision.matches_torch",
    "torchaudio.matches_torch",
    "torchcodec.matches_torch",
    "torchcodec.ffmpeg_supported",
    "cuda.least_driver",
    "cuda.driver_supports_torch",
    "module.distribution",
    "library.package",
    "module.is_standard",
    "ray.supports_python",
    "release.newest_python",
    "release.python_too_new",
    "source.conda",
    "source.development",
    "source.needs",
    "source.packages",
    "torch.is_cpu_build",
)

# Column of the library table by `host.package_manager`.
_COLUMNS = {"apt": "apt", "dnf": "dnf", "yum": "dnf", "pacman": "pacman", "brew": "brew"}


def version(text: Value) -> Version:
    """The leading numbers of a version: ``2.11.0+cu128`` is ``(2, 11, 0)``; ``()`` if none."""
    numbers: list[int] = []
    for part in str("" if text is None else text).strip().lstrip("v").split("+")[0].split("."):
        digits = ""
        for character in part:
            if not ("0" <= character <= "9"):
                break
            digits += character
        if not digits or len(digits) > 9:
            break
        numbers.append(int(digits))
        if len(digits) != len(part):
            break
    return tuple(numbers)


def local_label(text: Value) -> str:
    """What stands behind the plus of a version: ``cu128``, ``cpu`` or ``""``."""
    return str(text).partition("+")[2] if text is not None else ""


def tag_cuda(tag: str) -> Version:
    """The CUDA of a wheel tag: ``cu128`` is ``(12, 8)``; ``()`` for ``cpu`` and others."""
    digits = tag[2:]
    if not tag.startswith("cu") or not digits.isdecimal() or len(digits) < 3:
        return ()
    return int(digits[:-1]), int(digits[-1])


class Tables:
    """The compatibility tables of one pack, and what they say about a machine."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def derive(self, name: str, argument: str, get: Get) -> Value:
        """The derived fact ``name`` (with its ``argument``, or ``""``), or None if unknown.

        Args:
            name: one of `NAMES`, without the argument.
            argument: what stands in the parentheses of the fact.
            get: gives the value of another fact, None where unknown.
        """
        if name == "torch.supports_gpu":
            return self.supports_gpu(get)
        if name == "torch.install_command":
            return self.install_command(get)
        if name == "torch.index_tag":
            found = self._choice(get)
            return found[1] if found else None
        if name in ("torch.matching_torchvision", "torch.matching_torchaudio"):
            return self.matching(name.rpartition("_")[2], get("torch.version"))
        if name in ("torchvision.matches_torch", "torchaudio.matches_torch"):
            return self.belongs(name.partition(".")[0], get)
        if name == "torch.matching_torchcodec":
            return self.matching_torchcodec(get("torch.version"))
        if name == "torchcodec.matches_torch":
            return self.torchcodec_matches(get)
        if name == "torchcodec.ffmpeg_supported":
            return self.ffmpeg_supported(get)
        if name == "cuda.least_driver":
            return self.least_driver(_built_for(get), _os(get))
        if name == "cuda.driver_supports_torch":
            return self.driver_supports(_built_for(get), get)
        if name == "module.distribution":
            return self.distribution(argument)
        if name == "library.package":
            return self.package(argument, get("host.package_manager"))
        if name == "module.is_standard":
            return argument.partition(".")[0] in sys.stdlib_module_names if argument else None
        if name == "ray.supports_python":
            return self.ray_supports(get)
        if name == "torch.is_cpu_build":
            return _is_cpu_build(get)
        if name.startswith(("release.", "source.")):
            from troubleshoot import releases

            if name.startswith("source."):
                manager = get("host.package_manager")
                if name == "source.development":
                    return releases.development(argument, manager, self._table("development"))
                builds = self._table("source_builds")
                return releases.source_need(name.rpartition(".")[2], argument, manager, builds)
            table = self._table("releases")
            if name == "release.newest_python":
                return releases.newest_python(argument, table)
            return releases.too_new(argument, get("python.version"), table)
        return None

    # torch and its companions

    def matching(self, companion: str, torch: Value) -> str | None:
        """The torchvision or torchaudio that belongs to a torch version."""
        release = self._release(version(torch))
        return (release.get(companion) or None) if release else None

    def belongs(self, companion: str, get: Get) -> bool | None:
        """Whether the installed companion was built for the installed torch."""
        torch, installed = get("torch.version"), get(f"package.version({companion})")
        if torch is None or installed is None:
            return None
        labels = {local_label(torch), local_label(installed)} - {""}
        if len(labels) > 1:
            return False
        expected = self.matching(companion, torch)
        if expected is not None:
            return version(expected)[:2] == version(installed)[:2]
        # No release of torch with another companion of that version: it belongs elsewhere.
        owners = [
            version(release["torch"])[:2]
            for release in self._rows("torch_releases", "releases")
            if version(release.get(companion))[:2] == version(installed)[:2]
        ]
        return version(torch)[:2] in owners if owners else None

    def install_command(self, get: Get) -> str | None:
        """The command for the newest torch that Python, driver and GPU support."""
        macos = _os(get) == "macos"
        found = self._newest_macos(get) if macos else self._choice(get)
        if found is None:
            return None
        release, tag = found
        names = [f"torch=={release['torch']}"]
        for name in ("torchvision", "torchaudio"):
            if release.get(name):
                names.append(f"{name}=={release[name]}")
        words = ["uv pip install" if get("python.environment") == "uv" else "pip install"]
        if version(get("torch.version")) == version(release["torch"]):
            words.append("--force-reinstall")  # the same number from another index is "satisfied"
        words += names
        if not macos:
            index = str(self._table("torch_releases").get("index", "")).rstrip("/")
            words.append(f"--index-url {index}/{tag}")
        return " ".join(words)

    def supports_gpu(self, get: Get) -> bool | None:
        """Whether the torch build has code for the GPU."""
        device = version(get("gpu.compute_capability"))
        if len(device) < 2:
            return None
        listed = get("torch.arch_list")
        if isinstance(listed, tuple) and listed:
            return any(_serves(str(entry), device) for entry in listed)
        tag = local_label(get("torch.version"))
        if not tag_cuda(tag):
            cuda = version(get("torch.cuda"))
            tag = f"cu{cuda[0]}{cuda[1]}" if len(cuda) > 1 else tag
        if _is_cpu_build(get) is True:
            return False
        capabilities = self._capabilities(tag, version(get("torch.version"))[:2])
        if capabilities is None:
            return None
        return any(_serves(f"sm_{each}", device) for each in capabilities)

    def _release(self, wanted: Version) -> Row | None:
        rows = self._rows("torch_releases", "releases")
        if len(wanted) < 2:
            return None
        for row in rows:
            if version(row["torch"]) == wanted:
                return row
        return next((row for row in rows if version(row["torch"])[:2] == wanted[:2]), None)

    def _choice(self, get: Get) -> tuple[Row, str] | None:
        """The newest release and the best of its tags for this Python, driver and GPU."""
        device = version(get("gpu.compute_capability"))[:2]
        driver_known = get("gpu.driver_version") is not None or get("gpu.driver_cuda") is not None
        if not device and not driver_known:
            return None
        if device and any(
            row.get("jetson") and version(row["capability"]) == device
            for row in self._rows("gpu_architectures", "architectures")
        ):
            return None  # Jetson boards take the builds of their own SDK
        python = version(get("python.version"))[:2]
        for row in self._rows("torch_releases", "releases"):
            if python and not _within(python, row["python"]):
                continue
            torch = version(row["torch"])[:2]
            tags = sorted((tag for tag in row["tags"] if tag_cuda(tag)), key=tag_cuda, reverse=True)
            for tag in tags:
                if driver_known and self.driver_supports(tag_cuda(tag), get) is not True:
                    continue
                capabilities = self._capabilities(tag, torch)
                if device and not any(_serves(f"sm_{each}", device) for each in capabilities or ()):
                    continue
                return row, tag
        return None

    def _newest_macos(self, get: Get) -> tuple[Row, str] | None:
        """The newest release for this Python on macOS (Intel Macs stopped early)."""
        python = version(get("python.version"))[:2]
        last: Version = (9999,)
        if get("host.architecture") == "x86_64":
            last = version(self._table("torch_releases").get("macos_intel_last")) or last
        for row in self._rows("torch_releases", "releases"):
            fits = not python or _within(python, row["python"])
            if fits and row["tags"] and version(row["torch"]) <= last:
                return row, ""
        return None

    def _capabilities(self, tag: str, torch: Version) -> tuple[str, ...] | None:
        """Compute capabilities that the wheels of a tag have code for; None if not in the table."""
        for row in self._rows("gpu_architectures", "wheels"):
            since, until = version(row.get("since")), version(row.get("until"))
            late = bool(until and torch and torch > until)
            if row["tag"] == tag and not (torch and torch < since) and not late:
                return tuple(row["capabilities"])
        return None

    # CUDA and the driver

    def least_driver(self, cuda: Version, system: str) -> str | None:
        """The oldest driver that runs programs of a CUDA version."""
        rows = self._rows("cuda_drivers", "families")
        for row in rows:
            family = version(row["cuda"])
            if cuda and cuda[: len(family)] == family:
                return str(row["windows" if system == "windows" else "linux"]) or None
        return None

    def driver_supports(self, cuda: Version, get: Get) -> bool | None:
        """Whether the installed driver runs programs of a CUDA version."""
        if not cuda:
            return None
        driver = version(get("gpu.driver_version"))
        least = version(self.least_driver(cuda, _os(get)))
        if driver and least:
            return driver >= least[: len(driver)]
        newest = version(get("gpu.driver_cuda"))
        if not newest:
            return None
        return newest[0] >= cuda[0] if cuda[0] >= 11 else newest >= cuda

    # torchcodec, ray, names

    def matching_torchcodec(self, torch: Value) -> str | None:
        """The torchcodec versions that belong to a torch, such as ``0.8,0.9`` as a requirement."""
        wanted = version(torch)[:2]
        rows = [row for row in self._rows("torchcodec", "releases") if _codec_fits(row, wanted)]
        if not wanted or not rows:
            return None
        numbers = sorted(version(row["torchcodec"])[:2] for row in rows)
        low, high = numbers[0], numbers[-1]
        return f">={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}"

    def torchcodec_matches(self, get: Get) -> bool | None:
        """Whether the installed torchcodec was built for the installed torch."""
        torch = version(get("torch.version"))[:2]
        row = self._codec(version(get("package.version(torchcodec)")))
        return _codec_fits(row, torch) if row and torch else None

    def ffmpeg_supported(self, get: Get) -> bool | None:
        """Whether an FFmpeg that the installed torchcodec can load was found."""
        majors = get("media.ffmpeg_majors")
        row = self._codec(version(get("package.version(torchcodec)")))
        if row is None or not isinstance(majors, tuple):
            return None
        low, high = (int(each) for each in row["ffmpeg"])
        return any(low <= (version(each) or (0,))[0] <= high for each in majors)

    def _codec(self, codec: Version) -> Row | None:
        rows = self._rows("torchcodec", "releases")
        exact = (row for row in rows if codec and version(row["torchcodec"]) == codec)
        minor = (row for row in rows if codec and version(row["torchcodec"])[:2] == codec[:2])
        return next(exact, None) or next(minor, None)

    def ray_supports(self, get: Get) -> bool | None:
        """Whether the installed ray has wheels for this Python."""
        ray, python = version(get("package.version(ray)")), version(get("python.version"))[:2]
        if not ray or not python:
            return None
        for row in self._rows("ray", "pythons"):
            if version(row["python"]) == python:
                return version(row["oldest"]) <= ray <= (version(row["newest"]) or ray)
        return None

    def distribution(self, module: str) -> str | None:
        """The distribution to install for an import name that is not its name."""
        names = self._table("import_names").get("names")
        if not isinstance(names, dict) or not module:
            return None
        parts = module.split(".")
        for length in range(len(parts), 0, -1):
            found = names.get(".".join(parts[:length]))
            if found is not None:
                name = found.get("distribution") if isinstance(found, dict) else found
                return str(name) if name else None
        return parts[0] if len(parts) > 1 and not parts[0].startswith("_") else None

    def package(self, soname: str, manager: Value) -> str | None:
        """The system package that brings a shared library, for the host's package manager."""
        row = self._library(soname.rpartition("/")[2])
        if row is None:
            return None
        return row.get(_COLUMNS.get(str(manager), "apt")) or None

    def _library(self, soname: str) -> Row | None:
        rows = self._rows("libraries", "libraries")
        for row in rows:
            if row["soname"] == soname:
                return row
        stem = soname.partition(".so")[0]
        for row in rows:  # a row without a version serves every version
            if row["soname"] in (f"{stem}.so", stem) and stem:
                return row
        return None

    def _table(self, name: str) -> Mapping[str, Any]:
        table = self._data.get(name)
        return table if isinstance(table, dict) else {}

    def _rows(self, name: str, key: str) -> Iterable[Row]:
        rows = self._table(name).get(key)
        return rows if isinstance(rows, list | tuple) else ()


def derive(name: str, argument: str, get: Get, data: Mapping[str, Any] | None = None) -> Value:
    """One derived fact from the tables ``data`` (default: the built-in ones, loaded as needed).

    See `Tables.derive`.
    """
    return Tables(_BuiltIn() if data is None else data).derive(name, argument, get)


class _BuiltIn(dict[str, "Any"]):
    """The tables of the built-in pack, each read when first asked for."""

    def get(self, name: str, default: Any = None) -> Any:
        from troubleshoot import packdata

        try:
            return packdata.load(name)
        except OSError:
            return default


def _is_cpu_build(get: Get) -> bool | None:
    """Whether torch was built without CUDA, as far as its version tells."""
    label, cuda = local_label(get("torch.version")), get("torch.cuda")
    if tag_cuda(label) or label.startswith("rocm") or cuda:
        return False
    return True if label == "cpu" or cuda == "" else None


def _os(get: Get) -> str:
    # In WSL the driver, and so its number, is the one of Windows.
    return "windows" if get("host.is_wsl") is True else str(get("host.os") or "linux")


def _built_for(get: Get) -> Version:
    """The CUDA that the installed torch was built for."""
    return version(get("torch.cuda")) or tag_cuda(local_label(get("torch.version")))


def _within(wanted: Version, bounds: Any) -> bool:
    return version(bounds[0]) <= wanted <= version(bounds[1])


def _capability(text: str) -> Version:
    """``sm_120``, ``sm_90a`` or ``12.0`` as ``(12, 0)``; ``()`` where it is neither."""
    plain = text.strip()
    if "." in plain:
        return version(plain)[:2]
    digits = "".join(character for character in plain if "0" <= character <= "9")
    return (int(digits[:-1]), int(digits[-1])) if 2 <= len(digits) <= 4 else ()


def _serves(entry: str, device: Version) -> bool:
    """Whether code listed as ``sm_86`` (binary) or ``compute_90`` (PTX) runs on a device."""
    kind, _, number = entry.rpartition("_")
    built = _capability(number)
    if not built:
        return False
    if kind == "compute":
        return device[:2] >= built
    if number.strip().endswith("a"):
        return device[:2] == built
    return device[0] == built[0] and device[1] >= built[1]


def _codec_fits(row: Row, torch: Version) -> bool:
    """Whether a torchcodec row (``torch`` exact minor, or ``torch_least``) fits a torch minor."""
    if row.get("torch"):
        return version(row["torch"])[:2] == torch
    least = version(row.get("torch_least"))
    return bool(least) and torch >= least[:2]
