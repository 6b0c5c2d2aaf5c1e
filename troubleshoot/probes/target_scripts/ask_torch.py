"""Runs in the interpreter that failed: imports torch and prints what it sees as one line.

Standard library only, Python 3.6 syntax.
"""

import json
import sys
import warnings


def first_line(text):
    for line in str(text).splitlines():
        if line.strip():
            return line.strip()[:300]
    return ""


def main():
    answer = {}
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            import torch

            available = bool(torch.cuda.is_available())
    except BaseException as error:  # an OSError of a missing library, a SystemExit
        answer["failure"] = f"import torch: {type(error).__name__}: {first_line(error)}"
        sys.stdout.write("\nwhyfail:" + json.dumps(answer) + "\n")
        return
    answer["cuda_available"] = available
    reason = ""
    if not available:
        for warning in caught:
            text = first_line(warning.message)
            if "CUDA" in text or "NVIDIA" in text or "driver" in text:
                reason = text
        try:
            torch.cuda.init()
        except BaseException as error:
            reason = reason or first_line(error)
    answer["cuda_reason"] = reason
    flags = getattr(getattr(torch, "_C", None), "_cuda_getArchFlags", None)
    if flags is not None:
        answer["arch_list"] = (flags() or "").split()
    elif available:
        answer["arch_list"] = list(torch.cuda.get_arch_list())
    sys.stdout.write("\nwhyfail:" + json.dumps(answer) + "\n")


main()
