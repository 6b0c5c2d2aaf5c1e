"""What stands behind the braces of a rule's texts: captures, the failure's values, facts."""

from __future__ import annotations

import os
import re

from troubleshoot import fill, values
from troubleshoot.facts import DERIVED, RECORDED, TEXT
from troubleshoot.failure import SYNTAX
from troubleshoot.proof import fact_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from troubleshoot.facts import Facts
    from troubleshoot.match import Match
    from troubleshoot.reader import Reader

    Record = dict[str, Any]

_PIP_VERBS = ("install", "uninstall", "list", "freeze", "show", "check")

LONGEST = 240
"""Characters of one filled value."""


class Context:
    """Fills the texts and commands of one match."""

    def __init__(
        self,
        reader: Reader,
        facts: Facts,
        fact_type: Callable[[str], str],
        match: Match | None = None,
        target: str = "",
    ) -> None:
        self._facts = facts
        self._fact_type = fact_type
        self._match = match
        self._captures = match.captures if match else {}
        self._kinds: dict[str, str] = match.rule["captures"] if match else {}
        self._target = target
        self._is_own_file = True
        self._values = self._failure_values(reader)

    def _failure_values(self, reader: Reader) -> dict[str, str]:
        found = {"python": "", "pip": "", "command": ""}
        position = self._match.failure if self._match else -1
        if position >= 0:
            failure = reader.failures[position]
            found["exception"] = failure.short_name
            found["message"] = failure.message.strip().split("\n")[0]
            frame = failure.user_frame or (failure.frames[-1] if failure.frames else None)
            self._is_own_file = failure.user_frame is not None or failure.kind == SYNTAX
            if frame is not None:
                found["file"] = frame.path
                found["line"] = str(frame.line) if frame.line else ""
                found["function"] = frame.function
                found["code"] = frame.code.strip()
            if failure.frames:
                found["package"] = failure.package
        for name in ("exception", "message", "file", "line", "function", "code", "package"):
            found.setdefault(name, "")
        return found

    def text(self, template: str) -> str:
        """A sentence with its values, safe to show; parts in ``[[ ]]`` only where all is known."""
        if "[[" in template:
            template = re.sub(r"\s?\[\[([^\[\]]*)\]\]", self._optional, template)
        return fill.fill(template, self._shown, is_known=self._is_known)

    def _optional(self, part: re.Match[str]) -> str:
        names = [name for name, _ in fill.fields(part[1])]
        if not names:
            return part[0]
        known = all(self._shown(name) for name in names)
        return part[0].replace("[[", "").replace("]]", "") if known else ""

    def command(self, template: str) -> str:
        """A command with its values validated and quoted; unknown ones stand as ``<name>``.

        A bare ``pip`` becomes the pip of the target interpreter.
        """
        filled = fill.fill(
            template, self._quoted, is_known=self._is_known, in_quotes=self._within_quotes
        )
        if "pip " not in filled:
            return filled
        pip = self._tool("pip") or ""
        if pip in ("", "python -m pip"):
            return filled  # the interpreter is unknown: nothing better than what the rule says
        for verb in _PIP_VERBS:
            if filled.startswith(f"pip {verb}"):
                filled = pip + filled[3:]
            for before in ("&& ", "; ", "|| "):
                filled = filled.replace(f"{before}pip {verb}", f"{before}{pip} {verb}")
        if pip == "uv pip":
            filled = filled.replace("uv pip uninstall -y ", "uv pip uninstall ")
            python = self._tool("python") or ""
            if os.path.isabs(python) and f"{os.sep}.venv{os.sep}" not in python:
                for verb in _PIP_VERBS:  # uv itself finds only .venv and the active environment
                    filled = filled.replace(f"uv pip {verb} ", f"uv pip {verb} -p {python} ")
        return filled

    def _is_known(self, name: str) -> bool:
        return name in self._captures or name in self._values or name in self._kinds

    def _fact(self, name: str) -> tuple[str | None, str]:
        resolved = fact_name(name, self._match)
        if resolved is None:
            return None, ""
        fact = self._facts.get(resolved)
        if not fact.is_known:
            return None, fact.source
        return values.show(fact.value, self._fact_type(resolved.split("(")[0])), fact.source

    def _shown(self, name: str) -> str | None:
        if name in ("python", "pip", "command"):
            return self._tool(name)
        if name in self._captures:
            return clean(self._captures[name])
        if name in self._values:
            return clean(self._values[name]) or None
        if "." in name:
            shown = self._fact(name)[0]
            return None if shown is None else clean(shown)
        return None

    def _quoted(self, name: str) -> str | None:
        return self._safe(name, fill.quote)

    def _within_quotes(self, name: str) -> str | None:
        return self._safe(name, fill.within_quotes)

    def _safe(self, name: str, quote: Callable[[str], str | None]) -> str | None:
        if name in ("python", "pip", "command"):
            return self._tool(name)
        if name in self._captures:
            value = self._captures[name].strip()
            if not fill.is_valid(fill.kind_of(name, self._kinds), value):
                return None
            return quote(value)
        if name == "file" and not self._is_own_file:
            return None  # a file of a library is not what a person starts or edits
        if name in self._values:
            value = self._values[name]
            if not value or not fill.is_valid(fill.kind_of(name, {}), value):
                return None
            return quote(value)
        if "." in name:
            shown, source = self._fact(name)
            if shown is None:
                return None
            if source == DERIVED and name.endswith("_command"):
                return shown
            if source == TEXT and not fill.is_valid("any", shown):
                return None
            return quote(shown)
        return None

    def _tool(self, name: str) -> str | None:
        """The interpreter, its pip, or the command of the run, ready for a shell."""
        if name == "command":
            fact = self._facts.given("run.command")
            if fact is None or not fact.is_known or "\n" in str(fact.value):
                return "python your_script.py"
            return clean(str(fact.value))
        executable = self._target or self._recorded_python()
        windows = "\\" in executable
        python = f'"{executable}"' if windows or " " in executable else executable or "python"
        if name == "python":
            return python
        environment = self._facts.given("python.environment")
        if environment is not None and environment.value == "uv":
            return "uv pip"
        return f"{python} -m pip"

    def _recorded_python(self) -> str:
        """The interpreter that a recorded file of facts names, or ``""``."""
        fact = self._facts.given("python.executable")
        if fact is None or fact.source != RECORDED or not fact.is_known:
            return ""
        path = str(fact.value)
        return path if fill.is_valid("path", path) else ""


