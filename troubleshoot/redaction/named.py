"""Secrets that are known by the name before them: ``password=``, ``--token x``, headers, URLs."""
# ruff: noqa: E501 (a pattern is easier to read in one line)

from __future__ import annotations

import re

from troubleshoot.redaction import LITERAL, NOWHERE, PART, Span, hosts, people
from troubleshoot.redaction.values import (
    ANY,
    RANDOM,
    WORDLIKE,
    is_encoded,
    is_secret,
    kind_of,
    strength_of,
    value_at,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_HINTS = (
    "pass", "pwd", "psw", "pw:", "pw=", "secret", "token", "key", "cred", "auth", "cookie", "dsn",
    "webhook", "jwt", "bearer", "sig", "sas", "session", "connection", "otp", "pat", "login", "pin",
    "密码", "口令", "令牌", "密钥", "秘钥", "凭证", "密碼", "api",
)  # fmt: skip

_PROGRAMS = ("curl", "wget", "sshpass", "sudo", "login", "mysql", "mariadb", "redis-cli", "machine ", "password",
             "passwd", ":_", "value=", " -u ")  # fmt: skip
_LONGEST_LINE = 65_536

_NAME = re.compile(
    r"(?P<name>[A-Za-z_$][\w.$-]{0,80}|密[码碼]|口令|令牌|[密秘]钥|凭证|访问令牌)"
    r"(?P<spaced>(?: (?i:key|token|password|secret|phrase|credentials?|code)){0,2})"
    r"(?P<after>(?:\[[^\]\s]{0,20}\])?\\{0,3}['\"`]?[\])]{0,2}(?:\s{0,2}:\s{0,2}[A-Za-z_.]{2,20}(?:\[\w+\])?"
    r"(?=\s{0,2}=)| (?:string|String|str|char\*?)(?= ?:?=))?[ \t]{0,24})"
    r"(?P<sep>=>|\?=|\|\||[:：＝=]{1,4}\s?=?|,(?=\s{0,3}\\?['\"`])|>(?=[^\s<>])|是|为)"
    r"(?P<gap>[ \t]{0,12})"
)
_FLAG = re.compile(
    r"(?<![\w-])--?(?P<name>[A-Za-z][\w.-]{1,60})(?P<gap>[ \t]{1,4}|['\"],\s{0,2}(?=['\"]))(?=[^\s-])"
)
_PHRASE = re.compile(
    r"(?i)(?<![\w])(?P<name>password|passphrase|passcode|密码|token|api[ _-]?key|access[ _-]?key|secret(?:[ _-]?key)?)"
    r"(?:\s{1,3}for\s{1,2}[\w.@-]{1,60})?\s{1,3}(?:provided|used|is set to|is|was|=|:)\s{0,2}[:：=]?\s{0,2}"
)
_HEADER = re.compile(
    r"(?i)\b(?P<scheme>bearer|basic|digest|negotiate|token)[ \t]{1,3}"
    r"(?P<it>[A-Za-z0-9._~+/|:=-]{8,8000})"
)
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,30})://(?P<rest>[^\s'\"<>`\\|]{3,2000})")
_WEB = frozenset(("http", "https", "ftp", "ws", "wss", "git", "git+https"))
_GREEDY = re.compile(r"[^:/@?]{0,100}:[^\s]{1,300}@(?=[\w.,:\[\]-]{1,200}(?:/|\?|$))")
_SLASHED = re.compile(r"[^:/@?]{1,100}:[^@\s?]{1,200}@(?=[\w.-]{1,100}(?::\d|/|$))")
_AUTHORITY = re.compile(r"(?P<user>[^:/@\s]{0,200})(?::(?P<password>[^\n]{0,400}))?")
_QUERY = re.compile(r"[?&;#](?P<name>[\w.-]{1,60})=(?P<it>[^&\s'\"<>`)\]#;\\|]{1,4000})")
_USERPASS = re.compile(
    r"(?:\bcurl\b[^\n|;]{0,400}?|\bwget\b[^\n|;]{0,400}?|^)\s(?:-u|--user|--proxy-user|-U)[ =]{0,3}['\"]?"
    r"(?P<user>[\w.@+-]{0,100}):(?P<it>[^\s'\"]{1,200})"
)
_SHELL = (
    re.compile(r"(?i)key=['\"][\w.-]{0,30}(?:password|token|secret|apikey)['\"]\s{1,3}value=['\"](?P<it>[^'\"]{4,400})"),
    re.compile(r"\bcurl\b[^\n|;]{0,400}?\s(?:-u|--user)[ =]?['\"](?P<it>[^\s'\":]{8,200}):['\"]"),
    re.compile(r"\bsshpass\s{1,3}-p\s{0,3}(?P<q>['\"]?)(?P<it>(?:(?!(?P=q))[^\n]){1,200}?)(?:(?P=q)\s|\s|$)"),
    re.compile(r"\becho\s{1,3}(?:-n\s{1,2})?['\"]?(?P<it>[^\s'\"|]{3,200})['\"]?\s{0,3}\|\s{0,3}sudo\b"),
    re.compile(r"\b(?:docker|podman|helm registry)\s{1,2}login\b[^\n|;]{0,200}?\s-p[ =]?['\"]?(?P<it>[^\s'\"-][^\s'\"]{0,200})"),
    re.compile(r"\b(?:mysql|mysqldump|mariadb|mysqladmin)\b(?:[^\n|;]{0,100}?\s-u ?(?P<user>[\w.-]{1,60}))?[^\n|;]{0,200}?\s-p['\"]?(?P<it>[^\s'\"-][^\s'\"]{2,200})"),
    re.compile(r"\bredis-cli\b[^\n|;]{0,200}?\s-a\s{1,2}['\"]?(?P<it>[^\s'\"]{3,200})"),
    re.compile(r"\bwandb\s{1,2}login\s{1,2}(?:--?[\w-]{1,20}\s{1,2}){0,4}(?P<it>[A-Za-z0-9_-]{20,200})"),
    re.compile(r"\bmachine\s{1,3}\S{1,200}\s{1,8}(?:login\s{1,3}(?P<user>\S{1,200})\s{1,8})?password\s{1,3}(?P<it>\S{1,300})"),
    re.compile(r"^\s{0,12}password\s{1,3}(?P<it>(?=\S*\d)[^\s:=]{8,300})\s*$"),
    re.compile(r"(?:\bpasswd\b|\bchpasswd\b)[^\n]{0,40}<<<\s{0,2}['\"]?(?P<it>[^\s'\"]{3,200})"),
    re.compile(r"//[\w.-]{1,100}/(?:[\w./-]{0,100}):_(?:authToken|auth|password)\s{0,2}=\s{0,2}(?P<it>[^\s'\"]{3,400})"),
)  # fmt: skip
_FORTY = re.compile(r"(?<![A-Za-z0-9_/=.-])(?P<it>[a-f0-9]{40})(?![A-Za-z0-9_/.-])")
_COOKIE = re.compile(r"(?i)\b(?:set-)?cookie['\"]?\s{0,2}[:=]\s{0,2}['\"]?(?P<it>[^\n'\"]{4,4000})")
_PUBLIC_USERS = frozenset(("git", "anonymous", "oauth2", "__token__", "x-access-token", "hg", ""))


