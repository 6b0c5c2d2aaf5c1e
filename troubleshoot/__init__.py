"""whyfail: why a machine-learning, robotics or RL run failed, proven, with the fix."""

from __future__ import annotations

__version__ = "0.1.0"
