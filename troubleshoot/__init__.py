"""whyfail: why a machine-learning, robotics or RL run failed, proven, with the fix.

``install()`` explains uncaught exceptions of a script; ``%load_ext troubleshoot`` does so in
IPython, Jupyter and Colab. Both load nothing until something fails.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def install(*, lang: str = "") -> None:
    """Explain uncaught exceptions, of threads too, beneath their traceback.

    Args:
        lang: ``en``, ``zh``, or "" for the locale's.
    """
    from troubleshoot.hooks import excepthook

    excepthook.install(lang=lang)


def uninstall() -> None:
    """Go back to the hooks that were there before `install`."""
    from troubleshoot.hooks import excepthook

    excepthook.uninstall()


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext troubleshoot``."""
    from troubleshoot.hooks import ipython

    ipython.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext troubleshoot``."""
    from troubleshoot.hooks import ipython

    ipython.unload(shell)
