"""User names: in home folders of every system, shells, ``ls -l``, ``id``, variables."""
# ruff: noqa: E501 (a pattern is easier to read in one line)

from __future__ import annotations

import re

from troubleshoot.redaction import NOWHERE, PART, Span, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

GENERIC = words(
    """root runner runneradmin jovyan ubuntu user users public shared default vscode linuxbrew conda
    mambauser admin administrator guest nobody appuser app colab kaggle username you name xxx me
    someone youruser your_user your-user yourname your_name myuser node home docker container site
    gitpod codespace vagrant pi debian centos fedora ec2-user azureuser opc sagemaker-user travis
    circleci buildkite-agent containeradministrator containeruser systemprofile wheel staff sudo
    video render dialout kvm plugdev adm cdrom www-data daemon lib bin share local none null
    python pip all miniconda miniconda3 anaconda anaconda3 miniforge miniforge3 mambaforge
    conda-envs software apps projects data datasets lost+found user_name user-name"""
)
"""Accounts that say nothing about a person: of images, services and instructions."""

TECHNICAL = words(
    """data dataset datasets disk disks hdd ssd nvme usb cdrom sda sdb work works workspace project
    projects code repo repos src test tests train training eval model models checkpoint checkpoints
    output outputs log logs run runs cache tmp temp build dist env envs venv miniconda miniconda3
    anaconda anaconda3 miniforge3 mambaforge torch pytorch tensorflow jax numpy ray gym gymnasium
    mujoco lerobot transformers cuda cudnn nvidia gpu cpu server client master main dev develop
    robot robots ros research lab ai ml dl rl nlp cv demo example examples python3 scripts config
    configs utils core base common system linux windows macos download downloads documents desktop
    pictures music videos storage scratch mnt media opt etc var usr git github wandb huggingface hub
    jupyter notebook notebooks student students team group hpc cluster"""
)
"""Names of accounts that are words of a log too: they are hidden where they are found only."""