def clean(value: str) -> str:
    """A captured value for display: one line, no control characters, bounded."""
    value = " ".join(value.split())
    value = "".join(letter for letter in value if letter.isprintable())
    return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"


_PLATFORM_FACTS = (
    "host.os", "host.package_manager", "host.platform", "host.is_wsl", "python.environment",
    "python.conda_env",
)  # fmt: skip
"""Facts that decide which commands are the right ones."""

_SYSTEMS = {
    "linux": ("linux",),
    "macos": ("brew", "macos"),
    "windows": ("windows", "winget", "choco"),
}


def commands(fix: Record, context: Context, facts: Facts) -> list[str]:
    """The commands of a fix for the platform at hand, filled.

    Args:
        fix: the compiled fix.
        context: of its match.
        facts: for the operating system and package manager.
    """
    by_platform = fix.get("on") or {}
    templates = fix.get("run") or ()
    if by_platform:
        facts.prefetch(_PLATFORM_FACTS)
        keys = _platforms(facts)
        chosen = next((key for key in keys if key in by_platform), None)
        if chosen is not None:
            templates = by_platform[chosen]
        elif not templates and not {"macos", "windows"} & set(keys):
            order = ("apt", "linux", *by_platform)
            templates = by_platform[next(key for key in order if key in by_platform)]
    filled = [context.command(template) for template in templates]
    if any(command.startswith(_CONDA) for command in filled):
        filled = [_for_environment(command, facts) for command in filled]
    return filled


_CONDA = ("conda install ", "mamba install ")


def _for_environment(command: str, facts: Facts) -> str:
    """A conda command that names the environment that failed: another may be active."""
    facts.prefetch(_PLATFORM_FACTS)
    name = facts.given("python.conda_env")
    if not command.startswith(_CONDA) or name is None or not name.is_known:
        return command
    word = str(name.value)
    words = command.split()
    if not fill.is_valid("word", word) or {"-n", "-p", "--name", "--prefix"} & set(words):
        return command
    return f"{words[0]} install -n {word}{command[len(words[0]) + len(' install') :]}"


def _platforms(facts: Facts) -> list[str]:
    """Platform keys of a rule that fit this case, most specific first."""

    def given(name: str) -> str:
        fact = facts.given(name)
        return str(fact.value) if fact is not None and fact.is_known else ""

    keys = []
    platform = given("host.platform")
    if platform in ("colab", "docker"):
        keys.append(platform)
    if given("host.is_wsl") == "True":
        keys.append("wsl")
    environment = given("python.environment")
    if environment in ("conda", "uv"):
        keys.append(environment)
    manager = given("host.package_manager")
    if manager:
        keys.append(manager)
    system = given("host.os")
    if platform in ("colab", "kaggle"):
        system = "linux"
        keys.append("apt")
    keys.extend(_SYSTEMS.get(system, ()))
    if system == "linux" and not manager:
        keys.append("apt")
    return keys
