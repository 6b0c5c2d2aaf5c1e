"""Tokens and keys whose form gives them away: a vendor's prefix, a key block, a JWT."""
# ruff: noqa: E501 (a pattern is easier to read in one line)

from __future__ import annotations

import re

from troubleshoot.redaction import LITERAL, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# kind, literals of which one must stand in the text (lower case), pattern. A group called
# "it" is the private part; without one it is the whole match.
_START = r"(?<![A-Za-z0-9])"
_FORMS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("hf-token", ("hf_", "api_org_"), _START + r"(?:hf_(?:oauth_)?|api_org_)[A-Za-z0-9]{20,200}"),
    ("wandb-key", ("wandb_v",), _START + r"wandb_v\d_[\w-]{16,200}"),
    (
        "api-key",
        ("sk-", "sess-", "rk-"),
        _START
        + r"(?:sk|rk|sess)-(?:(?:proj|svcacct|admin|ant|or|live|test|lf|None)-[\w-]{12,250}"
        r"|[A-Za-z0-9][\w-]{18,250})",
    ),
    (
        "github-token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        _START + r"(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255})",
    ),
    (
        "gitlab-token",
        ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-",
         "glsoat-", "glffct-", "gr1348941", "_gitlab_session="),
        _START + r"(?:gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w.-]{16,255}"
        r"|GR1348941[\w-]{20,60}|_gitlab_session=(?P<it>[\w-]{16,128}))",
    ),
    (
        "aws-key",
        ("akia", "asia", "abia", "acca", "a3t"),
        _START + r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])",
    ),
    ("api-key", ("absk",), _START + r"ABSK[A-Za-z0-9+/]{60,280}={0,2}"),
    (
        "google-key",
        ("aiza", "ya29.", "gocspx-", "1//0"),
        _START + r"(?:AIza[\w-]{35}|ya29\.[\w.-]{20,600}|GOCSPX-[\w-]{20,60}|1//0[\w-]{40,200})",
    ),
    (
        "slack-token",
        ("xox", "xapp-"),
        _START + r"(?:xox[a-z](?:\.xox[a-z])?-[\w%.-]{8,300}|xapp-\d-[\w-]{10,250})",
    ),
    (
        "webhook",
        ("hooks.slack.com", "discord", "webhook.office", "feishu", "larksuite", "dingtalk",
         "weixin", "zapier", "ifttt"),
        r"(?:https?://)?(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
        r"|(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/"
        r"|[\w-]+\.webhook\.office\.com/webhookb2/|open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/"
        r"|oapi\.dingtalk\.com/robot/send\?|qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?"
        r"|hooks\.zapier\.com/hooks/catch/|maker\.ifttt\.com/trigger/)(?P<it>[^\s'\"<>)\]]{8,400})",
    ),
    (
        "discord-token",
        (".",),
        _START + r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![\w-])",
    ),
    ("telegram-token", (":aa", "bot"), r"(?<![0-9])\d{5,16}:A[A-Za-z0-9_-]{34}(?![\w-])"),
    ("jwt", ("eyj", "ey"), r"(?<![\w.])ey[A-Za-z0-9_-]{10,4000}\.ey[\w/\\-]{10,8000}"
     r"(?:\.[\w/\\=-]{0,4000})?"),
    ("token", ("eyj", "zxlk"), _START + r"(?:eyJ|ZXlK)[A-Za-z0-9+/_-]{28,4000}={0,2}"),
    (
        "api-key",
        ("sk_live", "sk_test", "rk_live", "rk_test", "pk_live", "pk_test", "sk_prod", "rk_prod",
         "whsec_"),
        _START + r"(?:(?:sk|rk|pk)_(?:live|test|prod)_\w{10,250}|whsec_[\w+/=]{20,100})",
    ),
    (
        "package-index-token",
        ("pypi-", "npm_", "rubygems_", "cio", "jfrog", "akc", "oy2", "clojars_"),
        _START + r"(?:pypi-[\w-]{50,1000}|npm_[A-Za-z0-9]{30,60}|rubygems_[a-f0-9]{40,64}"
        r"|oy2[a-z0-9]{43}|CLOJARS_[a-z0-9]{50,70}|AKCp[A-Za-z0-9]{60,80}"
        r"|cio[A-Za-z0-9]{32}(?![A-Za-z0-9]))",
    ),
    (
        "api-key",
        ("dckr_", "dop_v1_", "doo_v1_", "dor_v1_", "dapi", "r8_", "gsk_", "xai-", "pplx-", "nvapi-",
         "pcsk_", "lsv2_", "fw_", "tgp_v1_", "kgat_", "ltai", "akid", "aklt", "csk-", "rpa_",
         "jina_", "voyage", "tvly-", "ms-", "fal_", "vastai", "hl_", "co_", "e2b_", "phc_", "phx_",
         "lf_", "hrku-", "ops_ey", "fo1_", "fm1", "fm2_", "exa_", "bce-v3", "cpk_"),
        _START + r"(?:dckr_(?:pat|oat)_[\w-]{20,60}|do[por]_v1_[a-f0-9]{40,80}"
        r"|dapi[a-f0-9]{32}(?:-\d)?|r8_[A-Za-z0-9]{30,50}|gsk_[A-Za-z0-9]{40,60}"
        r"|xai-[A-Za-z0-9_-]{40,120}|pplx-[A-Za-z0-9]{40,60}|nvapi-[\w-]{40,100}"
        r"|pcsk_[A-Za-z0-9_]{30,100}|lsv2_(?:pt|sk)_[A-Za-z0-9_]{30,60}|fw_[A-Za-z0-9]{20,40}"
        r"|tgp_v1_[\w-]{30,80}|KGAT_[A-Za-z0-9]{20,60}|LTAI[A-Za-z0-9]{12,26}|AKID[A-Za-z0-9]{28,40}"
        r"|AKLT[A-Za-z0-9+/=_-]{20,80}|csk-[a-z0-9]{40,60}|rpa_[A-Za-z0-9]{30,60}"
        r"|jina_[A-Za-z0-9_-]{40,80}|tvly-[\w-]{20,60}|e2b_[a-f0-9]{30,60}|ph[cx]_[A-Za-z0-9]{30,60}"
        r"|ms-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}|HRKU-AA[\w-]{50,70}"
        r"|ops_eyJ[\w+/=-]{100,1200}|fo1_[\w-]{40,50}|fm[12][ar]?_[\w+/]{90,400}={0,3}"
        r"|bce-v3/[\w-]{20,60}/[a-f0-9]{20,60}|cpk_[\w.]{30,150})",
    ),
    (
        "api-key",
        ("tskey-", "hvs.", "hvb.", "hvr.", "atlasv1", "glc_", "glsa_", "nrak-", "nrii-", "nrjs-",
         "sntry", "pmak-", "shp", "lin_api_", "ntn_", "secret_", "figd_", "sbp_", "pscale_",
         "sg.", "key-", "xkeysib-", "ezak", "eztk", "dp.", "doppler", "pul-", "sq0", "eaa",
         "ccipat_", "shippo_", "duffel_", "frameio", "fio-u-", "flwsec", "flwpub", "ico-", "tfp_",
         "tk-us-", "infracost", "defined", "dnkey", "sgp_", "sm_", "atatt3", "attb", "patc",
         "xmn", "prefect", "pnu_", "rdme_", "zpka", "t1.", "aqvn", "yca", "ycb", "ycc", "yce",
         "a3-", "age-secret-key", "sat.", "pat.", "sha256~", "b64", "waka_", "rnd_", "re_", "eg_",
         "ubkm", "4b1d", "ghe_", "00d", "dt0c01.", "bedrock-api-key-", "s-s4t2", "access-"),
        _START + r"(?:tskey-[a-z]+-[\w-]{10,100}|hv[sbr]\.[\w-]{24,320}"
        r"|[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,90}"
        r"|glc_[A-Za-z0-9+/]{32,400}={0,3}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"
        r"|NR(?:AK|II|JS)-[A-Za-z0-9-]{16,60}|sntry[su]_[\w+/=-]{50,500}"
        r"|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"
        r"|lin_api_[A-Za-z0-9]{40}|ntn_[A-Za-z0-9]{40,60}|secret_[A-Za-z0-9]{40,50}"
        r"|figd_[\w-]{40,60}|sbp_[a-f0-9]{40}|pscale_(?:tkn|pw|oauth)_[\w=.-]{30,70}"
        r"|SG\.[\w=.-]{50,80}|(?:pub)?key-[a-f0-9]{32}|xkeysib-[a-f0-9]{64}-[a-zA-Z0-9]{16}"
        r"|EZ[AT]K[A-Za-z0-9]{54}|dp\.pt\.[A-Za-z0-9]{40,50}|pul-[a-f0-9]{40}"
        r"|EAA[MC][A-Za-z0-9]{60,400}|(?:sq0(?:csp|atp)-|EAAA)[\w-]{22,70}|CCIPAT_[\w-]{20,100}"
        r"|shippo_(?:live|test)_[a-f0-9]{40}|duffel_(?:live|test)_[\w=-]{43}"
        r"|fio-u-[\w=-]{60,70}|FLW(?:SEC|PUB)K?_TEST-?[A-Za-z0-9-]{12,60}|ico-[A-Za-z0-9]{32}"
        r"|tfp_[\w=.-]{50,70}|tk-us-[\w-]{40,60}|dnkey-[\w=-]{26}-[\w=-]{52}"
        r"|sgp_(?:[A-Fa-f0-9]{16}_|local_)?[A-Fa-f0-9]{40}|sm_[aps]at_[A-Za-z0-9]{16}"
        r"|ATATT3[\w=-]{60,250}|ATBB[A-Za-z0-9]{30,40}|pnu_[A-Za-z0-9]{36}"
        r"|rdme_[a-z0-9]{70}|t1\.[\w-]{20,200}={0,2}\.[\w-]{60,100}={0,2}|AQVN[\w-]{35,40}"
        r"|YC[a-zA-Z0-9_-]{38}(?![\w-])"
        r"|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"
        r"|AGE-SECRET-KEY-1[A-Z0-9]{50,70}|[ps]at\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}"
        r"|sha256~[\w-]{43}|waka_[a-f0-9-]{30,50}|rnd_[A-Za-z0-9]{24,40}"
        r"|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,40}|4b1d[A-Za-z0-9]{38}(?![A-Za-z0-9])"
        r"|dt0c01\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}|bedrock-api-key-[\w+/=]{20,1500}"
        r"|s-s4t2(?:ud|af)-[a-f0-9]{64}|access-(?:sandbox|development|production)-[a-f0-9-]{36}"
        r"|00D[a-zA-Z0-9]{12}![\w.]{80,130})",
    ),
    ("azure-key", ("q~",), _START + r"[A-Za-z0-9_~.-]{3}\dQ~[\w~.-]{31,34}"),
    (
        "conda-token",
        ("/t/",),
        r"(?:conda|quetz|artifactory|prefix)[\w.:-]{0,80}(?:/[\w.-]{1,60}){0,4}/t/(?P<it>[A-Za-z0-9_-]{8,128})(?=/)",
    ),
    (
        "signature",
        ("x-amz-", "signature=", "sig=", "key-pair-id=", "x-goog-", "credential="),
        r"(?i)[?&](?:X-Amz-(?:Signature|Credential|Security-Token)|X-Goog-(?:Signature|Credential)"
        r"|Signature|Policy|Key-Pair-Id|sig|AWSAccessKeyId|GoogleAccessId|OSSAccessKeyId)"
        r"=(?P<it>[^&\s'\"<>)\]]{4,4000})",
    ),
    (
        "password",
        ("dsn", "sentry", "ingest"),
        r"https?://(?P<it>[a-f0-9]{32}(?::[a-f0-9]{32})?)@[\w.-]{1,80}/\d+",
    ),
    (
        "ssh-key",
        ("ssh-rsa", "ssh-ed25519", "ssh-dss", "ecdsa-sha2", "sk-ssh"),
        r"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d{3}|sk-ssh-ed25519@openssh\.com)"
        r"[ \t]{1,3}(?P<it>AAAA[A-Za-z0-9+/]{40,4000}={0,3}(?:[ \t]{1,3}[\w.+-]{1,64}@[\w.-]{1,100})?)",
    ),
    (
        "ssh-fingerprint",
        ("sha256:", "md5:"),
        r"(?:SHA256:(?P<it>[A-Za-z0-9+/]{43})(?![A-Za-z0-9+/=]))",
    ),
)  # fmt: skip

