"""torch in the interpreter that failed: from its files, and only where needed by asking it."""

from __future__ import annotations

import os
import re

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

ASK_LIMIT = 20.0
_SETTING = re.compile(
    r"^(__version__|cuda|hip|xpu|debug)\b[^=\n]*=\s*(?:None|(?:['\"]|(?=True|False))([^'\"\n]*)['\"]?)",
    re.M,
)


def build(context: Context) -> dict[str, str]:
    """What ``torch/version.py`` says: ``__version__``, ``cuda``, ``hip`` (empty for None).

    Raises:
        LookupError: if torch is not installed there.
    """

    def read() -> dict[str, str]:
        start = context.installed.locate("torch")
        text = read_text(os.path.join(os.path.dirname(start), "version.py")) if start else ""
        found = {name: value or "" for name, value in _SETTING.findall(text)}
        item = context.installed.find("torch")
        if not found and item is None:
            raise LookupError(f"torch is not installed in {context.interpreter.prefix}")
        if item is not None:
            found.setdefault("__version__", item.version)
        return found

    found = context.once("torch build", read)
    assert isinstance(found, dict)
    return found


def is_cpu_build(settings: dict[str, str]) -> bool | None:
    """Whether a build has neither CUDA nor ROCm nor XPU; None if the files do not tell."""
    if "cuda" not in settings:
        return True if "+cpu" in settings.get("__version__", "") else None
    return not (settings["cuda"] or settings.get("hip") or settings.get("xpu"))


def _file_facts(context: Context, request: Request) -> Fact:
    settings = build(context)
    base = request.base.removeprefix("torch.")
    version = settings.get("__version__", "")
    if base == "version":
        return request.known(version, "torch/version.py")
    if base == "cuda":
        if "cuda" not in settings:
            label = re.search(r"\+cu(\d+)(\d)$", version)
            if label:
                return request.known(f"{label.group(1)}.{label.group(2)}", f"version {version}")
            return request.unknown("torch/version.py does not tell")
        other = f", ROCm {settings['hip']}" if settings.get("hip") else ""
        return request.known(settings["cuda"], f"torch/version.py of {version}{other}")
    if base == "hip":
        if "hip" not in settings:
            return request.unknown("torch/version.py does not tell")
        return request.known(settings["hip"], f"torch/version.py of {version}")
    if base == "is_debug_build":
        if settings.get("debug") not in ("True", "False"):
            return request.unknown("torch/version.py does not tell")
        return request.known(settings["debug"] == "True", f"torch/version.py of {version}")
    if base == "is_cpu_build":
        cpu = is_cpu_build(settings)
        if cpu is None:
            return request.unknown("torch/version.py does not tell")
        return request.known(cpu, f"torch/version.py of {version}")
    return _library_version(context, request, "nccl" if base.startswith("nccl") else "cudnn")


def _library_version(context: Context, request: Request, library: str) -> Fact:
    start = f"nvidia-{library}-cu"
    for name, found in context.installed.distributions.items():
        if name.startswith(start):
            return request.known(found[0].version, f"{found[0].name} is installed")
    settings = build(context)
    if is_cpu_build(settings):
        return request.unknown("a CPU build has none")
    folder = os.path.join(context.interpreter.conda_prefix, "conda-meta")
    for name in os.listdir(folder) if context.interpreter.conda_prefix else []:
        if name.startswith(f"{library}-"):
            return request.known(name.split("-")[1], os.path.join(folder, name))
    return request.unknown(f"no {start}… distribution is installed; it may be built into torch")


def ask_torch(context: Context) -> dict[str, object]:
    """Import torch in the interpreter that failed and let it tell what it sees.

    Raises:
        LookupError: if it does not answer; the message says why.
    """

    def ask_once() -> dict[str, object]:
        import json

        from troubleshoot.probes.child import ask, script

        python = context.interpreter.executable
        environ = {**context.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        reply = ask(
            [python, script("ask_torch.py")],
            limit=min(ASK_LIMIT, context.limit) - 0.2,
            environ=environ,
            cwd=context.target.cwd,
        )
        for line in reversed(reply.output.splitlines()):
            if line.startswith("whyfail:"):
                answer = json.loads(line[8:])
                return dict(answer)
        if reply.timed_out:
            return {"failure": f"torch did not answer within {reply.seconds:.0f} s"}
        last = reply.error.strip().splitlines()[-1:] or [f"exit status {reply.code}"]
        return {"failure": f"{python}: {last[0][:300]}"}

    found = context.once("ask torch", ask_once)
    assert isinstance(found, dict)
    if "failure" in found:
        raise LookupError(str(found["failure"]))
    return found


def _live_facts(context: Context, requests: Sequence[Request]) -> Iterator[Fact]:
    settings = build(context)
    version = settings.get("__version__", "")
    if is_cpu_build(settings):
        for request in requests:
            why = f"torch {version} is built without CUDA"
            if request.base == "torch.cuda_available":
                yield request.known(False, why)
            elif request.base == "torch.arch_list":
                yield request.known((), why)
            else:
                yield request.known("torch is a CPU build", why)
        return
    answer = ask_torch(context)
    for request in requests:
        base = request.base.removeprefix("torch.")
        value = answer.get(base)
        if isinstance(value, list):
            value = tuple(str(item) for item in value)
        if isinstance(value, bool | str | tuple):
            yield request.known(value, f"torch {version} says so in the target interpreter")
        else:
            yield request.unknown("torch does not tell")


PROBES = (
    Probe(
        (
            "torch.version",
            "torch.cuda",
            "torch.hip",
            "torch.is_debug_build",
            "torch.is_cpu_build",
            "torch.nccl_version",
            "torch.cudnn_version",
        ),
        each(_file_facts),
        limit=3.0,
    ),
    Probe(
        ("torch.cuda_available", "torch.cuda_reason", "torch.arch_list"),
        _live_facts,
        limit=ASK_LIMIT,
    ),
)
