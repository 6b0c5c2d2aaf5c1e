"""Chinese that a wrong code page has mangled, restored so that it can be matched and read.

Three accidents happen to real logs: UTF-8 shown as Western Windows text (``éœ€è¦`` for 需要),
GBK shown as Western text (``ÕÒ²»µ½`` for 找不到), and UTF-8 shown as GBK (``鎵句笉鍒`` for 找不到).
The Western code pages have no character for a few bytes, and copying drops what is invisible,
so bytes are missing in the middle; the most common character that fits takes the place.
"""

from __future__ import annotations

import re

_WESTERN = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ"  # cp1252, 0x80 to 0x9f
_TURKISH = {"Ğ": 0xD0, "İ": 0xDD, "Ş": 0xDE, "ğ": 0xF0, "ı": 0xFD, "ş": 0xFE}  # cp1254
_BYTES = {char: 0x80 + place for place, char in enumerate(_WESTERN)}
_BYTES.update({chr(code): code for code in range(0x80, 0x100)})
_BYTES.update(_TURKISH)
_SET = "\x80-\xff€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œŸŽžĞİŞğış\ufffd"
# Bytes without a character in cp1252 and cp1254, and those that copying changes or drops.
_LOST = (0x81, 0x8D, 0x8F, 0x90, 0x9D, 0xA0, 0xAD, 0x8E, 0x9E)
_ANY = tuple(range(0x80, 0xC0))

# The most common characters of error messages first.
_COMMON = (
    "，。的不是要一在有了为到中可用上个以能被这下和时对文件找指定无法模块错误失败请检查安装版本"
    "、：；！（）“”但包含需未没存加载入出输数据类型值名参配置环境路径目录训练练型特征缓内显卡设备驱动库命令"
    "系统已正完成警告异常终止退函变量象属性索引范围超空默认启服务器地址打开关闭读取写格式编码解"
    "视频音图像帧率大小长度形状维张梯损优化学习批次轮步骤任动作观测奖励策略机人臂示例试验证结果"
    "提建议尝重新删除复制移当前能导致原因问题决先再确会就发后成方动理体面同现分从都起种只好与其"
    "些网络连接时端口占权限拒绝访问下更使行程序运过多进来支持必须应该或者并且它们所我你他她如"
    "之自得于着里还家年子那大小于等符号字串列表元素项目标准线程池锁同步主备份磁盘间足溢码源代"
    "句柄工具链编译链接符头共享依赖冲突兼容旧较高低高级选择项输错字符乱码区域语言键盘鼠标窗口"
)
_ORDER: dict[str, int] = {}
_BEST: dict[tuple[int, int, int, int], str] = {}


def repair(text: str) -> str:
    """``text`` with its mangled Chinese restored, or as it is if nothing speaks for damage."""
    if any(char in text for char in "äåæçèéïãâ"):
        text = _from_western(text)
    if max(text) >= "\xa1" and re.search("[\xb0-\xf7][\xa1-\xfe][\xb0-\xf7][\xa1-\xfe]", text):
        text = _from_latin(text)
    if any(char in text for char in "锛銆鐨涓鏄鍒鎵鏂鍚瀹璇鍙浣闇缂鏃澶鍔"):
        text = _from_gbk(text)
    return text


def _order(char: str) -> int:
    """How common a character is: a small number for a common one."""
    if not _ORDER:
        for place, known in enumerate(_COMMON):
            _ORDER.setdefault(known, place)
    place = _ORDER.get(char, -1)
    if place < 0:
        try:
            code = char.encode("gb2312")
        except UnicodeEncodeError:
            place = 5000
        else:
            # The first level of GB 2312 holds the 3,755 characters of everyday use.
            place = 1000 if len(code) == 2 and code[0] <= 0xD7 else 2000
        _ORDER[char] = place
    return place


def _from_western(text: str) -> str:
    exact = common = 0

    def restore(found: re.Match[str]) -> str:
        nonlocal exact, common
        run = found.group()
        codes = [None if char == "\ufffd" else _BYTES.get(char, 0x20) for char in run]
        restored, whole, broken = _decoded(codes, run, _LOST)
        if broken * 3 > len(restored):
            return run
        exact += whole
        common += sum(char > "\u2000" and _order(char) < 1500 for char in restored)
        return restored

    changed = re.sub(f"[{_SET}]{{2,}}(?: (?=[{_SET}])[{_SET}]*)*", restore, text)
    return changed if exact and (common or exact >= 3) else text


