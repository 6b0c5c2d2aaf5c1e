"""Compiles the rules and their tables into the wheel, so that a start never parses YAML."""

from __future__ import annotations

import marshal
import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileRules(BuildHookInterface):  # type: ignore[misc]
    """Build hook: rules/ and rules/_data/ to troubleshoot/_compiled/."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before a wheel is made; an editable install reads the checkout instead."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        try:
            from troubleshoot import compile as compiler
            from troubleshoot import packdata
        finally:
            sys.path.remove(str(root))
        rules = root / "rules"
        records = [
            (compiler.compile_rule(compiler.load_rule(path, rules), str(path)), "built-in")
            for path in compiler.rule_paths(rules)
        ]
        target = root / "troubleshoot" / "_compiled"
        shutil.rmtree(target, ignore_errors=True)
        (target / "data").mkdir(parents=True)
        (target / "rules.bin").write_bytes(compiler.assemble(records))
        for path in sorted((rules / "_data").glob("*.yaml")):
            packed = marshal.dumps(packdata.parse(str(path)), 4)
            (target / "data" / f"{path.stem}.bin").write_bytes(packed)
        included = build_data["force_include"]
        for path in sorted(target.rglob("*.bin")):
            included[str(path)] = str(Path("troubleshoot") / path.relative_to(target.parent))
        for folder in sorted((rules / "_data").iterdir()):
            if folder.is_dir():
                included[str(folder)] = f"troubleshoot/_data/{folder.name}"
