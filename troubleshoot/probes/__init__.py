"""Probes: read-only code that measures facts of this machine, lazily and under time limits.

`LiveFacts` is the source of facts that a diagnosis asks. Only the modules behind the asked
names are imported; their probes run side by side, each under its own limit; whatever fails,
hangs or is absent becomes an unknown fact with the reason.
"""

from __future__ import annotations

import _thread
import os
from time import perf_counter

from troubleshoot.facts import PROBE, Fact
from troubleshoot.probes.register import Request, cost, module_of, parse_name
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from troubleshoot.installed import Installed
    from troubleshoot.interpreter import Interpreter
    from troubleshoot.target import Target


@record
class Probe:
    """One function that measures one or several facts.

    Attributes:
        answers: base names of the facts it can measure.
        measure: yields a fact for each request; it may raise.
        limit: seconds after which it is given up.
    """

    answers: tuple[str, ...]
    measure: Callable[[Context, Sequence[Request]], Iterable[Fact]]
    limit: float = 1.0


def each(
    measure: Callable[[Context, Request], Fact],
) -> Callable[[Context, Sequence[Request]], Iterator[Fact]]:
    """A probe function from one that answers a single request: one failing spares the others."""

    def measure_each(context: Context, requests: Sequence[Request]) -> Iterator[Fact]:
        for request in requests:
            try:
                yield measure(context, request)
            except Exception as error:
                yield request.unknown(complaint(error))

    return measure_each


