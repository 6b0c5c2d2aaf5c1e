"""Host names, and the ``ssh`` lines that give away a machine, its port and its password."""
# ruff: noqa: E501 (a pattern is easier to read in one line)

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from troubleshoot.redaction import LITERAL, NOWHERE, PART, WORD, Span, words
from troubleshoot.redaction.people import TECHNICAL, is_generic

if TYPE_CHECKING:
    from collections.abc import Iterator

_H = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9_-]{0,62}){0,6}"
_PROMPT = re.compile(
    r"(?m)^(?:[^\n\w]{0,6}(?:\([\w. /+-]{1,60}\)\s{0,2}){0,3}|[^\n]{0,40}[┌╭─└➜▶$#%│ ]{1,6})\[?"
    rf"(?P<user>[A-Za-z_][\w.-]{{0,31}})@(?P<host>{_H})(?=\s?[:\]]?\s?(?:[~/:$#%>]|\w:|\s?[\w~./-]{{1,80}}\]?\s?[$#%]))"
)
_DOCKER_ID = re.compile(r"[0-9a-f]{12}")
_PRIVATE_END = re.compile(
    r"(?i)(?<![\w.@/-])(?P<host>(?:[A-Za-z0-9][\w-]{0,62}\.){1,6}"
    r"(?:local|lan|internal|intranet|intra|corp|home|localdomain|private|home\.arpa|svc|cluster\.local"
    r"|compute\.amazonaws\.com|amazonaws\.com\.cn|ts\.net|ngrok(?:-free)?\.(?:io|app|dev)|trycloudflare\.com"
    r"|gradio\.live|seetacloud\.com|matpool\.com|runpod\.net|runpod\.io|vast\.ai|lambdalabs\.com"
    r"|cloudapp\.azure\.com|bc\.googleusercontent\.com|rds\.amazonaws\.com|database\.windows\.net"
    r"|documents\.azure\.com|mongodb\.net|redis\.cache\.windows\.net))(?![\w-]|\.[A-Za-z])"
)
_CODE_NAMES = words(
    """threading.local multiprocessing.local self.local torch._c.internal werkzeug.local asyncio.local
    torch.distributed.local os.path.home path.home pathlib.path.home google.protobuf.internal
    yarl.private"""
)
_CONTEXTS = (
    # what a launcher, a scheduler, NCCL, MPI, a kernel log or TensorBoard calls a machine
    rf"(?im)^\s{{0,8}}(?:host|hostname|node|nodename|computer ?name|host ?name|server|主机名?|服务器|地址|主机地址)"
    rf"\s{{0,12}}[:：=]\s{{0,4}}['\"]?(?P<host>{_H})(?=['\"]?\s*(?:$|[,;(:]))",
    rf"(?<![\w.])(?:HOST|HOSTNAME|MASTER_ADDR|NODE_NAME|NODENAME|COMPUTERNAME|SLURMD_NODENAME|SLURM_LAUNCH_NODE_IPADDR"
    rf"|SLURM_SUBMIT_HOST|POD_NAME|SERVER_NAME|master_addr|rdzv_endpoint|node_ip|hostname|host_name|nodename|\"host\""
    rf"|'host'|PGHOST|DB_HOST|REDIS_HOST|MYSQL_HOST|SSH_HOST|HostName)['\"]?\s{{0,3}}[=:]\s{{0,3}}['\"]?(?P<host>{_H})",
    rf"(?m)^\s{{0,4}}(?:\[[\w/:. -]{{4,40}}\]\s)?(?P<host>{_H}):\d{{1,7}}:\d{{1,7}}\s(?:\[\d{{1,3}}\]\s|\s)?\[?(?:NCCL|\d{{1,3}}\] NCCL|\d{{1,3}}\])",
    rf"(?m)^\s{{0,4}}\[(?P<host>{_H}):\d{{1,7}}\](?:\s|$)",
    rf"(?m)^(?:<\d{{1,3}}>)?(?:[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d|\d{{4}}-\d\d-\d\dT[\d:.+Z-]{{8,22}}) (?P<host>{_H}) "
    rf"(?:[\w./@()-]{{1,60}}(?:\[\d{{1,8}}\])?):\s",
    rf"(?i)(?:\bserver|\bdata source|\bhost)\s?=\s?(?:tcp:)?(?P<host>{_H})(?=[,;\s]|$)",
    rf"\b(?:srun|slurmstepd|sbatch|salloc|mpirun|mpiexec|prterun|orted|pdsh|orterun)(?:-\w{{1,20}})?: (?:error: )?(?:task|node|host)?\s?"
    rf"(?P<host>{_H})(?=: (?:task|tasks|rank|error))",
    rf"\bon node (?P<host>(?=[\w.-]{{0,60}}\d)(?!id\b){_H})",
    rf"\bON (?P<host>{_H}) CANCELLED",
    rf"\b(?:on|from|to|at|of) (?:host|node|machine|server|hostname|remote host|peer)(?: named?)?:?\s{{1,2}}['\"\[(]?"
    rf"(?P<host>(?=[\w.-]{{0,60}}[\d.-]){_H})",
    rf"(?i)\b(?:could not resolve host(?:name)?|temporary failure in name resolution for|unknown host|resolving (?:host )?(?=[\w-]{{1,60}}(?:\.[\w-]{{1,60}}){{1,5}})|resolve hostname"
    rf"|host key for|known hosts entry for|connect to host|no route to host|name or service not known:?)[: ]\s{{0,2}}['\"\[(]?(?P<host>{_H})",
    r"events\.out\.tfevents\.\d{9,11}\.(?P<host>[A-Za-z0-9][\w-]{0,62}(?:\.[A-Za-z][\w-]{0,62}){0,4}?)(?=\.\d{1,8}\.\d|\.v2|\.profile|\s|$|['\"/])",
    rf"\b(?:Linux|Darwin) (?P<host>{_H}) (?=\d{{1,2}}\.\d{{1,3}}\.\d)",
    r"(?i)(?<![\w.])(?P<host>(?:desktop|laptop|pc|win|ec2amaz)-[A-Z0-9]{5,10})(?![\w])",
    r"(?<![\w.])(?P<host>[\w-]{1,30}(?:MacBook|iMac|Mac-mini|MBP|Macbook)(?:-?(?:Pro|Air))?(?:-[\w]{1,20}){0,3}(?:\.local)?)(?![\w])",
    r"(?<![\w.])(?P<host>(?:MacBook|iMac|Mac-mini|MBP)(?:-?(?:Pro|Air))?-[\w-]{1,30}(?:\.local)?)(?![\w])",
    r"(?<![\w.])(?P<host>autodl-container-[\w-]{4,60})",
    rf"(?i)(?:\[c10d\]|client socket|socket|tcpstore|gloo|rendezvous|rdzv)[^\n]{{0,160}}?[\[(](?P<host>{_H})(?:\]:\d|,? ?\d{{2,5}}[\])]|\]?:\d{{2,5}})",
    rf"(?i)\bssh_config|\bHost(?:Name)?[ \t]{{1,4}}(?P<host>{_H}\.[A-Za-z]{{2,12}})\s*$",
    rf"(?i)(?:tunnel|reverse proxy|jump ?host|proxyjump|bastion)[ =:]{{1,3}}(?:[\w.-]{{1,40}}@)?(?P<host>{_H})",
)  # fmt: skip
_URL_HOST = re.compile(
    rf"(?P<scheme>[A-Za-z][\w+.-]{{1,30}})://(?:[^\s/@'\"<>]{{0,400}}@)?\[?(?P<host>{_H})\]?(?P<port>:\d{{2,5}})?"
    r"(?=[/?#\s'\"<>()\[\],;`|\\]|[.:]?\s|[.:]?$)"
)
_HOST_FIRST = re.compile(rf"(?P<host>{_H})(?=[/:?#,]|\s|$)")
_SSH = re.compile(
    r"(?<![\w./-])(?:ssh|sftp|mosh|autossh|ssh-copy-id|scp|rsync|sshfs|slogin)(?:\.exe)?[ \t](?P<rest>[^\n]{1,600})"
)
_SSH_TARGET = re.compile(rf"(?<![\w@.%+-])(?P<user>[\w.-]{{1,40}})@(?P<host>\[?{_H}\]?)")
_SSH_PORT = re.compile(r"(?<![\w-])-[pP][ \t]{0,3}(?P<it>\d{2,5})(?!\w)")
_BARE_TARGET = re.compile(
    rf"^(?:-[46AaCfGgKkMNnqsTtVvXxYy]{{1,8}}[ \t]+|-[bcDEeFIiJLlmOoPpQRSWw][ \t]*\S+[ \t]+){{0,8}}(?P<host>{_H})(?=\s|$|:)"
)
_LOGIN_OPTION = re.compile(r"(?<![\w-])-l[ \t]{1,3}(?P<it>[\w.-]{1,40})")
_BESIDE = re.compile(
    r"^(?:[\s,，;；/|:：()（）-]{0,6})(?:(?:pw|pass(?:word)?|密码)[是为:： ]{0,3})?(?P<it>[^\s,，;；|()（）]{4,64})\s*$"
)
_ALONE = re.compile(
    r"^[\s>│|*`#-]{0,6}(?:(?:pw|pass(?:word)?|passwd|密码|口令|pwd)\s{0,3}[是为:：=]?\s{0,3})?[`'\"]?(?P<it>[^\s'\"`]{5,64}?)[`'\"]?\s*$",
    re.I,
)
_GENERIC_HOSTS = words(
    """localhost local host node server master worker head none null true false unknown default remote
    public private internal gpu cpu cuda the a an this that is was not and with for from to of in on at
    by any all some other each port address name names machine cluster client peer kubernetes docker
    postgres redis mysql mongo db database api web app proxy my your hostname example test error
    failed connection could cannot can self rank world size info warning warn debug torch python nccl
    kernel systemd env main localhost4 localhost6 ip6-localhost broadcasthost gateway.docker.internal
    host.docker.internal 0 1 static c10d etcd tcp tcp4 tcp6 env id ids data files file dependencies packages file str int url linux windows
    localhost.localdomain invalid required missing option value backend training process head_node
    ascend npu os loop auto device devices dgx"""
)
_PUBLIC = re.compile(
    r"(?i)(?:.*\.)?(?:github\.(?:com|io)|githubusercontent\.com|gitlab\.com|bitbucket\.org|gitee\.com|huggingface\.co"
    r"|hf\.co|hf-mirror\.com|pytorch\.org|python\.org|pythonhosted\.org|pypa\.io|readthedocs\.(?:io|org)|nvidia\.(?:com|cn)"
    r"|tensorflow\.org|google(?:apis|source|usercontent)?\.com|googleapis\.cn|goo\.gle|g\.co|wandb\.(?:ai|me|com)|openai\.com|anthropic\.com"
    r"|modelscope\.(?:cn|com)|kaggle\.com|colab\.dev|conda\.io|anaconda\.(?:com|org|cloud)|conda-forge\.org"
    r"|docker\.(?:com|io)|quay\.io|ghcr\.io|gcr\.io|nvcr\.io|ubuntu\.com|debian\.org|kernel\.org|gnu\.org|apache\.org"
    r"|stackoverflow\.com|stackexchange\.com|microsoft\.com|msys2\.org|aka\.ms|visualstudio\.com|apple\.com|mozilla\.org"
    r"|w3\.org|arxiv\.org|doi\.org|zenodo\.org|wikipedia\.org|medium\.com|bit\.ly|rust-lang\.org|crates\.io|docs\.rs|npmjs\.(?:com|org)"
    r"|ray\.io|mujoco\.org|farama\.org|scipy\.org|numpy\.org|pydantic\.dev|scikit-learn\.org|opencv\.org|ffmpeg\.org"
    r"|cmake\.org|llvm\.org|amd\.com|intel\.com|aliyun\.com|tsinghua\.edu\.cn|ustc\.edu\.cn|sjtu\.edu\.cn|bfsu\.edu\.cn"
    r"|tencent\.com|huaweicloud\.com|douban\.com|baidu\.com|qq\.com|fbaipublicfiles\.com|facebook\.com|meta\.com|facebookresearch\.com"
    r"|s3[\w.-]*\.amazonaws\.com|amazon\.com|lightning\.ai|ultralytics\.com|jetbrains\.com|jupyter\.org|ipython\.org|astral\.sh"
    r"|hydra\.cc|omegaconf\.\w+|isocpp\.org|boost\.org|khronos\.org|mesa3d\.org|freedesktop\.org|sourceforge\.net|yarnpkg\.com"
    r"|example\.(?:com|org|net)|index\.example|json-schema\.org|yaml\.org|pygame\.org|sentry\.io|cloudflare\.com|fastly\.net|archive\.org"
    r"|mirrors?\.[\w.-]{1,40}|docs?\.[\w.-]{1,60}|www\.[\w.-]{1,60})"
)
_INNER_WORD = re.compile(
    r"(?i)(?:^|[.-])(?:intranet|internal|corp|vpn|nexus|artifactory|jenkins|minio|mlflow|harbor|gitlab|registry|nas\d*|gpu\d*|login\d*"
    r"|node\d*|hpc|cluster|slurm|jupyter(?:hub)?|lab\d*|workstation|server\d*|proxy|db\d*|master\d*|worker\d*|grafana|prometheus|kibana)(?:[.\d-]|$)"
)

