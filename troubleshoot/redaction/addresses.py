"""Addresses of machines, people and devices: IP, MAC, e-mail, GPU UUIDs, serial numbers."""
# ruff: noqa: E501 (a pattern is easier to read in one line)

from __future__ import annotations

import re

from troubleshoot.redaction import LITERAL, NOWHERE, WORD, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_QUAD = re.compile(
    r"(?<![\d.])(?<!\d,)(?P<it>(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}"
    r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d))(?![\d]|\.\d)"
)
_DASHED = re.compile(
    r"(?<![\w.])(?:ip|ec2|host|compute|node)-(?P<it>(?:\d{1,3}-){3}\d{1,3})(?![\d-])"
)
_SIX = re.compile(
    r"(?:(?<![\w:.])|(?<=\])[\w.-]{1,15}:|(?<=@)[\w.-]{1,15}:)(?P<it>(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}"
    r"|(?:[0-9a-fA-F]{1,4}:){0,6}[0-9a-fA-F]{0,4}::(?:[0-9a-fA-F]{1,4}:){0,6}[0-9a-fA-F]{0,4})"
    r"(?:%[\w]{1,16})?(?![\w:])"
)
_MAC = re.compile(
    r"(?<![0-9A-Fa-f:-])(?P<it>[0-9A-Fa-f]{2}(?P<s>[:-])(?:[0-9A-Fa-f]{2}(?P=s)){4}[0-9A-Fa-f]{2}"
    r"(?:(?P=s)[0-9A-Fa-f]{2}){0,14})(?![0-9A-Fa-f:-])"
)
_CISCO = re.compile(r"(?<![\w.])(?P<it>[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![\w.])")
_EMAIL = re.compile(
    r"(?<![\w.+%-])(?P<it>[A-Za-z0-9_][\w.+%-]{0,63}@(?P<host>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61})\.){1,5}"
    r"(?P<top>[A-Za-z]{2,18})))(?![\w@-])"
)
_GPU = re.compile(
    r"(?<![\w-])(?P<it>(?:GPU|MIG|MIG-GPU)-[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"(?:/\d+/\d+)?)(?![\w-])"
)
_LABELLED = re.compile(
    r"(?i)(?P<label>\b(?:serial[ _-]?(?:number|num|no\.?|nr|#)?(?:[ _-]or[ _-]name)?|s/n|service[ _-]?tag"
    r"|asset[ _-]?tag|imei|board[ _-]?(?:id|serial)|chassis[ _-]?serial|machine[ _-]?id"
    r"|product[ _-]?uuid|system[ _-]?uuid|hardware[ _-]?uuid|boot[ _-]?id|device[ _-]?uuid"
    r"|gpu[ _-]?uuid|host[ _-]?id|node[ _-]?guid|sys[ _-]?image[ _-]?guid|port[ _-]?guid"
    r"|iphone[ _-]?udid|udid|activation[ _-]?lock|provisioning[ _-]?udid))"
    r"(?P<gap>['\")]{0,2}[ \t]{0,48}(?:\((?:system|board|pf|sn)\)\s{0,8})?(?:[:=：#]|is\b)\s{0,16}['\"]?)"
    r"(?P<it>[A-Za-z0-9][A-Za-z0-9:./_-]{3,80})"
)
_USB = re.compile(
    r"(?:usb(?:modem|serial)-?|/dev/serial/by-id/usb-(?:[A-Za-z0-9.]{1,40}_){1,8}?|/dev/input/by-id/usb-[\w.]{1,80}?_)"
    r"(?P<it>[0-9A-Fa-f][0-9A-Za-z]{5,40})(?=-if\d|-event|-port\d|[\s'\":,;)\]]|$)"
)
_SMI = re.compile(r"(?i)(?<=serial=)(?P<it>\w{6,40})")
_SHORT_SERIAL = re.compile(r"(?i)serial[ _-]?no\.?\s{1,3}(?P<it>(?=\w*\d)\w{6,40})")

_OPEN = frozenset(("127.0.0.1", "0.0.0.0", "255.255.255.255", "255.255.255.0", "255.255.0.0",
                   "127.0.1.1", "127.0.0.53", "255.0.0.0", "1.1.1.1", "8.8.8.8", "8.8.4.4",
                   "0.0.0.1", "1.0.0.0", "2.0.0.0", "3.0.0.0", "169.254.169.254"))  # fmt: skip
