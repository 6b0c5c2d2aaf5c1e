"""The sentences of a report, in English and Chinese."""
# ruff: noqa: E501 (a sentence is easier to read in one line)

from __future__ import annotations

_WORDS: dict[str, tuple[str, str]] = {
    "fill": ("**[FILL IN]** {question}", "**【请填写】**{question}"),
    "ask_context": (
        "what were you doing, did it ever work, and what changed since?",
        "当时在做什么？以前是否正常？之后改动了什么？",
    ),
    "ask_command": ("the exact command you ran", "你运行的完整命令"),
    "ask_steps": (
        "the shortest script or steps that show it, without private data",
        "能复现问题的最短脚本或步骤（不含私有数据）",
    ),
    "ask_expected": ("what did you expect to happen?", "你期望的结果是什么？"),
    "ask_tried": ("what you tried, and what came of it", "尝试过哪些方法，结果如何"),
    "ask_environment": (
        "the environment of the machine where it failed; there, run `whyfail facts --json > f.json` "
        "and add `--facts f.json` to this command",
        "出错机器的环境信息；请在那台机器上运行 `whyfail facts --json > f.json`，再给本命令加上 `--facts f.json`",
    ),
    "ask_choice": ("choose an entry", "请选择一项"),
    "failed_with": ("{what} failed with {error}.", "{what}运行失败，报错 {error}。"),
    "the_command": ("The command below", "下面的命令"),
    "the_run": ("The run", "程序"),
    "raised_in": ("It was raised in {place}.", "错误抛出位置：{place}。"),
    "called_from": ("The last line of the caller's own code: {place}.", "调用方代码的最后一行：{place}。"),
    "ended": ("The process ended with exit status {code}.", "进程退出码为 {code}。"),
    "signalled": ("The process was ended by {signal}.", "进程被信号 {signal} 终止。"),
    "workers": ("{count} workers print it: {ranks}.", "{count} 个进程都打印了它：{ranks}。"),
    "elsewhere": ("seen in the log, not measured", "取自日志，未经测量"),
    "run_it": ("Run:", "运行："),
    "fails_at": ("It fails at {place}:", "出错位置 {place}："),
    "expected_end": ("{what} ends without this error.", "{what}应正常结束，不出现该错误。"),
    "the_failure": ("The error:", "报错："),
    "no_failure": ("No error was found in the log.", "日志中没有发现错误。"),
    "diagnosis": (
        "Automatic diagnosis by whyfail {version}, not checked by a person",
        "whyfail {version} 的自动诊断，未经人工确认",
    ),
    "diagnosed": ("{title} ({percent} %). {cause}", "{title}（{percent} %）。{cause}"),
    "undiagnosed": (
        "no rule knows this failure; what follows is only what stands in the log",
        "没有规则认识这个故障，以上内容均取自日志",
    ),
    "candidates": ("not certain; possible causes:", "不能确定，可能的原因："),
    "evidence": ("Evidence: {lines}", "证据：{lines}"),
    "line": ("line {number}: {text}", "第 {number} 行：{text}"),
    "fingerprint": (
        "Fingerprint {code} (exception, message and frames without what changes from run to run)",
        "指纹 {code}（由异常类型、报错内容与调用帧得出，不含每次运行都会变化的部分）",
    ),
    "did_not_help": ("did not help", "没有用"),
    "worked": ("worked", "有效"),
    "stopped": ("stopped", "中途停止"),
    "unverified": ("not verified", "未验证"),
    "undone": ("undone afterwards", "之后已撤销"),
    "part_steps": ("Steps to reproduce", "复现步骤"),
    "part_expected": ("Expected behavior", "预期行为"),
    "part_actual": ("Actual behavior", "实际行为"),
    "part_log": ("Error log", "错误日志"),
    "part_tried": ("What was tried", "已尝试的解决方案"),
    "part_environment": ("Environment", "环境信息"),
    "trimmed": (
        "{kept} of {whole} lines; what is left out is marked",
        "共 {whole} 行，摘取 {kept} 行，省略处已标明",
    ),
    "environment_elsewhere": (
        "(what stands in the log; the machine itself was not measured)",
        "（以下信息取自日志，没有测量出错的机器）",
    ),
    # what the command says beside the report
    "project": ("Project: {name} ({because}; --project changes it)", "项目：{name}（{because}；可用 --project 更改）"),
    "no_project": ("Project: none known ({because}; --project OWNER/NAME names one)", "项目：未知（{because}；可用 --project OWNER/NAME 指定）"),
    "because_said": ("you said so (--project)", "由 --project 指定"),
    "because_none": ("no failure was found that belongs to a project", "没有发现属于某个项目的故障"),
    "because_rule": ("the rule {rule} names it", "规则 {rule} 指明"),
    "because_type": ("{name} is an error of {package}", "{name} 是 {package} 的异常类型"),
    "because_raised": ("the error was raised in {package}", "错误由 {package} 抛出"),
    "because_metadata": ("{because}, whose metadata names this tracker", "{because}，其元数据给出了这个 issue 地址"),
    "because_calls": ("the line that failed calls {package}", "出错的那一行调用了 {package}"),
    "because_own": ("the error was raised in your own code, not in a library", "错误由你自己的代码抛出，不在任何库中"),
    "because_through": ("the error came through {package}", "错误经过 {package}"),
    "because_checkout": ("the error was raised in a checkout of {name}", "错误出自 {name} 的源码目录"),
    "because_nothing": ("nothing in the failure says whose it is", "报错内容看不出属于哪个项目"),
    "hidden": ("Hidden: {list}", "已隐去：{list}"),
    "nothing_hidden": ("Hidden: nothing private was found", "已隐去：没有发现私密内容"),
    "not_redacted": ("NOT REDACTED: read it before you post it", "未脱敏：发布前请逐行检查"),
    "to_fill": ("Left for you: {list}", "需要你填写：{list}"),
    "search": ("Search first: {url}", "先搜索是否已有相同问题：{url}"),
    "search_words": ("Search the tracker first for: {query}", "请先在 issue 中搜索：{query}"),
    "try_first": (
        "This looks like something to fix in the setup or your code rather than a bug of {name}: {title}. Try first: {fix}",
        "这更像是环境或代码的问题，而不是 {name} 的缺陷：{title}。请先尝试：{fix}",
    ),
    "written": ("Report written to {path}", "报告已写入 {path}"),
    "bundled": ("Bundle written to {path}: {names}", "资料包已写入 {path}：{names}"),
    "copied": ("Copied to the clipboard ({tool})", "已复制到剪贴板（{tool}）"),
    "not_copied": ("Not copied: {why}", "没有复制：{why}"),
    "open_url": ("New issue, prefilled: {url}", "预填的新建 issue 链接：{url}"),
    "to_paste": ("Not in the link, paste by hand: {list}", "链接放不下，需要手动粘贴：{list}"),
    "open_now": ("Open it in the browser?", "现在用浏览器打开吗？"),
    "question_command": ("The command you ran", "你运行的命令"),
    "question_context": ("What were you doing, and did it ever work?", "当时在做什么？以前正常吗？"),
    "question_expected": ("What did you expect to happen?", "你期望的结果是什么？"),
    "question_steps": ("Shortest way to reproduce it", "最短的复现方法"),
    "question_tried": ("What did you try, and what came of it?", "尝试过什么，结果如何？"),
    "asking": ("Only you know this (Enter leaves it open):", "以下内容只有你知道（直接回车则留空）："),
    "verdict_changed": (
        "the trimmed log alone does not lead to the same verdict; attach the whole log",
        "仅凭摘取的日志得不出相同结论，请附上完整日志",
    ),
    "seen": ("{title}. No error ended the run.", "{title}。程序没有因报错而终止。"),
    "list_semicolon": ("; ", "；"),
    "list_comma": (", ", "、"),
}  # fmt: skip


def say(key: str, lang: str, **values: object) -> str:
    """The sentence called ``key`` in ``en`` or ``zh``, with its values."""
    sentence = _WORDS[key][1 if lang == "zh" else 0]
    return sentence.format(**values) if values else sentence
