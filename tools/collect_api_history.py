"""Collects which names of libraries came and went with which release, for ``rules/_data``.

Run by hand when the table is to be renewed: it asks the package index that pip uses for the wheels
of one release per minor version, reads their sources without running them, and writes the names,
members and arguments that a later release no longer has, or an earlier one did not have yet.

    python tools/collect_api_history.py rules/_data/api_history.yaml [LIBRARY …]
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from packaging.utils import parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

LARGEST_WHEEL = 60_000_000
LARGEST_READ = 12_000
OLDEST = "2019-06"
"""Month of upload before which releases are left out."""
_HELD = re.compile(r"(?:Config|Arguments|Args|Env|Space|Trainer|Pipeline|Dataset|Spec)$")
"""Classes whose attributes count, beside their methods."""
_INNER = re.compile(r"(?:^|\.)(?:dummy_\w+|testing\w*|tests?|conftest|_\w+)(?:\.|$)")
_TABLES = {"__all__", "_import_structure", "import_structure", "define_import_structure"}
LIBRARIES: dict[str, tuple[str, ...]] = {
    "transformers": ("transformers",), "huggingface_hub": ("huggingface_hub",),
    "diffusers": ("diffusers",), "datasets": ("datasets",), "accelerate": ("accelerate",),
    "peft": ("peft",), "trl": ("trl",), "gym": ("gym",), "gymnasium": ("gymnasium",),
    "numpy": ("numpy",), "stable-baselines3": ("stable_baselines3",),
    "torchvision": ("torchvision",), "torchmetrics": ("torchmetrics",),
    "pytorch-lightning": ("pytorch_lightning",), "timm": ("timm",), "pandas": ("pandas",),
    "scikit-learn": ("sklearn",), "scipy": ("scipy",), "networkx": ("networkx",),
    "matplotlib": ("matplotlib",), "jax": ("jax",), "flax": ("flax",), "optax": ("optax",),
    "keras": ("keras",), "protobuf": ("google",), "pydantic": ("pydantic",),
    "pettingzoo": ("pettingzoo",), "tokenizers": ("tokenizers",), "torchaudio": ("torchaudio",),
    "torchtext": ("torchtext",), "langchain": ("langchain",),
    "langchain-core": ("langchain_core",), "langchain-community": ("langchain_community",),
    "openai": ("openai",), "gradio": ("gradio",), "streamlit": ("streamlit",),
    "setuptools": ("setuptools", "pkg_resources"), "packaging": ("packaging",),
    "typing_extensions": ("typing_extensions",), "importlib-metadata": ("importlib_metadata",),
    "urllib3": ("urllib3",), "requests": ("requests",), "Werkzeug": ("werkzeug",),
    "Flask": ("flask",), "Jinja2": ("jinja2",), "MarkupSafe": ("markupsafe",),
    "click": ("click",), "attrs": ("attr", "attrs"), "Pillow": ("PIL",),
    "scikit-image": ("skimage",), "imageio": ("imageio",), "moviepy": ("moviepy",),
    "albumentations": ("albumentations",), "kornia": ("kornia",), "librosa": ("librosa",),
    "mmengine": ("mmengine",), "mmdet": ("mmdet",), "ultralytics": ("ultralytics",),
    "segmentation-models-pytorch": ("segmentation_models_pytorch",),
    "supervision": ("supervision",),
    "torch-geometric": ("torch_geometric",), "open_clip_torch": ("open_clip",),
    "sentence-transformers": ("sentence_transformers",), "evaluate": ("evaluate",),
    "safetensors": ("safetensors",), "hydra-core": ("hydra",), "omegaconf": ("omegaconf",),
    "wandb": ("wandb",), "lightning": ("lightning",), "sb3-contrib": ("sb3_contrib",),
    "tianshou": ("tianshou",), "torchrl": ("torchrl",), "tensordict": ("tensordict",),
    "minari": ("minari",), "brax": ("brax",), "chex": ("chex",), "dm-haiku": ("haiku",),
    "dm-control": ("dm_control",), "robosuite": ("robosuite",), "lerobot": ("lerobot",),
    "gymnasium-robotics": ("gymnasium_robotics",), "shimmy": ("shimmy",), "tyro": ("tyro",),
    "draccus": ("draccus",), "tensorboardX": ("tensorboardX",), "rich": ("rich",),
    "trimesh": ("trimesh",), "einops": ("einops",), "webdataset": ("webdataset",),
    "fsspec": ("fsspec",), "httpx": ("httpx",), "starlette": ("starlette",),
    "fastapi": ("fastapi",), "websockets": ("websockets",), "nltk": ("nltk",),
    "sympy": ("sympy",), "dask": ("dask",), "pyopenssl": ("OpenSSL",), "seaborn": ("seaborn",),
    "plotly": ("plotly",), "ipython": ("IPython",), "traitlets": ("traitlets",),
}  # fmt: skip


class Release:
    """What one release of a library offers.

    Attributes:
        names: names that each module offers, by dotted module.
        members: methods and attributes of each class, by the class's bare name.
        arguments: parameters of each callable by bare name; None where it takes any.
    """

    def __init__(self, archive: bytes, packages: tuple[str, ...]) -> None:
        self.names: dict[str, set[str]] = defaultdict(set)
        self.members: dict[str, set[str]] = defaultdict(set)
        self.arguments: dict[str, set[str] | None] = {}
        self.opaque: set[str] = set()
        self.defined: dict[str, set[str]] = defaultdict(set)
        self.listed: dict[str, set[str]] = {}
        self._stars: dict[str, set[str]] = defaultdict(set)
        self._gathers: set[str] = set()
        for path, content in _sources(archive):
            if path.split("/")[0].removesuffix(".py") not in packages:
                continue
            if path.endswith((".py", ".pyi")):
                self._read(path, content())
            elif path.endswith((".so", ".pyd")):
                self.opaque.add(_dotted(re.sub(r"\.(?:cpython|abi3|cp)[^/]*", "", path) + ".py"))
        self._resolve()

    def _read(self, path: str, data: bytes) -> None:
        if re.search(r"(?:^|/)(?:tests?|testing|examples?|benchmarks?)/", path):
            return
        if path.count("/") > 2 and len(data) > LARGEST_READ:
            self._scan(path, data.decode("utf-8", "replace"))
            return
        try:
            tree = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError):
            return
        module = _dotted(path)
        is_package = path.endswith(("__init__.py", "__init__.pyi"))
        self.names[module]  # the module exists
        self._body(tree.body, module, is_package)

    def _scan(self, path: str, text: str) -> None:
        """A long file deep in a library: only what it defines and exports."""
        module = _dotted(path)
        self.defined[module].update(re.findall(r"^(?:class|def|async def) (\w+)", text, re.M))
        self.names[module].update(self.defined[module])
        for kind in re.findall(r"^class (\w+)", text, re.M):
            self.members[kind]
        listed = re.search(r"^__all__ = \[([^\]]*)\]", text, re.M)
        if listed:
            names = set(re.findall(r"[\"'](\w+)[\"']", listed[1]))
            self.listed.setdefault(module, set()).update(names)

    def _body(self, body: list[ast.stmt], module: str, is_package: bool) -> None:
        names = self.names[module]
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names.add(node.name)
                self.defined[module].add(node.name)
                if node.name == "__getattr__":
                    self.opaque.add(module)
                self._take(node.name, node.args, bound=False)
            elif isinstance(node, ast.ClassDef):
                names.add(node.name)
                self.defined[module].add(node.name)
                self._class(node)
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    for part in ast.walk(target):
                        if isinstance(part, ast.Name):
                            names.add(part.id)
                head = targets[0]
                while isinstance(head, ast.Subscript | ast.Attribute):
                    head = head.value
                if isinstance(head, ast.Name) and head.id in _TABLES:
                    self._strings(node, module)
            elif isinstance(node, ast.Import):
                names.update((alias.asname or alias.name.split(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                source = _source(node, module, is_package)
                for alias in node.names:
                    if alias.name == "*":
                        self._stars[module].add(source)
                    else:
                        names.add(alias.asname or alias.name)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                self._strings(node, module)
            elif isinstance(node, ast.If | ast.For | ast.While | ast.With):
                self._body(node.body, module, is_package)
                self._body(getattr(node, "orelse", []), module, is_package)
            elif isinstance(node, ast.Try):
                for part in (node.body, node.orelse, node.finalbody):
                    self._body(part, module, is_package)
                for handler in node.handlers:
                    self._body(handler.body, module, is_package)

    def _strings(self, node: ast.AST, module: str) -> None:
        """Names in ``__all__`` and in the tables of lazily loaded packages."""
        named = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        if not named & _TABLES:
            return
        if "define_import_structure" in named:
            self._gathers.add(module)
        self.listed.setdefault(module, set()).update(_constants(node))

    def _class(self, node: ast.ClassDef) -> None:
        members = self.members[node.name]
        for item in node.body:
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
                members.add(item.name)
                if item.name == "__init__":
                    self._take(node.name, item.args, bound=True)
                for part in ast.walk(item) if _HELD.search(node.name) else ():
                    if (
                        isinstance(part, ast.Attribute)
                        and isinstance(part.ctx, ast.Store)
                        and isinstance(part.value, ast.Name)
                        and part.value.id == "self"
                    ):
                        members.add(part.attr)
            elif isinstance(item, ast.Assign | ast.AnnAssign):
                targets = item.targets if isinstance(item, ast.Assign) else [item.target]
                members.update(part.id for part in targets if isinstance(part, ast.Name))
        if any("dataclass" in ast.dump(each) for each in node.decorator_list):
            fields = {
                each.target.id
                for each in node.body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            }
            if not node.bases:
                self._merge(node.name, fields)

    def _take(self, name: str, arguments: ast.arguments, *, bound: bool) -> None:
        listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        names = {each.arg for each in (listed[1:] if bound else listed)}
        self._merge(name, None if arguments.kwarg else names)

    def _merge(self, name: str, names: set[str] | None) -> None:
        known = self.arguments.get(name, set())
        self.arguments[name] = None if known is None or names is None else known | names

    def _resolve(self) -> None:
        for module, listed in self.listed.items():
            self.names[module].update(listed)
        for module in self._gathers:
            for other, listed in self.listed.items():
                if other.startswith(module + ".") or module.startswith(other + "."):
                    self.names[module.split(".")[0]].update(listed)
        for _ in range(6):
            for module, sources in self._stars.items():
                for source in sources:
                    if source in self.names:
                        offered = self.listed.get(source) or {
                            name for name in self.names[source] if not name.startswith("_")
                        }
                        self.names[module].update(offered)
                    else:
                        self.opaque.add(module)


def _sources(archive: bytes) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Files of a wheel or of a source archive, by their path as installed."""
    if archive[:2] == b"PK":
        with zipfile.ZipFile(BytesIO(archive)) as wheel:
            for path in wheel.namelist():
                yield path, partial(wheel.read, path)
        return
    with tarfile.open(fileobj=BytesIO(archive)) as source:
        for member in source:
            opened = source.extractfile(member)
            if opened is not None:
                path = member.name.partition("/")[2]
                yield path.removeprefix("src/").removeprefix("python/"), opened.read