_BLOCK = re.compile(
    r"(?P<edge>-----|----[ \t])BEGIN (?P<label>[A-Z0-9 ]{0,40}?"
    r"(?:PRIVATE KEY(?: BLOCK)?|SSH2 ENCRYPTED PRIVATE KEY|CERTIFICATE|PGP MESSAGE|PUBLIC KEY(?: BLOCK)?"
    r"|SIGNATURE|OPENSSH KEY))(?:-----|[ \t]----)"
)
_BODY_LINE = re.compile(
    r"[\s>|│┃#*'\",+]{0,40}(?:[A-Za-z0-9+/=]{16,}|(?:Version|Comment|Proc-Type|DEK-Info): ?[^\n]{0,80})?"
    r"[\s'\",\\nr]*"
)
_CLOSE = re.compile(r"(?:-----|----[ \t])END [A-Z0-9 ]{3,60}(?:-----|[ \t]----)")
_LONGEST_BLOCK = 20_000

_compiled: dict[int, re.Pattern[str]] = {}


def find(text: str, lower: str) -> Iterator[Span]:
    """Tokens, keys and key blocks in ``text``.

    Args:
        text: what to search.
        lower: the same in lower case.
    """
    for number, (kind, literals, form) in enumerate(_FORMS):
        if not any(literal in lower for literal in literals):
            continue
        pattern = _compiled.get(number)
        if pattern is None:
            pattern = _compiled[number] = re.compile(form)
        for match in pattern.finditer(text):
            group = "it" if pattern.groupindex and match["it"] is not None else 0
            if is_masked(match[group]) or not _is_plausible(kind, match[group]):
                continue
            yield Span(match.start(group), match.end(group), kind, LITERAL)
    if "-begin " in lower or "- begin " in lower:
        yield from _blocks(text)


