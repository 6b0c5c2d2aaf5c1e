"""Entry point of the ``whyfail`` command and of ``python -m troubleshoot``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return its exit status; never a Python traceback."""
    from troubleshoot.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
