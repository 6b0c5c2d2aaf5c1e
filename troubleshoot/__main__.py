"""Entry point of the ``whyfail`` command and of ``python -m troubleshoot``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return its exit status; never a Python traceback."""
    from troubleshoot.cli import run

    return run(sys.argv[1:])


def module_main() -> int:
    """``python -m troubleshoot``: as ``whyfail``, but a script named first is run."""
    if len(sys.argv) > 1 and sys.argv[1].endswith(".py"):
        from troubleshoot.hooks import script

        return script.run(sys.argv[1:])
    from troubleshoot.hooks import imports

    imports.leave_folder()
    return main()


if __name__ == "__main__":
    sys.exit(module_main())
