"""Speed and memory of the scan of a large log, as ratios to ripgrep in the same run.

    python bench/bench_scan.py [--megabytes 1024] [--literals 500] [--folder /tmp]

The log is made up (a training run that dies of an out-of-memory error at its end). The baseline
is ``rg -F -c -f literals`` on the same file if ripgrep is installed, else ``wc -l``.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import string
import subprocess
import sys
import time
from pathlib import Path

CRASH = b"""Traceback (most recent call last):
  File "/home/ada/train.py", line 212, in <module>
    main()
  File "/home/ada/train.py", line 180, in main
    loss.backward()
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity
"""


def make_log(path: Path, megabytes: int) -> None:
    """Write a training log of about ``megabytes`` MiB that ends in a traceback."""
    generator = random.Random(1)
    lines = []
    for step in range(0, 200_000, 10):
        lines.append(
            f"INFO 2026-02-28 10:{step // 60 % 60:02d}:{step % 60:02d} ot_train.py:439 step:{step} "
            f"smpl:{step * 8} ep:{step // 100} epch:{step / 5000:.2f} "
            f"loss:{generator.random():.3f} grdn:{generator.random() * 9:.3f} lr:1.0e-05 "
            f"updt_s:0.{generator.randint(100, 199)} "
            f"data_s:0.00{generator.randint(1, 9)}\n"
        )
    block = "".join(lines).encode()
    with path.open("wb") as file:
        written = 0
        while written < megabytes << 20:
            written += file.write(block)
        file.write(CRASH)


def make_literals(count: int) -> list[bytes]:
    """Literals like those of rules: words of error messages, none of them in the log."""
    generator = random.Random(2)
    words = [
        "".join(generator.choice(string.ascii_lowercase) for _ in range(generator.randint(4, 9)))
        for _ in range(400)
    ]
    literals = [b"CUDA out of memory"]
    while len(literals) < count:
        text = " ".join(generator.choice(words) for _ in range(generator.randint(2, 4)))
        literals.append((text.capitalize() if generator.random() < 0.5 else text).encode())
    return literals


def seconds(command: list[str]) -> float:
    """Wall time of a command, its output thrown away."""
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - begin


def scan(path: str, literals: str, how: str) -> None:
    """Run one scan in this process, and print its seconds and its peak memory in MB."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from troubleshoot import scan

    known = [line for line in Path(literals).read_bytes().split(b"\n") if line]
    begin = time.perf_counter()
    document = scan.tail(path, known) if how == "tail" else scan.whole(path, known)
    spent = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    hit = any("CUDA out of memory" in line for line in document.lines)
    size = sum(map(len, document.lines)) / (1 << 20)
    print(spent, peak, hit, size, document.raw_lines)


def measure(path: Path, literals: Path, how: str) -> tuple[float, float, list[str]]:
    """Seconds and peak MB of one scan in a process of its own."""
    command = [sys.executable, __file__, "--child", how, str(path), str(literals)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(output[0]), float(output[1]), output[2:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--literals", type=int, default=500)
    parser.add_argument("--folder", default="/tmp")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=3)
    options = parser.parse_args()
    if options.child:
        how, path, literals = options.child
        scan(path, literals, how)
        return
    folder = Path(options.folder) / f"bench-scan-{os.getpid()}"
    folder.mkdir()
    try:
        log = folder / "train.log"
        make_log(log, options.megabytes)
        few, many = folder / "few", folder / "many"
        few.write_bytes(b"\n".join(make_literals(options.literals)))
        many.write_bytes(b"\n".join(make_literals(options.literals * 10)))
        ripgrep = shutil.which("rg")
        baseline = (
            [ripgrep, "-F", "-c", "-f", str(few), str(log)] if ripgrep else ["wc", "-l", str(log)]
        )
        names = ("baseline", "whole", "tenfold", "tail", "pass")
        rows: dict[str, list[float]] = {name: [] for name in names}
        memory = 0.0
        details: list[str] = []
        for _ in range(options.rounds):
            rows["baseline"].append(seconds(baseline))
            spent, peak, details = measure(log, few, "whole")
            rows["whole"].append(spent)
            memory = max(memory, peak)
            rows["tenfold"].append(measure(log, many, "whole")[0])
            rows["tail"].append(measure(log, few, "tail")[0])
            rows["pass"].append(seconds([sys.executable, "-c", "pass"]))
        best = {name: min(values) for name, values in rows.items()}
        name = "rg -F -c -f" if ripgrep else "wc -l"
        speed = best["baseline"] / best["whole"]
        growth = best["tenfold"] / best["whole"]
        start = best["tail"] / best["pass"]
        found, size, lines = details
        print(f"{options.megabytes} MiB, {options.literals} literals, best of {options.rounds}")
        print(f"baseline    {name}: {best['baseline']:.3f} s")
        print(f"whole file  {best['whole']:.3f} s, {speed:.2f}x its speed (0.7, gate 0.5)")
        print(f"tenfold     {best['tenfold']:.3f} s, {growth:.2f}x the time (1.15, gate 1.3)")
        print(f"tail alone  {best['tail'] * 1e3:.1f} ms, {start:.2f}x python -c pass")
        print(f"peak memory {memory:.0f} MB (80, gate 200)")
        print(f"crash found: {found}; document {float(size):.2f} MB; {lines} raw lines")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
