"""``ssh`` lines: they give away a machine, its port, its user, and the password beside them."""
# ruff: noqa: E501 (a pattern is easier to read in one line)

from __future__ import annotations

import re

from troubleshoot.redaction import LITERAL, NOWHERE, PART, WORD, Span
from troubleshoot.redaction.hosts import GENERIC_HOSTS, HOST, PUBLIC
from troubleshoot.redaction.people import TECHNICAL, is_generic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SSH = re.compile(
    r"(?<![\w./-])(?:ssh|sftp|mosh|autossh|ssh-copy-id|scp|rsync|sshfs|slogin)(?:\.exe)?[ \t](?P<rest>[^\n]{1,600})"
)
_SSH_TARGET = re.compile(rf"(?<![\w@.%+-])(?P<user>[\w.-]{{1,40}})@(?P<host>\[?{HOST}\]?)")
_SSH_PORT = re.compile(r"(?<![\w-])-[pP][ \t]{0,3}(?P<it>\d{2,5})(?!\w)")
_BARE_TARGET = re.compile(
    rf"^(?:-[46AaCfGgKkMNnqsTtVvXxYy]{{1,8}}[ \t]+|-[bcDEeFIiJLlmOoPpQRSWw][ \t]*\S+[ \t]+){{0,8}}(?P<host>{HOST})(?=\s|$|:)"
)
_LOGIN_OPTION = re.compile(r"(?<![\w-])-l[ \t]{1,3}(?P<it>[\w.-]{1,40})")
_BESIDE = re.compile(
    r"^(?:[\s,，;；/|:：()（）-]{0,6})(?:(?:pw|pass(?:word)?|密码)[是为:： ]{0,3})?(?P<it>[^\s,，;；|()（）]{4,64})\s*$"
)
_ALONE = re.compile(
    r"^[\s>│|*`#-]{0,6}(?:(?:pw|pass(?:word)?|passwd|密码|口令|pwd)\s{0,3}[是为:：=]?\s{0,3})?[`'\"]?(?P<it>[^\s'\"`]{5,64}?)[`'\"]?\s*$",
    re.I,
)


def find(text: str, lower: str) -> Iterator[Span]:
    """The private parts of commands that reach another machine.

    Args:
        text: what to search.
        lower: the same in lower case.
    """
    if any(word in lower for word in ("ssh", "scp", "rsync", "sftp", "slogin", "mosh")):
        yield from _remote(text)


def _remote(text: str) -> Iterator[Span]:
    """The parts of ``ssh -p 50004 user@host``, and a password that stands beside it."""
    for match in _SSH.finditer(text):
        rest, start = match["rest"], match.start("rest")
        targets = list(_SSH_TARGET.finditer(rest))
        for target in targets:
            host = target["host"].strip("[]")
            if target["user"] in ("git", "hg") and PUBLIC.fullmatch(host):
                continue
            if not is_placeholder(target["user"]):
                low = target["user"].lower()
                spread = NOWHERE if is_generic(low) or low in TECHNICAL else PART
                yield Span(start + target.start("user"), start + target.end("user"), "user", spread)
            if host.lower() not in GENERIC_HOSTS and not is_placeholder(host):
                begin = start + target.start("host") + target["host"].index(host)
                yield Span(begin, begin + len(host), "host", WORD if len(host) > 3 else NOWHERE)
        if not targets:
            bare = (
                _BARE_TARGET.match(rest)
                if match[0].startswith(("ssh ", "mosh ", "ssh\t"))
                else None
            )
            if bare and not bare["host"].isalpha():
                yield from _host_at(bare["host"], start + bare.start("host"))
        if not targets and "-p" not in rest and "-P" not in rest:
            continue
        for port in _SSH_PORT.finditer(rest):
            yield Span(start + port.start("it"), start + port.end("it"), "port", NOWHERE)
        for login in _LOGIN_OPTION.finditer(rest):
            if not is_placeholder(login["it"]):
                yield Span(start + login.start("it"), start + login.end("it"), "user", NOWHERE)
        if targets:
            yield from _beside(text, start + targets[-1].end(), match.start())


def _host_at(host: str, start: int) -> Iterator[Span]:
    if host.lower() not in GENERIC_HOSTS and not PUBLIC.fullmatch(host):
        yield Span(start, start + len(host), "host", WORD)


def is_placeholder(name: str) -> bool:
    """Whether a name in a command is one of instructions, such as ``<host>`` or ``your_host``."""
    low = name.lower()
    return low.startswith(("<", "your", "$", "{", "xxx", "***")) or low in (
        "user", "username", "host", "hostname", "server", "remote", "ip", "address")  # fmt: skip


def _beside(text: str, end: int, start: int) -> Iterator[Span]:
    """A password in the rest of the line, or alone in one of the next or previous lines."""
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    beside = _BESIDE.match(text[end:line_end][:200])
    if beside and looks_like_password(beside["it"]):
        yield Span(end + beside.start("it"), end + beside.end("it"), "password", LITERAL)
        return
    position = line_end + 1
    for _ in range(3):
        if position >= len(text):
            break
        stop = text.find("\n", position)
        stop = len(text) if stop < 0 else stop
        alone = _ALONE.match(text[position:stop][:200])
        if alone and looks_like_password(alone["it"]):
            yield Span(
                position + alone.start("it"), position + alone.end("it"), "password", LITERAL
            )
            return
        if text[position:stop].strip() and not alone and " " in text[position:stop].strip():
            break
        position = stop + 1
    line_start = text.rfind("\n", 0, start) + 1
    if line_start > 0:
        above = text.rfind("\n", 0, line_start - 1) + 1
        alone = _ALONE.match(text[above : line_start - 1][:200])
        if alone and looks_like_password(alone["it"]):
            yield Span(above + alone.start("it"), above + alone.end("it"), "password", LITERAL)


def looks_like_password(word: str) -> bool:
    """Whether a lone word beside an ``ssh`` line is its password, not a path or a command."""
    if word.startswith(("/", "~", "-", "<", "http", "ssh", "./", "$", "#", "@")) or len(word) < 5:
        return False
    if re.search(
        r"\.(?:py|sh|log|txt|pem|key|pub|json|yaml|yml|md|zip|gz|ipynb|com|cn|org|net)$", word
    ):
        return False
    if "@" in word[1:-1] and "." in word.rsplit("@", 1)[1]:
        return False
    if re.fullmatch(r"[\d.:]+|\d+[a-z]{1,2}|[\w.]+\(\)?|[A-Z_]+=.*|\w+[:=]|\w+==[\d.]+", word):
        return False
    kinds = sum((any(map(str.isdigit, word)), any(map(str.isalpha, word)),
                 any(not each.isalnum() for each in word)))  # fmt: skip
    return kinds >= 2 or (any(map(str.isupper, word[1:])) and any(map(str.islower, word)))
