"""An ordinary traceback passes the intake without extra modules or regular expressions."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import re, sys
from troubleshoot import intake
text = b'Traceback (most recent call last):\\n'
text += b'  File "/home/ada/train.py", line 12, in main\\n    loss.backward()\\n' * 40
text += b'RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB\\n'
before = set(sys.modules)
re.purge()
document = intake.from_bytes(text)
assert len(document.lines) == 82
new = {name for name in set(sys.modules) - before if not name.startswith("encodings")}
print(sorted(new), len(re._cache), sorted(name for name in sys.modules if name in %r))
"""
HEAVY = ("json", "inspect", "dataclasses", "pathlib", "lzma", "zlib", "subprocess", "regex")


def test_a_plain_traceback_needs_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", CODE % (HEAVY,)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] 0 []"
