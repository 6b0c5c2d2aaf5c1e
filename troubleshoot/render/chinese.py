"""Chinese for the short sentences that the machine rooms say of themselves.

Intake, target and probes explain in English what they did; a Chinese answer shows these
explanations in Chinese. A sentence without an entry stays English.
"""

from __future__ import annotations

import re

_SENTENCES = (
    (r"you said so \((--\w+)\)", r"由你指定（\1）"),
    (r"you named its interpreter \(--python\)", r"由你指定解释器（--python）"),
    (r"the text names no file by which to recognise this machine \(--here if it is\)",
     r"日志里没有能辨认本机的文件路径；如果就是本机，请加 --here"),
    (r"process (\d+) writes it as it runs", r"进程 \1 正在输出这份日志"),
    (r"process (\d+) at the other end of the pipe", r"管道另一端的进程 \1"),
    (r"(.+) is here and its line (\d+) reads as printed", r"\1 在本机上，第 \2 行与报错一致"),
    (r"(.+) is in this folder and line (\d+) reads as printed",
     r"\1 在当前目录，第 \2 行与报错一致"),
    (r"the paths are Windows paths", r"路径是 Windows 路径"),
    (r"the environment (.+) is on this machine", r"环境 \1 在本机上"),
    (r"(.+) is on this machine \(that line has changed since\)", r"\1 在本机上（该行此后有改动）"),
    (r"(.+) is not on this machine", r"\1 不在本机上"),
    (r"(.+) is not here, or it is another version", r"\1 不在本机上，或版本不同"),
    (r"all (\d+) lines of installed files read as printed", r"已安装文件的 \1 行都与报错一致"),
    (r"it happened in this process", r"发生在当前进程中"),
    (r"decoded as (.+)", r"按 \1 解码"),
    (r"NUL bytes skipped", r"跳过了 NUL 字节"),
    (r"invalid UTF-8 bytes replaced", r"无效的 UTF-8 字节已替换"),
    (r"bytes behind the end of the (\w+) data skipped", r"跳过了 \1 数据末尾之后的字节"),
    (r"the (\w+) file is truncated or damaged: read up to the damage",
     r"\1 文件被截断或损坏，只读到损坏处"),
    (r"the outputs of a notebook's cells", r"读取的是 notebook 单元格的输出"),
    (r"the notebook is cut off: read up to there", r"notebook 不完整，只读到截断处"),
    (r"a log of JSON objects", r"读取的是 JSON 格式的日志"),
    (r"(.+) read, (.+) without hits left out", r"已扫描 \1，略去没有命中的 \2"),
    (r"only the last (.+?) read: line numbers count from there", r"只读了最后 \1，行号从那里算起"),
    (r"only the last (.+?) read", r"只读了最后 \1"),
    (r"more than (\d+) times: (.+)", r"出现超过 \1 次：\2"),
    (r"the last line \((.+)\) is whyfail's", r"最后一行（\1）是 whyfail 加上的"),
    (r"not measured: the text does not say", r"未测量：日志里没有说明"),
    (r"no probe measures this", r"没有探针可以测量"),
    (r"the facts it follows from are unknown", r"推导所需的事实未知"),
    (r"a pattern took too long and was left out: (.+)", r"有一条规则匹配超时，已跳过：\1"),
    (r"from the tables", r"来自兼容性表"),
)  # fmt: skip


def translated(sentence: str, lang: str) -> str:
    """A sentence of the machine rooms in the language of the answer."""
    if lang != "zh":
        return sentence
    for pattern, chinese in _SENTENCES:
        found = re.fullmatch(pattern, sentence)
        if found is not None:
            return found.expand(chinese)
    return sentence
