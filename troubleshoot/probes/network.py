"""How this machine would reach others: package index, way out, name servers. Nothing is sent."""

from __future__ import annotations

import os
import re

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.probes.secrecy import hide_credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request


def package_index(context: Context) -> tuple[str, str]:
    """The package index that pip or uv would ask: a URL, or ``default``."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if context.environ.get(name):
            return hide_credentials(context.environ[name]), f"${name}"
    for path in pip_settings(context):
        match = re.search(r"(?m)^\s*index[-_]url\s*=\s*(\S+)", read_text(path))
        if match:
            return hide_credentials(match.group(1)), path
    return "default", "neither variables nor pip's settings name another"


def pip_settings(context: Context) -> list[str]:
    """Files in which pip looks for its settings."""
    home, environ = context.home, context.environ
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    paths = [environ.get("PIP_CONFIG_FILE", "")]
    if context.target.python:
        paths.append(os.path.join(os.path.dirname(context.target.python), "..", "pip.conf"))
    paths += [
        os.path.join(config, "pip", "pip.conf"),
        os.path.join(home, ".pip", "pip.conf"),
        os.path.join(home, "Library", "Application Support", "pip", "pip.conf"),
        os.path.join(environ.get("APPDATA", home), "pip", "pip.ini"),
        "/etc/pip.conf",
        "/etc/xdg/pip/pip.conf",
    ]
    return [path for path in paths if path]


def default_routes(root: str = "/proc/net") -> list[str]:
    """Interfaces over which packets leave for anywhere else."""
    found = []
    for line in read_text(os.path.join(root, "route")).splitlines()[1:]:
        words = line.split()
        if len(words) > 7 and words[1] == words[7] == "00000000" and int(words[3], 16) & 1:
            found.append(words[0])
    for line in read_text(os.path.join(root, "ipv6_route")).splitlines():
        words = line.split()
        # The kernel keeps an entry of this form that refuses everything, on the interface lo.
        if len(words) > 9 and words[0] == "0" * 32 and words[1] == "00" and words[9] != "lo":
            found.append(words[9])
    return list(dict.fromkeys(found))


def name_servers(text: str) -> tuple[str, ...]:
    """Name servers of a ``resolv.conf``."""
    return tuple(re.findall(r"(?m)^\s*nameserver\s+(\S{2,60})", text))


def _measure(context: Context, request: Request) -> Fact:
    if request.base == "network.package_index":
        return request.known(*package_index(context))
    if request.base == "network.default_route":
        if not os.path.exists("/proc/net/route"):
            return request.unknown("routes are not read on this system")
        found = default_routes()
        why = f"by {', '.join(found)}" if found else "no route leads out of this machine's network"
        return request.known(bool(found), why)
    if not os.path.exists("/etc/resolv.conf"):
        return request.unknown("there is no /etc/resolv.conf")
    servers = name_servers(read_text("/etc/resolv.conf"))
    if servers:
        return request.known(servers, "/etc/resolv.conf")
    return request.known((), "/etc/resolv.conf names no server")


PROBES = (
    Probe(
        ("network.package_index", "network.default_route", "network.name_servers"), each(_measure)
    ),
)
