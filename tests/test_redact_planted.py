"""Two thousand planted secrets of all kinds: not one may leak, and no other line may change."""

from __future__ import annotations

import collections

import pytest

from tests import planted
from troubleshoot.redact import Redactor

COUNT = 2400


@pytest.fixture(scope="module")
def redacted():
    return [(log, secrets, Redactor().redact(log)) for log, secrets in planted.logs(COUNT)]


def test_every_kind_is_planted(redacted):
    kinds = collections.Counter(kind for _, secrets, _ in redacted for kind, _, _ in secrets)
    assert sum(kinds.values()) >= 2000
    assert set(kinds) == set(planted.KINDS) and min(kinds.values()) >= 20


def test_no_planted_secret_leaks(redacted):
    leaked = [
        (kind, secret, line)
        for _, secrets, hidden in redacted
        for kind, secret, line in secrets
        if planted.leaks(secret, hidden)
    ]
    assert leaked == []


def test_lines_without_a_secret_survive(redacted):
    noise = {line for line in planted.NOISE if line}
    for log, _, hidden in redacted:
        kept = collections.Counter(hidden.split("\n"))
        for line, count in collections.Counter(log.split("\n")).items():
            if line in noise:
                assert kept[line] == count, line


def test_the_check_itself_can_fail():
    assert planted.leaks("hunter2-hunter3", "x hunter2-hunter y")
    assert planted.leaks("ada", "/home/ada/x") and not planted.leaks("ada", "adam")