_POSIX = re.compile(
    r"(?P<home>/(?:home\d{0,3}|homes|[Uu]sers|u|export/home|usr/home|media|run/media|var/mail"
    r"|mnt/[a-z]/[Uu]sers|[a-z]/[Uu]sers))/(?:(?P<initial>[A-Za-z])/(?=(?P=initial)))?"
    r"(?P<it>[^/\s\\'\"`:*?<>|,;()\[\]{}$#&=%@]{1,64})"
)
_WINDOWS = re.compile(
    r"(?i)(?:[A-Z]:|\\\\[\w.$-]{1,40}(?:\\{1,4}[\w.$-]{1,40})?)(?:\\{1,4}|/{1,2})"
    r"(?:Users|Documents and Settings|DOCUME~1)(?:\\{1,4}|/{1,2})"
    r"(?P<it>[^\\/\s:*?\"'<>|]{1,64}(?:[ ][^\\/:*?\"'<>|\n]{1,40}(?=[\\/]))?)"
)
_SHARE = re.compile(
    r"(?i)\\\\{1,3}wsl(?:\$|\.localhost)\\{1,4}[\w.-]{1,40}\\{1,4}home\\{1,4}(?P<it>[^\\/\s:*?\"'<>|]{1,64})"
)
_MUNGED = re.compile(
    r"(?<![A-Za-z0-9.])(?:[A-Za-z]-?)?(?:_|-|%2F|%5C)(?:home|Users)(?:_|-|%2F|%5C)"
    r"(?P<it>[A-Za-z0-9.]{2,32})(?=_|-|%2F|%5C)"
)
_TILDE = re.compile(r"(?<![\w/~.])~(?P<it>[a-z][\w.-]{1,31})(?=/)")
_TEMPORARY = re.compile(
    r"(?:torchinductor_|/pip-ephem-|/pytest-of-|/tmp/ray_|/tmux-|/hsperfdata_|/vscode-|/jax_cache_"
    r"|/triton_|/run-user-)(?P<it>[A-Za-z_][\w.-]{1,31})(?=[/\s'\":]|$)"
)
_VARIABLE = re.compile(
    r"(?<![\w.-])(?:USER|USERNAME|LOGNAME|SUDO_USER|LNAME|SLURM_JOB_USER|GIT_AUTHOR_NAME|JUPYTERHUB_USER"
    r"|DOCKER_USER|NB_USER|WANDB_USERNAME)['\"]?\s{0,2}[=:]\s{0,2}['\"]?(?P<it>[A-Za-z_][\w.-]{1,63})"
)
_LOGIN = re.compile(
    r"(?i)(?:logged in as:?|login as:?|last login[^\n]{0,30}\bby|whoami\)?:|hostname/user:"
    r"|user[ _]?(?:name|id)['\"]?\s{0,2}[=:：]|\buid\s{0,2}=(?!\d)|用户名?\s{0,2}[:：]|账[号户]\s{0,2}[:：]|帐[号户]\s{0,2}[:：]"
    r"|sudo:)"
    r"[ \t]{0,3}['\"]?(?P<it>[^\W\d][\w.-]{1,63})(?![\w(])"
)
_OWNER = re.compile(
    r"(?i)(?:\bowned by|\bowner:|\buser['\"]?\s{0,2}[=:：](?!:))[ \t]{0,3}['\"]?(?P<it>[^\W\d][\w-]{1,31})(?=['\"]?\s*(?:$|[,;)]|(?:password|host|port|dbname)=))",
    re.M,
)
_LISTING = re.compile(
    r"(?m)^[^\n]{0,12}?[-dlbcps](?:[r-][w-][xsStT-]){3}[.+@]?[ \t]{1,6}\d{1,6}[ \t]{1,6}(?P<owner>[A-Za-z_][\w.-]{0,31})"
    r"[ \t]{1,12}(?P<group>[A-Za-z_][\w.-]{0,31})[ \t]{1,12}\d"
)
_IDENTITY = re.compile(r"\b(?:uid|gid|euid|egid)=\d{1,10}\((?P<it>[\w.-]{1,32})\)")
_GROUPS = re.compile(r"\bgroups=(?P<list>(?:\d{1,10}\([\w.-]{1,32}\),?){1,64})")
_ONE_GROUP = re.compile(r"\((?P<it>[\w.-]{1,32})\)")
_PROCESS = re.compile(
    r"(?m)^[│|\s]{0,6}(?P<it>[a-z_][a-z0-9_.-]{1,31}\+?)[ \t]{1,12}\d{2,8}[ \t]{1,8}\d{1,3}\.\d[ \t]{1,8}\d{1,3}\.\d[ \t]"
)
_MAIL_NAME = re.compile(
    r"(?m)^(?:Author|Committer|Signed-off-by|Co-authored-by|Maintainer|Reported-by): "
    r"(?P<it>[^<\n]{2,60}?)[ \t]{1,3}<[^>\n]{3,100}>"
)
_SYSTEM_OWNERS = words(
    """www-data daemon nobody systemd messagebus syslog sshd mysql postgres redis nginx docker video
    render input disk tty utmp shadow adm lp mail news games man backup list irc gnats _apt polkitd
    avahi colord cups-pk-helper geoclue gdm rtkit whoopsie kernoops saned hplip usbmux dnsmasq tcpdump
    tss uuidd pollinate landscape fwupd-refresh lxd ollama nvidia-persistenced nvidia-persiste+ chrony
    ntp slurm munge wheel staff everyone users sudo dialout plugdev netdev kvm libvirt lpadmin
    sambashare audio cdrom dip plugdev bluetooth scanner domain"""
)
_PACKAGES = words(
    """null undefined true false not is the error requires input prompt message content role process
    str int float bool bytes dict list tuple set any optional union none object callable sequence
    mapping iterable path to of and or in on for with used overrides self cls args kwargs id name info
    email password token key type value default config settings data agent system"""
)


