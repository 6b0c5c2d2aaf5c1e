"""Which names promise a secret, and which values keep the promise.

A log of a training run is full of tokens that are words, keys that are strings of a state dict
and authors that are people. Names say how sure to be; values are looked at accordingly.
"""

from __future__ import annotations

import base64
import binascii
import re

from troubleshoot.redaction import words

ANY = 3
"""The name leaves no doubt (``password``): every value that is not a placeholder is secret."""
WORDLIKE = 2
"""The name may mean something else (``token``): the value must not be a plain short word."""
RANDOM = 1
"""The name says little (``key``, ``auth``): only a random-looking value is secret."""

_ANY = frozenset(
    ("password", "passwd", "passwort", "pwd", "passphrase", "passcode", "psw", "pswd", "pword",
     "userpass", "userpassword", "dbpass", "dbpassword", "rootpassword", "sshpass", "密码", "密碼",
     "口令", "apikey", "accesskey", "secretkey", "authtoken", "accesstoken", "apitoken",
     "clientsecret", "apisecret", "appsecret", "privatetoken", "pgpassword", "motdepasse")
)  # fmt: skip
_WORDLIKE = frozenset(
    ("secret", "secrets", "token", "tokens", "credential", "credentials", "creds", "cookie", "dsn",
     "webhook", "bearer", "jwt", "signature", "令牌", "密钥", "秘钥", "凭证", "访问令牌", "otp",
     "authorization", "sessionid", "sessionkey", "pat", "connectionstring", "hook")
)  # fmt: skip
_RANDOM = frozenset(("key", "auth", "pass", "pw", "sas", "sig", "nonce", "keys", "login", "api"))
_KEYS = frozenset(
    ("api", "access", "secret", "private", "auth", "signing", "encryption", "account", "shared",
     "license", "licence", "master", "storage", "deploy", "subscription", "ssh", "session",
     "consumer", "service", "admin", "application", "app", "client", "user", "developer", "dev",
     "write", "ingest", "integration", "webhook", "hmac", "jwt", "aws", "openai", "wandb", "hf",
     "anthropic", "comet", "neptune", "gemini", "google", "azure", "kaggle", "groq", "mistral",
     "cohere", "deepseek", "dashscope", "zhipu", "moonshot", "serper", "tavily", "pinecone",
     "replicate", "together", "openrouter", "langsmith", "langchain", "elevenlabs", "assemblyai",
     "deepgram", "qdrant", "weaviate", "sendgrid", "stripe", "twilio", "mailgun", "heroku", "root",
     "gpg", "pgp", "rsa", "crypt", "cipher", "activation", "product", "recovery", "security")
)  # fmt: skip
_NOT_KEYS = frozenset(("user", "product", "session", "storage", "write", "master", "root", "app"))
# what stands before "token" in texts about language models
_MODEL_TOKENS = frozenset(
    ("pad", "eos", "bos", "unk", "mask", "cls", "sep", "image", "img", "video", "audio", "special",
     "next", "prev", "previous", "stop", "start", "end", "begin", "first", "last", "max", "min",
     "num", "new", "per", "sub", "word", "text", "vision", "speech", "action", "state", "query",
     "decoder", "encoder", "prompt", "input", "output", "prefix", "suffix", "middle", "fill",
     "infilling", "added", "additional", "extra", "total", "n", "unexpected", "invalid", "bad",
     "illegal", "non", "bot", "eot", "sot", "task", "lang", "language", "time", "timestamp",
     "register", "position", "latent", "visual", "patch", "blank", "newline", "seen", "current",
     "noise", "think", "reasoning", "tool", "assistant", "system", "cached", "draft", "target",
     "source", "src", "tgt", "unknown", "line", "of", "completion", "forced", "suppress", "csrf")
)  # fmt: skip
_AUTH_TOKENS = frozenset(
    ("access", "auth", "api", "hf", "refresh", "bearer", "github", "gitlab", "huggingface", "hub",
     "secret", "private", "personal", "oauth", "id", "session", "security", "deploy", "read",
     "write", "slack", "telegram", "discord", "bot", "wandb", "wb", "openai", "kaggle", "gh", "ci",
     "login", "user", "client", "jupyter", "notebook", "npm", "pypi", "docker", "vault", "admin",
     "verification", "registry", "join", "cluster", "service", "account", "push", "app")
)  # fmt: skip
_TAILS = frozenset(
    ("value", "val", "string", "str", "env", "var", "prod", "production", "dev", "staging", "test",
     "live", "base64", "b64", "plain", "raw", "new", "old", "current", "default", "main", "backup",
     "primary", "secondary", "readonly", "rw", "ro", "url", "uri")
)  # fmt: skip
_NOT_SECRET_URLS = frozenset(("token", "auth", "key", "api", "credentials", "secret", "cookie"))

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_PLACEHOLDER = re.compile(
    r"(?i)(?:none|null|nil|undefined|true|false|yes|no|on|off|set|unset|not[ _-]set|empty|n/?a|nan"
    r"|redacted|hidden|masked|secret|password|token|x{3,}|\*{2,}.{0,40}|.{0,8}\*{4,}.{0,8}|\.{3,}|…+|•+"
    r"|(?:your|enter|insert|put|add|paste|replace)[ _-][a-z _-]{1,60}"
    r"|(?:my|the|some|example|dummy|fake)[ _-](?:(?:api|access|secret|auth|hf|own)[ _-]?)?"
    r"(?:password|passwd|token|key|secret)|[a-z _-]{1,40}[ _-](?:here|placeholder)|changeme|<[^>]*>"
    r"|%\w+%|%s|%\(\w+\)s|\{[^}]*\}+|\[[^\]]*\]|\([^)]*\)|\\{0,4}\$\{[^}]*\}+|\$\{\{.*|\\{1,4}\$\w+|\$\([^)]*\)|\$[a-z_]+"
    r"|str|int|bool|bytes|optional|string|any|object|self|required|missing|invalid|incorrect|expired"
    r"|wrong|denied|failed|error|prompt|default|file|stdin|keyring|env|unknown|unauthorized"
    r"|deprecated)|\$[A-Z_][A-Z_0-9]*"
)
_CODE = re.compile(
    r"[A-Za-z_][\w.]*\(|\d?>{1,2}[&/\w.]*|[|&;<]+.{0,3}|\w{1,20}\[f?['\"].*|\{[^}]*\}\w{0,3}|[A-Za-z_][\w.]*(?:\(.*\)|\[.*\])|[A-Za-z_]+(?:\.[A-Za-z_]+)+\(.*"
    r"|(?:os|sys|self|cls|args|cfg|config|conf|opt|options|settings|params|kwargs|request|context"
    r"|process|secrets|env|hparams|FLAGS|flags)\.[A-Za-z_][A-Za-z_.]*"
    r"|(?:str|int|bool|bytes|Optional|Union|List|Dict|None)(?:[\[|].*)?"
)
_PROSE = words(
    """required missing invalid incorrect expired wrong denied failed must should cannot could is
    was are has have not for the a an and or of to in on with from by if when please check make
    sure be provided given found using used used: needed too length authentication error does
    contains may will can via as at this that your you it its no new old yes"""
)
_STATE_DICT = re.compile(r"[A-Za-z_]+\d{0,4}(?:[._](?:[A-Za-z]+\d{0,4}|\d{1,4}))+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_SPECIAL_TOKEN = re.compile(r"</?[\w|]{1,40}/?>|\[[A-Z_]{2,12}\d*\]|<\|.{1,60}\|>|[▁Ġ#].{0,40}")


def words_of(name: str) -> list[str]:
    """The words of an identifier in lower case: ``HfApiToken2`` is hf, api, token, 2."""
    return [word.lower() for word in _WORDS.findall(name[-80:])]


def strength_of(name: str) -> int:
    """How much a name promises: `ANY`, `WORDLIKE`, `RANDOM`, or 0 for nothing."""
    if name == "OLDPWD":
        return 0  # the shell's last folder; of PWD the value tells
    words = words_of(name)
    is_address = False
    while len(words) > 1 and (words[-1] in _TAILS or words[-1].isdigit()):
        is_address = is_address or words[-1] in ("url", "uri")
        words.pop()
    if not words:
        return 0
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    if is_address and (last in _NOT_SECRET_URLS or before in _NOT_SECRET_URLS):
        return 0
    if last in _ANY or before + last in _ANY:
        return ANY
    if last in ("pass", "pw") and before in ("user", "db", "database", "root", "admin", "ssh",
                                             "smtp", "proxy", "http", "mail", "redis", "mysql",
                                             "ftp", "sudo", "login", "postgres"):  # fmt: skip
        return ANY
    if last in ("key", "keys"):
        if before in _KEYS:
            return WORDLIKE if before in _NOT_KEYS or last == "keys" else ANY
        return RANDOM
    if last in ("token", "tokens", "令牌"):
        if last == "tokens" or (before in _MODEL_TOKENS and before != "bot"):
            return 0
        return ANY if before in _AUTH_TOKENS else WORDLIKE
    if last in ("id", "ids") and before == "session":
        return WORDLIKE
    if last in ("secret", "secrets"):
        return ANY if before else WORDLIKE
    if last == "string" and before == "connection":
        return WORDLIKE
    if last in _WORDLIKE or before + last in _WORDLIKE:
        return WORDLIKE
    if any(word in _ANY for word in words) and len(words) <= 3 and last not in _NOT_TAILS:
        return WORDLIKE
    return RANDOM if last in _RANDOM else 0


_NOT_TAILS = frozenset(
    ("file", "path", "name", "type", "length", "len", "size", "count", "id", "field", "hash",
     "prompt", "policy", "required", "protected", "reset", "auth", "authentication", "provider",
     "manager", "error", "hint", "min", "max", "confirm", "change", "changed", "login", "only",
     "less", "mask", "index", "input", "label", "env", "dim", "expired", "expires")
)  # fmt: skip


def kind_of(name: str) -> str:
    """What to call a secret that stands behind ``name``."""
    words = words_of(name)
    for word in reversed(words):
        if word.startswith(("pass", "pwd", "psw", "pw")) or word in ("密码", "密碼", "口令"):
            return "password"
        if word in ("token", "jwt", "bearer", "令牌", "访问令牌", "authorization", "pat"):
            return "token"
        if word in ("key", "keys", "密钥", "秘钥", "apikey", "accesskey"):
            return "wandb-key" if "wandb" in words else "api-key"
        if word in ("cookie", "session", "sessionid"):
            return "cookie"
        if word in ("sig", "signature"):
            return "signature"
        if word in ("webhook", "hook"):
            return "webhook"
    return "secret"


def value_at(line: str, start: int) -> tuple[int, int, bool]:
    """Where the value behind a separator stands, and whether it is quoted.

    Understands quotation marks of every kind, escaped quotation marks and prefixes such as
    ``b'…'``; an unquoted value ends at white space or at what closes a list.
    """
    at = start
    while at < len(line) and line[at] in " \t(":
        at += 1
    if line[at : at + 2].lower() in ("b'", 'b"', "r'", 'r"', "f'", 'f"', "u'", 'u"', "@'", '@"'):
        at += 1
    slashes = 0
    while line[at : at + 1] == "\\" and slashes < 7:
        at += 1
        slashes += 1
    mark = line[at : at + 1]
    if mark in ("'", '"', "`", "“", "‘", "「") and mark:
        closing = {"“": "”", "‘": "’", "「": "」"}.get(mark, mark)
        begin = at + 1
        if line[begin : begin + 2] == mark * 2:  # a triple quotation mark
            begin += 2
        end = begin
        while end < len(line) and end - begin < 4096:
            if line[end] == "\\" and not slashes and line[end + 1 : end + 2] in (closing, "\\"):
                end += 2
                continue
            if line[end] == closing:
                break
            end += 1
        end = min(end, len(line))
        if slashes:
            while end > begin and line[end - 1] == "\\":
                end -= 1
        return begin, end, True
    begin = at - slashes
    end = begin
    depth = 0
    while end < len(line) and end - begin < 4096:
        letter = line[end]
        if letter.isspace() or letter in "'\"`│┃，。；、）】":
            break
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            if not depth:
                break
            depth -= 1
        elif line[end : end + 2] in ("\\n", "\\r", "\\t", '\\"', "\\'", "</"):
            break
        end += 1
    while end > begin and line[end - 1] in ",;.:|":
        end -= 1
    # a list of settings in one line: a=b,c=d  a=b;c=d  a=b&c=d
    cut = re.search(r"[,;&](?=\s*[\w.-]{1,40}\s*=)", line[begin:end])
    if cut:
        end = begin + cut.start()
    return begin, end, False


def is_secret(name: str, value: str, strength: int, *, quoted: bool, sure: bool, rest: str) -> bool:
    """Whether the value behind a name is a secret.

    Args:
        name: the identifier before it.
        value: the value, without quotation marks.
        strength: what the name promises.
        quoted: whether it stood in quotation marks.
        sure: whether the separator is an assignment, not a colon of prose.
        rest: what follows the value in its line.
    """
    core = value.strip()
    if len(core) < 2 or _PLACEHOLDER.fullmatch(core[:200]):
        return False
    if len(set(core.lower()) - set(".-_ ")) == 1 and len(core) >= 3 and not core.isdigit():
        return False
    if set(core.lower()) <= set("x*.-_ ") or "xxxxxx" in core.lower() or "••" in core:
        return False
    if not quoted and _CODE.fullmatch(core[:400]):
        return False
    if core.lower() == name.lower() or _SPECIAL_TOKEN.fullmatch(core[:100]):
        return False
    if core.startswith(("/", "~/", "./", "../")) and "/" in core[2:] and _is_path(core):
        return False
    if re.match(r"[A-Za-z]:[\\/]", core) or (core.startswith(("http://", "https://"))):
        return False
    if name == "PWD" and re.match(r"/|~|[A-Za-z]:", core):
        return False  # the shell's working folder
    if strength == RANDOM:
        return is_random(core) or _UUID.fullmatch(core) is not None or is_encoded(core)
    lower = core.lower().strip(".,;:!?")
    following = rest.split(None, 1)
    next_word = following[0].strip(".,;:").lower() if following else ""
    if not quoted and core.isalpha() and core.isascii():
        if lower in _PROSE or (not sure and (next_word in _PROSE or next_word.isalpha())):
            return False
        if strength == WORDLIKE and len(core) < 16:
            return False
    if quoted and " " in core and (strength == WORDLIKE or core.count(" ") > 5):
        return is_random(core.split()[-1])
    is_key = words_of(name)[-1:] in (["key"], ["keys"])
    if is_key and _STATE_DICT.fullmatch(core[:200]) and sum(map(str.isdigit, core)) < 4:
        return False
    if strength == ANY:
        return not (core.isdigit() and len(core) < 4 and not quoted)
    if core.replace(".", "").replace(",", "").replace("-", "").isdigit() and len(core) < 12:
        return False
    if len(core) < 6 or _STATE_DICT.fullmatch(core[:200]):
        return False
    has_digit = any(map(str.isdigit, core))
    if has_digit or len(core) >= 16:
        return True
    return quoted and any(not each.isalnum() for each in core[:-1])


def is_encoded(value: str) -> bool:
    """Whether a word is base64 of ``user:password``."""
    if len(value) < 8 or len(value) > 4000:
        return False
    try:
        plain = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in plain and plain.isascii() and plain.decode("ascii").isprintable()


def _is_path(value: str) -> bool:
    """Whether a value that begins with a slash is a path, not base64."""
    longest = max(map(len, value.split("/")))
    return not (len(value) in (40, 44, 64, 88) and longest >= 12 and value.isascii())


def is_random(value: str) -> bool:
    """Whether a word looks drawn by chance: letters and digits mixed, no words, no path."""
    core = value.strip("=")
    if len(core) < 16 or len(core) > 4096 or any(each.isspace() for each in core):
        return False
    if _STATE_DICT.fullmatch(core[:300]) and not any(map(str.isdigit, core)):
        return False
    digits = sum(map(str.isdigit, core))
    letters = sum(map(str.isalpha, core))
    if len(core) >= 32 and digits and letters and re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", core):
        return True
    if digits < 3 or letters < 3 or digits + letters < len(core) * 0.8:
        return False
    if core.count("/") > 2 or core.count(".") > 2 or core.count("_") > 3 or core.count("-") > 5:
        return False
    runs = re.findall(r"[a-z]{5,}|[A-Z]{6,}|\d{8,}", core)
    return len(set(core.lower())) >= 8 and sum(map(len, runs)) < len(core) * 0.5
