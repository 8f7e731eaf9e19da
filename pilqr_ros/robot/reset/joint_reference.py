"""A joint-space motion from rest to rest that never exceeds a speed.

All joints move along q(t) = start + s(t / D) (goal - start) with the minimum-jerk profile
s(r) = 10 r^3 - 15 r^4 + 6 r^5, whose slope is largest at its middle: 15/8. The duration D is such
that the joint with the longest way reaches the largest speed there, and no other one does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.typing import Array

_MAX_SLOPE = 15.0 / 8.0

_MIN_DURATION = 1e-6
"""A motion shorter than this is none [s]."""


class Reference(NamedTuple):
    """Positions [rad], velocities [rad/s] and accelerations [rad/s^2], ``(dU,)`` each."""

    position: Array
    velocity: Array
    acceleration: Array


class JointReference:
    """Where the joints are to be at each time.

    Attributes:
        goal: The end of the motion [rad], ``(dU,)``.
        duration: How long the motion takes [s].
    """

    def __init__(self, start: Array, goal: Array, max_speed: float) -> None:
        """Plan a motion.

        Args:
            start: Where it begins [rad], ``(dU,)``.
            goal: Where it ends [rad], ``(dU,)``.
            max_speed: Largest speed of any joint [rad/s].
        """
        self.goal = goal
        self._start, self._way = start, goal - start
        self.duration = _MAX_SLOPE * float(np.abs(self._way).max()) / max_speed

    def at(self, seconds: float) -> Reference:
        """Return the reference at a time since the motion's begin; the goal after its end."""
        rest = np.zeros_like(self.goal)
        if seconds >= self.duration or self.duration < _MIN_DURATION:
            return Reference(self.goal, rest, rest)
        r = max(seconds, 0.0) / self.duration
        part = r**3 * (10.0 - 15.0 * r + 6.0 * r**2)
        slope = 30.0 * r**2 * (1.0 - r) ** 2 / self.duration
        bend = 60.0 * r * (1.0 - r) * (1.0 - 2.0 * r) / self.duration**2
        return Reference(self._start + part * self._way, slope * self._way, bend * self._way)
