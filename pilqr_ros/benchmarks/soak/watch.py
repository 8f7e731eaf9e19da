"""Judges the torques that a robot is given and applies, from outside the graph."""

from __future__ import annotations

from collections import Counter

import numpy as np

from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.typing import Array

MAX_TICKS_HELD = 3
"""Control periods of the robot's time for which one torque may be held: after the first, the next
command is missing; two later there must be zero."""

ROUNDING = 1e-9
"""Difference of torques that is none [N m]."""


class TorqueWatch:
    """Counts unsafe ticks.

    A tick is unsafe if the robot applies a torque that is not finite, beyond its limit, changed
    faster than allowed (unless toward zero), or the same one for longer than three control periods.

    Attributes:
        ticks: Torques of the robot that were looked at.
        commands: Commands to the robot that were looked at.
        unsafe: How many were unsafe, by kind.
    """

    def __init__(self, task: Task, sensor_period_ns: int) -> None:
        """Know the limits of a task's robot.

        Args:
            task: The task.
            sensor_period_ns: Time between two joint states [ns]: what is seen is as much late.
        """
        self.ticks = self.commands = 0
        self.unsafe: Counter[str] = Counter()
        self._limits, self._rates = task.torque_limits, task.torque_rate_limits
        self._period_ns = task.period_ns
        self._max_held_ns = MAX_TICKS_HELD * task.period_ns + 2 * sensor_period_ns
        self._last: tuple[int, Array] | None = None
        self._held_since_ns = 0

    def on_command(self, effort: Array) -> str:
        """Take a command to the robot; return what is unsafe, or nothing."""
        self.commands += 1
        if effort.shape != self._limits.shape:
            return self._count("size", f"a command has {effort.size} torques")
        return self._check_values("command", effort)

    def on_applied(self, stamp_ns: int, effort: Array) -> str:
        """Take the torque that the robot applies [N m], with its stamp [ns]; likewise."""
        last, self._last = self._last, (stamp_ns, effort.copy())
        if last is None or stamp_ns < last[0] or not np.array_equal(effort, last[1]):
            self._held_since_ns = stamp_ns
        if last is not None and stamp_ns == last[0]:
            return ""
        self.ticks += 1
        problem = self._check_values("torque", effort)
        if not problem and last is not None and stamp_ns - last[0] == self._period_ns:
            problem = self._check_rate(last[1], effort)
        held_ns = stamp_ns - self._held_since_ns
        if not problem and effort.any() and held_ns > self._max_held_ns:
            problem = self._count("held", f"one torque is held for {held_ns * 1e-6:.0f} ms")
        return problem

    def _check_values(self, what: str, effort: Array) -> str:
        if not np.isfinite(effort).all():
            return self._count("not finite", f"a {what} is {effort.tolist()}")
        if (np.abs(effort) > self._limits + ROUNDING).any():
            return self._count("beyond limit", f"a {what} is {effort.tolist()}")
        return ""

    def _check_rate(self, before: Array, after: Array) -> str:
        towards_zero = (np.abs(after) <= np.abs(before)) & (after * before >= 0.0)
        slow = np.abs(after - before) <= self._rates + ROUNDING
        if (slow | towards_zero).all():
            return ""
        return self._count("too fast", f"from {before.tolist()} to {after.tolist()} in one tick")

    def _count(self, kind: str, problem: str) -> str:
        self.unsafe[kind] += 1
        return problem
