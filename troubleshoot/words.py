"""The interface's own sentences, in English and Chinese."""

from __future__ import annotations

import os

_WORDS: dict[str, tuple[str, str]] = {
    "because": ("The run failed because", "运行失败的原因："),
    "confidence": ("{word} ({percent} %)", "{word}（{percent} %）"),
    "likely_reason": ("Most likely", "最可能的情况"),
    "fix_first": ("Try first", "先试这个"),
    "fix_next": ("Then", "不行再试"),
    "evidence": ("Evidence", "证据"),
    "line": ("line {number}", "第 {number} 行"),
    "cell": ("cell {number}", "第 {number} 个单元格"),
    "rivals": ("Other possible causes", "其他可能的原因"),
    "dead_ends": ("Does not help", "没有用的做法"),
    "consequences": ("Explains also", "同时可以解释"),
    "references": ("References", "参考资料"),
    "verify": ("Check", "验证"),
    "undo": ("Undo", "撤销"),
    "changes": ("Changes", "会改变"),
    "takes": ("takes about {time}", "约需 {time}"),
    "safe": ("changes nothing", "不改动任何东西"),
    "changes-environment": ("changes the environment", "会改动环境"),
    "destructive": ("DESTRUCTIVE: cannot be undone by itself", "有破坏性：不能自动撤销"),
    "manual": ("by hand", "需手动操作"),
    "unknown": ("No rule knows this failure.", "没有规则认识这个故障。"),
    "candidates": (
        "Not certain. These are candidates, not a verdict:",
        "不能确定。以下只是候选原因，不是结论：",
    ),
    "no_failure": ("No failure found.", "没有发现故障。"),
    "no_failure_seen": (
        "{lines} lines read; nothing in them says that the run failed.",
        "已读 {lines} 行，没有任何内容表明运行失败。",
    ),
    "empty": (
        "Nothing to read: the input is empty. Pipe both streams: python train.py 2>&1 | whyfail",
        "输入是空的。请把两个输出流都接过来：python train.py 2>&1 | whyfail",
    ),
    "benign": ("Safe to ignore", "可以忽略"),
    "warning": ("Worth knowing", "值得注意"),
    "broke_at": ("It broke in {file}, line {line}", "出错位置：{file} 第 {line} 行"),
    "broke_in": ("in {function}", "函数 {function}"),
    "raised_by": ("raised by {package}", "由 {package} 抛出"),
    "said": ("It said", "报错内容"),
    "what_now": ("What now", "接下来"),
    "around": ("Around it", "前后文"),
    "next_unknown": (
        "Search the tracker of {package} for the message; `whyfail report` writes the bug report.",
        "在 {package} 的 issue 里搜索这条报错；`whyfail report` 可以生成问题报告。",
    ),
    "next_unknown_own": (
        "The error comes from your own code; the line above is where to look. "
        "`whyfail report` writes a report to ask for help with.",
        "错误出自你自己的代码，请先看上面那一行。`whyfail report` 可以生成求助用的报告。",
    ),
    "decide": ("What would decide", "怎样才能确定"),
    "ask_person": ("Question", "问题"),
    "measure": ("measure {fact}", "测量 {fact}"),
    "elsewhere": (
        "The input is not from this machine ({because}); local facts were not used.",
        "输入不是来自本机（{because}），没有使用本机信息。",
    ),
    "here": ("Facts of this machine were used: {because}.", "使用了本机信息：{because}。"),
    "more": (
        "whyfail --why: the proof · --all: the other causes · whyfail report: bug report",
        "whyfail --why：完整证明 · --all：其他原因 · whyfail report：生成问题报告",
    ),
    "proof": ("Proof", "证明"),
    "how": ("How this was concluded", "结论是怎样得出的"),
    "prior": ("before any evidence: {word}", "未看证据之前：{word}"),
    "for": ("for", "支持"),
    "against": ("against", "反对"),
    "undecided": ("unknown", "未知"),
    "not_for": ("not seen", "未见"),
    "facts": ("Facts", "事实"),
    "notes": ("Notes", "说明"),
    "something_else": ("something else", "其他原因"),
    "time": ("answered in {ms} ms", "用时 {ms} 毫秒"),
    "unexplained": ("Also seen, and not explained", "另外看到但未能解释"),
    "worked": ("it worked", "有效"),
    "did_not_help": ("it did not help", "无效"),
    "stopped": ("stopped", "已中止"),
    "unverified": ("not verified", "未验证"),
    "undone": ("undone", "已撤销"),
    "run_it": ("Run exactly this?", "确定运行以上命令吗？"),
    "edit": ("Complete the command", "请补全命令"),
    "type_word": (
        "This cannot be undone. Type the word to go on",
        "此操作不可撤销。输入下面的单词以继续",
    ),
    "restore": ("restore {path}", "恢复 {path}"),
    "cannot_restore": ("cannot be restored", "无法恢复"),
    "nothing_changed": ("nothing that can be undone was changed", "没有可撤销的改动"),
    "forgotten": ("{count} incidents forgotten", "已删除 {count} 条记录"),
    "no_history": ("Nothing has happened here yet.", "还没有任何记录。"),
    "walk_title": ("whyfail: from 'it died' to 'it runs'", "whyfail：从“挂了”到“跑起来”"),
    "paste_here": (
        "Paste the traceback or log here, then press F5.",
        "把报错或日志粘贴到这里，然后按 F5。",
    ),
    "open_file": ("…or the path of a log file, then Enter", "……或输入日志文件路径后回车"),
    "no_message": ("No error message? Choose what you see:", "没有报错？请选择你看到的现象："),
    "recent": ("Recent logs in this folder:", "当前目录下最近的日志："),
    "diagnose": ("Diagnose", "诊断"),
    "working": ("Looking…", "正在分析……"),
    "tab_next": ("Next step", "下一步"),
    "tab_causes": ("Causes", "原因"),
    "tab_log": ("Log", "日志"),
    "tab_proof": ("Proof", "证明"),
    "tab_facts": ("Facts", "事实"),
    "yes": ("Yes", "是"),
    "no": ("No", "否"),
    "unsure": ("I don't know", "不知道"),
    "why_asked": ("Why do you ask?", "为什么问这个？"),
    "why_answer": (
        "A yes speaks for: {cause}. It decides which fix comes next.",
        "回答“是”说明可能是：{cause}。这决定先试哪个修复。",
    ),
    "take_back": ("Take back the last answer", "撤回上一个回答"),
    "run": ("Run it…", "运行……"),
    "done_helped": ("Done, it helped", "做了，有效"),
    "done_failed": ("It did not help", "没有用"),
    "skip": ("Skip", "跳过"),
    "confirm_title": ("Run exactly this?", "确定运行以下命令吗？"),
    "confirm_hint": (
        "Enter runs it, Esc goes back. You may edit it.",
        "回车运行，Esc 返回。可以修改命令。",
    ),
    "placeholder_left": ("Replace {what} first.", "请先替换 {what}。"),
    "run_title": ("Running", "正在运行"),
    "stop": ("Stop", "停止"),
    "close": ("Close", "关闭"),
    "did_it_help": ("Run your program again. Did it help?", "请重新运行你的程序。有效吗？"),
    "solved": ("Solved", "已解决"),
    "what_it_was": ("What it was", "原因"),
    "what_fixed_it": ("What fixed it", "修复方法"),
    "keep_away": ("So that it does not come back", "避免再次发生"),
    "keep_text": (
        "Note the change in your requirements or setup script, and commit it.",
        "请把这次改动写进 requirements 或安装脚本并提交。",
    ),
    "no_more": ("Nothing more to try that is likely to help.", "没有更值得尝试的方法了。"),
    "write_report": ("Write the bug report", "生成问题报告"),
    "report_written": ("Report written to {path}", "报告已写入 {path}"),
    "experience": (
        "worked {worked} of {tried} times on this machine",
        "在本机 {tried} 次中有 {worked} 次有效",
    ),
    "expected": ("expected time to a solution: {time}", "预计解决用时：{time}"),
    "step_of": ("chance that this solves it: {percent} %", "解决概率：{percent} %"),
    "help_text": (
        "1–5  tabs      n p  marked log lines     y n u  answer a question\n"
        "r    run fix   h x  it helped / did not   s  skip\n"
        "b    take back the last answer            g  bug report\n"
        "F5   diagnose  Esc  back                  q  quit",
        "1–5  标签页     n p  标记的日志行          y n u  回答问题\n"
        "r    运行修复   h x  有效 / 无效           s  跳过\n"
        "b    撤回上一个回答                        g  问题报告\n"
        "F5   诊断       Esc  返回                  q  退出",
    ),
    "help": ("Help", "帮助"),
    "quit": ("Quit", "退出"),
    "new_failure": ("New failure", "新的故障"),
    "rare": ("rare", "罕见"),
    "uncommon": ("uncommon", "不常见"),
    "common": ("common", "常见"),
    "usual": ("usual", "最常见"),
}


def say(key: str, lang: str, **values: object) -> str:
    """The sentence called ``key`` in ``en`` or ``zh``, with its values."""
    sentence = _WORDS[key][1 if lang == "zh" else 0]
    return sentence.format(**values) if values else sentence


def pick(text: dict[str, str] | str | None, lang: str) -> str:
    """One language of a rule's text."""
    if text is None:
        return ""
    if isinstance(text, str):
        return text
    return text.get(lang) or text.get("en", "")


def language(asked: str = "") -> str:
    """``en`` or ``zh``: as asked, else by the locale of the environment."""
    if asked in ("en", "zh"):
        return asked
    for name in ("WHYFAIL_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith(("zh", "chinese")) else "en"
    return "en"
