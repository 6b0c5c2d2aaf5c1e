"""Literals and growth of rule patterns, and searching under limits."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troubleshoot import patterns


@pytest.mark.parametrize(
    ("source", "literals"),
    [
        (r"CUDA out of memory\. Tried", ("CUDA out of memory. Tried",)),
        (r"(?:Errno 98|Errno 48)\] Address", ("Errno 48] Address", "Errno 98] Address")),
        (r"No module named '(?P<module>[\w.]+)'", ("No module named '",)),
        (r"(?:alpha|beta) \d+", ("alpha ", "beta ")),
        (r"colou?r \d+ (?:never mind)?", ("color ", "colour ")),
        (r"(?i:hidden) \d", ()),
        (r"\d+ x", ()),
        (
            r"No module named '?(?P<module>torch_scatter)",
            ("No module named 'torch_scatter", "No module named torch_scatter"),
        ),
    ],
)
def test_literals(source, literals):
    assert patterns.analyse(source)[1] == literals


@given(st.text(alphabet="ab(|)?*+.", max_size=12), st.text(alphabet="ab(|)?*+.", max_size=20))
def test_literals_stand_in_every_match(source, text):
    """The prefilter may never hide a match."""
    try:
        pattern = patterns.analyse(source)
        compiled = re.compile(source, re.MULTILINE)
    except re.error:
        return
    if compiled.search(text) and pattern[1]:
        assert any(literal in text for literal in pattern[1])


@pytest.mark.parametrize(
    ("source", "is_safe"),
    [
        (r"word .*? other", True),
        (r"a.*b.*c.*d literal", False),
        (r"(a+)+$ literal", False),
        (r"(?:\w+\s+)*literal", False),
        (r"numpy(?:\.\w+)* literal", True),
        (r"numpy(?:\w?\w+)* literal", False),
        (r"[\w.]+ of [\w.]+ in [\w.]+ at [\w.]+", True),
    ],
)
def test_growth(source, is_safe):
    assert patterns.analyse(source)[2] is is_safe


def test_catastrophic_pattern_is_stopped():
    pattern = patterns.analyse(r"(a+)+\$literal|aaaab")
    assert not pattern[2]
    patterns.slow_patterns.clear()
    started = time.perf_counter()
    assert patterns.search((r"(a|aa)+b", (), False), "a" * 60 + "c") is None
    assert time.perf_counter() - started < 2.0
    assert patterns.slow_patterns == [r"(a|aa)+b"]
    patterns.slow_patterns.clear()


def test_long_line_is_searched_around_its_literal():
    pattern = patterns.analyse(r"needle=(?P<value>\d+)")
    found = patterns.search(pattern, "x" * 1_000_000 + " needle=42 " + "y" * 1_000_000)
    assert found is not None and found["value"] == "42"


def test_short_literals_are_found_too():
    from troubleshoot import compile as compiler
    from troubleshoot.index import Index
    from troubleshoot.rule_model import Rule

    body = {
        "id": "test.short", "title": {"en": "x", "zh": "x"}, "checked": "2026-11",
        "symptom": {"any": [{"text": r"\bXid \d+"}], "examples": {"yes": ["Xid 31"]}},
        "cause": {"en": "x", "zh": "x"},
    }  # fmt: skip
    record = compiler.compile_rule(Rule.model_validate(body))
    record["literals"] = ("Xid",)
    index = Index(compiler.assemble([(record, "test")]))
    assert index.candidates("NVRM: Xid 31, pid 4", []) == [0]
    assert index.candidates("nothing here", []) == []
