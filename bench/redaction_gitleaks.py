"""Compares the redactor with detect-secrets on the public examples of gitleaks' rules.

Reads the true and false examples of a checkout (``cmd/generate/config/rules/*.go``); examples
that the rules generate are generated here from the same descriptions. Nothing of it is kept.

    python bench/redaction_gitleaks.py CHECKOUT [--detect-secrets]

A true example is found when something in it is hidden; a false one is spared when nothing is.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

_STRING = re.compile(r'`[^`]*`|"(?:\\.|[^"\\\n])*"')
_FORMS = {
    "Numeric": "[0-9]{%s}", "Hex": "[a-f0-9]{%s}", "AlphaNumeric": "[a-z0-9]{%s}",
    "AlphaNumericExtendedShort": "[a-z0-9_-]{%s}", "AlphaNumericExtended": "[a-z0-9=_-]{%s}",
    "AlphaNumericExtendedLong": "[a-z0-9/=_+-]{%s}",
}  # fmt: skip
_FILE = re.compile(r"[\w./ -]+\.\w{2,10}")  # a key of a map from files to their contents
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TEMPLATES = (
    '{i}Token="{s}"', "{i}Token = {s}", '{{\n    "{i}_token": "{s}"\n}}', "{i}_token: {s}",
    "{i}_token: '{s}'", 'var {i}Token string = "{s}"', "{i}Token := `{s}`",
    '  "{i}Token" => "{s}"', 'System.setProperty("{i}_TOKEN", "{s}")', '{i}_TOKEN ?= "{s}"',
)  # fmt: skip


def drawn(pattern: str) -> str:
    """One text that a regular expression matches."""
    found: list[str] = []

    @seed(random.Random(pattern).randrange(1 << 30))
    @settings(max_examples=6, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(pattern, fullmatch=True, alphabet=st.characters(max_codepoint=126)))
    def run(text: str) -> None:
        found.append(text)

    run()
    return max(found, key=lambda text: len(set(text)))


def literal(code: str) -> str:
    if code.startswith("`"):
        return code[1:-1]
    return code[1:-1].encode().decode("unicode_escape", "replace")


class Expression:
    """A Go expression of strings: literals, concatenations and the generators' calls."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.at = 0

    def values(self) -> list[str]:
        results = []
        while self.at < len(self.code):
            try:
                results.extend(self.sum())
            except (ValueError, IndexError):
                self.at += 1
            self.skip(", \t\n")
        return results

    def skip(self, letters: str) -> None:
        while self.at < len(self.code):
            if self.code.startswith("//", self.at):
                end = self.code.find("\n", self.at)
                self.at = len(self.code) if end < 0 else end
            elif self.code[self.at] in letters:
                self.at += 1
            else:
                return

    def sum(self) -> list[str]:
        parts = self.term()
        self.skip(" \t\n")
        while self.code.startswith("+", self.at):
            self.at += 1
            self.skip(" \t\n")
            more = self.term()
            parts = [left + right for left in parts for right in more]
            self.skip(" \t\n")
        return parts

    def term(self) -> list[str]:
        self.skip(" \t\n")
        match = _STRING.match(self.code, self.at)
        if match:
            self.at = match.end()
            return [literal(match[0])]
        call = re.compile(r"([A-Za-z_.0-9]+)\(").match(self.code, self.at)
        if not call:
            raise ValueError
        self.at = call.end()
        arguments = []
        while True:
            self.skip(", \t\n")
            if self.code.startswith("...", self.at):
                self.at += 3
                continue
            if self.code.startswith(")", self.at):
                self.at += 1
                break
            arguments.append(self.sum())
        name = call[1].rsplit(".", 1)[-1]
        if name in _FORMS:
            return [_FORMS[name] % arguments[0][0]]
        if name == "Hex8_4_4_4_12":
            return [_UUID]
        if name in ("NewSecret", "newPlausibleSecret"):
            return [drawn(arguments[0][0])]
        if name in ("GenerateSampleSecrets", "GenerateSampleSecret"):
            who, secret = arguments[0][0], arguments[1][0]
            count = len(_TEMPLATES) if name.endswith("s") else 1
            return [form.format(i=who, s=secret) for form in _TEMPLATES[:count]]
        raise ValueError


def blocks(text: str, name: str) -> list[str]:
    """What is put into ``tps`` or ``fps``."""
    found = []
    for match in re.finditer(rf"\b{name}\s*(?::?=)\s*(?:append\({name},|\[\]string\{{)?", text):
        depth = 1 if match[0].rstrip()[-1] in ",{" else 0
        at = match.end()
        start = at
        while at < len(text):
            string = _STRING.match(text, at)
            if string:
                at = string.end()
                continue
            letter = text[at]
            if letter in "({":
                depth += 1
            elif letter in ")}":
                depth -= 1
                if depth <= 0 and match[0].rstrip()[-1] in ",{":
                    break
            elif letter == "\n" and depth == 0:
                break
            at += 1
        found.append(text[start:at])
    return found


def main() -> None:
    checkout = Path(sys.argv[1])
    detectors = {}
    from troubleshoot.redact import Redactor

    def ours(text: str) -> bool:
        redactor = Redactor()
        redactor.redact(text)
        return any(hidden.kind not in ("user", "host", "email", "ip", "private-ip", "container")
                   for hidden in redactor.found)  # fmt: skip

    detectors["whyfail"] = ours
    if "--detect-secrets" in sys.argv:
        from detect_secrets import SecretsCollection
        from detect_secrets.settings import default_settings

        def theirs(text: str) -> bool:
            # as the tool scans a file; its scan of single lines reports nearly every word
            with tempfile.TemporaryDirectory() as folder, default_settings():
                path = Path(folder, "log.txt")
                path.write_text(text, encoding="utf-8", errors="replace")
                found = SecretsCollection()
                found.scan_file(str(path))
                return bool(found)

        detectors["detect-secrets"] = theirs
    counts = {name: [0, 0, 0, 0] for name in detectors}
    show = "--show" in sys.argv
    for path in sorted((checkout / "cmd/generate/config/rules").glob("*.go")):
        code = path.read_text(encoding="utf-8", errors="replace")
        for label, offset in (("tps", 0), ("fps", 2)):
            examples = [each for block in blocks(code, label) for each in Expression(block).values()
                        if len(each) > 11 and not _FILE.fullmatch(each)]  # fmt: skip
            for example in examples:
                for name, detector in detectors.items():
                    found = detector(example)
                    counts[name][offset] += found if label == "tps" else not found
                    counts[name][offset + 1] += 1
                    if show and name == "whyfail" and found != (label == "tps"):
                        print(f"{label} {path.stem}: {example[:220]!r}")
    for name, (true, all_true, spared, all_false) in counts.items():
        print(
            f"{name}: found {true}/{all_true} true ({100 * true / all_true:.1f} %), "
            f"spared {spared}/{all_false} false ({100 * spared / all_false:.1f} %)"
        )


if __name__ == "__main__":
    main()
