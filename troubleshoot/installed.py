"""Distributions and modules of an interpreter, read from its folders without running it."""

from __future__ import annotations

import os
import re

from troubleshoot.interpreter import read_text
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from troubleshoot.interpreter import Interpreter

_SUFFIXES = (".py", ".so", ".pyd", ".pyc")


def normalized(name: str) -> str:
    """A distribution's name in the form that compares equal: ``Foo_Bar`` → ``foo-bar``."""
    return re.sub(r"[-_.]+", "-", name).lower()


@record
class Distribution:
    """One installed distribution.

    Attributes:
        name: its name as the folder spells it.
        version: its version.
        folder: the folder it is installed in (site-packages).
        path: its ``.dist-info`` or ``.egg-info`` folder (or file).
        is_linked: found in a source folder that a ``.pth`` file adds (a develop install).
    """

    name: str
    version: str
    folder: str
    path: str
    is_linked: bool = False

    def read(self, name: str, limit: int = 4_000_000) -> str:
        """Text of one of its metadata files, or ``""``."""
        if os.path.isfile(self.path):  # a lone .egg-info file is its own metadata
            return read_text(self.path, limit) if name in ("METADATA", "PKG-INFO") else ""
        return read_text(os.path.join(self.path, name), limit)

    @property
    def metadata(self) -> str:
        """Its headers (the long description is left out)."""
        text = self.read("METADATA") or self.read("PKG-INFO")
        return text.split("\n\n", 1)[0]

    @property
    def requirements(self) -> tuple[str, ...]:
        """Its requirements as written (PEP 508), with extras and markers."""
        found = [
            line[14:].strip()
            for line in self.metadata.splitlines()
            if line.startswith("Requires-Dist:")
        ]
        if not found and self.path.endswith(".egg-info"):
            found = list(_egg_requirements(self.read("requires.txt")))
        return tuple(found)

    @property
    def direct_url(self) -> dict[str, object]:
        """Content of ``direct_url.json``: where it came from if not from an index."""
        text = self.read("direct_url.json")
        if not text:
            return {}
        import json

        try:
            content = json.loads(text)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def is_editable(self) -> bool:
        """Whether it is a link to a source folder."""
        details = self.direct_url.get("dir_info")
        return self.is_linked or (isinstance(details, dict) and bool(details.get("editable")))

    def provides(self, module: str) -> bool:
        """Whether the top-level ``module`` is one of its files."""
        if module in self.read("top_level.txt").split():
            return True
        record_text = self.read("RECORD")
        for start in (f"{module}/", f"{module}.py,", f"{module}."):
            if record_text.startswith(start) or f"\n{start}" in record_text:
                return True
        return False


def _egg_requirements(text: str) -> Iterator[str]:
    marker = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            extra, _, condition = line[1:-1].partition(":")
            parts = [f'extra == "{extra}"'] if extra else []
            parts += [f"({condition})"] if condition else []
            marker = f" ; {' and '.join(parts)}" if parts else ""
        elif line:
            yield line + marker


