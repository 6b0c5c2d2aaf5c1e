"""Names that came and went with releases, as the table made from wheels tells them."""

from __future__ import annotations

import pytest
from finding import only

from troubleshoot import api_history, packdata

TABLE = {
    "libraries": {
        "gizmolib": {
            "imports": ["gizmo"],
            "first": "0.1",
            "last": "3.0",
            "removed": "Arm(speed) 2.0\nArm.home 3.0\ngizmo.core.Loader 2.1 -> gizmo.io.Loader\n"
            "gizmo.legacy 2.0\ngizmo.both 2.5\n",
            "added": "Arm(force) 2.0\ngizmo.Fleet 1.4\ngizmo.both 1.2\ngizmo.io 2.1\n",
        }
    }
}
HEAD = (
    "Traceback (most recent call last):\n"
    '  File "/home/ada/run.py", line 3, in <module>\n'
    "    {code}\n"
)


@pytest.fixture(autouse=True)
def table(monkeypatch):
    real = packdata.load
    monkeypatch.setattr(
        packdata, "load", lambda name: TABLE if name == "api_history" else real(name)
    )


@pytest.mark.parametrize(
    ("code", "message", "kind", "member", "pin"),
    [
        ("from gizmo.core import Loader",
         "ImportError: cannot import name 'Loader' from 'gizmo.core' (/v/gizmo/core.py)",
         "gone", "gizmo.core.Loader", "gizmolib<2.1"),
        ("gizmo.Fleet()", "AttributeError: module 'gizmo' has no attribute 'Fleet'",
         "new", "gizmo.Fleet", "gizmolib>=1.4"),
        ("import gizmo.legacy.arm", "ModuleNotFoundError: No module named 'gizmo.legacy.arm'",
         "gone", "gizmo.legacy", "gizmolib<2.0"),
        ("import gizmo.io", "ModuleNotFoundError: No module named 'gizmo.io'",
         "new", "gizmo.io", "gizmolib>=2.1"),
        ("gizmo.Arm(speed=3)",
         "TypeError: Arm.__init__() got an unexpected keyword argument 'speed'",
         "gone", "Arm(speed)", "gizmolib<2.0"),
        ("gizmo.Arm(force=3)",
         "TypeError: Arm.__init__() got an unexpected keyword argument 'force'",
         "new", "Arm(force)", "gizmolib>=2.0"),
        ("gizmo.arm().home()", "AttributeError: 'Arm' object has no attribute 'home'",
         "gone", "Arm.home", "gizmolib<3.0"),
        ("from gizmo import both",
         "ImportError: cannot import name 'both' from 'gizmo' (/v/gizmo/__init__.py)",
         "gone", "gizmo.both", "gizmolib<2.5"),
    ],
)  # fmt: skip
def test_what_is_known(code, message, kind, member, pin):
    failure = only(HEAD.format(code=code) + message + "\n")
    found = api_history.look_up(failure, kind)
    assert found is not None
    assert (found["member"], found["pin"]) == (member, pin)
    other = api_history.NEW if kind == api_history.GONE else api_history.GONE
    assert api_history.look_up(failure, other) is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("from gizmo.core import Load",
         "ImportError: cannot import name 'Load' from 'gizmo.core' (/v/gizmo/core.py)"),
        ("from gizmo.core import Loader",
         "ImportError: cannot import name 'Loader' from 'gizmo.core' (unknown location)"),
        ("other.Arm(speed=3)",
         "TypeError: Arm.__init__() got an unexpected keyword argument 'speed'"),
        ("from gizmo.both import deeper",
         "ImportError: cannot import name 'deeper' from 'gizmo.both' (/v/gizmo/both.py)"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_left_to_others(code, message):
    failure = only(HEAD.format(code=code) + message + "\n")
    for kind in api_history.KINDS:
        assert api_history.look_up(failure, kind) is None


def test_where_it_went_is_told():
    failure = only(
        HEAD.format(code="from gizmo.core import Loader")
        + "ImportError: cannot import name 'Loader' from 'gizmo.core' (/v/gizmo/core.py)\n"
    )
    found = api_history.look_up(failure, api_history.GONE)
    assert found is not None and found["instead"] == "gizmo.io.Loader"
