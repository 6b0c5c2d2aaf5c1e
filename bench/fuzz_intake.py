"""Feed mutated inputs to the intake until the time is up; stop at the first broken law.

    python bench/fuzz_intake.py [--seconds 60] [--seed 1]

Starts from the fixtures and from the forms of tests/test_intake_properties.py, checks what that
test checks, and says which input was slowest. A failing input is left in ``fuzz-crash.bin``.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from test_intake_properties import SEEDS, check  # noqa: E402

PIECES = [
    b"\r", b"\n", b"\x1b[", b"\x00", b"\xff", b'"', b"{", b"}", b"\\", b"```", b"**", b"> ", b"\\n",
    b"[rank0]: ", b"Traceback (most recent call last):", b"&lt;", b"0: ", b" | ", b"\xe4\xb8",
    b'"stack": "', b'"message": "', b'"cells"', b"-" * 40, b"a-b." * 10, b": ", b"  " * 20, b"+--",
    *(text.encode() for text in ("│", "❱", "╭─", "éœ€", "鎵句")),
]  # fmt: skip


def mutated(generator: random.Random, seeds: list[bytes]) -> bytes:
    """One to three seeds with up to twelve changes, sometimes in another encoding."""
    data = bytearray(b"\n".join(generator.choice(seeds) for _ in range(generator.randint(1, 3))))
    for _ in range(generator.randint(0, 12)):
        place = generator.randrange(len(data) + 1)
        kind = generator.random()
        if kind < 0.4:
            data[place:place] = generator.choice(PIECES)
        elif kind < 0.6:
            del data[place : place + generator.randint(1, 200)]
        elif kind < 0.8:
            start = generator.randrange(len(data) + 1)
            data[place:place] = data[start : start + generator.randint(1, 300)]
        else:
            data[place : place + 1] = bytes([generator.randrange(256)])
    result = bytes(data)
    if generator.random() < 0.1:
        encoding = generator.choice(["utf-16", "gbk", "utf-16-le", "latin-1"])
        result = result.decode("utf-8", "replace").encode(encoding, "replace")
    if generator.random() < 0.1:
        result = result.decode("cp1252", "replace").encode()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    generator = random.Random(options.seed)
    seeds = [*SEEDS, *(path.read_bytes()[:4000] for path in ROOT.glob("fixtures/**/*.log"))]
    end = time.monotonic() + options.seconds
    count = 0
    slowest, size = 0.0, 0
    while time.monotonic() < end:
        data = mutated(generator, seeds)
        begin = time.perf_counter()
        try:
            check(data)
        except Exception as error:
            Path("fuzz-crash.bin").write_bytes(data)
            print(f"broken after {count} inputs: {error!r}; see fuzz-crash.bin")
            return 1
        spent = time.perf_counter() - begin
        if spent > slowest:
            slowest, size = spent, len(data)
        count += 1
    print(f"{count} inputs, no law broken; slowest {slowest * 1e3:.0f} ms for {size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