def find(text: str, lower: str) -> Iterator[Span]:
    """Values that stand behind a name which says that they are secret.

    Args:
        text: what to search.
        lower: the same in lower case.
    """
    for start, end in _lines_with(lower, _HINTS):
        line = text[start:end]
        yield from _assigned(line, start, text)
        yield from _in_headers(line, start)
    for start, end in _lines_with(lower, _PROGRAMS):
        yield from _in_shell(text[start:end], start)
    if "://" in text:
        yield from _urls(text)
    if "wandb" in lower or "w&b" in lower or "weights & biases" in lower:
        yield from _wandb_keys(text, lower)


def _lines_with(lower: str, words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    position = 0
    for line in lower.split("\n"):
        end = position + len(line)
        if any(word in line for word in words):
            for start in range(position, end, _LONGEST_LINE):
                yield start, min(end, start + _LONGEST_LINE + 512)
        position = end + 1


def _assigned(line: str, offset: int, text: str) -> Iterator[Span]:
    position = 0
    while True:
        match = _NAME.search(line, position)
        if match is None:
            break
        # an identifier is read once: what fails behind it cannot start inside it
        position = max(match.end("name"), match.start() + 1)
        name = match["name"] + match["spaced"].replace(" ", "_")
        strength = strength_of(name)
        if not strength:
            continue
        begin, end, quoted = value_at(line, match.end())
        if (
            begin == end
            and not line[match.end() :].strip()
            and match["sep"] in (":", "：", ">", "=")
        ):
            yield from _on_next_line(text, offset + len(line), name, strength)
            continue
        value = line[begin:end]
        sure = quoted or not match["gap"] or match["sep"].strip() in ("=", "=>", "：")
        if is_secret(name, value, strength, quoted=quoted, sure=sure, rest=line[end:]):
            spread = LITERAL if len(value) >= 6 else NOWHERE
            yield Span(offset + begin, offset + end, kind_of(name), spread)
            position = max(position, end)
    for match in _FLAG.finditer(line):
        strength = strength_of(match["name"])
        if not strength:
            continue
        begin, end, quoted = value_at(line, match.end())
        value = line[begin:end]
        strength = RANDOM if strength == RANDOM else ANY
        if is_secret(match["name"], value, strength, quoted=quoted, sure=True, rest=""):
            yield Span(offset + begin, offset + end, kind_of(match["name"]), LITERAL)
    for match in _PHRASE.finditer(line):
        begin, end, quoted = value_at(line, match.end())
        if is_secret(match["name"], line[begin:end], WORDLIKE, quoted=quoted, sure=False,
                     rest=line[end:]):  # fmt: skip
            yield Span(offset + begin, offset + end, kind_of(match["name"]), LITERAL)


def _on_next_line(text: str, end: int, name: str, strength: int) -> Iterator[Span]:
    """A value below its name: YAML blocks, XML elements, notes."""
    start = end + 1
    line = text[start : start + 2000].split("\n", 1)[0]
    value = line.strip().strip("'\"`,;|│")
    if not value or " " in value or ":" in value[-1:] or "=" in value[:-3]:
        return
    if is_secret(name, value, max(strength, WORDLIKE), quoted=False, sure=False, rest=""):
        begin = start + line.index(value)
        yield Span(begin, begin + len(value), kind_of(name), LITERAL)


def _in_shell(line: str, offset: int) -> Iterator[Span]:
    for pattern in (_USERPASS, *_SHELL):
        for match in pattern.finditer(line):
            value = match["it"]
            if value.strip("*.") and not value.startswith(("$", "<", "{")):
                spread = LITERAL if len(value) >= 6 else NOWHERE
                yield Span(offset + match.start("it"), offset + match.end("it"), "password", spread)
            user = match.groupdict().get("user")
            if user and not people.is_generic(user):
                yield Span(offset + match.start("user"), offset + match.end("user"), "user", PART)


def _in_headers(line: str, offset: int) -> Iterator[Span]:
    for match in _HEADER.finditer(line):
        value = match["it"].rstrip(".:,")
        scheme = match["scheme"].lower()
        in_header = "authorization" in line[: match.start()].lower()
        is_mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
        random = is_mixed and len(value) >= (8 if scheme == "bearer" else 16)
        encoded = (
            scheme == "basic" and (value.endswith("=") or len(value) >= 16) and is_encoded(value)
        )
        if scheme in ("token", "digest", "negotiate") and not in_header:
            continue
        if in_header or random or encoded:
            yield Span(offset + match.start("it"), offset + match.start("it") + len(value),
                       "basic-auth" if scheme == "basic" else "token", LITERAL)  # fmt: skip
    for match in _COOKIE.finditer(line):
        if "=" in match["it"] and "${" not in match["it"]:
            yield Span(offset + match.start("it"), offset + match.end("it"), "cookie")


def _urls(text: str) -> Iterator[Span]:
    for match in _URL.finditer(text):
        rest, start = match["rest"], match.start("rest")
        authority = rest.split("/", 1)[0].split("?", 1)[0]
        at = authority.rfind("@")
        if "@" in rest and ":" in authority:
            # a password that holds a slash or an at sign: user:p@/ss@host
            form = _GREEDY if match["scheme"].lower() not in _WEB else _SLASHED
            found = form.match(rest)
            at = found.end() - 1 if found else at
        if at >= 0:
            yield from _credentials(rest[:at], start)
            yield from hosts.of_address(rest[at + 1 :], start + at + 1)
        for query in _QUERY.finditer(rest):
            strength = strength_of(query["name"])
            if query["name"].lower() in ("sig", "key", "pwd", "auth", "code", "sign", "ticket"):
                strength = RANDOM
            if strength and is_secret(query["name"], query["it"], strength, quoted=True, sure=True,
                                      rest=""):  # fmt: skip
                yield Span(start + query.start("it"), start + query.end("it"),
                           kind_of(query["name"]), LITERAL)  # fmt: skip


def _credentials(info: str, start: int) -> Iterator[Span]:
    match = _AUTHORITY.fullmatch(info)
    if match is None:
        return
    password = match["password"]
    if match["user"] and match["user"] not in _PUBLIC_USERS and match["user"].strip("*<>{}$"):
        is_token = password is None and len(match["user"]) >= 16
        kind = "token" if is_token or len(match["user"]) > 32 else "user"
        is_name = not people.is_generic(match["user"]) and match["user"] not in people.TECHNICAL
        spread = LITERAL if kind == "token" else PART if is_name else NOWHERE
        yield Span(start + match.start("user"), start + match.end("user"), kind, spread)
    if password and password.strip("*") and not password.startswith(("$", "{", "<")):
        yield Span(start + match.start("password"), start + match.end("password"), "password",
                   LITERAL if len(password) >= 6 else NOWHERE)  # fmt: skip


def _wandb_keys(text: str, lower: str) -> Iterator[Span]:
    """Forty hexadecimal digits that a login to W&B took: the same form as a git commit."""
    for match in _FORTY.finditer(text):
        around = lower[max(0, match.start() - 400) : match.start()]
        near = around[around.rfind("\n") + 1 :][-90:]
        if any(word in near for word in ("commit", "sha", "git", "revision", "head", "@")):
            continue
        if any(word in around for word in ("wandb", "w&b", "api key", "apikey", "netrc")):
            yield Span(match.start("it"), match.end("it"), "wandb-key", LITERAL)
