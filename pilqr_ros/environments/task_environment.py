"""A task as a Gymnasium environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from pilqr_ros.learning.collector import INTERRUPTIONS, SimulatedRobot
from pilqr_ros.robot.execution.policy_runner import PolicyRunner
from pilqr_ros.simulation.offscreen import OffscreenRenderer
from pilqr_ros.tasks import Task, load_task
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.trajopt.typing import Array

_WIDTH, _HEIGHT = 640, 480
_SEEDS = 2**31


class TaskEnvironment(gymnasium.Env[Array, Array]):
    """One rollout of a task an episode, through the estimator and the guard of training.

    - *Observation*: the task's state, the condition's targets in the order of their names, and the
      part of the episode that is over, for costs may ramp; SI units, ``(n,)``.
    - *Action*: torques [N m], ``(dU,)``; the bounds are the joints' limits.
    - *Reward*: minus the cost of the step, of the torque that was applied. An episode that the
      guard ends pays its last step's cost for each step that is left: ending early never pays.
    - *Truncated* after the task's T steps; *terminated* where the guard or the sensors ended it.
    - *Info* of the last step: ``success`` and ``distance`` [m or rad] as the task judges them, and
      ``reason`` why the episode was ended or would not be learned from (then it is no success).

    Attributes:
        task: The task.
    """

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012

    def __init__(
        self,
        task: str | Task,
        conditions: Sequence[str] | None = None,
        jitter: bool = True,
        render_mode: str | None = None,
    ) -> None:
        """Build the world.

        Args:
            task: A task, its name, or the path of its file.
            conditions: Names of the conditions that episodes draw from; not given, those that the
                task file trains.
            jitter: Whether starts jitter, as in training.
            render_mode: ``rgb_array``, or none.

        Raises:
            TaskError: The task file is not valid, or has no such condition.
        """
        self.task = load_task(task) if isinstance(task, str) else task
        plan = self.task.learning.conditions
        self._conditions = plan if conditions is None else self.task.condition_indices(conditions)
        if not self._conditions:
            raise TaskError("conditions", "is empty: an episode needs one to begin in")
        self._jitter = jitter
        self.render_mode = render_mode
        self.metadata = {**self.metadata, "render_fps": self.task.rate}
        self._robot = SimulatedRobot(self.task)
        self._renderer: OffscreenRenderer | None = None
        limits = self.task.torque_limits
        self.action_space = spaces.Box(-limits, limits, dtype=np.float64)
        self.observation_space = spaces.Box(
            -np.inf, np.inf, (self.task.dX + self._targets(0).size + 1,), dtype=np.float64
        )
        self._episode: _Episode | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Seed of what is drawn from here on: conditions and jitters.
            options: ``condition``: the name of the one to begin in, also of a drawn one.

        Returns:
            The observation, and the condition's name and the jitter's seed.

        Raises:
            TaskError: There is no such condition.
            ResetError: The start was not reached.
        """
        super().reset(seed=seed)
        drawn = int(self.np_random.choice(self._conditions))
        start_seed = int(self.np_random.integers(_SEEDS))
        named = (options or {}).get("condition")
        condition = drawn if named is None else self._condition(named)
        if self._episode is not None and not self._episode.over:
            self._robot.end(self._episode.runner)
        self._robot.begin(condition, start_seed, self._jitter)
        self._episode = _Episode(self.task, self._robot, condition, start_seed)
        name = self.task.conditions[condition].name
        return self._observe(), {"condition": name, "seed": start_seed}

    def step(self, action: Array) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Apply a torque for a control period.

        Args:
            action: The torque [N m], ``(dU,)``.

        Raises:
            gymnasium.error.ResetNeeded: The episode is over, or none was begun.
        """
        if self._episode is None or self._episode.over:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        reward = self._episode.step(np.asarray(action, dtype=np.float64))
        info: dict[str, Any] = {}
        if self._episode.over:
            info = self._episode.outcome()
        terminated = bool(self._episode.reason)
        return self._observe(), reward, terminated, self._episode.finished, info

    def render(self) -> NDArray[np.uint8] | None:
        """Return a picture of the world, ``(480, 640, 3)``, in the render mode ``rgb_array``."""
        if self.render_mode is None:
            return None
        if self._renderer is None:
            self._renderer = OffscreenRenderer(self._robot.world.model, _WIDTH, _HEIGHT)
        return self._renderer.render(self._robot.world.data)

    def close(self) -> None:
        """Free the renderer."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _condition(self, name: str) -> int:
        names = [condition.name for condition in self.task.conditions]
        if name not in names:
            raise TaskError("condition", f"is {name!r}, allowed is one of {', '.join(names)}")
        return names.index(name)

    def _targets(self, condition: int) -> Array:
        targets = self.task.conditions[condition].targets
        return np.concatenate([np.zeros(0), *(targets[name] for name in sorted(targets))])

    def _observe(self) -> Array:
        episode = self._episode
        assert episode is not None
        part = np.array([episode.runner.step / self.task.T])
        return np.concatenate([episode.state, self._targets(episode.condition), part])


class _Episode:
    """One rollout, step by step.

    Attributes:
        condition: Index of the condition.
        runner: What records it.
        state: The newest state that is known, ``(dX,)``.
        reason: Why it was ended early; empty if it was not.
    """

    def __init__(self, task: Task, robot: SimulatedRobot, condition: int, seed: int) -> None:
        self.condition = condition
        self.reason = ""
        self._task, self._robot = task, robot
        self._policy = _Given(task)
        self.runner = PolicyRunner(
            self._policy,
            np.zeros((task.T, task.dU)),
            condition,
            seed,
            joints=task.joints,
            labels=task.layout.labels,
            max_fraction_limited=task.guard().max_fraction_limited,
            torque_limits=task.torque_limits,
        )
        self._estimate = robot.sense()
        self._cost = task.cost(condition)

    @property
    def state(self) -> Array:
        return self._estimate.x

    @property
    def finished(self) -> bool:
        """Whether every step was executed."""
        return self.runner.finished and not self.reason

    @property
    def over(self) -> bool:
        return self.runner.finished or bool(self.reason)

    def step(self, action: Array) -> float:
        """Execute a step and return its reward."""
        t, x, torque = self.runner.step, self.state, np.zeros(self._task.dU)
        self._policy.action = action
        try:
            torque = self._robot.act(self.runner, self._estimate)
            self._estimate = self._robot.sense()
        except INTERRUPTIONS as error:
            self.reason = str(error)
        if self.over:
            self._robot.end(self.runner)
        left = self._task.T - t if self.reason else 1
        return -left * self._step_cost(t, x, torque)

    def _step_cost(self, t: int, x: Array, torque: Array) -> float:
        """Return the cost of a step, whose weight is that of its time."""
        states, torques = (np.zeros((self._task.T, n)) for n in (self._task.dX, self._task.dU))
        states[t], torques[t] = x, torque
        return float(self._cost.evaluate(states, torques)[t])

    def outcome(self) -> dict[str, Any]:
        """Return how the episode ended."""
        rollout = self.runner.rollout(self.reason)
        if self.reason:
            return {"success": False, "distance": np.inf, "reason": rollout.reason}
        judged = self._task.success(self.condition, rollout.states)
        success = judged.success and rollout.valid
        return {"success": success, "distance": judged.distance, "reason": rollout.reason}


class _Given:
    """A policy of the action that was given."""

    def __init__(self, task: Task) -> None:
        self.T, self.dX, self.dU = task.T, task.dX, task.dU
        self.action: Array = np.zeros(task.dU)

    def act(self, t: int, x: Array, xi: Array) -> Array:
        return self.action
