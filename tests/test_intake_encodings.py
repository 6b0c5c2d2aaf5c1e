"""Bytes to text: every encoding logs come in, mangled Chinese, and what is no text."""

from __future__ import annotations

import pytest

from troubleshoot import intake
from troubleshoot.errors import IntakeError

CHINESE = (
    "ValueError: retention_mode=hidden 需要 hidden feature cache，但 anchor_batch 不包含 "
    "'target_features'"
)
WINDOWS = "OSError: [WinError 126] 找不到指定的模块。 Error loading c10.dll"
TEXT = f"step 1\n{CHINESE}\nfin\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.replace("\n", "\r\n").encode("utf-16"), "utf-16-le"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le") + b"x", "utf-16-le"),
        (TEXT.encode("utf-32"), "utf-32"),
        (TEXT.encode("gbk"), "gbk"),
        (TEXT.encode("gb18030"), "gbk"),
    ],
)
def test_encodings(data: bytes, encoding: str) -> None:
    document = intake.from_bytes(data)
    assert document.lines == ("step 1", CHINESE, "fin")
    assert document.numbers == (1, 2, 3)
    assert document.encoding == encoding


def test_latin_1() -> None:
    text = "Le fichier spécifié est introuvable : déjà vu\nGrößenänderung für Übung"
    document = intake.from_bytes(text.encode("latin-1"))
    assert "\n".join(document.lines) == text
    assert document.encoding == "latin-1"


def test_lines_in_several_encodings() -> None:
    data = "训练开始\n".encode() + WINDOWS.encode("gbk") + b"\n" + "训练结束".encode()
    document = intake.from_bytes(data)
    assert document.lines == ("训练开始", WINDOWS, "训练结束")
    assert "decoded as GBK" in document.notes


def test_a_cut_character_spoils_nothing() -> None:
    data = "训练开始，共一百步\n".encode()[1:] + CHINESE.encode()[:-20] + b"\xe4"
    document = intake.from_bytes(data)
    assert document.encoding == "utf-8"
    assert document.lines[0].endswith("练开始，共一百步")
    assert document.lines[1].startswith("ValueError: retention_mode=hidden 需要")


def mangled(text: str, page: str, *, keep: bool) -> str:
    """UTF-8 read in a wrong code page; bytes it does not know vanish, or become U+FFFD."""
    shown = []
    for byte in text.encode():
        try:
            shown.append(bytes([byte]).decode(page))
        except UnicodeDecodeError:
            if keep:
                shown.append("\ufffd")
    return "".join(shown)


@pytest.mark.parametrize("page", ["cp1252", "cp1254", "latin-1"])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize(
    "text", [CHINESE, WINDOWS, "显存不足，无法分配内存", "正在加载模型，请稍候…"]
)
def test_chinese_in_a_western_code_page(page: str, keep: bool, text: str) -> None:
    damaged = mangled(text, page, keep=keep)
    assert damaged != text
    assert intake.from_bytes(damaged.encode()).lines == (text,)


def test_mojibake_as_it_was_pasted() -> None:
    pasted = (
        "ValueError: retention_mode=hidden éœ€è¦ hidden feature cacheï¼Œä½† anchor_batch "
        "ä¸åŒ…å« 'target_features'"
    )
    assert intake.clean_text(pasted).lines == (CHINESE,)


def test_gbk_read_as_latin_1() -> None:
    damaged = WINDOWS.encode("gbk").decode("latin-1")
    assert intake.from_bytes(damaged.encode()).lines == (WINDOWS,)


def test_utf_8_read_as_gbk() -> None:
    damaged = WINDOWS.encode().decode("gbk", "replace")
    line = intake.clean_text(damaged).lines[0]
    assert line.startswith("OSError: [WinError 126] 找不到指定的模块。")


def test_progress_bar_in_a_western_code_page() -> None:
    damaged = " 50%|█████     | 5/10".encode().decode("cp1252")
    assert intake.clean_text(damaged).lines == (" 50%|█████     | 5/10",)


@pytest.mark.parametrize(
    "text",
    [
        "Le fichier “café” déjà créé, Größe für ÄÖÜ, CRÉÉ, naïve ½ ± é” à é",
        "错误：找不到文件，需要的模块「繁體」",
        "Ошибка: файл не найден",
        "エラー: ファイルが見つかりません",
        "│ ╭─ ✓ … — “ok” ‘so’ 🧹",
    ],
)
def test_text_that_is_right_is_not_repaired(text: str) -> None:
    assert intake.from_bytes(text.encode()).lines == (text,)


def test_other_line_separators_do_not_split() -> None:
    text = "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\nnext"
    document = intake.from_bytes(text.encode())
    assert document.lines == ("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g", "next")
    assert document.numbers == (1, 2)


def test_nul_bytes_in_a_log() -> None:
    # A log that was emptied while the program went on writing begins with a hole of NULs.
    data = b"\x00" * 3000 + b"step 1 loss=0.3\nKilled\n"
    document = intake.from_bytes(data)
    assert document.lines == ("step 1 loss=0.3", "Killed")
    assert "NUL bytes skipped" in document.notes


def test_a_person_cannot_write_a_gap() -> None:
    assert intake.from_bytes(b"\x00gap\nKilled").lines == ("gap", "Killed")
    assert intake.clean_text("\x00gap").lines == ("gap",)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8, "ELF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "PNG"),
        (b"PK\x03\x04" + bytes(range(256)) * 8, "zip"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x00" * 5000, "NUL"),
    ],
)
def test_binary_is_refused(data: bytes, kind: str) -> None:
    with pytest.raises(IntakeError, match=kind) as caught:
        intake.from_bytes(data, "model.bin")
    assert str(caught.value).startswith("model.bin: not a text file")
    assert "\n" not in str(caught.value)


def test_empty_input() -> None:
    document = intake.from_bytes(b"")
    assert document.lines == ()
    assert document.raw_lines == 0
    assert intake.from_bytes(b"\n").raw_lines == 1


def test_lone_surrogates_become_printable() -> None:
    document = intake.clean_text("bad \ud83d here")
    document.lines[0].encode("utf-8")
    assert document.lines[0].startswith("bad ")


def test_long_lines_are_cut_in_the_middle() -> None:
    document = intake.clean_text("a" * 100_000 + "z")
    assert len(document.lines[0]) == 16_384
    assert document.lines[0].endswith("az")
