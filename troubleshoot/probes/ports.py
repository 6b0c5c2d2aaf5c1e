"""Who holds a port, and what its holder is: a server, an orphan, an old connection."""

from __future__ import annotations

import os
import re
import sys

from troubleshoot.probes import Probe
from troubleshoot.probes.processes import is_orphan
from troubleshoot.probes.secrecy import hide_arguments
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_LISTEN = "0A"
_TIME_WAIT = "06"


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
    found = list(_sockets(ports, _LISTEN))
    holders = _holders({inode for _, _, _, inode in found})
    return [
        Listener(port, address, uid, holders.get(inode, 0)) for port, address, uid, inode in found
    ]


def waiting(ports: set[int]) -> set[int]:
    """Those of ``ports`` on which connections that were closed wait out their time."""
    if os.path.exists("/proc/net/tcp"):
        return {port for port, *_ in _sockets(ports, _TIME_WAIT)}
    import psutil

    if sys.platform == "darwin":
        raise LookupError("macOS shows such connections to root only")
    return {
        item.laddr.port
        for item in psutil.net_connections(kind="tcp")
        if item.status == psutil.CONN_TIME_WAIT and item.laddr and item.laddr.port in ports
    }


def _sockets(ports: set[int], state: str) -> Iterator[tuple[int, str, int, str]]:
    """Port, address, user and inode of the TCP sockets in a state."""
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        for words in _table(name):
            if len(words) > 9 and words[3] == state:
                address, _, port = words[1].rpartition(":")
                if int(port, 16) in ports:
                    yield int(port, 16), _address(address), int(words[7]), words[9]


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


def describe(pid: int) -> str:
    """One line about a process: command, pid, user and since when."""
    import time

    import psutil

    try:
        process = psutil.Process(pid)
        command = " ".join(hide_arguments(process.cmdline())) or process.name()
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(process.create_time()))
        return f"{command[:200]} (pid {pid}, {process.username()}, since {since})"
    except psutil.Error as error:
        return f"pid {pid} ({type(error).__name__})"


def folder_of(pid: int) -> str:
    """The folder a process works in.

    Raises:
        LookupError: if this user may not see it.
    """
    import psutil

    try:
        return str(psutil.Process(pid).cwd())
    except psutil.Error as error:
        raise LookupError(f"the folder of pid {pid} is not visible") from error


def user_name(uid: int) -> str:
    """Name of a user id, else the number."""
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return str(uid)


def excluded_ranges(text: str) -> list[tuple[int, int]]:
    """Port ranges that Windows has reserved, as ``netsh`` prints them."""
    pairs = re.findall(r"(?m)^\s*(\d{1,5})\s+(\d{1,5})\b", text)
    return [(int(first), int(last)) for first, last in pairs]


def _excluded(context: Context, requests: Sequence[Request]) -> Iterator[Fact]:
    ranges: list[tuple[int, int]] = []
    if sys.platform == "win32":
        from troubleshoot.probes.child import ask

        command = ["netsh", "int", "ipv4", "show", "excludedportrange", "protocol=tcp"]
        ranges = excluded_ranges(ask(command, limit=2.0, environ=context.environ).output)
    for request in requests:
        if sys.platform != "win32":
            yield request.unknown("only Windows reserves port ranges")
        elif not request.argument.isdigit():
            yield request.unknown(f"{request.argument!r} is not a port")
        else:
            port = int(request.argument)
            found = [pair for pair in ranges if pair[0] <= port <= pair[1]]
            why = f"reserved: {found[0][0]}-{found[0][1]}" if found else "in no reserved range"
            yield request.known(bool(found), why)


def _ports(context: Context, requests: Sequence[Request]) -> Iterator[Fact]:
    numbers = {int(r.argument) for r in requests if r.argument.isdigit()}
    numbers = {number for number in numbers if 0 < number < 65536}
    found = listeners(numbers)
    for request in requests:
        if not request.argument.isdigit() or int(request.argument) not in numbers:
            yield request.unknown(f"{request.argument!r} is not a port")
            continue
        port = int(request.argument)
        holding = [item for item in found if item.port == port]
        holder = max(holding, key=lambda item: item.pid, default=None)
        try:
            yield _port(context, request, port, holder)
        except LookupError as error:
            yield request.unknown(str(error))


def _port(context: Context, request: Request, port: int, holder: Listener | None) -> Fact:
    base = request.base.removeprefix("network.port_")
    if base == "in_use":
        where = f"{holder.address}:{port} listens" if holder else f"nothing listens on {port}"
        return request.known(holder is not None, where)
    if base == "waiting":
        if holder is not None:
            return request.known(False, f"{holder.address}:{port} listens")
        old = port in waiting({port})
        why = f"nothing listens on {port}; "
        why += "old connections are in TIME_WAIT" if old else "no old connection waits"
        return request.known(old, why)
    if holder is None:
        return request.unknown(f"nothing listens on {port}")
    if base == "is_own":
        if holder.uid < 0 or not hasattr(os, "geteuid"):
            return request.unknown("the owner of the socket is not told")
        return request.known(holder.uid == os.geteuid(), f"it belongs to {user_name(holder.uid)}")
    if not holder.pid:
        return request.unknown(
            f"the process belongs to {user_name(holder.uid)} and is not visible to you"
        )
    where = f"it holds {holder.address}:{port}"
    if base == "pid":
        return request.known(holder.pid, where)
    if base == "holder":
        return request.known(describe(holder.pid), where)
    return _of_process(context, request, holder.pid)


def _of_process(context: Context, request: Request, pid: int) -> Fact:
    base = request.base.removeprefix("network.port_")
    if base == "orphaned":
        if not os.path.isdir("/proc/self"):
            return request.unknown("not asked on this system")
        lost = is_orphan(pid)
        why = f"what started pid {pid} has ended" if lost else f"pid {pid} has its launcher"
        return request.known(lost, why)
    folder = folder_of(pid)
    if base == "cwd":
        return request.known(folder, f"pid {pid} works there")
    if base == "has_index":
        pages = [name for name in ("index.html", "index.htm") if os.path.isfile(f"{folder}/{name}")]
        why = f"{folder}/{pages[0]}" if pages else f"no index.html in {folder}"
        return request.known(bool(pages), why)
    same = os.path.realpath(folder) == os.path.realpath(context.target.cwd)
    return request.known(same, f"pid {pid} works in {folder}")


PROBES = (
    Probe(
        (
            "network.port_in_use",
            "network.port_waiting",
            "network.port_pid",
            "network.port_holder",
            "network.port_is_own",
            "network.port_orphaned",
            "network.port_same_folder",
            "network.port_cwd",
            "network.port_has_index",
        ),
        _ports,
        limit=3.0,
    ),
    Probe(("network.port_excluded",), _excluded, limit=3.0),
)