def _decoded(codes: list[int | None], run: str, lost: tuple[int, ...]) -> tuple[str, int, int]:
    """UTF-8 of ``codes``, missing bytes filled in.

    Args:
        codes: bytes, None where one is known to be missing.
        run: the text the codes came from, if each came from one character, else ``""``.
        lost: the bytes that may be missing.

    Returns:
        The text, how many characters were whole, and how many bytes made no sense.
    """
    out: list[str] = []
    whole = broken = 0
    place = 0
    end = len(codes)
    while place < end:
        code = codes[place]
        if code is None or code < 0x80:
            out.append(run[place] if run else chr(code or 0xFFFD))
            place += 1
            continue
        need = 1 if 0xC2 <= code < 0xE0 else 2 if 0xE0 <= code < 0xF0 else 3
        tail: list[int] = []
        hole = -1  # where in the tail a byte is known to be missing
        following = place + 1
        while 0xC2 <= code <= 0xF4 and following < end and len(tail) + (hole >= 0) < need:
            byte = codes[following]
            if byte is None and need == 2 and hole < 0:
                hole = len(tail)
            elif byte is None or not 0x80 <= byte < 0xC0:
                break
            else:
                tail.append(byte)
            following += 1
        char = _character(code, tail) if len(tail) == need else ""
        if char:
            whole += 1
        elif need == 2 and len(tail) == 1:
            char = _best(code, tail[0], lost, hole)
            # A blank may stand for the byte 0xa0, the no-break space.
            if (
                hole < 0
                and codes[following : following + 1] == [0x20]
                and (char == _character(code, [tail[0], 0xA0]))
            ):
                following += 1
        if not char:
            char = run[place] if run else "\ufffd"
            broken += 1
            following = place + 1
        out.append(char)
        place = following
    return "".join(out), whole, broken


def _character(lead: int, tail: list[int]) -> str:
    try:
        return bytes([lead, *tail]).decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _best(lead: int, kept: int, lost: tuple[int, ...], hole: int) -> str:
    """The most common character of ``lead``, ``kept`` and one missing byte.

    Args:
        lead: first byte.
        kept: second or third byte.
        lost: what the missing byte may be.
        hole: 0 or 1 if it is known which of the two is missing, else -1.
    """
    key = (lead, kept, hole, len(lost))
    if key in _BEST:
        return _BEST[key]
    choices = []
    if hole != 0:
        choices += [_character(lead, [kept, byte]) for byte in lost]
    if hole != 1:
        choices += [_character(lead, [byte, kept]) for byte in lost]
    best = min((char for char in choices if char), key=_order, default="")
    _BEST[key] = best
    return best


def _from_latin(text: str) -> str:
    good = bad = 0

    def restore(found: re.Match[str]) -> str:
        nonlocal good, bad
        run = found.group()
        try:
            restored = run.encode("latin-1").decode("gb2312")
        except UnicodeDecodeError:
            try:
                restored = run[:-1].encode("latin-1").decode("gb2312") + run[-1]
            except UnicodeDecodeError:
                bad += len(run) // 2
                return run
        common = sum(_order(char) < 1000 for char in restored)
        good += common
        bad += sum(_order(char) >= 2000 for char in restored)
        return restored

    changed = re.sub("[\xa1-\xfe]{2,}", restore, text)
    return changed if good >= 2 and good > bad else text


def _from_gbk(text: str) -> str:
    def restore(found: re.Match[str]) -> str:
        run = found.group()
        codes: list[int | None] = []
        for char in run:
            if char in "?\ufffd":
                codes.append(None)
            elif char == "€":
                codes.append(0x80)
            else:
                try:
                    codes.extend(char.encode("gb18030"))
                except UnicodeEncodeError:
                    return run
        restored, whole, broken = _decoded(codes, "", _ANY)
        if whole < 1 or broken * 3 > whole:
            return run
        before = sum(map(_order, run)) / len(run)
        after = sum(map(_order, restored)) / len(restored)
        return restored if after < before else run

    return re.sub(r"[\u0080-\uffff]{2,}(?:\?[\u0080-\uffff]*)*", restore, text)
