"""Whether a trajectory reached what its task asks for.

A criterion is of z = A x - b at a step and knows whether it is met, and how far it is from that:

    within:    |z|, which has to be at most a radius (or each |z_i| at most its bound)
    at_least:  |max(bound - z, 0)|, which has to be zero
    at_most:   |max(z - bound, 0)|, which has to be zero

Of several, all have to be met at the same step, or any of them. A step's distance is then the root
of the sum of squares of all of them, or that of the nearest one; of those that are met, if any is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.expression import LinearMap, linear_map
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.schema import Bound, Criterion, Success
from pilqr_ros.trajopt.typing import Array


class Outcome(NamedTuple):
    """Success and the distance to the target, at the last or at the best step [m or rad]."""

    success: bool
    distance: float


class Judged(NamedTuple):
    """Whether steps meet a criterion, ``(n,)``, and how far each is from it, ``(n,)``."""

    met: NDArray[np.bool_]
    distances: Array


class CriterionTest(NamedTuple):
    """One criterion for z = A x - b.

    Attributes:
        z: The expression.
        bound: What is asked of it.
        value: Radius or bound; or one for each entry, ``(dz,)``.
        may_be_passed: Entries below zero count as zero.
    """

    z: LinearMap
    bound: Bound
    value: float | Array
    may_be_passed: bool = False

    def judge(self, states: Array) -> Judged:
        """Judge each of several states ``(n, dX)``; one that is not finite does not meet it."""
        errors = np.array([self.error(x) for x in states])
        distances = np.linalg.norm(errors, axis=1)
        if self.bound != "within":
            return Judged(distances <= 0.0, distances)
        if isinstance(self.value, float):
            return Judged(distances <= self.value, distances)
        return Judged(np.all(np.abs(errors) <= self.value, axis=1), distances)

    def error(self, x: Array) -> Array:
        """Return what has to become small, or zero, ``(dz,)``."""
        z = self.z(x)
        if self.bound == "at_least":
            return np.maximum(self.value - z, 0.0)
        if self.bound == "at_most":
            return np.maximum(z - self.value, 0.0)
        return np.maximum(z, 0.0) if self.may_be_passed else z


class SuccessTest(NamedTuple):
    """All or any of some criteria, judged at the same step.

    Attributes:
        criteria: The criteria.
        needed: How many of them.
        at: Whether the last step counts, or every one.
    """

    criteria: tuple[CriterionTest, ...]
    needed: Literal["all", "any"]
    at: Literal["last", "any"]

    def __call__(self, states: Array) -> Outcome:
        """Judge a trajectory, states ``(T, dX)``; one that is not finite is no success."""
        steps = states[-1:] if self.at == "last" else states
        judged = [criterion.judge(steps) for criterion in self.criteria]
        met, distances = judged[0]
        if len(judged) > 1:
            met, distances = (_all_of if self.needed == "all" else _any_of)(judged)
        success = bool(met.any())
        return Outcome(success, float(np.min(distances[met] if success else distances)))


def build_success(
    success: Success, layout: StateLayout, targets: Mapping[str, Array]
) -> SuccessTest:
    """Build the test of one condition.

    Raises:
        TaskError: A name is unknown, or a bound has a wrong number of entries.
    """
    criteria = tuple(
        _build_criterion(criterion, layout, targets, key)
        for key, criterion in success.criteria.items()
    )
    return SuccessTest(criteria, "all" if success.any is None else "any", success.at)


def _all_of(judged: list[Judged]) -> Judged:
    """Return which steps meet all criteria, and how far each is from that."""
    met = np.logical_and.reduce([one.met for one in judged])
    return Judged(met, np.linalg.norm([one.distances for one in judged], axis=0))


def _any_of(judged: list[Judged]) -> Judged:
    """Return which steps meet some criterion, and how far each is from the nearest."""
    met = np.array([one.met for one in judged])
    distances = np.array([one.distances for one in judged])
    nearest = np.min(distances, axis=0)
    nearest_met = np.min(np.where(met, distances, np.inf), axis=0)
    some = np.logical_or.reduce(met)
    return Judged(some, np.where(some, nearest_met, nearest))


def _build_criterion(
    criterion: Criterion, layout: StateLayout, targets: Mapping[str, Array], key: str
) -> CriterionTest:
    """Build the test of one criterion."""
    z = linear_map(criterion, layout, targets, key)
    value = criterion.value
    if isinstance(value, float):
        return CriterionTest(z, criterion.bound, value, criterion.may_be_passed)
    if len(value) != len(z.b):
        one = "one radius" if criterion.bound == "within" else "one number"
        problem = f"has {len(value)} entries, expected {one} or {len(z.b)} bounds"
        raise TaskError(f"{key}.{criterion.bound}", problem)
    return CriterionTest(z, criterion.bound, np.asarray(value), criterion.may_be_passed)
