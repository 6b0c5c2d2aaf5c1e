"""The project in the folder of the run: what its pyproject.toml asks for or has wrong."""

from __future__ import annotations

import os

from troubleshoot.probes import Probe, each
from troubleshoot.shell_python import project_folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_LARGEST = 1_000_000
_PROJECT_KEYS = frozenset(
    {
        "name", "version", "description", "readme", "requires-python", "license", "license-files",
        "authors", "maintainers", "keywords", "classifiers", "urls", "scripts", "gui-scripts",
        "entry-points", "dependencies", "optional-dependencies", "dynamic", "import-names",
        "import-namespaces",
    }
)  # fmt: skip
"""Keys of ``[project]`` that the specification of pyproject.toml allows."""


def project_file(folder: str) -> str:
    """The nearest pyproject.toml in a folder or above it, or ``""``."""
    paths = (os.path.join(each, "pyproject.toml") for each in project_folders(folder))
    return next((path for path in paths if os.path.isfile(path)), "")


def read(path: str) -> tuple[dict[str, Any], str]:
    """The content of a TOML file, and what is wrong with it.

    Raises:
        LookupError: this Python has no reader for TOML (before 3.11).
        OSError: the file cannot be read.
    """
    try:
        import tomllib
    except ImportError:
        raise LookupError("this Python cannot read TOML") from None
    with open(path, "rb") as file:
        data = file.read(_LARGEST)
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, str(error)
    project = content.get("project")
    if isinstance(project, dict):
        for key in project:
            if key not in _PROJECT_KEYS:
                return content, f"[project] has the key {key!r}, which it may not have"
        if "name" not in project:
            return content, "[project] has no name"
        if not isinstance(project.get("dependencies", []), list):
            return content, "dependencies of [project] is not a list"
    return content, ""


def _measure(context: Context, request: Request) -> Fact:
    path = project_file(context.target.cwd)
    if request.base == "project.file":
        return request.known(path, "the nearest here or above" if path else "none here or above")
    if not path:
        return request.unknown("there is no pyproject.toml here or above")
    content, trouble = read(path)
    if request.base == "project.fault":
        return request.known(trouble, path)
    project = content.get("project")
    wanted = project.get("requires-python") if isinstance(project, dict) else None
    if not isinstance(wanted, str):
        poetry = content.get("tool", {}).get("poetry", {}).get("dependencies", {})
        wanted = poetry.get("python") if isinstance(poetry, dict) else None
    if not isinstance(wanted, str):
        return request.unknown(f"{path} does not say which Python it needs")
    if request.base == "project.requires_python":
        return request.known(wanted, path)
    from troubleshoot.probes.requirements import satisfies

    version = context.interpreter.version
    fits = satisfies(version, wanted)
    if fits is None:
        return request.unknown(f"{wanted!r} is not a range that can be compared")
    return request.known(fits, f"{path} wants {wanted}; the interpreter is {version}")


PROBES = (
    Probe(
        ("project.file", "project.requires_python", "project.supports_python", "project.fault"),
        each(_measure),
        limit=1.0,
    ),
)
