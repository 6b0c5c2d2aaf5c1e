"""Templates: what is filled, what is validated, what is quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troubleshoot import fill
from troubleshoot.context import Context
from troubleshoot.document import Document
from troubleshoot.facts import PROBE, TEXT, Fact, Facts
from troubleshoot.match import Match, Sighting
from troubleshoot.reader import Reader


def context(captures, *, facts=(), kinds=None):
    rule = {"id": "test.rule", "captures": kinds or {}}
    sighting = Sighting(kind="text", line=0, failure=-1, text="", captures=captures)
    match = Match(rule=rule, sightings=(sighting,), captures=captures, role="")
    reader = Reader(Document.from_text("line"), ())
    return Context(reader, Facts(facts), lambda _: "text", match)


def test_fallbacks_and_unknown_names():
    filled = context({"port": "8080"})
    assert filled.text("port {port} of {gpu.name|the GPU}") == "port 8080 of the GPU"
    assert filled.text("{network.port_pid({port})|<pid>}") == "<pid>"
    assert filled.text("{module.distribution(x)|{port}}") == "8080"
    assert filled.text("awk '{print $1}' ${HOME} {nothing}") == "awk '{print $1}' ${HOME} {nothing}"


def test_fact_with_a_captured_argument():
    fact = Fact(name="network.port_pid(8080)", value=4711, source=PROBE)
    assert context({"port": "8080"}, facts=[fact]).command("kill {network.port_pid({port})}") == (
        "kill 4711"
    )


@pytest.mark.parametrize(
    ("captures", "expected"),
    [
        ({"module": "torch_scatter"}, "pip install torch_scatter"),
        ({"module": "x; rm -rf ~"}, "pip install <module>"),
        ({"module": "$(reboot)"}, "pip install <module>"),
        ({"module": "`id`"}, "pip install <module>"),
        ({"module": "-r evil"}, "pip install <module>"),
    ],
)
def test_a_captured_module_must_look_like_one(captures, expected):
    assert context(captures).command("pip install {module}") == expected


def test_an_unclassified_capture_is_quoted():
    hostile = "a b'; touch /tmp/owned; '"
    command = context({"thing": hostile}).command("ls {thing}")
    import shlex

    assert shlex.split(command) == ["ls", hostile]


def test_facts_from_the_text_are_quoted():
    fact = Fact(name="gpu.name", value="X; reboot", source=TEXT)
    assert context({}, facts=[fact]).command("echo {gpu.name}") == "echo 'X; reboot'"


@given(st.text(max_size=60))
def test_a_command_never_breaks_out_of_its_word(value):
    import shlex

    command = context({"thing": value}).command("ls {thing}")
    words = shlex.split(command)
    assert words[0] == "ls" and len(words) == 2


@given(st.text(max_size=200))
def test_templates_of_any_text_do_not_raise(template):
    context({"a": "b"}).text(template)
    fill.fields(template)


def test_control_characters_do_not_reach_the_screen():
    shown = context({"thing": "a\x1b[2Jb\u202ec"}).text("{thing}")
    assert "\x1b" not in shown and "\u202e" not in shown


def test_a_value_inside_quotes_of_the_template_gets_no_second_pair():
    def filled(template, value):
        return fill.fill(
            template,
            lambda name: fill.quote(value),
            is_known=lambda name: True,
            in_quotes=lambda name: fill.within_quotes(value),
        )

    assert filled('pip install "{need}"', "numpy<2.1,>=1.22") == 'pip install "numpy<2.1,>=1.22"'
    assert filled("pip install '{need}'", "torch!=2.1") == "pip install 'torch!=2.1'"
    assert filled("pip install {need}", "numpy<2") == "pip install 'numpy<2'"


def test_a_value_that_could_leave_the_quotes_is_not_filled_in():
    for value in ('a"; rm b', "a$(b)", "a`b`", "a'b", "a\\", "a!b", "a\nb"):
        assert fill.within_quotes(value) is None
