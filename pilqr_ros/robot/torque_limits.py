"""The last limits before a torque reaches the robot."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntFlag
from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.typing import Array


class Intervention(IntFlag):
    """Why the applied torque is not the commanded one (the constants of AppliedTorque.msg)."""

    NONE = 0
    EFFORT_LIMIT = 1
    RATE_LIMIT = 2
    NON_FINITE = 4
    TIMEOUT = 8


class LimitedTorque(NamedTuple):
    """A torque after the limits.

    Attributes:
        effort: Torque that may go to the robot [N m], ``(dU,)``.
        interventions: Sum of what was done to it.
        detail: What was cut, by joint; empty if nothing was.
    """

    effort: Array
    interventions: int
    detail: str


class TorqueLimiter:
    """Cuts torques to their limits, then their changes from one control step to the next.

    A torque that is not finite or has a wrong size is replaced by zero, whatever the rate.
    """

    def __init__(
        self, limits: Array, rate_limits: Array, joints: Sequence[str] | None = None
    ) -> None:
        """Set the limits; the torque before the first one is zero.

        Args:
            limits: Largest torques [N m], ``(dU,)``.
            rate_limits: Largest changes [N m per control step], ``(dU,)``.
            joints: Names of the joints, for the detail.
        """
        self._limits = np.array(limits, dtype=np.float64)
        self._rates = np.array(rate_limits, dtype=np.float64)
        if self._rates.shape != self._limits.shape:
            raise ShapeError("rate_limits", self._rates.shape, f"{self._limits.shape} as limits")
        unnamed = [f"joint {i}" for i in range(len(self._limits))]
        self._joints = unnamed if joints is None else joints
        self.reset()

    def reset(self) -> None:
        """Start again from zero torque."""
        self._last = np.zeros_like(self._limits)

    def apply(self, effort: Array) -> LimitedTorque:
        """Return what may be applied of a torque ``(dU,)`` [N m]."""
        u = np.asarray(effort, dtype=np.float64)
        if u.shape != self._limits.shape:
            return self._refuse(f"{u.size} torques, expected {self._limits.size}")
        if not np.isfinite(u).all():
            return self._refuse(self._name(~np.isfinite(u), u, "is not finite"))
        within = np.minimum(np.maximum(u, -self._limits), self._limits)
        lowest, highest = self._last - self._rates, self._last + self._rates
        limited = np.minimum(np.maximum(within, lowest), highest)
        cut, slowed = within != u, limited != within
        interventions, details = Intervention.NONE, []
        if cut.any():
            interventions |= Intervention.EFFORT_LIMIT
            details.append(self._name(cut, u, "beyond its limit"))
        if slowed.any():
            interventions |= Intervention.RATE_LIMIT
            details.append(self._name(slowed, within, "changes too fast"))
        self._last = limited
        return LimitedTorque(limited.copy(), int(interventions), "; ".join(details))

    def _refuse(self, detail: str) -> LimitedTorque:
        """Return zero torque."""
        self.reset()
        return LimitedTorque(self._last.copy(), int(Intervention.NON_FINITE), detail)

    def _name(self, where: Array, u: Array, problem: str) -> str:
        """List the joints where something is the case, with their torques."""
        parts = [f"{self._joints[i]} {u[i]:.4g} N m" for i in np.flatnonzero(where).tolist()]
        return f"{', '.join(parts)} {problem}"