class Installed:
    """What one interpreter can import.

    Args:
        interpreter: whose folders to read.
        environ: environment variables of the run (``PYTHONPATH`` counts).
    """

    def __init__(self, interpreter: Interpreter, environ: Mapping[str, str]) -> None:
        self.interpreter = interpreter
        extra = environ.get("PYTHONPATH", "").split(os.pathsep)
        self.python_path = tuple(os.path.abspath(folder) for folder in extra if folder)
        self.mapped: dict[str, str] = {}
        self._links = self._read_links()
        self._table: dict[str, list[Distribution]] | None = None
        self.leftovers: list[str] = []

    @property
    def folders(self) -> tuple[str, ...]:
        """Where distributions are looked for, in the order of ``sys.path``."""
        return tuple(dict.fromkeys((*self.python_path, *self.interpreter.folders, *self._links)))

    @property
    def distributions(self) -> dict[str, list[Distribution]]:
        """All distributions by normalized name; the first of a list is the one in force."""
        if self._table is None:
            table: dict[str, list[Distribution]] = {}
            for folder in self.folders:
                for item in self._scan(folder):
                    table.setdefault(normalized(item.name), []).append(item)
            self._table = table
        return self._table

    def find(self, name: str) -> Distribution | None:
        """The installed distribution called ``name`` in any spelling."""
        found = self.distributions.get(normalized(name))
        return found[0] if found else None

    def locate(self, module: str) -> str:
        """Path of a module as the interpreter would find it, or ``""``.

        The folder of the script is not searched, so that a shadowing file does not count.
        A folder without ``__init__.py`` counts only if nothing else does (PEP 420).
        """
        top, _, rest = module.partition(".")
        return self._descend(self._locate_top(top), rest)

    def locate_standard(self, module: str) -> str:
        """Path of a module of the standard library, or ``""``."""
        return _first(module.partition(".")[0], self.interpreter.standard)

    def provider(self, module: str) -> Distribution | None:
        """The distribution that brings a module."""
        top = module.partition(".")[0]
        same = self.find(top)
        if same is not None and same.provides(top):
            return same
        for found in self.distributions.values():
            if found[0] is not same and found[0].provides(top):
                return found[0]
        return None

    def _locate_top(self, top: str) -> str:
        if top in self.mapped:
            return self.mapped[top]
        places = (*self.python_path, *self.interpreter.standard, *self.interpreter.folders)
        return _first(top, (*places, *self._links))

    def _descend(self, path: str, rest: str) -> str:
        while path and rest:
            part, _, rest = rest.partition(".")
            folder = os.path.dirname(path) if os.path.basename(path) == "__init__.py" else path
            path = _first(part, (folder,)) if os.path.isdir(folder) else ""
        return path

    def _scan(self, folder: str) -> Iterator[Distribution]:
        try:
            names = os.listdir(folder)
        except OSError:
            return
        for entry in sorted(names):
            if entry.startswith("~") and entry.endswith((".dist-info", ".egg-info")):
                self.leftovers.append(os.path.join(folder, entry))
                continue
            stem, dot, kind = entry.rpartition(".")
            if kind not in ("dist-info", "egg-info", "egg") or not dot:
                continue
            path = os.path.join(folder, entry)
            if kind == "egg":
                path = os.path.join(path, "EGG-INFO")
            name, _, version = stem.partition("-")
            version = re.sub(r"-py\d.*$", "", version)
            item = Distribution(name, version, folder, path, folder in self._links)
            if (
                kind == "dist-info"
                and version
                and not os.path.exists(os.path.join(path, "METADATA"))
            ):
                self.leftovers.append(path)  # an interrupted uninstall leaves empty folders
                continue
            yield item if version else _named(item)

    def _read_links(self) -> tuple[str, ...]:
        """Folders that ``.pth`` files add, and the modules that editable installs map."""
        links: list[str] = []
        for folder in self.interpreter.folders:
            try:
                names = sorted(os.listdir(folder))
            except OSError:
                continue
            for name in names:
                if name.endswith(".pth"):
                    links += self._read_link(folder, name)
                elif name.startswith("__editable___") and name.endswith("_finder.py"):
                    self.mapped.update(_mapping(read_text(os.path.join(folder, name))))
        return tuple(links)

    def _read_link(self, folder: str, name: str) -> Iterator[str]:
        for line in read_text(os.path.join(folder, name)).splitlines():
            line = line.strip()
            if not line or line.startswith(("#", "import ", "import\t")):
                continue
            path = os.path.normpath(os.path.join(folder, line))
            if os.path.isdir(path):
                yield path


def _named(item: Distribution) -> Distribution:
    """Complete a distribution whose folder's name lacks the version (a develop install)."""
    version = name = ""
    for line in item.metadata.splitlines():
        if line.startswith("Name:"):
            name = line[5:].strip()
        elif line.startswith("Version:"):
            version = line[8:].strip()
    return Distribution(name or item.name, version, item.folder, item.path, item.is_linked)


def _mapping(text: str) -> dict[str, str]:
    """The ``MAPPING`` of setuptools' finder of an editable install."""
    match = re.search(r"^MAPPING[^={\n]*=\s*(\{[^{}]*\})", text, re.M)
    if not match:
        return {}
    import ast

    try:
        found = ast.literal_eval(match.group(1))
    except (ValueError, SyntaxError):
        return {}
    pairs = {}
    for module, path in found.items():
        path = str(path)
        if os.path.isdir(path):
            pairs[str(module)] = _first(os.path.basename(path), (os.path.dirname(path),)) or path
        elif os.path.isfile(path) or os.path.isfile(f"{path}.py"):
            pairs[str(module)] = path
    return pairs


def _first(module: str, folders: tuple[str, ...]) -> str:
    """The first regular package or module in ``folders``, else the first plain folder."""
    plain = ""
    for folder in folders:
        path = os.path.join(folder, module)
        if os.path.isdir(path):
            start = os.path.join(path, "__init__.py")
            if os.path.isfile(start):
                return start
            if not plain:
                plain = path
        if os.path.isfile(f"{path}.py"):
            return f"{path}.py"
        compiled = _compiled(folder, module)
        if compiled:
            return compiled
    return plain


def _compiled(folder: str, module: str) -> str:
    try:
        names = os.listdir(folder)
    except OSError:
        return ""
    start = f"{module}."
    for name in names:
        if name.startswith(start) and name.endswith(_SUFFIXES):
            return os.path.join(folder, name)
    return ""
