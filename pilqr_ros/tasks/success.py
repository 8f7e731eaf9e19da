"""Whether a trajectory reached what its task asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.expression import LinearMap, linear_map
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.schema import Success
from pilqr_ros.trajopt.typing import Array


class Outcome(NamedTuple):
    """Success and the distance to the target at the last step [m or rad]."""

    success: bool
    distance: float


class SuccessTest(NamedTuple):
    """z = A x - b at the last step lies within a radius, or within a bound for each entry.

    Attributes:
        z: The expression.
        within: Radius, or bounds ``(dz,)``.
    """

    z: LinearMap
    within: float | Array

    def __call__(self, states: Array) -> Outcome:
        """Judge a trajectory, states ``(T, dX)``; a non-finite end is no success."""
        z = self.z(states[-1])
        distance = float(np.linalg.norm(z))
        if isinstance(self.within, float):
            return Outcome(distance <= self.within, distance)
        return Outcome(bool(np.all(np.abs(z) <= self.within)), distance)


def build_success(
    success: Success, layout: StateLayout, targets: Mapping[str, Array]
) -> SuccessTest:
    """Build the test of one condition.

    Raises:
        TaskError: A name is unknown, or `within` has a wrong number of entries.
    """
    z = linear_map(success, layout, targets, "success")
    if isinstance(success.within, float):
        return SuccessTest(z, success.within)
    if len(success.within) != len(z.b):
        problem = f"has {len(success.within)} entries, expected one radius or {len(z.b)} bounds"
        raise TaskError("success.within", problem)
    return SuccessTest(z, np.asarray(success.within))
