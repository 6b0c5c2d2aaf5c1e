"""``python -m troubleshoot script.py args``: the script as it is, its failure explained."""

from __future__ import annotations

import os
import runpy
import sys

from troubleshoot.hooks import excepthook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType


def run(words: Sequence[str]) -> int:
    """Run a script as ``__main__`` with its arguments; its own exit status is returned."""
    sys.argv = list(words)
    sys.path[0] = os.path.dirname(os.path.abspath(words[0]))
    excepthook.install()
    try:
        runpy.run_path(words[0], run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BaseException as error:
        trace = _own_frames(error.__traceback__)
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return 1
    return 0


def _own_frames(trace: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames that started the script."""
    start = trace
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if not path.startswith("<frozen runpy") and not path.endswith(
            (os.path.join("hooks", "script.py"), "runpy.py")
        ):
            return trace
        trace = trace.tb_next
    return start
