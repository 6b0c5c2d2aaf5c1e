"""Up to which Python a release has wheels."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
import yaml

from troubleshoot import releases, tables
from troubleshoot.document import Document
from troubleshoot.textfacts import read

RULES = Path(__file__).parent.parent / "rules"
TABLE = yaml.safe_load((RULES / "_data" / "releases.yaml").read_text("utf-8"))
BUILDS = yaml.safe_load((RULES / "_data" / "source_builds.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("asked", "python"),
    [
        ("numba==0.56.4", "3.10"),
        ("numba-0.57.0", "3.11"),
        ("torch (1.13.1)", "3.10"),
        ("torch (2.5.1+cu124)", "3.12"),
        ("opencv_python==4.2.0.34", "3.8"),
        ("scikit-learn 1.2.2", None),
        ("numpy==1.23.1", "3.10"),
        ("numpy==1.23.5", "3.11"),
        ("pandas==99.0", None),
        ("no-such-thing==1.0", None),
        ("numba", None),
    ],
)
def test_the_newest_python_of_a_release(asked: str, python: str | None) -> None:
    assert releases.newest_python(asked, TABLE) == python


def test_rows_stand_in_order() -> None:
    for name, rows in TABLE["newest_python"].items():
        bounds = [tables.version(last) for last, _ in rows]
        pythons = [tables.version(python) for _, python in rows]
        assert name == name.lower().replace("_", "-")
        assert pythons == sorted(pythons)
        for before, after in itertools.pairwise(bounds):
            assert before < after or after == before[: len(after)], name


def test_whether_the_interpreter_is_newer() -> None:
    facts = {"python.version": "3.11.9"}
    data = {"releases": TABLE}

    def ask(argument: str) -> object:
        return tables.derive("release.python_too_new", argument, facts.get, data)

    assert ask("numba==0.56.4") is True
    assert ask("numba==0.59.0") is False
    assert ask("unknown==1.0") is None
    facts.clear()
    assert ask("numba==0.56.4") is None


def test_wheels_that_pip_fetched_tell_the_interpreter() -> None:
    line = "  Using cached numpy-1.23.5-cp311-cp311-manylinux_2_17_x86_64.whl.metadata (2.3 kB)"
    facts = {fact.name: fact.value for fact in read(Document.from_text(line), ())}
    assert facts["python.version"] == "3.11"


def test_what_a_source_build_needs() -> None:
    facts: dict[str, object] = {}
    data = {"source_builds": BUILDS}

    def ask(name: str, argument: str) -> object:
        return tables.derive(name, argument, facts.get, data)  # type: ignore[arg-type]

    assert ask("source.needs", "Box2D_py") == "the program SWIG and a C++ compiler"
    assert ask("source.packages", "pyaudio") == "portaudio19-dev python3-dev"
    facts["host.package_manager"] = "brew"
    assert ask("source.packages", "pyaudio") == "portaudio"
    assert ask("source.conda", "egl_probe") is None
    assert ask("source.needs", "numpy") is None


def test_the_rule_knows_the_packages_of_the_table() -> None:
    rule = yaml.safe_load((RULES / "pip" / "source-needs.yaml").read_text("utf-8"))
    pattern = re.compile(rule["symptom"]["any"][0]["text"])
    for row in BUILDS["packages"]:
        for name in (row["name"], row["name"].replace("-", "_")):
            found = pattern.search(f"ERROR: Failed building wheel for {name}")
            assert found, name
            assert found["dist"] == name
    assert not pattern.search("ERROR: Failed building wheel for numpy")


def test_the_package_of_a_header() -> None:
    table = yaml.safe_load((RULES / "_data" / "development.yaml").read_text("utf-8"))
    facts: dict[str, object] = {}

    def ask(name: str) -> object:
        data = {"development": table}
        return tables.derive("source.development", name, facts.get, data)  # type: ignore[arg-type]

    assert ask("GL/osmesa.h") == "libosmesa6-dev"
    assert ask("opencv2/core/core.hpp") == "libopencv-dev"
    assert ask("Eigen3") == "libeigen3-dev"
    assert ask("X11/extensions/Xrandr.h") == "libxrandr-dev"
    assert ask("X11/Xlib.h") == "libx11-dev xorg-dev"
    assert ask("own/things.h") is None
    facts["host.package_manager"] = "brew"
    assert ask("portaudio.h") == "portaudio"
    names = [name for row in table["libraries"] for name in row["names"]]
    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)
