r"""Limits of the joints' positions and speeds, kept by taking torque away.

Torque toward a bound may be as large as the joint's torque limit times

    clip(d / m, 0, 1)

with d the distance to the bound and m the soft margin: all of it until the margin begins, none at
the bound and beyond. Torque in the direction of motion, likewise, times

    clip((1 - \|qd\| / qd_max) / b, 0, 1)

with b = `SPEED_BAND`: none at the speed limit and beyond. Torque away from the bound, and torque
that brakes, always passes. A joint that is further beyond its bound than a tolerance, or much
faster than its limit, is a fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import lt

import numpy as np

from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.naming import named_values
from pilqr_ros.robot.guard.torque_records import AppliedTorque
from pilqr_ros.tasks.units import JointUnits, joint_units
from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.typing import Array

SPEED_BAND = 0.1
"""Share of the speed limit over which torque in the direction of motion fades."""


@dataclass(frozen=True)
class JointLimits:
    """What positions and speeds of the joints are allowed.

    Attributes:
        joints: Names of the joints, for the detail.
        effort: Largest torques [N m], ``(dU,)``.
        lower: Lower bounds [rad], ``(dU,)``; -inf where there is none.
        upper: Upper bounds [rad], ``(dU,)``; inf where there is none.
        margin: Soft margins inside the bounds [rad], ``(dU,)``.
        speed: Largest speeds [rad/s], ``(dU,)``; inf where there is no limit.
        tolerance: How far beyond a bound is a fault [rad].
        overspeed: How many times its limit a speed is a fault.
        slides: Those of the joints that slide, with N for N m and m for rad; the others turn.
    """

    joints: tuple[str, ...]
    effort: Array
    lower: Array
    upper: Array
    margin: Array
    speed: Array
    tolerance: float
    overspeed: float
    slides: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the sizes."""
        for name in ("effort", "lower", "upper", "margin", "speed"):
            limits = getattr(self, name)
            if limits.shape != (len(self.joints),):
                raise ShapeError(name, limits.shape, f"({len(self.joints)},) as joints")

    @property
    def _units(self) -> JointUnits:
        return joint_units(self.joints, self.slides)

    @cached_property
    def _clear(self) -> tuple[list[float], list[float]]:
        """Positions, then velocities, between which no torque is cut."""
        free = (1.0 - SPEED_BAND) * self.speed
        low, high = (self.lower + self.margin, -free), (self.upper - self.margin, free)
        return np.concatenate(low).tolist(), np.concatenate(high).tolist()

    def clear(self, q: Array, qd: Array) -> bool:
        """Tell quickly whether the joints are where there is no fault and no torque is cut."""
        low, high = self._clear
        at = [*q.tolist(), *qd.tolist()]
        return all(map(lt, low, at)) and all(map(lt, at, high))

    def fault(self, q: Array, qd: Array) -> str:
        """Return why the robot must stop; empty if it need not.

        Args:
            q: Joint positions [rad], ``(dU,)``.
            qd: Joint velocities [rad/s], ``(dU,)``.
        """
        beyond = np.maximum(self.lower - q, q - self.upper)
        if (beyond > self.tolerance).any():
            out = named_values(self.joints, beyond > self.tolerance, q, self._units.position)
            return f"{out} out of bounds"
        racing = np.abs(qd) > self.overspeed * self.speed
        if racing.any():
            fast = named_values(self.joints, racing, qd, self._units.velocity)
            return f"{fast} far over its speed limit"
        return ""

    def limit(self, u: Array, q: Array, qd: Array) -> AppliedTorque:
        """Return what may be applied of a torque.

        Args:
            u: The torque, within the torque limits [N m], ``(dU,)``.
            q: Joint positions [rad], ``(dU,)``.
            qd: Joint velocities [rad/s], ``(dU,)``.
        """
        down, up = _fade((q - self.lower) / self.margin), _fade((self.upper - q) / self.margin)
        bounded = np.minimum(np.maximum(u, -down * self.effort), up * self.effort)
        ratio = qd / self.speed
        down, up = _fade((1.0 + ratio) / SPEED_BAND), _fade((1.0 - ratio) / SPEED_BAND)
        limited = np.minimum(np.maximum(bounded, -down * self.effort), up * self.effort)
        near, fast = bounded != u, limited != bounded
        interventions, details = Intervention.NONE, []
        if near.any():
            interventions |= Intervention.JOINT_BOUND
            details.append(f"{self._describe(near, u, q, self._units.position)} toward its bound")
        if fast.any():
            interventions |= Intervention.JOINT_SPEED
            details.append(
                f"{self._describe(fast, bounded, qd, self._units.velocity)} toward more speed"
            )
        return AppliedTorque(limited, int(interventions), "; ".join(details))

    def _describe(self, where: Array, u: Array, at: Array, units: Sequence[str]) -> str:
        """List joints with where they are or how fast, and their torques."""
        parts = [
            f"{self.joints[i]} at {at[i]:.4g} {units[i]}: {u[i]:.4g} {self._units.effort[i]}"
            for i in np.flatnonzero(where).tolist()
        ]
        return ", ".join(parts)


def _fade(share: Array) -> Array:
    """Clip to [0, 1]."""
    return np.minimum(np.maximum(share, 0.0), 1.0)
