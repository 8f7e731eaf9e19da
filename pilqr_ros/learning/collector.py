"""Executing a policy once: the protocol, and the collector that needs no ROS.

The in-process collector runs the very objects that the nodes wrap, in the same order, so that a
rollout through the ROS graph in lock-step gives the same numbers.
"""

from __future__ import annotations

from typing import Protocol

from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.estimation.state_estimation import StateEstimate, StateEstimator
from pilqr_ros.robot.execution.errors import RolloutAborted
from pilqr_ros.robot.execution.policy_execution import build_runner
from pilqr_ros.robot.execution.policy_runner import PolicyRunner
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.guard.torque_guard import build_guard
from pilqr_ros.robot.guard.torque_records import TorqueCommand
from pilqr_ros.simulation.errors import SimulationDiverged
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.policy import Policy


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


class InProcessCollector:
    """Executes policies in a simulated world of its own, without ROS."""

    def __init__(self, task: Task) -> None:
        """Build the world and the robot loop of a task."""
        self._task = task
        self._world = World(task)
        self._estimator = StateEstimator(task)
        self._guard = build_guard(
            task, timeout_ns=2 * task.period_ns, between_commands=False, enabled=True
        )
        self._rollouts = 0

    def collect(
        self, policy: Policy, condition: int, seed: int, explore: bool, jitter: bool
    ) -> Rollout:
        """Execute a policy once; a failure on the way makes the rollout invalid.

        Raises:
            PolicyError: The policy cannot be executed.
            TaskError: There is no such condition.
            ResetError: The start was not reached.
        """
        max_fraction_limited = self._task.guard().max_fraction_limited
        runner = build_runner(self._task, policy, condition, seed, explore, max_fraction_limited)
        self._world.reset(condition, seed, jitter)
        self._rollouts += 1
        failure = ""
        try:
            while not runner.finished:
                self._tick(runner)
        except (StateError, RolloutAborted, SimulationDiverged) as error:
            failure = str(error)
        self._guard.on_command(0, TorqueCommand(0, self._rollouts, runner.step, last=True))
        return runner.rollout(failure)

    def _tick(self, runner: PolicyRunner) -> None:
        """Sense, act, guard, apply."""
        estimate = self._sense()
        step, stamp_ns = runner.step, estimate.stamp_ns
        command = TorqueCommand(stamp_ns, self._rollouts, step, runner.act(stamp_ns, estimate.x))
        applied = self._guard.on_command(stamp_ns, command)
        if applied is None:
            raise RolloutAborted(f"step {step}: the guard lacks the joint state")
        runner.record_applied(applied)
        self._world.step(applied.effort)

    def _sense(self) -> StateEstimate:
        """Read the sensors and return the state, all of it valid."""
        readings = self._world.sense()
        for name, pose in readings.bodies.items():
            self._estimator.on_body(name, readings.stamp_ns, pose.position)
        stamp_ns = readings.stamp_ns
        joints = stamp_ns, readings.joint_names, readings.positions, readings.velocities
        self._estimator.on_joints(*joints)
        self._guard.on_joints(stamp_ns, *joints)
        estimate = self._estimator.estimate()
        if estimate.reason:
            raise StateError(estimate.reason)
        return estimate
