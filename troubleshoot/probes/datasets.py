"""LeRobot datasets on this disk: where they lie, their format version and their features."""

from __future__ import annotations

import os

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each
from troubleshoot.probes.huggingface import hub_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_LARGEST = 4_000_000


def places(context: Context, name: str) -> list[str]:
    """Folders in which a dataset named by repository id or path may lie, likeliest first."""
    if os.path.isabs(name) or name.startswith(("~", ".")):
        found = [context.path(name)]
    else:
        home = hub_home(context.environ, context.home)
        cache = context.environ.get("HF_LEROBOT_HOME") or os.path.join(home, "lerobot")
        found = [
            context.path(os.path.join(cache, name)),
            context.path(name),
            context.path(os.path.join("data", name)),
            context.path(os.path.join("datasets", name)),
            context.path(os.path.join("data", os.path.basename(name))),
        ]
    return [path for path in found if os.path.isdir(path)]


def description(folder: str) -> dict[str, Any]:
    """Content of a dataset's ``meta/info.json``, empty when it cannot be read."""
    import json

    text = read_text(os.path.join(folder, "meta", "info.json"), _LARGEST)
    try:
        content = json.loads(text) if text else {}
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _measure(context: Context, request: Request) -> Fact:
    name = request.argument
    if not name:
        return request.unknown("no dataset was named")
    found = places(context, name)
    base = request.base.removeprefix("lerobot.")
    whole = [folder for folder in found if description(folder)]
    if base == "dataset_path":
        if whole:
            return request.known(whole[0], "it has a meta/info.json")
        if found:
            return request.known("", f"{found[0]} exists but has no readable meta/info.json")
        return request.known("", f"no folder of the dataset {name} on this disk")
    if not whole:
        return request.unknown(f"the dataset {name} is not on this disk")
    content = description(whole[0])
    if base == "dataset_version":
        version = str(content.get("codebase_version") or "").removeprefix("v")
        if not version:
            return request.unknown(f"{whole[0]}/meta/info.json names no version")
        return request.known(version, f"{whole[0]}/meta/info.json")
    features = content.get("features")
    names = tuple(features) if isinstance(features, dict) else ()
    return request.known(names, f"{whole[0]}/meta/info.json")


PROBES = (
    Probe(
        ("lerobot.dataset_path", "lerobot.dataset_version", "lerobot.dataset_features"),
        each(_measure),
        limit=1.0,
    ),
)