def is_masked(value: str) -> bool:
    """Whether a value is hidden or a placeholder already: ``hf_xxxxxxxx``, ``****``."""
    if "xxxxxx" in value.lower() or "****" in value:
        return True
    return len(set([letter for letter in value.lower() if letter.isalnum()][-16:])) <= 3


def _is_plausible(kind: str, value: str) -> bool:
    """Whether a match is random enough: ``sk-learn-estimator-checks`` is a name, not a key."""
    if kind == "api-key" and value.startswith(("sk-", "rk-", "sess-")):
        body = value.split("-", 1)[1]
        digits = sum(letter.isdigit() for letter in body)
        upper = sum(letter.isupper() for letter in body)
        return digits >= 2 or upper >= 3
    if kind == "hf-token":
        body = value.rsplit("_", 1)[-1]
        is_mixed = any(letter.isupper() for letter in body) and any(map(str.islower, body))
        return len(set(body.lower())) > 8 and (is_mixed or any(map(str.isdigit, body)))
    return True


def _blocks(text: str) -> Iterator[Span]:
    """PEM, OpenSSH and PGP blocks, also those cut off before their end."""
    position = 0
    while True:
        begin = _BLOCK.search(text, position)
        if begin is None:
            return
        start = end = begin.end()
        while end < len(text) and end - start < _LONGEST_BLOCK:
            stop = text.find("\n", end)
            stop = len(text) if stop < 0 else stop
            close = _CLOSE.search(text, end, min(stop, end + _LONGEST_BLOCK))
            if close is not None:
                end = close.start()
                break
            if _BODY_LINE.fullmatch(text, end, min(stop, end + 2000)) is None:
                break
            end = min(stop + 1, len(text))
        while end > start and text[end - 1].isspace():
            end -= 1
        kind = "private-key" if "PRIVATE" in begin["label"] else "key-block"
        if end > start and text[start:end].strip():
            yield Span(start, end, kind)
        position = max(end, start)