_compiled: list[re.Pattern[str]] = []


def find(text: str, lower: str) -> Iterator[Span]:
    """Host names and the parts of ``ssh`` lines.

    Args:
        text: what to search.
        lower: the same in lower case.
    """
    if not _compiled:
        _compiled.extend(re.compile(form) for form in _CONTEXTS)
    if "@" in text:
        for match in _PROMPT.finditer(text):
            if match["user"] in ("git", "hg"):
                continue
            if not is_generic(match["user"]):
                yield Span(match.start("user"), match.end("user"), "user",
                           NOWHERE if match["user"].lower() in TECHNICAL else PART)  # fmt: skip
            yield from _host(match)
    for pattern in _compiled:
        for match in pattern.finditer(text):
            if match["host"]:
                yield from _host(match)
    if "." in text:
        for match in _PRIVATE_END.finditer(text):
            if match["host"].lower() not in _CODE_NAMES and not _is_code(match, text):
                yield from _host(match)
    if "://" in text:
        for match in _URL_HOST.finditer(text):
            if _is_inner(match):
                yield from _host(match)
    if any(word in lower for word in ("ssh", "scp", "rsync", "sftp", "slogin", "mosh")):
        yield from _remote(text)


def of_address(text: str, start: int) -> Iterator[Span]:
    """The host at the start of what follows the credentials of a URL.

    Args:
        text: such as ``db.internal:5432/name``.
        start: where it stands in the whole text.
    """
    match = _HOST_FIRST.match(text)
    if match is not None:
        for span in _host(match):
            yield Span(span.start + start, span.end + start, span.kind, span.spread)


