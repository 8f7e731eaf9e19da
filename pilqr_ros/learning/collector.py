"""Executing a policy once: the protocol, and the collector that needs no ROS.

The in-process collector runs the very objects that the nodes wrap, in the same order, so that a
rollout through the ROS graph in lock-step gives the same numbers. It may be asked from several
threads at once: each rollout has a world of its own, and while the physics computes, which is most
of the time, the Python of another rollout runs.
"""

from __future__ import annotations

import os
from typing import Protocol

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.estimation.state_estimation import StateEstimate, StateEstimator
from pilqr_ros.robot.execution.errors import RolloutAborted
from pilqr_ros.robot.execution.policy_execution import build_runner
from pilqr_ros.robot.execution.policy_runner import PolicyRunner
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.guard.torque_guard import build_guard
from pilqr_ros.robot.guard.torque_records import TorqueCommand
from pilqr_ros.simulation.errors import SimulationDiverged
from pilqr_ros.simulation.sensing import tell
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.policy import Policy
from pilqr_ros.trajopt.typing import Array


class Collector(Protocol):
    """Executes policies."""

    def collect(
        self, policy: Policy, condition: int, seed: int, explore: bool, jitter: bool
    ) -> Rollout:
        """Bring the world to the start of a condition and execute a policy once.

        Args:
            policy: The policy.
            condition: Index of the condition.
            seed: Seed of the exploration noise and of the start's jitter.
            explore: Whether the policy's noise is on.
            jitter: Whether the start jitters.
        """


INTERRUPTIONS = (StateError, RolloutAborted, SimulationDiverged)
"""What ends a rollout early and is no fault of the program."""

MAX_AT_ONCE = 4
"""More rollouts than this at once would only wait for one another: Python runs in one thread at a
time, and takes a quarter of a rollout where the physics is heavy, and more where it is light."""


def rollouts_at_once() -> int:
    """Return how many rollouts this machine executes at once in one process."""
    return min(MAX_AT_ONCE, len(os.sched_getaffinity(0)))


class InProcessCollector:
    """Executes policies in simulated worlds, without ROS; several at once from as many threads."""

    def __init__(self, task: Task) -> None:
        """Build the first world of a task; more are built when they are needed."""
        self._task = task
        self._idle = [SimulatedRobot(task)]

    def collect(
        self, policy: Policy, condition: int, seed: int, explore: bool, jitter: bool
    ) -> Rollout:
        """Execute a policy once; a failure on the way makes the rollout invalid.

        Raises:
            PolicyError: The policy cannot be executed.
            TaskError: There is no such condition.
            ResetError: The start was not reached.
        """
        try:
            robot = self._idle.pop()
        except IndexError:  # whoever asks the list's length first may lose it to another thread
            robot = SimulatedRobot(self._task)
        try:
            return robot.execute(policy, condition, seed, explore, jitter)
        finally:
            self._idle.append(robot)


class SimulatedRobot:
    """A world with the robot loop around it, for one rollout at a time.

    Attributes:
        world: The world.
    """

    def __init__(self, task: Task) -> None:
        """Build the world and the robot loop of a task."""
        self._task = task
        self.world = World(task)
        self._estimator = StateEstimator(task)
        self._guard = build_guard(
            task, timeout_ns=2 * task.period_ns, between_commands=False, enabled=True
        )
        self._rollouts = 0

    def execute(
        self, policy: Policy, condition: int, seed: int, explore: bool, jitter: bool
    ) -> Rollout:
        """Execute a policy once (arguments and errors as `InProcessCollector.collect`)."""
        max_fraction_limited = self._task.guard().max_fraction_limited
        runner = build_runner(self._task, policy, condition, seed, explore, max_fraction_limited)
        self.begin(condition, seed, jitter)
        failure, code = "", ErrorCode.NONE
        try:
            while not runner.finished:
                self.act(runner, self.sense())
        except INTERRUPTIONS as error:
            failure, code = str(error), error.code
        self.end(runner)
        return runner.rollout(failure, code)

    def begin(self, condition: int, seed: int, jitter: bool) -> None:
        """Bring the world to a start, for the next rollout.

        Args:
            condition: Index of the condition.
            seed: Seed of the start's jitter.
            jitter: Whether the start jitters.

        Raises:
            TaskError: There is no such condition.
            ResetError: The start was not reached.
        """
        self.world.reset(condition, seed, jitter)
        self._rollouts += 1

    def sense(self) -> StateEstimate:
        """Read the sensors and return the state, all of it valid.

        Raises:
            StateError: The state is not known.
        """
        readings = self.world.sense()
        tell(self._estimator, readings)
        stamp_ns = readings.stamp_ns
        joints = stamp_ns, readings.joint_names, readings.positions, readings.velocities
        self._guard.on_joints(stamp_ns, *joints)
        estimate = self._estimator.estimate()
        if estimate.reason:
            raise StateError(estimate.reason)
        return estimate

    def act(self, runner: PolicyRunner, estimate: StateEstimate) -> Array:
        """Let the runner act on a state, guard its torque, and apply it for a control period.

        Returns:
            The torque that was applied [N m], ``(dU,)``.

        Raises:
            RolloutAborted: The torque was refused.
            SimulationDiverged: The world is not what it was.
        """
        step, stamp_ns = runner.step, estimate.stamp_ns
        command = TorqueCommand(stamp_ns, self._rollouts, step, runner.act(stamp_ns, estimate.x))
        applied = self._guard.on_command(stamp_ns, command)
        if applied is None:
            problem = f"step {step}: the guard lacks the joint state"
            raise RolloutAborted(problem, ErrorCode.NO_STATE)
        runner.record_applied(applied)
        self.world.step(applied.effort)
        return applied.effort

    def end(self, runner: PolicyRunner) -> None:
        """Tell the guard that a rollout is over: silence may follow."""
        self._guard.on_command(0, TorqueCommand(0, self._rollouts, runner.step, last=True))
