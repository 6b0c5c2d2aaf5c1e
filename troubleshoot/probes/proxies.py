"""Proxies: of the environment, of git, of pip; and whether a local one is there at all."""

from __future__ import annotations

import os
import re

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe
from troubleshoot.probes.secrecy import hide_credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_NAMES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")
_LOCAL = re.compile(r"^(?:\w+://)?(?:[^/@\s]*@)?(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]):(\d{2,5})")
_SECTION = re.compile(r'^\[\s*(?P<name>[\w-]+)(?:\s+"(?P<part>[^"\n]*)")?\s*\]')
_INCLUDES = 5


def of_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The proxy variables that are set, by their names in lower case."""
    found = {name: environ.get(name) or environ.get(name.upper()) or "" for name in _NAMES}
    return {name: value for name, value in found.items() if value}


def git_settings(path: str, home: str, left: int = _INCLUDES) -> Iterator[tuple[str, str]]:
    """Keys and values of a git configuration, those of the files it includes as well."""
    section = ""
    for line in read_text(path).splitlines():
        line = line.strip()
        match = _SECTION.match(line)
        if match:
            section = match["name"].lower() + (f".{match['part']}" if match["part"] else "")
            line = line[match.end() :].strip()
        key, equals, value = line.partition("=")
        if not equals or line.startswith(("#", ";")):
            continue
        value = value.strip().strip('"')
        if section == "include" and key.strip().lower() == "path" and left:
            other = home + value[1:] if value.startswith("~/") else value
            other = os.path.join(os.path.dirname(path), other)
            yield from git_settings(other, home, left - 1)
        yield f"{section}.{key.strip().lower()}", value


def of_git(context: Context) -> list[tuple[str, str, str]]:
    """Setting, proxy and file of each proxy that git is told to use."""
    home, environ = context.home, context.environ
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    files = [
        environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig",
        os.path.join(config, "git", "config"),
        environ.get("GIT_CONFIG_GLOBAL") or os.path.join(home, ".gitconfig"),
        os.path.join(context.target.cwd, ".git", "config"),
    ]
    return [
        (key, value, path)
        for path in files
        for key, value in git_settings(path, home)
        if value and re.fullmatch(r"https?(?:\..+)?\.proxy", key)
    ]


def of_pip(context: Context) -> list[tuple[str, str, str]]:
    """The same for pip."""
    from troubleshoot.probes.network import pip_settings

    found = []
    if context.environ.get("PIP_PROXY"):
        found.append(("PIP_PROXY", context.environ["PIP_PROXY"], "the environment"))
    for path in pip_settings(context):
        match = re.search(r"(?m)^\s*proxy\s*=\s*(\S+)", read_text(path))
        if match:
            found.append(("proxy", match[1], path))
    return found


def local_port(proxy: str) -> int:
    """The port of a proxy that runs on this machine, or 0."""
    match = _LOCAL.match(proxy)
    return int(match[1]) if match else 0


def _dead(context: Context, request: Request) -> Fact:
    """The setting that names a proxy of this machine although nothing listens there."""
    from troubleshoot.probes.ports import listeners

    settings = [
        (name, value, "the environment")
        for name, value in of_environment(context.environ).items()
        if name not in ("no_proxy", "ftp_proxy")
    ]
    settings += of_git(context) + of_pip(context)
    ports = {local_port(value) for _, value, _ in settings} - {0}
    if not ports:
        return request.known("", "no setting names a proxy on this machine")
    alive = {item.port for item in listeners(ports)}
    for name, value, where in settings:
        port = local_port(value)
        if port and port not in alive:
            shown = f"{name} = {hide_credentials(value)}"
            return request.known(shown, f"nothing listens on port {port}; set in {where}")
    return request.known("", f"the local proxy listens on {', '.join(map(str, sorted(alive)))}")


def _measure(context: Context, requests: Sequence[Request]) -> Iterator[Fact]:
    present = of_environment(context.environ)
    for request in requests:
        if request.base == "network.proxy":
            text = " ".join(f"{name}={hide_credentials(url)}" for name, url in present.items())
            yield request.known(text, "environment variables" if text else "no proxy is set")
        elif request.base == "network.proxy_half_set":
            half = ("http_proxy" in present) != ("https_proxy" in present)
            half = half and "all_proxy" not in present
            yield request.known(half, " and ".join(present) + " set" if present else "no proxy")
        elif request.base == "network.git_proxy":
            found = of_git(context)
            text = " ".join(f"{key}={hide_credentials(value)}" for key, value, _ in found)
            why = found[0][2] if found else "git's configuration names none"
            yield request.known(text, why)
        else:
            yield _dead(context, request)


PROBES = (
    Probe(
        ("network.proxy", "network.proxy_half_set", "network.git_proxy", "network.dead_proxy"),
        _measure,
        limit=2.0,
    ),
)