def _is_code(match: re.Match[str], text: str) -> bool:
    """``threading.local()`` and ``x.internal.y`` are code, not machines."""
    after = text[match.end() : match.end() + 1]
    return after in ("(", "_") or match["host"].lower().startswith(
        ("threading.", "torch.", "self.")
    )


def _host(match: re.Match[str], name: str = "host") -> Iterator[Span]:
    start, end = match.span(name)
    value = match[name].strip("[]")
    start += match[name].index(value) if value else 0
    end = start + len(value)
    low = value.lower()
    if (
        len(value) < 2
        or low in _GENERIC_HOSTS
        or low.replace(".", "").replace("-", "").replace("_", "").isdigit()
        or _PUBLIC.fullmatch(low)
        or low.startswith("<")
        or not any(map(str.isalpha, low))
        or low.endswith(
            (".py", ".cc", ".cpp", ".cu", ".h", ".so", ".json", ".yaml", ".txt", ".log")
        )
    ):
        return
    if _DOCKER_ID.fullmatch(value):
        yield Span(start, end, "container", WORD)
        return
    is_name = any(map(str.isdigit, value)) or "-" in value or "." in value or len(value) >= 6
    spread = WORD if is_name and low not in TECHNICAL else NOWHERE
    yield Span(start, end, "host", spread)


