"""The sentences of the walkthrough, in English and Chinese."""
# ruff: noqa: E501 (a sentence is easier to read in one line)

from __future__ import annotations

import re

from troubleshoot import words

_SHORTEST = 8

_WORDS: dict[str, tuple[str, str]] = {
    # start
    "paste_hint": ("Paste the log here, then F5.", "粘贴日志，然后按 F5。"),
    "pasted": ("{count} lines. F5 diagnoses.", "{count} 行。按 F5 诊断。"),
    "path_hint": ("or a path, then Enter", "或输入路径后回车"),
    "choose": ("or choose (Tab, ↑ ↓, Enter)", "或在此选择（Tab、↑ ↓、回车）"),
    "last_run": ("Last failed `whyfail run`", "上一次失败的 whyfail run"),
    "last_run_item": ("{command} · exit {status} · {ago} ago", "{command} · 退出码 {status} · {ago}前"),
    "recent_logs": ("Recent logs in this folder", "当前目录下最近的日志"),
    "symptoms": ("No error message? I see…", "没有报错？我看到的是……"),
    "nothing_yet": ("Paste something first, name a file, or choose on the right.",
                    "请先粘贴内容、输入文件路径，或从列表中选择。"),
    # keys
    "key_diagnose": ("diagnose", "诊断"),
    "key_next_field": ("next field", "下一栏"),
    "key_choose": ("choose", "选择"),
    "key_tabs": ("tabs", "标签"),
    "key_jump": ("marks", "标记"),
    "key_back": ("take back", "撤回"),
    "key_report": ("report", "报告"),
    "key_undo": ("undo fix", "撤销修复"),
    "key_leave": ("start", "首页"),
    "key_help": ("help", "帮助"),
    "key_quit": ("quit", "退出"),
    # diagnosis
    "looking": ("Reading the log…", "正在读取日志……"),
    "told_verdict": ("You see: {words}", "你看到的现象：{words}"),
    "measuring": ("Measuring {names}", "正在测量 {names}"),
    "measured": ("Measured here: {known}, not measurable: {unknown}",
                 "本机：测得 {known} 项，无法测量 {unknown} 项"),
    "measured_in": ("{seconds}", "{seconds}"),
    "nothing_measured": ("Nothing to measure on this machine.", "无需测量本机。"),
    "text_only": ("From the text alone; this machine is asked now.", "目前只依据文本；正在询问本机。"),
    "not_here": ("This machine was not asked: {because}", "没有询问本机：{because}"),
    "key_here": ("it is from here", "就是本机"),
    "likely": ("Most likely cause ({percent} %): {cause}", "最可能的原因（{percent} %）：{cause}"),
    "step_question": ("Question", "问题"),
    "step_fix": ("Try this next", "接下来试这个"),
    "step_manual": ("Do this by hand", "请手动完成"),
    "answered": ("Your answers", "你的回答"),
    "tried": ("Tried so far", "已尝试"),
    "skipped": ("skipped", "已跳过"),
    "no_failure_here": ("Nothing in this text says that a run failed. Esc goes back.",
                        "这段内容里没有任何失败迹象。按 Esc 返回。"),
    "report_step": (
        "g writes the bug report: the issue form of the project, the log trimmed and redacted, "
        "and all that was tried.",
        "按 g 生成问题报告：包含该项目的 issue 模板、精简并脱敏的日志，以及已尝试的全部操作。",
    ),
    "take_back_step": ("b takes the last answer back.", "按 b 可撤回上一个回答。"),
    "candidates_lead": ("Not certain; the steps below tell the candidates apart.",
                        "还不能确定；下面的步骤可以区分这些候选原因。"),
    "environment": ("Environment: {python} (its package list is saved first)",
                    "环境：{python}（会先保存其软件包列表）"),
    "files_saved": ("Saved first: {paths}", "会先保存：{paths}"),
    "from_memory": ("worked {times} on this machine", "在本机有效 {times}"),
    "once": ("once", "1 次"),
    "twice": ("twice", "2 次"),
    "times": ("{count} times", "{count} 次"),
    "failed_before": ("did not help {times} on this machine", "在本机无效 {times}"),
    # why
    "why_asked_title": ("Why do you ask?", "为什么问这个？"),
    "why_speaks": ("A yes speaks for: {cause}", "回答“是”支持：{cause}"),
    "why_yes": ("If yes: {before} → {after}. Then: {step}", "若“是”：{before} → {after}。接着：{step}"),
    "why_no": ("If no: {before} → {after}. Then: {step}", "若“否”：{before} → {after}。接着：{step}"),
    "why_cost": (
        "Answering takes about {cost}. With it a solution is expected in {expected}, "
        "without it in {without}.",
        "回答约需 {cost}。回答后预计 {expected} 解决，不回答则预计 {without}。",
    ),
    "next_report": ("the bug report", "生成问题报告"),
    # running
    "button_run": ("Run it…", "运行……"),
    "button_checklist": ("Checklist…", "清单……"),
    "button_helped": ("It helped", "有效"),
    "button_failed": ("It did not help", "无效"),
    "button_skip": ("Skip", "跳过"),
    "button_why": ("Why?", "为什么？"),
    "button_confirm": ("Run it", "运行"),
    "button_cancel": ("Back", "返回"),
    "button_stop": ("Stop", "停止"),
    "button_close": ("Close", "关闭"),
    "button_undo": ("Undo it…", "撤销……"),
    "confirm_keys": ("Enter runs exactly this; you may edit it. Esc goes back.",
                     "回车即按原样运行，可先修改；Esc 返回。"),
    "checklist_keys": ("Space ticks a step off.", "空格勾选一步。"),
    "saving": ("saving the state of the environment…", "正在保存环境状态……"),
    "checking": ("checking: {what}", "正在验证：{what}"),
    "elapsed": ("{seconds} s", "{seconds} 秒"),
    "was_stopped": ("it was stopped", "已被中止"),
    "ended_with": ("the command ended with status {status}", "命令以状态码 {status} 结束"),
    "run_to_see": ("run your program again to see", "请重新运行你的程序确认"),
    "ran_again": ("the command was run again", "已重新运行命令"),
    "check_value_missing": ("its check needs a value that the text does not give", "验证所需的值在文本中没有"),
    "check_unknown": ("{name} is unknown: {because}", "{name} 未知：{because}"),
    "check_is": ("{name} is now {value}", "{name} 现在是 {value}"),
    "check_not_run": ("its check could not be run: {error}", "无法执行验证：{error}"),
    "check_printed": ("{command} printed {expected}", "{command} 输出了 {expected}"),
    "check_not_printed": ("{command} did not print {expected}", "{command} 没有输出 {expected}"),
    "check_status": ("{command} ended with status {status}", "{command} 以状态码 {status} 结束"),
    # undo
    "undo_title": ("Undo: {title}", "撤销：{title}"),
    "undo_nothing": ("This fix changed nothing that can be undone.", "这个修复没有可撤销的改动。"),
    "undo_none": ("No fix of this walk can be undone.", "本次没有可撤销的修复。"),
    "undo_done": ("Undone.", "已撤销。"),
    "undo_failed": ("It could not be undone completely.", "未能完全撤销。"),
    "undo_later": ("whyfail undo {number} takes it back", "whyfail undo {number} 可撤销"),
    "working_out": ("Working out the way back…", "正在计算撤销步骤……"),
    # end
    "solved_verdict": ("Solved: {title}", "已解决：{title}"),
    "keep_environment": (
        "Write the change into requirements.txt, pyproject.toml or your setup script and commit it, "
        "so that the next machine starts with it.",
        "把这次改动写进 requirements.txt、pyproject.toml 或安装脚本并提交，下一台机器就不会再遇到。",
    ),
    "keep_manual": (
        "Commit the change you made, with one line about why, so that nobody undoes it.",
        "把你的修改提交，并写一句原因，避免被别人改回去。",
    ),
    "keep_process": (
        "It can come back: let the program that was in the way end cleanly, or give yours another "
        "port, device or folder.",
        "可能再次出现：让占用资源的程序正常退出，或为你的程序换一个端口、设备或目录。",
    ),
    "run_again": ("Run your program again.", "现在重新运行你的程序。"),
    "report_where": ("Report written to\n{path}", "报告已写入\n{path}"),
    "report_hidden": ("Hidden in it: {list}", "已隐藏：{list}"),
    "report_clean": ("Nothing private was found to hide.", "没有发现需要隐藏的内容。"),
    "report_open": ("For you to fill in: {list}", "需要你补充：{list}"),
    "report_writing": ("Writing the report…", "正在生成报告……"),
    "internal": (
        "whyfail: internal error, {error} (WHYFAIL_DEBUG=1 shows where; please report it)",
        "whyfail：内部错误，{error}（WHYFAIL_DEBUG=1 可查看位置，请报告）",
    ),
    "help_keys": (
        "1 2 3 4 5   next step, causes, log, proof, facts\n"
        "j  k        next, previous decisive line of the log\n"
        "y  n  u     answer: yes, no, I don't know\n"
        "w           why is this asked?\n"
        "b           take back the last answer\n"
        "r           run the fix, or its checklist\n"
        "h  x  s     it helped, it did not, skip it\n"
        "z           undo the last fix\n"
        "o           the log is from this machine: measure it\n"
        "g           write the bug report\n"
        "↑ ↓ PgDn    scroll\n"
        "Esc         back to the start\n"
        "q, Ctrl+C   quit",
        "1 2 3 4 5   下一步、原因、日志、证明、事实\n"
        "j  k        下一条、上一条关键日志行\n"
        "y  n  u     回答：是、否、不知道\n"
        "w           为什么问这个\n"
        "b           撤回上一个回答\n"
        "r           运行修复，或打开清单\n"
        "h  x  s     有效、无效、跳过\n"
        "z           撤销上一个修复\n"
        "o           日志就来自本机：测量本机\n"
        "g           生成问题报告\n"
        "↑ ↓ PgDn    滚动\n"
        "Esc         回到首页\n"
        "q、Ctrl+C   退出",
    ),
    # line by line
    "plain_question": ("y yes, n no, u I don't know, w why, b take back, q quit",
                       "y 是, n 否, u 不知道, w 为什么, b 撤回, q 退出"),
    "plain_group": ("Which of these?", "是哪一种？"),
    "plain_choose": ("Number of what you see, or the path of a log (empty: quit)",
                     "请输入现象编号，或日志文件路径（留空退出）"),
    "plain_last_run": ("0  the last failed `whyfail run`: {what}", "0  上一次失败的 whyfail run：{what}"),
}  # fmt: skip


