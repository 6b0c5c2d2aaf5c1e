"""Weights & Biases: whether a key is configured here (never the key), and for which server."""

from __future__ import annotations

import os
import re

from troubleshoot.interpreter import read_text
from troubleshoot.probes import Probe, each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.facts import Fact
    from troubleshoot.probes import Context
    from troubleshoot.probes.register import Request

_SERVER = "api.wandb.ai"


def server(context: Context) -> str:
    """Host that wandb would log in to."""
    url = context.environ.get("WANDB_BASE_URL", "")
    if not url:
        folder = context.environ.get("WANDB_CONFIG_DIR") or os.path.join(
            context.home, ".config", "wandb"
        )
        for path in (os.path.join(folder, "settings"), context.path("wandb/settings")):
            match = re.search(r"(?m)^\s*base_url\s*=\s*(\S+)", read_text(path))
            url = url or (match[1] if match else "")
    match = re.match(r"(?:https?://)?([^/:\s]+)", url)
    return match[1] if match else _SERVER


def netrc_names(text: str, host: str) -> bool:
    """Whether a ``.netrc`` has an entry with a password for a host."""
    words = re.sub(r"(?m)^\s*#.*$", "", text).split()
    for position, word in enumerate(words):
        if word == "machine" and words[position + 1 : position + 2] == [host]:
            rest = words[position + 2 : position + 8]
            end = rest.index("machine") if "machine" in rest else len(rest)
            return "password" in rest[:end]
    return False


def _measure(context: Context, request: Request) -> Fact:
    host = server(context)
    if request.base == "wandb.server":
        return request.known(host, "WANDB_BASE_URL or wandb's settings")
    if context.environ.get("WANDB_API_KEY", "").strip():
        return request.known(True, "$WANDB_API_KEY is set")
    names = [context.environ.get("NETRC", "")]
    names += [os.path.join(context.home, name) for name in (".netrc", "_netrc")]
    for path in names:
        if path and netrc_names(read_text(path), host):
            return request.known(True, f"{path} has an entry for {host}")
    return request.known(False, f"neither $WANDB_API_KEY nor an entry for {host} in ~/.netrc")


PROBES = (Probe(("wandb.key_present", "wandb.server"), each(_measure)),)
