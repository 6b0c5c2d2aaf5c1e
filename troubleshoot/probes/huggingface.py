"""Hugging Face and LeRobot: where their caches lie, whether a token is configured."""

from __future__ import annotations

import os

from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request


def hub_home(environ: Mapping[str, str], home: str) -> str:
    """The folder of Hugging Face's caches (``HF_HOME``)."""
    if environ.get("HF_HOME"):
        return _expand(environ["HF_HOME"], home)
    cache = environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return os.path.join(_expand(cache, home), "huggingface")


def _expand(path: str, home: str) -> str:
    return home + path[1:] if path.startswith("~") else path


def _measure(context: Context, request: Request) -> Fact:
    environ, home = context.environ, context.home
    folder = hub_home(environ, home)
    if request.base == "huggingface.cache_path":
        for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
            if environ.get(name):
                return request.known(_expand(environ[name], home), f"${name}")
        return request.known(os.path.join(folder, "hub"), "default place")
    if request.base == "lerobot.cache_path":
        if environ.get("HF_LEROBOT_HOME"):
            return request.known(_expand(environ["HF_LEROBOT_HOME"], home), "$HF_LEROBOT_HOME")
        return request.known(os.path.join(folder, "lerobot"), "default place")
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if environ.get(name, "").strip():
            return request.known(True, f"${name} is set")
    path = environ.get("HF_TOKEN_PATH") or os.path.join(folder, "token")
    try:
        present = os.path.getsize(path) > 1
    except OSError:
        present = False
    why = f"{path} exists" if present else f"neither $HF_TOKEN nor {path}"
    return request.known(present, why)


PROBES = (
    Probe(
        ("huggingface.cache_path", "huggingface.token_present", "lerobot.cache_path"),
        each(_measure),
    ),
)