def _is_inner(match: re.Match[str]) -> bool:
    """Whether the host of a URL is not one of the public internet."""
    host, scheme = match["host"], match["scheme"].lower()
    if re.fullmatch(r"[\d.]+", host) or _PUBLIC.fullmatch(host):
        return False
    if scheme in (
        "s3",
        "gs",
        "hf",
        "file",
        "oss",
        "cos",
        "hdfs",
        "dbfs",
        "wandb",
        "env",
        "package",
        "az",
    ):
        return False
    if "." not in host:
        return True
    if "@" in match[0] or scheme not in ("http", "https", "ftp", "git", "git+https", "ws", "wss"):
        return True
    port = match["port"]
    return bool(port and port not in (":80", ":443")) or bool(_INNER_WORD.search(host))


def _remote(text: str) -> Iterator[Span]:
    """The parts of ``ssh -p 50004 user@host``, and a password that stands beside it."""
    for match in _SSH.finditer(text):
        rest, start = match["rest"], match.start("rest")
        targets = list(_SSH_TARGET.finditer(rest))
        for target in targets:
            host = target["host"].strip("[]")
            if target["user"] in ("git", "hg") and _PUBLIC.fullmatch(host):
                continue
            if not is_placeholder(target["user"]):
                low = target["user"].lower()
                spread = NOWHERE if is_generic(low) or low in TECHNICAL else PART
                yield Span(start + target.start("user"), start + target.end("user"), "user", spread)
            if host.lower() not in _GENERIC_HOSTS and not is_placeholder(host):
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
    if host.lower() not in _GENERIC_HOSTS and not _PUBLIC.fullmatch(host):
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
