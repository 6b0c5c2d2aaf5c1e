"""Comparing and printing values."""

import pytest

from troubleshoot import values


@pytest.mark.parametrize(
    ("left", "operator", "right", "kind", "expected"),
    [
        ("2.5.1+cu121", "<", "2.6", "version", True),
        ("2.10.0", ">", "2.9", "version", True),
        ("1.26.4", ">=", "2", "version", False),
        ("3.10", "==", "3.10.0", "version", True),
        ("2.00 GiB", ">", "1500 MiB", "", True),
        (3 * 1024**3, "<", "4 GiB", "size", True),
        (0.3, ">=", "20%", "", True),
        (("a", "b"), "contains", "b", "", True),
        ("Tesla T4", "contains", "t4", "", True),
        ("linux", "in", ("linux", "macos"), "", True),
        (None, "==", True, "", None),
        ("", "known", True, "", False),
        (None, "unknown", True, "", True),
        ("abc", "<", "5", "", None),
        (False, "==", True, "", False),
        ("cuda:0", "matches", r"cuda:\d", "", True),
    ],
)
def test_compare(left, operator, right, kind, expected):
    assert values.compare(left, operator, right, kind) is expected


def test_show():
    assert values.show(3 * 1024**3, "size") == "3.0 GiB"
    assert values.show(7200.0, "seconds") == "2 h"
    assert values.show(("a", 1)) == "a, 1"
    assert values.show(None) == ""
