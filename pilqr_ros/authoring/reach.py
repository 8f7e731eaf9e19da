"""Whether the arm can be where its task wants it: nearest joint positions to a success.

The success is |A x - b| within a bound. Where x is of the arm alone (its joints, points on it, all
at rest), z is a function of the joint positions q. It is looked at on random q within the bounds,
and made least from the best of them: what is not reached from there is out of reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from pilqr_ros.robot.estimation.kinematics import RobotKinematics
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.layout import StateBlock
from pilqr_ros.tasks.success import Outcome, SuccessTest, build_success
from pilqr_ros.trajopt.typing import Array

_SAMPLES = 300
_REFINED = 8
"""Joint positions that are drawn, and how many of the best are refined."""

_OF_THE_ARM = ("joint_positions", "joint_velocities", "point_position", "point_velocity")


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
        test = build_success(task.criterion, task.layout, task.conditions[condition].targets)
        near = np.argsort([np.linalg.norm(_residual(test, x)) for x in states])[:_REFINED]
        nearest = _nearest(test, pose, samples[near], lower, upper)
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
        return x


def _used(task: Task) -> Iterator[StateBlock]:
    """Yield the blocks of the state that success is of."""
    success = task.criterion
    for name in (*success.of, *(success.minus or ())):
        if name in task.layout.names:
            yield task.layout.block(name)


def _residual(test: SuccessTest, x: Array) -> Array:
    """Return what has to become zero, in units of the bounds if there are several, ``(dz,)``."""
    z = test.z(x)
    if test.may_be_passed:
        z = np.maximum(z, 0.0)
    return z if isinstance(test.within, float) else z / test.within


def _nearest(test: SuccessTest, pose: _Pose, poses: Array, lower: Array, upper: Array) -> Outcome:
    """Refine joint positions ``(n, dU)`` until one is a success; return the best outcome."""
    best = Outcome(False, np.inf)
    for q in poses:
        found = least_squares(lambda q: _residual(test, pose(q)), q, bounds=(lower, upper))
        outcome = test(pose(found.x)[None])
        if outcome.success:
            return outcome
        best = min(best, outcome, key=lambda outcome: outcome.distance)
    return best
