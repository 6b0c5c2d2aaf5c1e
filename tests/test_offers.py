"""Where the release that pip was asked for stands among those offered."""

from __future__ import annotations

import pytest

from troubleshoot.offers import place, read
from troubleshoot.stream import Stream


@pytest.mark.parametrize(
    ("bounds", "offered", "expected"),
    [
        ("==2.3.0", "2.5.0rc0, 2.5.0, 2.8.0", "older"),
        ("<=1.14.0,>=1.9.0", "2.2.0, 2.3.0", "older"),
        ("==2.1.2", "1.0.0, 2.1.1", "newer"),
        (">=0.2.0", "0.0.1a0, 0.1.1", "newer"),
        ("==1.2.3", "1.2.2, 1.2.4", "between"),
        ("==0.31.0.dev0", "0.1, 0.30.0", "development"),
        ("", "none", "none"),
        ("", "1.0", "only-others"),
    ],
)
def test_place(bounds, offered, expected):
    assert place(bounds, offered) == expected


def test_read_takes_the_sentence_of_pip():
    said: dict[str, str] = {}
    line = (
        "ERROR: Could not find a version that satisfies the requirement "
        "mlagents_envs==0.31.0.dev0 (from mlagents) (from versions: 0.29.0, 0.30.0)"
    )
    stream = Stream(["Collecting x", line], range(2))
    read(stream, lambda name, value, because, at: said.update({name: value}))
    assert said == {"pip.asked_release": "development"}


def test_the_wording_of_old_pips_is_read_too():
    said: dict[str, str] = {}
    line = "Could not find a version that satisfies the requirement x (from version: none)"
    read(Stream([line], range(1)), lambda name, value, because, at: said.update({name: value}))
    assert said == {"pip.asked_release": "none"}
