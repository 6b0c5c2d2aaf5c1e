"""What would go wrong on this machine: drivers, packages, memory, disk, ports."""

from __future__ import annotations

import argparse
import sys

from troubleshoot import cli, doctor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from troubleshoot.doctor import Finding
    from troubleshoot.facts import FactSource

_WORDS = {
    "error": ("error", "错误"),
    "warning": ("warning", "警告"),
    "note": ("note", "提示"),
    doctor.FINE: ("fine", "正常"),
    doctor.UNKNOWN: ("unknown", "未知"),
    "nothing": ("Nothing wrong found: {count} checks.", "没有发现问题：共检查 {count} 项。"),
    "total": (
        "{wrong} of {count} checks found something wrong.",
        "{count} 项检查中有 {wrong} 项发现问题。",
    ),
    "undecided": (
        "{count} could not be decided (--all says why).",
        "{count} 项无法判断（--all 说明原因）。",
    ),
    "gpu": ("GPU and driver", "GPU 与驱动"),
    "torch": ("torch", "torch"),
    "python": ("Python and packages", "Python 与软件包"),
    "media": ("video, rendering", "视频与渲染"),
    "memory": ("memory and limits", "内存与限制"),
    "disk": ("disk", "磁盘"),
    "network": ("network", "网络"),
    "ray": ("Ray", "Ray"),
    "other": ("other", "其他"),
}
_COLOURS = {"error": "31", "warning": "33", "note": "36", doctor.FINE: "32", doctor.UNKNOWN: "2"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``whyfail doctor``."""
    parser.add_argument("--all", action="store_true", help="show what is fine or unknown too")
    cli.add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    """Examine this machine, or recorded facts; 1 if something is wrong."""
    from troubleshoot import index
    from troubleshoot.derived import DerivedFacts
    from troubleshoot.diagnose import fact_type
    from troubleshoot.facts import Facts
    from troubleshoot.probes import LiveFacts
    from troubleshoot.target import Target

    options = cli.options_of(arguments)
    source: FactSource
    if arguments.facts:
        from troubleshoot.facts_file import RecordedFacts

        source = RecordedFacts(options.given)
        python = next((f.value for f in options.given if f.name == "python.executable"), "")
    else:
        target = Target.of_shell(arguments.python)
        source, python = LiveFacts(target), target.python
    derived = DerivedFacts(source)
    facts = Facts((), derived)
    derived.facts = facts
    examiner = doctor.Doctor(facts, fact_type, str(python or ""), options.lang)
    findings = examiner.examine(doctor.checks(index.load(options.rules)))
    if arguments.json or arguments.format == "json":
        _print_json(findings, str(python or ""))
    else:
        _print(findings, str(python or ""), options.lang, everything=arguments.all)
    return int(any(finding.counts for finding in findings))


def _print_json(findings: Sequence[Finding], python: str) -> None:
    import json

    from troubleshoot.records import as_dict

    content = {
        "schema": "whyfail-doctor/1",
        "python": python,
        "wrong": sum(finding.counts for finding in findings),
        "findings": [as_dict(finding) for finding in findings],
    }
    print(json.dumps(content, ensure_ascii=False, indent=1))


def _print(findings: Sequence[Finding], python: str, lang: str, *, everything: bool) -> None:
    shown = [finding for finding in findings if everything or _is_shown(finding)]
    if python:
        print(_paint(python, "2"))
    group = ""
    for finding in shown:
        if finding.group != group:
            group = finding.group
            print(_paint(_word(group, lang), "1"))
        for line in _lines(finding, lang, everything=everything):
            print(line)
    wrong = sum(finding.counts for finding in findings)
    key = "total" if wrong else "nothing"
    text = _word(key, lang).format(wrong=wrong, count=len(findings))
    unknown = sum(finding.state == doctor.UNKNOWN for finding in findings)
    if unknown and not everything:
        gap = "" if lang == "zh" else " "
        text += gap + _word("undecided", lang).format(count=unknown)
    print(text)


def _is_shown(finding: Finding) -> bool:
    return finding.state == doctor.WRONG and not finding.quiet


def _lines(finding: Finding, lang: str, *, everything: bool) -> Iterable[str]:
    state = finding.severity if finding.state == doctor.WRONG else finding.state
    mark = _paint(f"{_word(state, lang):>8}", _COLOURS[state])
    rule = f"  [{finding.rule}]" if finding.rule and finding.state == doctor.WRONG else ""
    yield f"{mark}  {finding.title}{_paint(rule, '2')}"
    if everything and finding.evidence:
        yield _paint(f"          {'; '.join(finding.evidence)[:300]}", "2")
    for command in finding.commands:
        yield f"            {command}"
    if finding.advice:
        yield f"          {finding.advice}"


def _word(key: str, lang: str) -> str:
    return _WORDS[key][1 if lang == "zh" else 0]


def _paint(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if text and sys.stdout.isatty() else text
