"""Everything between a commanded torque and the robot, on any clock.

A command passes if the guard is enabled, the command finite, and the measured joint state at least
as new as the state that the command answers. Then come the limits of torque and its rate, and last
those of the joints: these only ever take torque away, toward zero, whatever the rate. The guard
remembers what it applied; so |u| and |u - last u| stay within limits after everything else, but for
torque that a joint's bound or speed takes away at once.

What cannot be applied becomes zero, and ends its rollout: nothing of that rollout passes any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.estimation.joint_reader import JointReader, names_on_robot
from pilqr_ros.robot.estimation.joint_track import JointMotion
from pilqr_ros.robot.guard.command_stream import CommandStream
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.joint_limits import JointLimits
from pilqr_ros.robot.guard.safety_switch import SafetySwitch
from pilqr_ros.robot.guard.torque_limits import TorqueLimits, tighter_limits
from pilqr_ros.robot.guard.torque_records import AppliedTorque, TorqueCommand
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.typing import Array

MAX_AGE_PERIODS = 2
"""A command that answers a state this many control periods older than the newest one is too old."""

_MS = 1e-6
"""Milliseconds in a nanosecond."""


@dataclass(frozen=True)
class GuardTiming:
    """What comes too late; durations in [ns].

    Attributes:
        timeout_ns: Longest silence of commands within a rollout, longest wait for the joint state
            that goes with a command, and largest age of the newest joint state; steady clock.
        max_age_ns: How much older the state that a command answers may be than the newest joint
            state, by their stamps.
        between_commands: Whether joints are also watched between two commands. In lock-step
            nothing moves there.
    """

    timeout_ns: int
    max_age_ns: int
    between_commands: bool


class TorqueGuard:
    """Lets torques through, or not.

    Whatever comes in, each method returns what has to go to the robot because of it, if anything.

    Attributes:
        switch: Whether torque may pass at all.
        joints: The newest joint state.
    """

    def __init__(
        self,
        torques: TorqueLimits,
        joints: JointLimits,
        timing: GuardTiming,
        *,
        enabled: bool,
        joint_names: Sequence[str] | None = None,
        motion: JointMotion | None = None,
    ) -> None:
        """Start with zero torque.

        Args:
            torques: Limits of torque and its rate.
            joints: Limits of the joints.
            timing: What comes too late.
            enabled: Whether torque may pass from the start.
            joint_names: What the robot calls the joints; as the limits do if not given.
            motion: How the joints can move; None: their jumps are not judged.
        """
        self.switch = SafetySwitch(enabled)
        names = torques.joints if joint_names is None else joint_names
        self.joints = JointReader(names, timing.max_age_ns, motion)
        self._torques, self._limits, self._timing = torques, joints, timing
        self._stream = CommandStream(timing.timeout_ns)
        self._zero = np.zeros(len(torques.joints))
        self._zero.setflags(write=False)
        self._last = self._zero
        self._command = TorqueCommand(0, 0, 0, last=True)
        self._pending: TorqueCommand | None = None
        self._rollout: int | None = None
        self._refused: AppliedTorque | None = None
        self._received_ns = 0
        self._clear = False
        self._joint_problem = "no joint state has come yet"

    @property
    def active(self) -> bool:
        """Whether a rollout is under way."""
        return self._stream.active

    def on_joints(
        self,
        now_ns: int,
        stamp_ns: int,
        names: Sequence[str],
        positions: Sequence[float] | Array,
        velocities: Sequence[float] | Array,
    ) -> AppliedTorque | None:
        """Take a joint state; a command may have waited for it.

        Args:
            now_ns: Present time on the steady clock [ns].
            stamp_ns: Its stamp [ns].
            names: Joints in any order; others than the task's are ignored.
            positions: Their positions [rad].
            velocities: Their velocities [rad/s].

        Raises:
            StateError: It cannot be used; the guard goes on with the one before, as long as that
                is new enough.
        """
        try:
            self.joints.read(stamp_ns, names, positions, velocities)
        except StateError as error:
            self._joint_problem = str(error)
            raise
        self._received_ns, self._joint_problem = now_ns, "joint_states is silent"
        self._clear = self._limits.clear(self.joints.positions, self.joints.velocities)
        if self._pending is not None:
            return self._answer(now_ns)
        if self._timing.between_commands and self._stream.active:
            return self._stop_out_of_bounds()
        return None

    def admits(self, command: TorqueCommand) -> bool:
        """Tell whether a command is listened to: none of another rollout than is under way."""
        return command.rollout_id == self._rollout or not self._stream.active

    def on_command(self, now_ns: int, command: TorqueCommand) -> AppliedTorque | None:
        """Take a command; nothing is returned as long as its joint state has not come."""
        self._command = command
        if command.last:
            self._rollout = command.rollout_id
            return self._stop()
        if command.rollout_id != self._rollout:
            self._rollout, self._refused = command.rollout_id, None
        if self._refused is not None:
            return self._refused.of(command)
        kind, reason = self.switch.refusal
        if kind is not Intervention.NONE:
            return self._refuse(kind, reason)
        fault = self._torques.fault(command.effort)
        if fault:
            return self._refuse(Intervention.NON_FINITE, fault)
        if not self._stream.active:
            self._stream.on_command(now_ns)
        self._pending = command
        return self._answer(now_ns)

    def check(self, now_ns: int) -> AppliedTorque | None:
        """Look for silence and jumps; to be called several times in a timeout."""
        if self._stream.active and self.joints.jump:
            return self._refuse(Intervention.JOINT_STATE, self.joints.jump)
        if not self._stream.fell_silent(now_ns):
            return None
        if self._pending is None:
            return self._refuse(Intervention.TIMEOUT, f"no command for {self._timeout}")
        waited = f"no joint state for the command within {self._timeout}: {self._joint_trouble}"
        return self._refuse(Intervention.JOINT_STATE, waited)

    def stop(self, reason: str) -> AppliedTorque:
        """Stop in an emergency."""
        self.switch.stop(reason)
        return self._refuse(*self.switch.refusal)

    def disable(self) -> AppliedTorque:
        """Let nothing pass until enabled again."""
        self.switch.disable()
        return self._refuse(*self.switch.refusal)

    def on_others(self, who: str) -> AppliedTorque | None:
        """Note who else publishes to the robot's controller; empty: nobody does."""
        self.switch.intruder = who
        return self._refuse(*self.switch.refusal) if who else None

    @property
    def _timeout(self) -> str:
        return f"{self._timing.timeout_ns * _MS:g} ms"

    @property
    def _joint_trouble(self) -> str:
        return f"{self._joint_problem}{self.joints.strangers}"

    def _answer(self, now_ns: int) -> AppliedTorque | None:
        """Answer the pending command if its joint state has come."""
        command, newest_ns = self._pending, self.joints.stamp_ns
        if command is not None and self.joints.jump:
            return self._refuse(Intervention.JOINT_STATE, self.joints.jump)
        if command is None or newest_ns is None or newest_ns < command.stamp_ns:
            return None
        age_ns, received_ns = newest_ns - command.stamp_ns, now_ns - self._received_ns
        if age_ns > self._timing.max_age_ns:
            detail = f"the command answers a state {age_ns * _MS:.1f} ms before the newest"
            return self._refuse(Intervention.JOINT_STATE, detail)
        if received_ns > self._timing.timeout_ns:
            detail = f"joint state {received_ns * _MS:.1f} ms old: {self._joint_trouble}"
            return self._refuse(Intervention.JOINT_STATE, detail)
        stopped = self._stop_out_of_bounds()
        if stopped is not None:
            return stopped
        self._pending = None
        self._stream.on_command(now_ns)
        return self._limit(command.effort)

    def _stop_out_of_bounds(self) -> AppliedTorque | None:
        """Refuse everything if a joint is far out of its limits."""
        if self._clear:
            return None
        fault = self._limits.fault(self.joints.positions, self.joints.velocities)
        return self._refuse(Intervention.JOINT_STOP, fault) if fault else None

    def _limit(self, u: Array) -> AppliedTorque:
        """Apply every limit, and remember the outcome."""
        torque = self._torques.limit(u, self._last)
        if not self._clear:
            at = self.joints.positions, self.joints.velocities
            safe = self._limits.limit(torque.effort, *at)
            interventions = torque.interventions | safe.interventions
            detail = "; ".join(filter(None, (torque.detail, safe.detail)))
            torque = AppliedTorque(safe.effort, interventions, detail)
        self._last = torque.effort.copy()
        return torque.of(self._command)

    def _refuse(self, kind: Intervention, detail: str) -> AppliedTorque:
        """Return zero torque, now and for the rest of the rollout."""
        self._refused = self._stop()._replace(interventions=int(kind), detail=detail)
        return self._refused

    def _stop(self) -> AppliedTorque:
        """Return zero torque; silence may follow."""
        self._last, self._pending = self._zero, None
        self._stream.on_command(0, last=True)
        return AppliedTorque(self._zero).of(self._command)


