"""The runner of the probes: lazy, side by side, limited, never raising."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import yaml
from making import target

from troubleshoot import probes
from troubleshoot.probes import LiveFacts, Probe, each, register
from troubleshoot.probes.child import ask

MEASURED_ELSEWHERE = ("run.", "kernel.", "sentinel.", "frame.", "pip.asked_release")


@pytest.fixture
def stand_in(monkeypatch):
    """Puts probes in place of the module ``ray``."""

    def install(*items):
        monkeypatch.setattr("troubleshoot.probes.ray.PROBES", items)
        return LiveFacts(target())

    return install


def test_a_hanging_probe_is_given_up_and_the_others_answer(stand_in):
    def hang(context, requests):
        yield requests[0].known(1, "quick")
        time.sleep(30)

    facts = stand_in(
        Probe(("ray.sessions", "ray.running"), hang, limit=0.3),
        Probe(("ray.object_store_free",), each(lambda context, request: request.known(5, ""))),
    )
    started = time.perf_counter()
    found = facts.measure(["ray.sessions", "ray.running", "ray.object_store_free"])
    assert time.perf_counter() - started < 2
    assert found["ray.sessions"].value == 1
    assert found["ray.object_store_free"].value == 5
    assert found["ray.running"].value is None
    assert found["ray.running"].because == "no answer within 0.3 s"


def test_probes_run_side_by_side(stand_in):
    def slow(context, requests):
        time.sleep(0.3)
        yield requests[0].known(True, "")

    facts = stand_in(Probe(("ray.running",), slow), Probe(("ray.sessions",), slow))
    started = time.perf_counter()
    facts.measure(["ray.running", "ray.sessions"])
    assert time.perf_counter() - started < 0.55


def test_a_raising_probe_becomes_a_reason(stand_in):
    def fail(context, request):
        if request.argument == "bad":
            raise ValueError("first line\nsecond line")
        return request.known(2, "")

    facts = stand_in(Probe(("ray.sessions",), each(fail)))
    found = facts.measure(["ray.sessions(bad)", "ray.sessions(good)"])
    assert found["ray.sessions(bad)"].because == "ValueError: first line"
    assert found["ray.sessions(good)"].value == 2


def test_a_fact_is_measured_once_until_forgotten(stand_in):
    calls = []

    def count(context, requests):
        calls.append(1)
        yield requests[0].known(len(calls), "")

    facts = stand_in(Probe(("ray.sessions",), count))
    assert facts.measure(["ray.sessions"])["ray.sessions"].value == 1
    assert facts.measure(["ray.sessions"])["ray.sessions"].value == 1
    facts.forget()
    assert facts.measure(["ray.sessions"])["ray.sessions"].value == 2


@pytest.mark.parametrize("name", ["nothing.like.this", "gpu.", "", "host.os(x", "é(é)", "()"])
def test_any_name_is_answered(name):
    found = LiveFacts(target()).measure([name])
    assert found[name].name == name
    assert found[name].is_known or found[name].because


def test_every_registered_fact_has_a_probe_or_a_table():
    from troubleshoot import derived

    with open("rules/_data/facts.yaml", encoding="utf-8") as file:
        registered = yaml.safe_load(file)
    for name in registered:
        if name.startswith(MEASURED_ELSEWHERE) or name in derived.NAMES:
            continue
        module = register.module_of(name)
        assert module, name
        answers = [answer for probe in probes.probes_of(module) for answer in probe.answers]
        assert name in answers, name


def test_every_answer_is_registered():
    with open("rules/_data/facts.yaml", encoding="utf-8") as file:
        registered = yaml.safe_load(file)
    for module in {*register.MODULES.values(), *register.OTHER_MODULES.values()}:
        for probe in probes.probes_of(module):
            assert set(probe.answers) <= set(registered), module


def test_costly_facts_are_left_to_those_with_patience():
    name = "torch.cuda_available"
    fact = LiveFacts(target(), patience=1.0).measure([name])[name]
    assert fact.value is None
    assert "takes about 4 s" in fact.because
    fact = LiveFacts(target()).measure([name])[name]
    assert "takes about" not in fact.because


def test_only_the_asked_modules_are_imported():
    code = (
        "import sys; from troubleshoot.probes import LiveFacts;"
        "LiveFacts().measure(['host.os', 'storage.free(/)']);"
        "print([m for m in ('psutil','pynvml','subprocess','dataclasses','importlib.metadata',"
        "'pathlib','inspect','threading','troubleshoot.probes.gpu') if m in sys.modules])"
    )
    reply = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True)
    assert reply.stdout.strip() == "[]", reply.stderr


def test_a_child_that_hangs_is_killed_with_its_children(tmp_path):
    mark = tmp_path / "alive"
    script = f"(while true; do sleep 0.1; date >> {mark}; done) & sleep 60"
    reply = ask(["bash", "-c", script], limit=0.5)
    assert reply.timed_out
    assert reply.seconds < 3
    size = mark.stat().st_size
    time.sleep(0.4)
    assert mark.stat().st_size == size


def test_a_child_gets_no_input_and_its_output_is_bounded():
    reply = ask([sys.executable, "-c", "print(input())"], limit=5)
    assert reply.code == 1
    assert "EOFError" in reply.error
    reply = ask([sys.executable, "-c", "print('x' * 10**6)"], limit=5)
    assert len(reply.output) == 200_000
