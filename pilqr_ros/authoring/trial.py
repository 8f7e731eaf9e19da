"""Trying the first policy of a task: one rollout without noise and some with it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import mujoco
import numpy as np

from pilqr_ros.authoring.starts import touching_bodies
from pilqr_ros.learning.collector import SimulatedRobot
from pilqr_ros.learning.seeds import Stream, rollout_seed
from pilqr_ros.robot.estimation.state_estimation import StateEstimate
from pilqr_ros.robot.execution.policy_runner import PolicyRunner
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport, TaskCostEvaluator
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.models import ROBOT_PREFIX, element_id, short_name
from pilqr_ros.trajopt.typing import Array

NOISY = 20
"""Noisy rollouts of a trial."""


class Motion(NamedTuple):
    """Where everything was after each step of a rollout, or after one of them (without t).

    Attributes:
        joints: Actuated joints [rad or m], ``(t, dU)``.
        points: Points on the arm [m], ``(t, n, 3)``.
        turns: Their orientations as rotation matrices, ``(t, n, 3, 3)``.
        bodies: Positions of the bodies [m], ``(t, m, 3)``.
    """

    joints: Array
    points: Array
    turns: Array
    bodies: Array


class Seen(NamedTuple):
    """What was seen of one rollout.

    Attributes:
        rollout: As it is recorded.
        cost: Its cost; none if it is not valid.
        motion: Where everything was after each of its steps.
        touched: Names of bodies, not of the robot, that it touched.
        seconds: How long it took [s].
    """

    rollout: Rollout
    cost: CostReport | None
    motion: Motion
    touched: frozenset[str]
    seconds: float


class Trial(NamedTuple):
    """Rollouts of the first policy in one condition.

    Attributes:
        condition: Index of the condition.
        points: Names of the points that were watched.
        bodies: Names of the bodies that were watched: tracked ones, and those that are placed.
        quiet: The rollout without noise and jitter.
        noisy: Rollouts as training's first.
    """

    condition: int
    points: tuple[str, ...]
    bodies: tuple[str, ...]
    quiet: Seen
    noisy: tuple[Seen, ...]


def try_out(task: Task, condition: int, seed: int, rollouts: int = NOISY) -> Trial:
    """Execute the first policy of a condition; the noisy rollouts are those of a training's seed.

    Raises:
        PolicyError: It cannot be executed.
        ResetError: The start was not reached.
    """
    policy, evaluator = task.initial_policy(condition), TaskCostEvaluator(task)
    bodies = tuple(dict.fromkeys((*task.bodies, *task.conditions[condition].bodies)))
    robot = _WatchedRobot(task, task.points, bodies)

    def one(seed: int, noisy: bool) -> Seen:
        began = time.perf_counter()
        rollout = robot.execute(policy, condition, seed, explore=noisy, jitter=noisy)
        seconds = time.perf_counter() - began
        cost = evaluator.evaluate(rollout) if rollout.valid else None
        return robot.seen(rollout, cost, seconds)

    seeds = (rollout_seed(seed, 0, condition, i, stream=Stream.TRAINING) for i in range(rollouts))
    quiet = one(0, noisy=False)
    return Trial(condition, task.points, bodies, quiet, tuple(one(s, noisy=True) for s in seeds))


class _WatchedRobot(SimulatedRobot):
    """Executes policies and watches the world after each step."""

    def __init__(self, task: Task, points: Sequence[str], bodies: Sequence[str]) -> None:
        super().__init__(task)
        model = self.world.model
        site, body = mujoco.mjtObj.mjOBJ_SITE, mujoco.mjtObj.mjOBJ_BODY
        self._sites = [element_id(model, site, name, "state") for name in points]
        self._watched = [element_id(model, body, name, "bodies") for name in bodies]
        self._instants: list[Motion] = []
        self._touched: set[str] = set()

    def seen(self, rollout: Rollout, cost: CostReport | None, seconds: float) -> Seen:
        """Return what was seen since the last call."""
        shapes = [np.shape(part) for part in self._look()]
        motion = Motion._make(
            np.array([instant[i] for instant in self._instants]).reshape(
                len(self._instants), *shape
            )
            for i, shape in enumerate(shapes)
        )
        seen = Seen(rollout, cost, motion, frozenset(self._touched), seconds)
        self._instants.clear()
        self._touched.clear()
        return seen

    def act(self, runner: PolicyRunner, estimate: StateEstimate) -> Array:
        applied = super().act(runner, estimate)
        self._instants.append(self._look())
        for pair in touching_bodies(self.world.model, self.world.data):
            arm = [name.startswith(ROBOT_PREFIX) for name in pair]
            if arm[0] != arm[1]:
                self._touched.add(short_name(pair[arm.index(False)]) or "world")
        return applied

    def _look(self) -> Motion:
        """Return where everything is."""
        data = self.world.data
        return Motion(
            joints=self.world.sense().positions[: self._task.dU].copy(),
            points=data.site_xpos[self._sites].copy(),
            turns=data.site_xmat[self._sites].reshape(-1, 3, 3).copy(),
            bodies=data.xpos[self._watched].copy(),
        )