def complaint(error: BaseException) -> str:
    """One line that says what went wrong in a probe."""
    if isinstance(error, PermissionError):
        return f"permission denied: {error.filename}" if error.filename else "permission denied"
    text = str(error).strip().split("\n", 1)[0][:200]
    if isinstance(error, LookupError) and text and not isinstance(error, KeyError | IndexError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def probes_of(module: str) -> tuple[Probe, ...]:
    """The probes of one module of this package; imports it."""
    found = __import__(f"troubleshoot.probes.{module}", fromlist=["PROBES"]).PROBES
    return tuple(found)


class Context:
    """What the probes of one diagnosis share: the target, and costly things read once."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.limit = 10.0
        self._lock = _thread.RLock()
        self._kept: dict[str, object] = {}

    @property
    def environ(self) -> Mapping[str, str]:
        """Environment variables of the failed run, as far as they are known."""
        return self.target.environ

    @property
    def home(self) -> str:
        """The user's home folder."""
        return self.environ.get("HOME") or os.path.expanduser("~")

    def once(self, key: str, make: Callable[[], object]) -> object:
        """``make()``, computed once for all probes."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            return self._kept[key]

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter that failed, as its files describe it.

        Raises:
            LookupError: if there is none.
        """
        from troubleshoot.interpreter import Interpreter, inspect

        python = self.target.python
        if not python:
            raise LookupError("no Python interpreter was found for the failed run")
        found = self.once("interpreter", lambda: inspect(python, self.environ))
        assert isinstance(found, Interpreter)
        return found

    @property
    def installed(self) -> Installed:
        """The distributions and modules of that interpreter."""
        from troubleshoot.installed import Installed

        interpreter = self.interpreter
        found = self.once("installed", lambda: Installed(interpreter, self.environ))
        assert isinstance(found, Installed)
        return found

    def path(self, text: str) -> str:
        """``text`` as an absolute path, seen from the failed run's folder."""
        if text == "~" or text.startswith("~/"):
            text = self.home + text[1:]
        return os.path.normpath(os.path.join(self.target.cwd, text))


class _Run:
    """One probe at work in a thread of its own."""

    def __init__(self, probe: Probe, context: Context, requests: list[Request]) -> None:
        self.probe = probe
        self.context = context
        self.requests = requests
        self.answers: dict[str, Fact] = {}
        self.failure = ""
        self.started = perf_counter()
        self.limit = min(probe.limit, context.limit)
        self._done = _thread.allocate_lock()
        self._done.acquire()

    def start(self) -> None:
        # Threads started this way never hold up the end of the process, unlike threading's.
        _thread.start_new_thread(self._work, ())

    def _work(self) -> None:
        before = self.started
        try:
            for fact in self.probe.measure(self.context, self.requests):
                now = perf_counter()
                self.answers[fact.name] = Fact(
                    fact.name, fact.value, fact.source, fact.because, fact.line, now - before
                )
                before = now
        except BaseException as error:
            self.failure = complaint(error)
        finally:
            self._done.release()

    def wait(self) -> None:
        rest = self.started + self.limit - perf_counter()
        if not self._done.acquire(timeout=max(rest, 0.0)):
            self.failure = f"no answer within {self.limit:g} s"

    def results(self) -> Iterator[Fact]:
        answers = dict(self.answers)  # a late thread may still write
        seconds = perf_counter() - self.started
        for request in self.requests:
            fact = answers.get(request.name)
            if fact is None:
                reason = self.failure or "the probe gave no answer"
                fact = Fact(request.name, None, PROBE, reason, seconds=seconds)
            yield fact


class LiveFacts:
    """Measures facts of this machine and of the interpreter that failed.

    Args:
        target: the interpreter, folder and environment to measure; None takes those in force
            where whyfail was started.
        limit_seconds: no probe may take longer, whatever its own limit.
        patience: facts that usually cost more seconds than this are not measured at all.
        tell: hears the name of each fact when measuring it begins (with None) and the fact when
            it ends.
    """

    def __init__(
        self,
        target: Target | None = None,
        *,
        limit_seconds: float = 20.0,
        patience: float = float("inf"),
        tell: Callable[[str, Fact | None], None] | None = None,
    ) -> None:
        if target is None:
            from troubleshoot.target import Target

            target = Target.of_shell()
        self.target = target
        self.seconds = 0.0
        self.put_off: list[str] = []
        self._patience = patience
        self._tell = tell
        self._context = Context(target)
        self._context.limit = limit_seconds
        self._measured: dict[str, Fact] = {}

    def measure(self, names: Sequence[str]) -> Mapping[str, Fact]:
        """Measure the named facts side by side; every name is answered, if only as unknown."""
        started = perf_counter()
        fresh = [name for name in dict.fromkeys(names) if name not in self._measured]
        for run in self._start(fresh):
            run.wait()
            for fact in run.results():
                self._measured[fact.name] = fact
                if self._tell is not None:
                    self._tell(fact.name, fact)
        self.seconds += perf_counter() - started
        return {name: self._measured[name] for name in names}

    def distributions(self) -> list[str]:
        """Names of everything installed in the interpreter that failed."""
        try:
            found = self._context.installed.distributions
        except (LookupError, OSError):
            return []
        return sorted(items[0].name for items in found.values())

    def take_time(self) -> None:
        """From now on measure whatever is asked, however long it takes."""
        self._patience = float("inf")
        for name in self.put_off:
            self._measured.pop(name, None)
        self.put_off = []

    def forget(self) -> None:
        """Measure everything anew when asked again (after a fix)."""
        context = Context(self.target)
        context.limit = self._context.limit
        self._context = context
        self._measured = {}

    def _start(self, names: Sequence[str]) -> list[_Run]:
        groups: dict[int, tuple[Probe, list[Request]]] = {}
        for name in names:
            request = parse_name(name)
            if cost(name) > self._patience:
                needs = f"measuring it takes about {cost(name):.0f} s (whyfail facts {name})"
                self._measured[name] = request.unknown(f"not measured: {needs}")
                self.put_off.append(name)
                continue
            try:
                probe = _find(request.base)
            except Exception as error:
                self._measured[name] = request.unknown(f"the probe is broken: {complaint(error)}")
                continue
            if probe is None:
                self._measured[name] = request.unknown("no probe measures this")
                continue
            if self._tell is not None:
                self._tell(name, None)
            groups.setdefault(id(probe), (probe, []))[1].append(request)
        runs = [_Run(probe, self._context, requests) for probe, requests in groups.values()]
        for run in runs:
            run.start()
        return sorted(runs, key=lambda run: run.limit)


def _find(base: str) -> Probe | None:
    module = module_of(base)
    if not module:
        return None
    for probe in probes_of(module):
        if base in probe.answers:
            return probe
    return None