def say(key: str, lang: str, **values: object) -> str:
    """The walkthrough's sentence called ``key``, or the interface's own one of that name."""
    if key not in _WORDS:
        return words.say(key, lang, **values)
    sentence = _WORDS[key][1 if lang == "zh" else 0]
    return sentence.format(**values) if values else sentence


def times(count: int, lang: str) -> str:
    """Once, twice, 3 times."""
    return say({1: "once", 2: "twice"}.get(count, "times"), lang, count=count)


def first_sentence(text: str, lang: str) -> str:
    """The first sentence of a text, with its full stop."""
    stop = "。" if lang == "zh" else ". "
    return text.split(stop)[0].rstrip(".。") + stop.strip()


def without_gaps(text: str) -> str:
    """A rule's sentence without the values that no log gave: cut before the first gap."""
    gap = re.search(r"<[a-z_ ]{1,30}>", text)
    if gap is None:
        return text
    before = text[: gap.start()]
    cut = max(before.rfind(mark) for mark in (":", ";", ",", " (", "：", "；", "，", "（"))
    if cut >= _SHORTEST:
        return before[:cut] + ("。" if "。" in text else ".")
    return re.sub(r"<([a-z_ ]{1,30})>", lambda each: f"({each.group(1).replace('_', ' ')})", text)