def _dotted(path: str) -> str:
    return re.sub(r"(?:/__init__)?\.pyi?$", "", path).replace("/", ".")


def _constants(node: ast.AST) -> set[str]:
    return {
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and part.value.isidentifier()
    }


def _source(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + is_package]
    return ".".join([*kept, node.module] if node.module else kept)


def index_url() -> str:
    """The package index that pip uses here: the one configured, else pip's own default."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if asked.stdout.strip():
        return asked.stdout.strip().rstrip("/")
    from pip._internal.models.index import PyPI

    return str(PyPI.simple_url).rstrip("/")


def wheels(library: str) -> list[tuple[Version, str]]:
    """One wheel per minor release, oldest first, with its address."""
    name = re.sub(r"[-_.]+", "-", library).lower()
    request = urllib.request.Request(
        f"{index_url()}/{name}/",
        headers={"Accept": "application/vnd.pypi.simple.v1+json, text/html"},
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        base, text = reply.url, reply.read().decode()
    best: dict[tuple[int, ...], tuple[Version, int, str]] = {}
    for file, address, size, uploaded in _files(text, base):
        if uploaded and uploaded < OLDEST:
            continue
        try:
            version, rank = _worth(file)
        except (InvalidVersion, ValueError):
            continue
        if version.is_prerelease or (size or 0) > LARGEST_WHEEL or rank < 0:
            continue
        key = version.release[:2]
        if key not in best or (rank > 0, version, rank) > (best[key][1] > 0, *best[key][:2]):
            best[key] = (version, rank, address)
    found = sorted((version, address) for version, _, address in best.values())
    return found


def _worth(file: str) -> tuple[Version, int]:
    """Version of a file, and how well it can be read: 2 pure wheel, 1 wheel, 0 source, -1 no."""
    if not file.endswith(".whl"):
        return parse_sdist_filename(file)[1], 0
    _, version, _, tags = parse_wheel_filename(file)
    shown = [str(tag) for tag in tags]
    if any("none-any" in tag for tag in shown):
        return version, 2
    return version, 1 if any("linux" in tag and "x86_64" in tag for tag in shown) else -1


def _files(text: str, base: str) -> Iterator[tuple[str, str, int | None, str]]:
    from urllib.parse import urljoin

    if text.lstrip().startswith("{"):
        for each in json.loads(text)["files"]:
            if each["filename"].endswith((".whl", ".tar.gz")) and not each.get("yanked"):
                uploaded = str(each.get("upload-time") or "")
                yield each["filename"], urljoin(base, each["url"]), each.get("size"), uploaded
        return
    for address, file in re.findall(
        r'<a[^>]*href="([^"#]+)[^"]*"[^>]*>\s*([^<\s]+\.(?:whl|tar\.gz))\s*</a>', text
    ):
        yield file, urljoin(base, address), None, ""


def history(library: str, packages: tuple[str, ...]) -> dict[str, Any]:
    """What came and went, as the table holds it."""
    releases: list[tuple[Version, Release]] = []
    for version, address in wheels(library):
        try:
            with urllib.request.urlopen(address, timeout=120) as reply:
                data = reply.read()
            releases.append((version, Release(data, packages)))
        except (OSError, zipfile.BadZipFile, tarfile.TarError) as error:
            print(f"  {library} {version}: {error}", file=sys.stderr)
    if len(releases) < 2:
        return {}
    removed, added = set(_names(releases)), set(_new_names(releases))
    removed |= set(_members(releases, gone=True))
    added |= set(_members(releases, gone=False))
    removed |= set(_arguments(releases, gone=True))
    added |= set(_arguments(releases, gone=False))
    return {
        "imports": list(packages),
        "first": str(releases[0][0]),
        "last": str(releases[-1][0]),
        "removed": "\n".join(sorted(removed)) + "\n",
        "added": "\n".join(sorted(added)) + "\n",
    }


def _public(module: str) -> bool:
    return not _INNER.search(module)


def _short(version: Version) -> str:
    return ".".join(map(str, version.release[:2])) if len(version.release) > 1 else str(version)


def _names(releases: list[tuple[Version, Release]]) -> Iterator[str]:
    """``module.Name since [-> where it went]`` for each name that a later release lacks."""
    newest = releases[-1][1]
    for place, (_, release) in enumerate(releases[:-1]):
        following, after = releases[place + 1]
        gone_modules = set()
        for module in sorted(release.names):
            if module in after.names or not _public(module):
                continue
            if module in newest.names or any(
                module.startswith(f"{gone}.") for gone in gone_modules
            ):
                continue
            gone_modules.add(module)
            yield f"{module} {_short(following)}"
        for module, names in release.names.items():
            if not _public(module) or module not in after.names or after.opaque & {module}:
                continue
            for name in names - after.names[module]:
                if name.startswith("_") or name in newest.names.get(module, ()) or len(name) < 3:
                    continue
                if f"{module}.{name}" in after.names or not _defined(release, name, module):
                    continue
                where = _moved(after, name)
                yield f"{module}.{name} {_short(following)}" + (f" -> {where}" if where else "")


def _defined(release: Release, name: str, module: str) -> bool:
    """Whether a module offers a name on purpose: it defines it, or a package passes it on."""
    if name in release.defined.get(module, ()) or name in release.listed.get(module, ()):
        return True
    is_package = any(other.startswith(f"{module}.") for other in release.names)
    return is_package and (name in release.members or name in release.arguments)


def _moved(release: Release, name: str) -> str:
    if name not in release.members and name not in release.arguments:
        return ""
    found = [
        module
        for module, names in release.names.items()
        if name in names and _public(module) and _defined(release, name, module)
    ]
    return (
        f"{min(found, key=lambda module: (module.count('.'), len(module)))}.{name}" if found else ""
    )


def _new_names(releases: list[tuple[Version, Release]]) -> Iterator[str]:
    """``module.Name since`` for names of outer modules that earlier releases did not have."""
    seen: dict[str, set[str]] = {}
    modules: set[str] = set(releases[0][1].names)
    for module, names in releases[0][1].names.items():
        seen[module] = set(names)
    for version, release in releases[1:]:
        new_modules = set()
        for module in sorted(release.names):
            if module in modules:
                continue
            modules.add(module)
            if _public(module) and not any(module.startswith(f"{new}.") for new in new_modules):
                new_modules.add(module)
                yield f"{module} {_short(version)}"
        for module, names in release.names.items():
            known = seen.setdefault(module, set())
            fresh = names - known
            known |= names
            if module.count(".") > 1 or not _public(module) or module in new_modules:
                continue
            for name in fresh:
                if not name.startswith("_") and len(name) > 2 and _defined(release, name, module):
                    yield f"{module}.{name} {_short(version)}"


def _members(releases: list[tuple[Version, Release]], *, gone: bool) -> Iterator[str]:
    """``Class.member since``: names that no class of the library has any more, or had before."""
    everywhere = [
        {member for members in release.members.values() for member in members}
        | {name for names in release.names.values() for name in names}
        for _, release in releases
    ]
    for place in range(1, len(releases)):
        version, release = releases[place]
        before = releases[place - 1][1]
        source, target = (before, release) if gone else (release, before)
        others = everywhere[place:] if gone else everywhere[:place]
        absent = everywhere[place - 1 if gone else place].difference(*others)
        for kind, members in source.members.items():
            if kind.startswith("_") or kind not in target.members:
                continue
            for member in members & absent:
                if not member.startswith("_") and len(member) > 2:
                    yield f"{kind}.{member} {_short(version)}"


def _arguments(releases: list[tuple[Version, Release]], *, gone: bool) -> Iterator[str]:
    """``callable(argument) since``: parameters that a callable no longer takes, or did not yet."""
    for place in range(1, len(releases)):
        version, release = releases[place]
        before = releases[place - 1][1]
        source, target = (before, release) if gone else (release, before)
        newest = releases[-1][1]
        for name, names in source.arguments.items():
            other = target.arguments.get(name)
            if (
                name.startswith("_")
                or names is None
                or other is None
                or name not in target.arguments
            ):
                continue
            for argument in names - other:
                later = newest.arguments.get(name)
                if gone and (later is None or argument in later):
                    continue
                if not argument.startswith("_") and argument not in ("self", "cls"):
                    yield f"{name}({argument}) {_short(version)}"


HEAD = """# Names, members and arguments that came into libraries and went, by release. Made by
# tools/collect_api_history.py from the wheels of one release per minor version; not edited by hand.
# A line is: what, the first release without it (removed) or with it (added), and where it went.
"""


def table(contents: dict[str, dict[str, Any]], month: str) -> str:
    """The table as YAML."""
    lines = [f'checked: "{month}"', "libraries:"]
    for library, content in sorted(contents.items()):
        lines.append(f"  {library}:")
        lines.append(f"    imports: {json.dumps(content['imports'])}")
        lines += [f'    {key}: "{content[key]}"' for key in ("first", "last")]
        for key in ("removed", "added"):
            text = content[key].strip()
            lines.append(f"    {key}: |" if text else f'    {key}: ""')
            lines += [f"      {line}" for line in text.splitlines()]
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    """Collect the named libraries, or all, and write the table; what is collected is kept."""
    path = Path(sys.argv[1])
    kept = Path(tempfile.gettempdir()) / "api_history"
    kept.mkdir(exist_ok=True)
    contents = {}
    for library in sys.argv[2:] or list(LIBRARIES):
        part = kept / f"{library}.json"
        if not part.exists():
            part.write_text(json.dumps(history(library, LIBRARIES[library])))
        content = json.loads(part.read_text())
        if content:
            contents[library] = content
        counts = {key: content.get(key, "").count("\n") for key in ("removed", "added")}
        print(library, content.get("first"), content.get("last"), counts, flush=True)
    path.write_text(table(contents, time.strftime("%Y-%m")))


if __name__ == "__main__":
    main()
