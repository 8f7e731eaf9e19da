"""Whether the arm can be where its task wants it: nearest joint positions to a success.

A criterion of success is of z = A x - b. Where x is of the arm alone (its joints, points on it, all
at rest), z is a function of the joint positions q. It is looked at on random q within the bounds,
and made least from the best of them: what is not reached from there is out of reach. Of one
criterion that is |z|; of several that must hold together, what each lacks, in units of its bound;
of several of which one is enough, each for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from pilqr_ros.robot.estimation.kinematics import RobotKinematics
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.layout import StateBlock
from pilqr_ros.tasks.success import CriterionTest, Outcome, SuccessTest
from pilqr_ros.trajopt.typing import Array

_SAMPLES = 300
_REFINED = 8
"""Joint positions that are drawn, and how many of the best are refined."""

_ROOM, _INSIDE = 1e-6, 0.99
"""What is aimed at beyond a one-sided bound [rad or m], and as a share of a radius or bounds."""

_OF_THE_ARM = ("joint_positions", "joint_velocities", "point_position", "point_velocity",
               "point_axis", "point_axis_velocity")  # fmt: skip


class Reach(NamedTuple):
    """How near an arm comes to a success.

    Attributes:
        distance: Least |z| that was found [m or rad].
        share: Share of random joint positions that are a success already.
        success: Whether some joint positions are one.
    """

    distance: float
    share: float
    success: bool


def success_is_of_the_arm(task: Task) -> bool:
    """Tell whether success depends on nothing but the actuated joints and points on the arm."""
    others = set(task.sensed_joints) - set(task.joints)
    return all(block.kind in _OF_THE_ARM and others.isdisjoint(block.axes) for block in _used(task))


def look_at_reach(task: Task, conditions: Sequence[int]) -> dict[int, Reach]:
    """Return how near the arm comes to the success of each condition, which is of the arm alone."""
    pose, rng = _Pose(task), np.random.default_rng(0)
    lower, upper = search_bounds(task.position_limits, task.conditions[0].start)
    samples = rng.uniform(lower, upper, (_SAMPLES, task.dU))
    states = np.array([pose(q) for q in samples])
    reaches = {}
    for condition in conditions:
        test = task.success_test(condition)
        nearest = Outcome(False, np.inf)
        for aim in _aims(test):
            near = np.argsort([np.linalg.norm(aim(x)) for x in states])[:_REFINED]
            found = _nearest(test, aim, pose, samples[near], (lower, upper))
            nearest = min(nearest, found, key=_badness)
        share = np.mean([test(x[None]).success for x in states])
        reaches[condition] = Reach(nearest.distance, float(share), nearest.success)
    return reaches


def search_bounds(limits: Array, start: Array) -> tuple[Array, Array]:
    """Return finite bounds of positions ``(n,)``, half a turn about the start if unbounded."""
    lower = np.where(np.isfinite(limits[:, 0]), limits[:, 0], start - np.pi)
    upper = np.where(np.isfinite(limits[:, 1]), limits[:, 1], start + np.pi)
    return lower, upper


class _Pose:
    """Makes the state of an arm at rest from its joint positions; entries of bodies are zero."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._kinematics = RobotKinematics(task.robot_model, task.joints, task.points)

    def __call__(self, q: Array) -> Array:
        """Return the state ``(dX,)`` at joint positions ``(dU,)``."""
        task, x = self._task, np.zeros(self._task.dX)
        points, _ = self._kinematics.points(q, np.zeros(task.dU))
        joints = dict(zip(task.joints, q, strict=True))
        for block in task.layout.of_kind("joint_positions"):
            x[block.slice] = [joints.get(axis, 0.0) for axis in block.axes]
        for block in task.layout.of_kind("point_position"):
            point = points[task.points.index(block.source)]
            x[block.slice] = [point["xyz".index(axis)] for axis in block.axes]
        frames, _ = self._kinematics.axes()
        for block in task.layout.of_kind("point_axis"):
            held = frames[task.points.index(block.source)]["xyz".index(str(block.axis))]
            x[block.slice] = [held["xyz".index(axis)] for axis in block.axes]
        return x


def _used(task: Task) -> Iterator[StateBlock]:
    """Yield the blocks of the state that success is of."""
    for criterion in task.criteria.values():
        for name in (*criterion.of, *(criterion.minus or ())):
            if name in task.layout.names:
                yield task.layout.block(name)


def _aims(test: SuccessTest) -> list[Callable[[Array], Array]]:
    """Return what has to become zero as functions of the state, one for each way to succeed."""
    if len(test.criteria) == 1 or test.needed == "any":
        return [partial(_residual, criterion) for criterion in test.criteria]
    return [lambda x: np.concatenate([_lack(criterion, x) for criterion in test.criteria])]


def _residual(test: CriterionTest, x: Array) -> Array:
    """Return a criterion's error, in units of the bounds if there are several, ``(dz,)``."""
    if test.bound != "within":
        return _lack(test, x)
    error = test.error(x)
    return error if isinstance(test.value, float) else error / test.value


def _lack(test: CriterionTest, x: Array) -> Array:
    """Return what a criterion lacks to be met with some room, ``(1,)`` or ``(dz,)``."""
    if test.bound == "at_least":
        return np.maximum(test.value + _ROOM - test.z(x), 0.0)
    if test.bound == "at_most":
        return np.maximum(test.z(x) - test.value + _ROOM, 0.0)
    error = test.error(x) / test.value
    if isinstance(test.value, float):
        return np.array([max(np.linalg.norm(error) - _INSIDE, 0.0)])
    return np.maximum(np.abs(error) - _INSIDE, 0.0)


def _badness(outcome: Outcome) -> tuple[bool, float]:
    """Return what orders outcomes from the best to the worst."""
    return not outcome.success, outcome.distance


def _nearest(
    test: SuccessTest,
    aim: Callable[[Array], Array],
    pose: _Pose,
    poses: Array,
    bounds: tuple[Array, Array],
) -> Outcome:
    """Refine joint positions ``(n, dU)`` until one is a success; return the best outcome."""
    best = Outcome(False, np.inf)
    for q in poses:
        found = least_squares(lambda q: aim(pose(q)), q, bounds=bounds)
        outcome = test(pose(found.x)[None])
        if outcome.success:
            return outcome
        best = min(best, outcome, key=lambda outcome: outcome.distance)
    return best
