"""Limits of the torques and of their changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import add, le, sub

import numpy as np

from pilqr_ros.robot.errors import RobotConfigError
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.naming import named_values
from pilqr_ros.robot.guard.torque_records import AppliedTorque
from pilqr_ros.tasks.units import joint_units
from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.finite import all_finite
from pilqr_ros.trajopt.typing import Array


@dataclass(frozen=True)
class TorqueLimits:
    """Cuts torques to their limits, then their changes from one control step to the next.

    Attributes:
        joints: Names of the joints, for the detail.
        effort: Largest torques [N m], ``(dU,)``.
        rate: Largest changes [N m per control step], ``(dU,)``.
        slides: Those of the joints that slide, with N for N m; the others turn.
    """

    joints: tuple[str, ...]
    effort: Array
    rate: Array
    slides: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the sizes."""
        for name in ("effort", "rate"):
            limits = getattr(self, name)
            if limits.shape != (len(self.joints),):
                raise ShapeError(name, limits.shape, f"({len(self.joints)},) as joints")

    @property
    def _units(self) -> tuple[str, ...]:
        return joint_units(self.joints, self.slides).effort

    def fault(self, u: Array) -> str:
        """Return why a torque can be no command: size or finiteness; empty if it can."""
        if u.shape != self.effort.shape:
            return f"{u.size} torques, expected {self.effort.size}"
        if not all_finite(u):
            return f"{named_values(self.joints, ~np.isfinite(u), u, self._units)} is not finite"
        return ""

    def limit(self, u: Array, last: Array) -> AppliedTorque:
        """Return what may be applied of a torque.

        Args:
            u: The torque [N m], ``(dU,)``.
            last: The torque that was applied before [N m], ``(dU,)``.
        """
        if self._allow(u, last):
            return AppliedTorque(u)
        lowest, highest = last - self.rate, last + self.rate
        within = np.minimum(np.maximum(u, -self.effort), self.effort)
        limited = np.minimum(np.maximum(within, lowest), highest)
        cut, slowed = within != u, limited != within
        interventions, details = Intervention.NONE, []
        if cut.any():
            interventions |= Intervention.EFFORT_LIMIT
            details.append(f"{named_values(self.joints, cut, u, self._units)} beyond its limit")
        if slowed.any():
            interventions |= Intervention.RATE_LIMIT
            details.append(
                f"{named_values(self.joints, slowed, within, self._units)} changes too fast"
            )
        return AppliedTorque(limited, int(interventions), "; ".join(details))

    @cached_property
    def _bounds(self) -> tuple[list[float], list[float], list[float]]:
        """Lowest and highest torques, and largest changes."""
        return (-self.effort).tolist(), self.effort.tolist(), self.rate.tolist()

    def _allow(self, u: Array, last: Array) -> bool:
        """Tell quickly whether nothing of a torque has to be cut."""
        low, high, rate = self._bounds
        wanted, before = u.tolist(), last.tolist()
        return (
            all(map(le, low, wanted))
            and all(map(le, wanted, high))
            and all(map(le, map(sub, before, rate), wanted))
            and all(map(le, wanted, map(add, before, rate)))
        )


def tighter_limits(name: str, own: Sequence[float], allowed: Array) -> Array:
    """Return the limits of a robot, which may be tighter than a task's and never wider.

    Args:
        name: What they are, for the error.
        own: The robot's, one for each joint; none if it has the task's.
        allowed: The task's, ``(dU,)``.

    Raises:
        RobotConfigError: There is not one for each joint, or one is not positive or too wide.
    """
    if len(own) == 0:
        return allowed
    limits = np.asarray(own, dtype=np.float64)
    if limits.shape != allowed.shape or not ((limits > 0.0) & (limits <= allowed)).all():
        problem = f"are {list(own)}, allowed are positive ones up to {allowed.tolist()}"
        raise RobotConfigError(name, problem)
    return limits
