"""Whether a trajectory reached what its task asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.expression import LinearMap, linear_map
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.schema import Success
from pilqr_ros.trajopt.typing import Array


class Outcome(NamedTuple):
    """Success and the distance to the target, at the last or at the best step [m or rad]."""

    success: bool
    distance: float


class SuccessTest(NamedTuple):
    """z = A x - b at a step lies within a radius, or within a bound for each entry.

    Attributes:
        z: The expression.
        within: Radius, or bounds ``(dz,)``.
        at: Whether the last step counts, or every one.
        may_be_passed: Entries below zero count as zero.
    """

    z: LinearMap
    within: float | Array
    at: Literal["last", "any"]
    may_be_passed: bool

    def __call__(self, states: Array) -> Outcome:
        """Judge a trajectory, states ``(T, dX)``; one that is not finite is no success."""
        counted = states[-1:] if self.at == "last" else states
        z = np.array([self.z(x) for x in counted])
        if self.may_be_passed:
            z = np.maximum(z, 0.0)
        distances = np.linalg.norm(z, axis=1)
        if isinstance(self.within, float):
            met = distances <= self.within
        else:
            met = np.all(np.abs(z) <= self.within, axis=1)
        success = bool(met.any())
        return Outcome(success, float(np.min(distances[met] if success else distances)))


def build_success(
    success: Success, layout: StateLayout, targets: Mapping[str, Array]
) -> SuccessTest:
    """Build the test of one condition.

    Raises:
        TaskError: A name is unknown, or `within` has a wrong number of entries.
    """
    z = linear_map(success, layout, targets, "success")
    if isinstance(success.within, float):
        return SuccessTest(z, success.within, success.at, success.may_be_passed)
    if len(success.within) != len(z.b):
        problem = f"has {len(success.within)} entries, expected one radius or {len(z.b)} bounds"
        raise TaskError("success.within", problem)
    within = np.asarray(success.within)
    return SuccessTest(z, within, success.at, success.may_be_passed)
