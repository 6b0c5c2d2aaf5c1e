"""Installed distributions of the interpreter that failed, read from their metadata files."""

from __future__ import annotations

import os
import sys
import time

from troubleshoot.installed import normalized
from troubleshoot.probes import Probe, each
from troubleshoot.probes.secrecy import hide_credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from troubleshoot.facts import Fact
    from troubleshoot.installed import Distribution, Installed
    from troubleshoot.interpreter import Interpreter
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_LARGEST_CHECK = 200


def marker_environment(interpreter: Interpreter) -> dict[str, str]:
    """Values of the marker variables (PEP 508) for an interpreter on this machine."""
    windows = sys.platform == "win32"
    machine = os.uname().machine if hasattr(os, "uname") else "AMD64"
    systems = {"win32": "Windows", "darwin": "Darwin"}
    return {
        "python_version": interpreter.minor,
        "python_full_version": interpreter.version,
        "implementation_name": "cpython",
        "implementation_version": interpreter.version,
        "platform_python_implementation": "CPython",
        "os_name": "nt" if windows else "posix",
        "sys_platform": sys.platform,
        "platform_system": systems.get(sys.platform, "Linux"),
        "platform_machine": machine,
        "platform_release": os.uname().release if hasattr(os, "uname") else "",
        "platform_version": "",
        "extra": "",
    }


def broken_requirements(installed: Installed) -> Iterator[str]:
    """One line for each requirement that is missing or has a version that does not fit."""
    from troubleshoot.probes.requirements import applies, parse, satisfies

    environment = marker_environment(installed.interpreter)
    for found in installed.distributions.values():
        for text in found[0].requirements:
            requirement = parse(text)
            if requirement is None or not applies(requirement.marker, environment):
                continue
            present = installed.find(requirement.name)
            subject = f"{found[0].name} {found[0].version}"
            if present is None:
                yield f"{subject} requires {requirement.name}, which is not installed"
            elif satisfies(present.version, requirement.specifier) is False:
                wanted = f"{requirement.name}{requirement.specifier}"
                yield f"{subject} requires {wanted}, but {present.version} is installed"


def installer_of(item: Distribution) -> tuple[str, str]:
    """The tool that installed a distribution: pip, uv, conda, apt."""
    name = item.read("INSTALLER").strip().split("\n")[0]
    if name:
        return name, os.path.join(item.path, "INSTALLER")
    if "dist-packages" in item.folder and item.folder.startswith("/usr/lib"):
        return "apt", f"it lies in {item.folder}"
    prefix = item.folder.split(f"{os.sep}lib{os.sep}")[0]
    if os.path.isdir(os.path.join(prefix, "conda-meta")):
        return "conda", "it lies in a conda environment and no other tool signed it"
    return "", "nothing tells"


def _copies(installed: Installed, name: str) -> list[Distribution]:
    found = installed.distributions.get(normalized(name), [])
    return [item for item in found if not item.is_linked]


def _distribution(context: Context, request: Request) -> Fact:
    installed = context.installed
    item = installed.find(request.argument)
    base = request.base.removeprefix("package.")
    where = installed.interpreter.prefix
    if base == "installed":
        if item is not None:
            return request.known(True, f"{item.name} {item.version} in {item.folder}")
        return request.known(False, f"{request.argument} is not installed in {where}")
    if item is None:
        return request.unknown(f"{request.argument} is not installed in {where}")
    if base == "version":
        if item.version:
            return request.known(item.version, f"{item.path}")
        return request.unknown(f"{item.path} does not tell its version")
    if base == "location":
        return request.known(item.folder, item.path)
    if base == "editable":
        return request.known(item.is_editable, item.path)
    if base == "direct_url":
        url = str(item.direct_url.get("url") or "")
        why = "direct_url.json" if url else "it came from a package index"
        return request.known(hide_credentials(url), why)
    if base == "requirements":
        return request.known(item.requirements, item.path)
    if base == "extras":
        found = tuple(
            line[15:].strip()
            for line in item.metadata.splitlines()
            if line.startswith("Provides-Extra:")
        )
        return request.known(found, item.path)
    if base == "age":
        written = os.stat(item.path).st_mtime
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(written))
        return request.known(max(0.0, time.time() - written), f"installed {when}")
    if base == "installer":
        name, why = installer_of(item)
        return request.known(name, why) if name else request.unknown(why)
    copies = _copies(installed, request.argument)
    places = ", ".join(f"{copy.version} in {copy.folder}" for copy in copies)
    return request.known(len(copies) > 1, places)


def _check(context: Context, requests: Sequence[Request]) -> Iterator[Fact]:
    installed = context.installed
    lines = []
    for line in broken_requirements(installed):
        lines.append(line)
        if len(lines) == _LARGEST_CHECK:
            break
    count = len(installed.distributions)
    for request in requests:
        yield request.known(tuple(lines), f"requirements of {count} distributions compared")


PROBES = (
    Probe(
        (
            "package.version",
            "package.installed",
            "package.location",
            "package.editable",
            "package.direct_url",
            "package.requirements",
            "package.duplicates",
            "package.installer",
            "package.extras",
            "package.age",
        ),
        each(_distribution),
        limit=3.0,
    ),
    Probe(("package.broken_requirements",), _check, limit=5.0),
)
