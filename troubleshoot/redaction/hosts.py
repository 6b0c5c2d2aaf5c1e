"""Host names: in prompts, launchers' tables, kernel and NCCL lines, URLs, settings."""
# ruff: noqa: E501 (a pattern is easier to read in one line)

from __future__ import annotations

import re

from troubleshoot.redaction import NOWHERE, PART, WORD, Span, words
from troubleshoot.redaction.people import TECHNICAL, is_generic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9_-]{0,62}){0,6}"
_PROMPT = re.compile(
    r"(?m)^(?:[^\n\w]{0,6}(?:\([\w. /+-]{1,60}\)\s{0,2}){0,3}|[^\n]{0,40}[┌╭─└➜▶$#%│ ]{1,6})\[?"
    rf"(?P<user>[A-Za-z_][\w.-]{{0,31}})@(?P<host>{HOST})(?=\s?[:\]]?\s?(?:[~/:$#%>]|\w:|\s?[\w~./-]{{1,80}}\]?\s?[$#%]))"
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
_CONTEXTS: tuple[tuple[tuple[str, ...], str], ...] = (
    # what a launcher, a scheduler, NCCL, MPI, a kernel log or TensorBoard calls a machine
    (
        ("host", "node", "server", "computer", "主机", "服务器", "地址"),
        rf"(?im)^\s{{0,8}}(?:host|hostname|node|nodename|computer ?name|host ?name|server|主机名?|服务器|地址|主机地址)"
        rf"\s{{0,12}}[:：=]\s{{0,4}}['\"]?(?P<host>{HOST})(?=['\"]?\s*(?:$|[,;(:]))",
    ),
    (
        ("host", "master_addr", "node", "computername", "slurm", "pod_name", "server_name", "rdzv_endpoint"),
        rf"(?<![\w.])(?:HOST|HOSTNAME|MASTER_ADDR|NODE_NAME|NODENAME|COMPUTERNAME|SLURMD_NODENAME|SLURM_LAUNCH_NODE_IPADDR"
        rf"|SLURM_SUBMIT_HOST|POD_NAME|SERVER_NAME|master_addr|rdzv_endpoint|node_ip|hostname|host_name|nodename|\"host\""
        rf"|'host'|PGHOST|DB_HOST|REDIS_HOST|MYSQL_HOST|SSH_HOST|HostName)['\"]?\s{{0,3}}[=:]\s{{0,3}}['\"]?(?P<host>{HOST})",
    ),
    (
        ("nccl",),
        rf"(?m)^\s{{0,4}}(?:\[[\w/:. -]{{4,40}}\]\s)?(?P<host>{HOST}):\d{{1,7}}:\d{{1,7}}\s(?:\[\d{{1,3}}\]\s|\s)?\[?(?:NCCL|\d{{1,3}}\] NCCL|\d{{1,3}}\])",
    ),
    (
        ("] ", "["),
        rf"(?m)^\s{{0,4}}\[(?P<host>{HOST}):\d{{1,7}}\](?:\s|$)",
    ),
    (
        (": ",),
        rf"(?m)^(?:<\d{{1,3}}>)?(?:[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d|\d{{4}}-\d\d-\d\dT[\d:.+Z-]{{8,22}}) (?P<host>{HOST}) "
        rf"(?:[\w./@()-]{{1,60}}(?:\[\d{{1,8}}\])?):\s",
    ),
    (
        ("server", "data source", "host"),
        rf"(?i)(?:\b(?:server|data source)=(?:tcp:)?|\bhost=(?=[^\s]{{1,80}} (?:port|dbname|user|password|hostaddr)=))(?P<host>{HOST})(?=[,;\s:])",
    ),
    (
        ("srun", "slurmstepd", "sbatch", "salloc", "mpirun", "mpiexec", "prterun", "orted", "pdsh", "orterun"),
        rf"\b(?:srun|slurmstepd|sbatch|salloc|mpirun|mpiexec|prterun|orted|pdsh|orterun)(?:-\w{{1,20}})?: (?:error: )?(?:task|node|host)?\s?"
        rf"(?P<host>{HOST})(?=: (?:task|tasks|rank|error))",
    ),
    (
        ("on node ",),
        rf"\bon node (?P<host>(?=[\w.-]{{0,60}}\d)(?!id\b){HOST})",
    ),
    (
        (" cancelled",),
        rf"\bON (?P<host>{HOST}) CANCELLED",
    ),
    (
        ("host", "node", "machine", "server", "peer"),
        rf"\b(?:on|from|to|at|of) (?:host|node|machine|server|hostname|remote host|peer)(?: named?)?:?\s{{1,2}}['\"\[(]?"
        rf"(?P<host>(?=[\w.-]{{0,60}}[\d.-]){HOST})",
    ),
    (
        ("resolv", "name resolution", "unknown host", "host key", "known hosts", "connect to host", "no route", "name or service"),
        rf"(?i)\b(?:could not resolve host(?:name)?|temporary failure in name resolution for|unknown host|resolving (?:host )?(?=[\w-]{{1,60}}(?:\.[\w-]{{1,60}}){{1,5}})|resolve hostname"
        rf"|host key for|known hosts entry for|connect to host|no route to host|name or service not known:?)[: ]\s{{0,2}}['\"\[(]?(?P<host>{HOST})",
    ),
    (
        ("tfevents",),
        r"events\.out\.tfevents\.\d{9,11}\.(?P<host>[A-Za-z0-9][\w-]{0,62}(?:\.[A-Za-z][\w-]{0,62}){0,4}?)(?=\.\d{1,8}\.\d|\.v2|\.profile|\s|$|['\"/])",
    ),
    (
        ("linux ", "darwin "),
        rf"\b(?:Linux|Darwin) (?P<host>{HOST}) (?=\d{{1,2}}\.\d{{1,3}}\.\d)",
    ),
    (
        ("desktop-", "laptop-", "pc-", "win-", "ec2amaz-"),
        r"(?i)(?<![\w.])(?P<host>(?:desktop|laptop|pc|win|ec2amaz)-[A-Z0-9]{5,10})(?![\w])",
    ),
    (
        ("macbook", "imac", "mac-mini", "mbp"),
        r"(?<![\w.])(?P<host>[\w-]{1,30}(?:MacBook|iMac|Mac-mini|MBP|Macbook)(?:-?(?:Pro|Air))?(?:-[\w]{1,20}){0,3}(?:\.local)?)(?![\w])",
    ),
    (
        ("macbook", "imac", "mac-mini", "mbp"),
        r"(?<![\w.])(?P<host>(?:MacBook|iMac|Mac-mini|MBP)(?:-?(?:Pro|Air))?-[\w-]{1,30}(?:\.local)?)(?![\w])",
    ),
    (
        ("autodl-",),
        r"(?<![\w.])(?P<host>autodl-container-[\w-]{4,60})",
    ),
    (
        ("c10d", "socket", "tcpstore", "gloo", "rendezvous", "rdzv"),
        rf"(?i)(?:\[c10d\]|client socket|socket|tcpstore|gloo|rendezvous|rdzv)[^\n]{{0,160}}?[\[(](?P<host>{HOST})(?:\]:\d|,? ?\d{{2,5}}[\])]|\]?:\d{{2,5}})",
    ),
    (
        ("host",),
        rf"(?i)\bssh_config|\bHost(?:Name)?[ \t]{{1,4}}(?P<host>{HOST}\.[A-Za-z]{{2,12}})\s*$",
    ),
    (
        ("psql", "mysql", "redis-cli", "pg_dump", "mongo"),
        rf"\b(?:psql|pg_dump|mysql|mysqldump|redis-cli|mongo(?:sh)?)\b[^\n|;]{{0,200}}?\s(?:-h|--host)[ =]?(?P<host>{HOST})",
    ),
    (
        ("nodelist",),
        r"NODELIST['\"]?[=:]\s?['\"]?(?P<host>[A-Za-z][\w-]{0,40}(?:\[[\d,-]{1,60}\])?(?:,[A-Za-z][\w-]{0,40}){0,60})",
    ),
    (
        ("tunnel", "proxy", "jump", "bastion"),
        rf"(?i)(?:tunnel|reverse proxy|jump ?host|proxyjump|bastion)[ =:]{{1,3}}(?:[\w.-]{{1,40}}@)?(?P<host>{HOST})",
    ),
)  # fmt: skip
_URL_HOST = re.compile(
    rf"(?P<scheme>[A-Za-z][\w+.-]{{1,30}})://(?:[^\s/@'\"<>]{{0,400}}@)?\[?(?P<host>{HOST})\]?(?P<port>:\d{{2,5}})?"
    r"(?=[/?#\s'\"<>()\[\],;`|\\]|[.:]?\s|[.:]?$)"
)
_HOST_FIRST = re.compile(rf"(?P<host>{HOST})(?=[/:?#,]|\s|$)")
GENERIC_HOSTS = words(
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
PUBLIC = re.compile(
    r"(?i)(?:.*\.)?(?:github\.(?:com|io)|githubusercontent\.com|gitlab\.com|bitbucket\.org|gitee\.com|huggingface\.co"
    r"|hf\.co|hf-mirror\.com|pytorch\.org|python(?:hosted)?\.org|pypa\.io|readthedocs\.(?:io|org)|nvidia\.(?:com|cn)"
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

_compiled: dict[int, re.Pattern[str]] = {}


def find(text: str, lower: str) -> Iterator[Span]:
    """Host names.

    Args:
        text: what to search.
        lower: the same in lower case.
    """
    if "@" in text:
        for match in _PROMPT.finditer(text):
            if match["user"] in ("git", "hg"):
                continue
            if not is_generic(match["user"]):
                yield Span(match.start("user"), match.end("user"), "user",
                           NOWHERE if match["user"].lower() in TECHNICAL else PART)  # fmt: skip
            yield from _host(match)
    for number, (hints, form) in enumerate(_CONTEXTS):
        if not any(hint in lower for hint in hints):
            continue
        pattern = _compiled.get(number)
        if pattern is None:
            pattern = _compiled[number] = re.compile(form)
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


_ATTRIBUTES = ("home", "private", "internal", "svc", "intra")
_ENDS = words(
    """com org net edu gov mil int io ai dev app cloud tech info biz xyz site online me local lan internal
    corp home intranet intra localdomain private cluster lab robotics systems network science group
    university ac co"""
)


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
    end = match["host"].lower()
    is_word = not any(each.isdigit() or each == "-" for each in match["host"])
    if end.rsplit(".", 1)[-1] in _ATTRIBUTES and is_word and after != ":":
        return True  # an attribute or a fact: cuda.home
    return after in ("(", "_") or match["host"].lower().startswith(
        ("threading.", "torch.", "self.")
    )


def _host(match: re.Match[str], name: str = "host") -> Iterator[Span]:
    start, end = match.span(name)
    value = match[name].strip("[]") if match[name].startswith("[") else match[name]
    start += match[name].index(value) if value else 0
    end = start + len(value)
    low = value.lower()
    if (
        len(value) < 2
        or low in GENERIC_HOSTS
        or low.replace(".", "").replace("-", "").replace("_", "").isdigit()
        or PUBLIC.fullmatch(low)
        or low.startswith("<")
        or not any(map(str.isalpha, low))
        or low.endswith(
            (".py", ".cc", ".cpp", ".cu", ".h", ".so", ".json", ".yaml", ".txt", ".log")
        )
    ):
        return
    is_plain = not any(each.isdigit() or each == "-" for each in value)
    last = low.rsplit(".", 1)[-1]
    if is_plain and (
        "_" in value
        or ("." in value and last not in _ENDS and len(last) != 2)
        or value[:1].isupper()
    ):
        return  # a name of code: self.host, PolicyServer, master_addr
    if set(low.replace(".", "")) <= {"x"} or low.startswith(
        ("your", "my-host", "self.", "cfg.", "e.g")
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
    if re.fullmatch(r"[\d.]+", host) or PUBLIC.fullmatch(host):
        return False
    if scheme in (
        "chrome",
        "about",
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