def find(text: str, lower: str) -> Iterator[Span]:
    """User names in ``text``.

    Args:
        text: what to search.
        lower: the same in lower case.
    """
    if any(word in lower for word in ("home", "users", "/u/", "/media/", "/var/mail")):
        for match in _POSIX.finditer(text):
            if _is_home(match, text):
                yield from _span(match)
    if "users" in lower or "documents and settings" in lower or "docume~1" in lower:
        for match in _WINDOWS.finditer(text):
            yield from _span(match, _windows_end(match))
    if "wsl" in lower:
        for match in _SHARE.finditer(text):
            yield from _span(match)
    if "home" in lower or "users" in lower:
        for match in _MUNGED.finditer(text):
            yield from _span(match)
    if "~" in text:
        for match in _TILDE.finditer(text):
            yield from _span(match)
    for pattern in (_TEMPORARY, _VARIABLE, _LOGIN):
        for match in pattern.finditer(text):
            if match["it"].lower() not in _PACKAGES:
                yield from _span(match)
    for match in _OWNER.finditer(text):
        if match["it"].lower() not in _PACKAGES | _SYSTEM_OWNERS:
            yield from _span(match, spread=NOWHERE)
    if "-r" in text or "dr" in text or "lr" in text:
        for match in _LISTING.finditer(text):
            for group in ("owner", "group"):
                if match[group].lower() not in _SYSTEM_OWNERS:
                    yield from _span(match, name=group)
    if "id=" in lower:
        for match in _IDENTITY.finditer(text):
            yield from _span(match)
        for match in _GROUPS.finditer(text):
            for one in _ONE_GROUP.finditer(match["list"]):
                if one["it"].lower() not in _SYSTEM_OWNERS | GENERIC:
                    start = match.start("list")
                    yield Span(start + one.start("it"), start + one.end("it"), "user", PART)
    if "." in text:
        for match in _PROCESS.finditer(text):
            if match["it"].lower() not in _SYSTEM_OWNERS:
                yield from _span(match)
    if ": " in text and "<" in text:
        for match in _MAIL_NAME.finditer(text):
            yield Span(match.start("it"), match.end("it"), "person", PART)


def is_generic(name: str) -> bool:
    """Whether an account's name says nothing about a person, or is a placeholder."""
    low = name.lower().strip(".,;:")
    return (
        low in GENERIC
        or not any(map(str.isalpha, low))
        or re.fullmatch(r"user[-_]?\d{1,4}", low) is not None
        or low.startswith((".", "<", "xxx", "***", "$", "{"))
        or set(low) <= set("x.*-_…")
    )


def _span(
    match: re.Match[str], end: int | None = None, name: str = "it", spread: str = PART
) -> Iterator[Span]:
    start = match.start(name)
    end = match.end(name) if end is None else end
    value = match.string[start:end]
    while value and value[-1] in ".,;:!":
        value = value[:-1]
    if not value or is_generic(value):
        return
    is_mount = "media" in (match.groupdict().get("home") or "")
    if is_mount and value.lower() in TECHNICAL:
        return
    is_word = value.lower() in TECHNICAL or is_mount or len(value) < 2
    yield Span(start, start + len(value), "user", NOWHERE if is_word else spread)


def _windows_end(match: re.Match[str]) -> int:
    """End of a Windows user name; one with spaces counts only where a folder follows."""
    value = match["it"]
    if " " in value and len(value.split()) > 3:
        return match.start("it") + len(value.split()[0])
    return match.end("it")


def _is_home(match: re.Match[str], text: str) -> bool:
    """Whether the folder stands near the root of a file system, not in a URL or a package."""
    start = match.start("home")
    head = re.search(r"[^\s'\"`<>|:,;()\[\]{}=]{0,200}\Z", text[max(0, start - 200) : start])
    before = head[0] if head else ""
    place = start - len(before)
    if text[max(0, place - 1) : place] == ":" and before.startswith("//"):
        scheme = re.search(r"([a-z]+):$", text[max(0, place - 8) : place])
        return bool(scheme) and scheme is not None and scheme[1] in ("file", "sftp", "ssh", "scp")
    home = match["home"]
    if home == "/u" and not match["initial"]:
        return before == "" and match.end() < len(text) and text[match.end()] == "/"
    if home in ("/media", "/run/media", "/var/mail") and before:
        return False
    if not before or re.search(r"(?:^|\\)[nrt]$|^-{1,2}[A-Za-z]{0,12}$|^@$|^\.$|^[A-Z]$", before):
        return True
    if before.startswith("//"):
        return before.count("/") <= 4  # a network share
    if not before.startswith(("/", "~", "-", "\\", "$", "..")):
        return False
    return before.count("/") <= 5 and "site-packages" not in before and "python" not in before