_VERSION_WORD = re.compile(
    r"(?i)(?:version|versions|release|driver|cudnn|cublas|tensorrt|trt|cuda|cutlass|nccl|opencv|firmware"
    r"|bios|build|toolkit|nvidia[\w-]*|chrome|firefox|edg|safari|libreoffice|python[\w-]*|pip|wheel|sdk"
    r"|mkl|openvino|rocm|hip|onnxruntime[\w-]*|ffmpeg|qt|boost|vtk|v|ver|rev|revision|vs|msvc|runtime"
    r"|winsdk|model|chapter|section|sec|fig|figure|step|oid)['\"]?[\s:=(\[]{0,4}(?:is\s|of\s)?['\"(v]{0,2}$"
)
_VERSION_EDGE = re.compile(
    r"(?:[=<>~!]=|[<>^]|[\w\])]@|\.so\.|[A-Za-z0-9]-|[A-Za-z0-9]_|(?<![A-Za-z])[vV]|\+"
    r"|(?<![\w/.])[A-Z][A-Za-z]+/)\s?$"
)
_PIP_ROW = re.compile(r"^[\s|│]{0,8}(?:- )?(?P<name>[A-Za-z][\w.\[\]-]{1,60})[\s|│]{1,60}(?:==)?$")
_REQUIREMENT = re.compile(r"[A-Za-z][\w.\[\]-]{2,60} (?:\(|\[)?$")
_ADDRESS_WORD = re.compile(
    r"(?i)(?:\b(?:ip|host|hosts|addr|address|addresses|inet|peer|server|client|node|gateway|dns|nameserver"
    r"|endpoint|remote|local|from|to|at|on|via|connect|connecting|connected|listening|bind|proxy|ping"
    r"|ssh|telnet|scp|route|src|dst|dest|master|worker|broadcast|netmask|by|with|robot|and|rank|master_addr"
    r"|for|of|with_ip|last login)\b[\w ]{0,12}['\"]?[\s:=(\[,]{0,4}['\"(\[<]{0,2}|://|@|\[|/)$"
)
_NOT_MAIL_ENDS = frozenset(
    ("png", "jpg", "jpeg", "gif", "svg", "webp", "whl", "py", "js", "ts", "so", "html", "css", "json",
     "yaml", "yml", "txt", "service", "socket", "timer", "slice", "mount", "local", "git", "md")
)  # fmt: skip
_PUBLIC_MAIL = re.compile(
    r"(?i)(?:(?:git|hg|noreply|no-reply|support)@.*|[\w.+-]+@(?:users\.noreply\.github\.com|openssh\.com"
    r"|libssh\.org|lists?\.[\w.]+)|.*@(?:example\.(?:com|org|net)))"
)


def find(text: str, lower: str) -> Iterator[Span]:
    """Addresses and numbers that name one machine, device or person.

    Args:
        text: what to search.
        lower: the same in lower case.
    """
    yield from _quads(text)
    if "::" in text or ":" in text:
        yield from _sixes(text)
        yield from _macs(text)
    if "@" in text:
        for match in _EMAIL.finditer(text):
            if not _is_public_mail(match, text):
                yield Span(match.start("it"), match.end("it"), "email", WORD)
    if "gpu-" in lower or "mig-" in lower:
        for match in _GPU.finditer(text):
            yield Span(match.start("it"), match.end("it"), "gpu-uuid", LITERAL)
    for match in _LABELLED.finditer(text):
        if _is_serial(match):
            end = match.end("it") - (match["it"][-1] in ".:-/_")
            spread = LITERAL if len(match["it"]) >= 8 else NOWHERE
            kind = "uuid" if "id" in match["label"].lower()[-4:] else "serial"
            yield Span(match.start("it"), end, kind, spread)
    if "usb" in lower or "serial" in lower:
        for pattern in (_USB, _SMI, _SHORT_SERIAL):
            for match in pattern.finditer(text):
                if any(map(str.isdigit, match["it"])):
                    yield Span(match.start("it"), match.end("it"), "serial", LITERAL)


