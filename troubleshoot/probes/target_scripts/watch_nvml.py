"""Prints who uses the GPUs, every two seconds, until its standard input is closed.

Runs in whyfail's own interpreter during ``whyfail run``.
"""

import json
import select
import sys

PAUSE = 2.0


def sample(pynvml):
    found = []
    for index in range(pynvml.nvmlDeviceGetCount()):
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        used = pynvml.nvmlDeviceGetMemoryInfo(handle).used
        try:
            items = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
        except pynvml.NVMLError:
            items = []
        found.append([index, used, [[item.pid, item.usedGpuMemory or 0] for item in items]])
    return found


def main():
    import pynvml

    pynvml.nvmlInit()
    while True:
        print(json.dumps(sample(pynvml)))
        sys.stdout.flush()
        if select.select([sys.stdin], [], [], PAUSE)[0]:
            return


main()