def build_guard(
    task: Task,
    *,
    timeout_ns: int,
    between_commands: bool,
    enabled: bool,
    strict: bool = False,
    joint_names: Sequence[str] = (),
    torque_limits: Sequence[float] = (),
    torque_rate_limits: Sequence[float] = (),
    joint_jumps: bool = False,
) -> TorqueGuard:
    """Return the guard of a task.

    Args:
        task: The task.
        timeout_ns: See `GuardTiming`.
        between_commands: See `GuardTiming`.
        enabled: Whether torque may pass from the start.
        strict: Whether no tolerance is wider than the default one, as on a real arm.
        joint_names: What the robot calls the sensed joints; none if it has the task's names.
        torque_limits: The robot's own limits [N m]; none if it has the task's.
        torque_rate_limits: Likewise [N m per control step].
        joint_jumps: Whether joints are followed from state to state (see `JointTrack`).

    Raises:
        RobotConfigError: A limit is wider than the task's.
    """
    tolerances = task.guard(strict=strict)
    joints = task.joints
    effort = tighter_limits("torque_limits", torque_limits, task.torque_limits)
    rates = tighter_limits("torque_rate_limits", torque_rate_limits, task.torque_rate_limits)
    limits = JointLimits(
        joints=joints,
        effort=effort,
        lower=task.position_limits[:, 0],
        upper=task.position_limits[:, 1],
        margin=task.soft_margins,
        speed=task.velocity_limits,
        tolerance=tolerances.bound_tolerance,
        overspeed=tolerances.overspeed,
        slides=task.slides,
    )
    timing = GuardTiming(timeout_ns, MAX_AGE_PERIODS * task.period_ns, between_commands)
    names = names_on_robot(task, joint_names)[: task.dU]
    torques = TorqueLimits(joints, effort, rates, task.slides)
    motion = JointMotion.of(task, task.dU, timing.max_age_ns) if joint_jumps else None
    return TorqueGuard(torques, limits, timing, enabled=enabled, joint_names=names, motion=motion)
