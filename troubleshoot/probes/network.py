"""Who holds a port; proxies and the package index in force."""

from __future__ import annotations

import os
import re
import sys

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe
from troubleshoot.probes.secrecy import hide_arguments, hide_credentials
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context, Request

_LISTEN = "0A"
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")


@record
class Listener:
    """A socket that listens on a port.

    Attributes:
        port: the port.
        address: local address as text.
        uid: id of the user that opened it, or -1.
        pid: the process that holds it, or 0 if that is not visible.
    """

    port: int
    address: str
    uid: int
    pid: int


def listeners(ports: set[int]) -> list[Listener]:
    """Listening TCP sockets on ``ports``."""
    if not os.path.exists("/proc/net/tcp"):
        return list(_portable(ports))
    found = []
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        for words in _table(name):
            if len(words) > 9 and words[3] == _LISTEN:
                address, _, port = words[1].rpartition(":")
                if int(port, 16) in ports:
                    found.append((int(port, 16), _address(address), int(words[7]), words[9]))
    holders = _holders({inode for _, _, _, inode in found})
    return [
        Listener(port, address, uid, holders.get(inode, 0)) for port, address, uid, inode in found
    ]


def _table(name: str) -> Iterator[list[str]]:
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            for line in file:
                yield line.split()
    except OSError:  # a kernel without IPv6
        return


def _address(text: str) -> str:
    groups = [bytes.fromhex(text[i : i + 8])[::-1] for i in range(0, len(text), 8)]
    if len(groups) == 1:
        return ".".join(str(part) for part in groups[0])
    raw = b"".join(groups)
    return "::" if not any(raw) else "::1" if raw == b"\0" * 15 + b"\1" else raw.hex(":", 2)


def _holders(inodes: set[str]) -> dict[str, int]:
    """Process of each socket, as far as this user may see."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, int] = {}
    if not wanted:
        return found
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        folder = f"/proc/{pid}/fd"
        try:
            for name in os.listdir(folder):
                inode = wanted.get(os.readlink(f"{folder}/{name}"))
                # A socket inherited by workers belongs to all; the oldest is the one to name.
                if inode and (inode not in found or int(pid) < found[inode]):
                    found[inode] = int(pid)
        except OSError:
            continue
    return found


def _portable(ports: set[int]) -> Iterator[Listener]:
    import psutil

    if sys.platform == "darwin" and os.geteuid():
        for process in psutil.process_iter(["pid", "uids"]):
            try:
                sockets = process.net_connections(kind="tcp")
            except psutil.Error:
                continue
            for item in sockets:
                if item.status == psutil.CONN_LISTEN and item.laddr.port in ports:
                    uid = process.uids().real
                    yield Listener(item.laddr.port, item.laddr.ip, uid, process.pid)
        return
    for item in psutil.net_connections(kind="tcp"):
        if item.status == psutil.CONN_LISTEN and item.laddr and item.laddr.port in ports:
            yield Listener(item.laddr.port, item.laddr.ip, -1, item.pid or 0)


def describe(listener: Listener) -> str:
    """One line about a holder: command, pid, user and since when."""
    import time

    import psutil

    try:
        process = psutil.Process(listener.pid)
        command = " ".join(hide_arguments(process.cmdline())) or process.name()
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(process.create_time()))
        return f"{command[:200]} (pid {listener.pid}, {process.username()}, since {since})"
    except psutil.Error as error:
        return f"pid {listener.pid} ({type(error).__name__})"


def user_name(uid: int) -> str:
    """Name of a user id, else the number."""
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return str(uid)


def _ports(context: Context, requests: Sequence[Request]) -> Iterator[Fact]:
    numbers = {int(r.argument) for r in requests if r.argument.isdigit()}
    found = listeners({number for number in numbers if 0 < number < 65536})
    for request in requests:
        if not request.argument.isdigit() or not 0 < int(request.argument) < 65536:
            yield request.unknown(f"{request.argument!r} is not a port")
            continue
        port = int(request.argument)
        holding = [item for item in found if item.port == port]
        yield _port(request, port, max(holding, key=lambda item: item.pid, default=None))


def _port(request: Request, port: int, holder: Listener | None) -> Fact:
    if request.base == "network.port_in_use":
        where = f"{holder.address}:{port} listens" if holder else f"nothing listens on {port}"
        return request.known(holder is not None, where)
    if holder is None:
        return request.unknown(f"nothing listens on {port}")
    if request.base == "network.port_is_own":
        if holder.uid < 0 or not hasattr(os, "geteuid"):
            return request.unknown("the owner of the socket is not told")
        return request.known(holder.uid == os.geteuid(), f"it belongs to {user_name(holder.uid)}")
    if not holder.pid:
        return request.unknown(
            f"the process belongs to {user_name(holder.uid)} and is not visible to you"
        )
    if request.base == "network.port_pid":
        return request.known(holder.pid, f"it holds {holder.address}:{port}")
    return request.known(describe(holder), f"it holds {holder.address}:{port}")


def _settings(context: Context, requests: Sequence[Request]) -> Iterator[Fact]:
    environ = context.environ
    present = {name: _proxy(environ, name) for name in _PROXIES if _proxy(environ, name)}
    for request in requests:
        if request.base == "network.proxy":
            text = " ".join(f"{name}={hide_credentials(url)}" for name, url in present.items())
            yield request.known(text, "environment variables" if text else "no proxy is set")
        elif request.base == "network.proxy_half_set":
            half = ("http_proxy" in present) != ("https_proxy" in present)
            half = half and "all_proxy" not in present
            yield request.known(half, " and ".join(present) + " set" if present else "no proxy")
        else:
            index, why = package_index(context)
            yield request.known(index, why)


def _proxy(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def package_index(context: Context) -> tuple[str, str]:
    """The package index that pip or uv would ask: a URL, or ``default``."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if context.environ.get(name):
            return hide_credentials(context.environ[name]), f"${name}"
    for path in _pip_settings(context):
        match = re.search(r"(?m)^\s*index[-_]url\s*=\s*(\S+)", read_text(path))
        if match:
            return hide_credentials(match.group(1)), path
    return "default", "neither variables nor pip's settings name another"


def _pip_settings(context: Context) -> list[str]:
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


PROBES = (
    Probe(
        (
            "network.port_in_use",
            "network.port_pid",
            "network.port_holder",
            "network.port_is_own",
        ),
        _ports,
        limit=3.0,
    ),
    Probe(("network.proxy", "network.proxy_half_set", "network.package_index"), _settings),
)
