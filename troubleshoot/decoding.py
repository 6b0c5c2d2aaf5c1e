"""Bytes to text, whatever wrote them: UTF-8, UTF-16 from PowerShell, GBK, latin-1, a mixture.

Logs are often written by several programs in several encodings. What is not UTF-8 as a whole is
therefore decoded line by line, so that one Chinese Windows message does not spoil the rest.
"""

from __future__ import annotations

from troubleshoot.errors import IntakeError

_SAMPLE = 65_536
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\x0b\x0c\r\x1b\x08\x07")
_MAGIC = (
    (b"\x7fELF", "an ELF program or library"),
    (b"MZ\x90", "a Windows program"),
    (b"%PDF-", "a PDF file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x89HDF", "an HDF5 file"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PK\x03\x04", "a zip archive (or a PyTorch checkpoint)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x02", "a pickle"),
    (b"\x80\x03", "a pickle"),
    (b"\x80\x04", "a pickle"),
    (b"\x80\x05", "a pickle"),
)


def decode(data: bytes, where: str = "") -> tuple[str, str, list[str]]:
    """Turn bytes into text.

    Args:
        data: the whole input, or a piece of it that begins and ends at a line end.
        where: name of the input, for the error.

    Returns:
        The text without byte order mark and NUL characters, the encoding's name, and notes.

    Raises:
        IntakeError: the bytes are no text in any encoding that logs are written in.
    """
    notes: list[str] = []
    mark = data[:4]
    if mark[:3] == b"\xef\xbb\xbf":
        data = data[3:]
    elif mark in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff") and len(data) % 4 == 0:
        return _without_nul(data.decode("utf-32", "replace")), "utf-32", ["decoded as UTF-32"]
    elif mark[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16-le" if mark[:2] == b"\xff\xfe" else "utf-16-be"
        text = _wide(data[2:], encoding)
        return text, encoding, ["decoded as UTF-16"]
    if b"\x00" in data:
        encoding = wide_encoding(data)
        if encoding:
            return _wide(data, encoding), encoding, ["decoded as UTF-16"]
        check_is_text(data, where)
        data = data.replace(b"\x00", b"")
        notes.append("NUL bytes skipped")
    try:
        return data.decode("utf-8"), "utf-8", notes
    except UnicodeDecodeError:
        check_is_text(data, where)
    text, encoding = _by_line(data)
    names = {"gbk": "decoded as GBK", "utf-8": "invalid UTF-8 bytes replaced"}
    notes.append(names.get(encoding, "decoded as latin-1"))
    return text, encoding, notes


def wide_encoding(data: bytes) -> str:
    """``utf-16-le`` or ``utf-16-be`` if ``data`` looks like it (no mark needed), else ``""``."""
    sample = data[:4096] if len(data) % 2 == 0 or len(data) > 4096 else data[:-1]
    half = len(sample) // 2
    if half < 2:
        return ""
    first, second = sample[0::2].count(0), sample[1::2].count(0)
    if second > half * 0.4 and first < half * 0.05:
        return "utf-16-le"
    if first > half * 0.4 and second < half * 0.05:
        return "utf-16-be"
    return ""


def check_is_text(data: bytes, where: str = "") -> None:
    """Refuse what is clearly no text.

    Raises:
        IntakeError: naming the kind of file where its first bytes tell.
    """
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise _binary(where, kind)
    sample = data[:_SAMPLE].replace(b"\x00", b"")
    if not sample.strip() and len(data) > _SAMPLE:
        sample = data.lstrip(b"\x00")[:_SAMPLE].replace(b"\x00", b"")
    if not sample.strip():
        raise _binary(where, "only NUL bytes")
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    share = controls / len(sample)
    if share > 0.1 or (share > 0.03 and b"\n" not in sample):
        raise _binary(where)
    if share > 0.03:
        broken = sample.decode("utf-8", "replace").count("�")
        if broken > len(sample) * 0.1:
            raise _binary(where)


def _binary(where: str, kind: str = "") -> IntakeError:
    what = f"not a text file but {kind}" if kind else "not a text file (binary data)"
    return IntakeError(what, where=where, advice="give the log or the traceback as text")


def _wide(data: bytes, encoding: str) -> str:
    if len(data) % 2:
        data = data[:-1]
    return _without_nul(data.decode(encoding, "replace")).removeprefix("\ufeff")


def _without_nul(text: str) -> str:
    return text.replace("\x00", "").removeprefix("\ufeff")


def _by_line(data: bytes) -> tuple[str, str]:
    lines = []
    counts = {"utf-8": 0, "gbk": 0, "latin-1": 0}
    for raw in data.split(b"\n"):
        if raw.isascii():
            lines.append(raw.decode("ascii"))
            continue
        text, encoding = _line(raw)
        counts[encoding] += 1
        lines.append(text)
    # The text has lines that are not UTF-8, so these name the encoding if there is a choice.
    encoding = "utf-8"
    if counts["gbk"] or counts["latin-1"]:
        encoding = "gbk" if counts["gbk"] >= counts["latin-1"] else "latin-1"
    return "\n".join(lines), encoding


def _line(raw: bytes) -> tuple[str, str]:
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        pass
    else:
        if _is_simplified_chinese(text):
            return text, "gbk"
    text = raw.decode("utf-8", "replace")
    broken = text.count("�")
    valid = sum(1 for char in text if char > "\x7f") - broken
    if valid >= broken:
        return text, "utf-8"
    try:
        return raw.decode("cp1252"), "latin-1"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "latin-1"


def _is_simplified_chinese(text: str) -> bool:
    """Whether nearly all characters beyond ASCII stand in GB 2312, the everyday set."""
    total = common = 0
    for char in text:
        if char > "\x7f":
            total += 1
            try:
                char.encode("gb2312")
            except UnicodeEncodeError:
                # Of the frames that tools draw, GB 2312 has only a part; GBK has more.
                common += "\u2500" <= char <= "\u25ff"
            else:
                common += 1
    return common >= total * 0.7
