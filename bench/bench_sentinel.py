"""The torch sentinel's cost on a healthy training step, against the same step without it.

    python bench/bench_sentinel.py [--steps 300]

Steps with and without the sentinel alternate in one run; the median ratio is printed.
"""

import argparse
import statistics
import tempfile
import time

import torch

from troubleshoot.hooks import sentinel


def model():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(128, 512), torch.nn.ReLU(), torch.nn.Linear(512, 512), torch.nn.ReLU(),
        torch.nn.Linear(512, 10),
    )  # fmt: skip


def step(net, optimizer, batch):
    optimizer.zero_grad()
    net(batch).pow(2).mean().backward()
    optimizer.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300)
    count = parser.parse_args().steps
    torch.set_num_threads(1)
    batch = torch.randn(256, 128)
    plain, watched = model(), model()
    plain_optimizer = torch.optim.Adam(plain.parameters())
    watched_optimizer = torch.optim.Adam(watched.parameters())
    with tempfile.TemporaryDirectory() as folder:
        sentinel.watch(watched, watched_optimizer, path=f"{folder}/facts.json")
        ratios = []
        block = 16  # one sampling period
        for _ in range(max(4, count // block)):
            times = []
            for net, optimizer in ((plain, plain_optimizer), (watched, watched_optimizer)):
                start = time.perf_counter()
                for _ in range(block):
                    step(net, optimizer, batch)
                times.append(time.perf_counter() - start)
            ratios.append(times[1] / times[0])
    over = (statistics.median(ratios) - 1) * 100
    print(f"sentinel: {over:+.1f} % of a step (gate 3 %), {len(ratios)} blocks of {block} steps")


if __name__ == "__main__":
    main()