def _quads(text: str) -> Iterator[Span]:
    if "." in text:
        for match in _QUAD.finditer(text):
            value = match["it"]
            if value in _OPEN or value.startswith("127.") or is_version(text, match):
                continue
            kind = "private-ip" if is_private(value) else "ip"
            yield Span(match.start("it"), match.end("it"), kind, WORD)
    if "-" in text:
        for match in _DASHED.finditer(text):
            if all(int(part) < 256 for part in match["it"].split("-")):
                yield Span(match.start("it"), match.end("it"), "ip", NOWHERE)


def is_private(value: str) -> bool:
    """Whether an IPv4 address belongs to a private network."""
    first, second = (int(part) for part in value.split(".")[:2])
    return (
        first == 10
        or (first == 192 and second == 168)
        or (first == 172 and 16 <= second <= 31)
        or (first == 100 and 64 <= second <= 127)
        or (first == 169 and second == 254)
    )


def is_version(text: str, match: re.Match[str]) -> bool:
    """Whether four numbers are a version (``cudnn 9.1.0.70``) and not an address."""
    start, end = match.span("it")
    line_start = text.rfind("\n", 0, start) + 1
    before = text[max(line_start, start - 80) : start]
    after = text[end : end + 12]
    if re.match(
        r"\.post|\.dev|_[a-z]|-py\d|-cp\d|\+cu|rc\d|[ab]\d|-\d+~|-\d+\+cuda|\.dist-info|\.so|\.dll",
        after,
    ):
        return True
    if _VERSION_EDGE.search(before):
        # host-10.0.0.5 and ip_10.0.0.5 are addresses
        return not re.search(r"(?i)(?:ip|host|node|addr|server|worker)[-_]$", before)
    if _VERSION_WORD.search(before):
        return True
    if re.match(r":\d{2,5}\b|/\d{1,2}\b", after) or _ADDRESS_WORD.search(before):
        return False
    value = match["it"]
    small = int(value.split(".")[0]) <= 30 and not value.startswith(("10.0.0.", "10.0.1.", "10.1."))
    row = _PIP_ROW.search(text[line_start:start])
    if row and not re.fullmatch(r"(?i)(?:ip|host|addr|inet|server|node|peer)\w*", row["name"]):
        return small
    return small and bool(_REQUIREMENT.search(before)) and not is_private(value)


def _sixes(text: str) -> Iterator[Span]:
    import ipaddress

    for match in _SIX.finditer(text):
        value = match["it"]
        if value.count(":") < 2 or len(value) < 4:
            continue
        groups = [group for group in value.split(":") if group]
        if "::" in value:
            first = groups[0].lower() if groups and not value.startswith("::") else ""
            routed = (len(first) == 4 and first[0] in "23f") or (
                len(first) == 2 and first in ("fe", "fd")
            )
            if not (routed or (not first and len(groups) >= 3)):
                continue
        try:
            address = ipaddress.IPv6Address(value)
        except ValueError:
            continue
        if address.is_loopback or address.is_unspecified:
            continue
        private = address.is_private or address.is_link_local
        yield Span(match.start("it"), match.end("it"), "private-ip" if private else "ip", WORD)


def _macs(text: str) -> Iterator[Span]:
    for match in _MAC.finditer(text):
        digits = match["it"].lower().replace(":", "").replace("-", "")
        if len(set(digits)) > 1 and (len(digits) in (12, 16, 32, 40)):
            kind = "fingerprint" if len(digits) in (32,) else "mac"
            yield Span(match.start("it"), match.end("it"), kind, WORD)
    for match in _CISCO.finditer(text):
        if any(map(str.isalpha, match["it"])):
            yield Span(match.start("it"), match.end("it"), "mac", WORD)


def _is_public_mail(match: re.Match[str], text: str) -> bool:
    if match["top"].lower() in _NOT_MAIL_ENDS or _PUBLIC_MAIL.fullmatch(match["it"]) is not None:
        return True
    # the password of a URL is no mail address; its detector takes the whole
    return text[max(0, match.start() - 3) : match.start()] == "://"


def _is_serial(match: re.Match[str]) -> bool:
    value = match["it"]
    digits = sum(map(str.isdigit, value))
    if digits < 2 or len(value) < 5 or "/" in value:
        return False
    label = match["label"].lower()
    if label == "serial" and len(value) < 6:
        return False
    return not re.fullmatch(r"\d+\.\d+(?:\.\d+)*", value)
