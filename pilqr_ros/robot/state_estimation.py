"""From joint states and motion capture to one stamped state vector.

Points on the robot come from forward kinematics, their velocities are J qd. The velocity of a
tracked body is the change of its position over one control period, divided by that time as the
stamps tell it (half a period late); with fewer than two poses in reach it is zero.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from transforms3d.affines import compose
from transforms3d.euler import euler2mat

from pilqr_ros.robot.errors import StateError
from pilqr_ros.robot.kinematics import RobotKinematics
from pilqr_ros.tasks.layout import AXES, StateBlock
from pilqr_ros.tasks.task import Task
from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.typing import Array

__all__ = ["StateError", "StateEstimate", "StateEstimator", "rigid_transform"]

_REACH_PERIODS = 3
"""Poses older than this many control periods do not serve for a velocity."""

_MOST_AGE_PERIODS = 2
"""Inputs older than this many control periods are too old, unless told otherwise."""


class StateEstimate(NamedTuple):
    """A state ``(dX,)`` and the stamp [ns] of the joint state it was computed from."""

    stamp_ns: int
    x: Array


class _Pose(NamedTuple):
    stamp_ns: int
    position: Array


def rigid_transform(translation: Sequence[float], rpy: Sequence[float]) -> Array:
    """Return the homogeneous matrix ``(4, 4)`` of a translation [m] and fixed-axes angles [rad]."""
    matrix: Array = compose(translation, euler2mat(*rpy, axes="sxyz"), np.ones(3))
    return matrix


class StateEstimator:
    """Holds the last inputs and computes the state from them."""

    def __init__(
        self, task: Task, *, mocap_to_base: Array | None = None, max_age_ns: int | None = None
    ) -> None:
        """Wait for the inputs that the task's state needs.

        Args:
            task: The task.
            mocap_to_base: Transform from motion capture's frame to the base's, ``(4, 4)``;
                the identity if not given.
            max_age_ns: How much older than the joint state a pose may be [ns]; two control periods
                if not given.
        """
        self._layout, self._joints, self._dU = task.layout, task.sensed_joints, task.dU
        self._period_ns = task.period_ns
        self._max_age_ns = _MOST_AGE_PERIODS * task.period_ns if max_age_ns is None else max_age_ns
        self._transform = np.eye(4) if mocap_to_base is None else np.asarray(mocap_to_base)
        if self._transform.shape != (4, 4):
            raise ShapeError("mocap_to_base", self._transform.shape, "(4, 4)")
        self._points = {name: i for i, name in enumerate(task.points)}
        self._kinematics = RobotKinematics(task.robot_model, task.joints, task.points)
        self._poses: dict[str, deque[_Pose]] = {name: deque() for name in task.bodies}
        self._order: tuple[tuple[str, ...], list[int]] = ((), [])
        self._stamp_ns: int | None = None
        self._positions = self._velocities = np.zeros(len(self._joints))

    def on_joints(
        self,
        stamp_ns: int,
        names: Sequence[str],
        positions: Sequence[float] | Array,
        velocities: Sequence[float] | Array,
    ) -> None:
        """Take a joint state.

        Args:
            stamp_ns: Its stamp [ns].
            names: Joints in any order; others than the task's are ignored.
            positions: Their positions [rad or m].
            velocities: Their velocities [rad/s or m/s].

        Raises:
            StateError: A joint is missing or not finite, or the stamp runs backwards.
        """
        if self._stamp_ns is not None and stamp_ns < self._stamp_ns:
            raise StateError(f"joint state stamped {stamp_ns} ns comes after {self._stamp_ns} ns")
        order = self._joint_order(tuple(names))
        if not len(positions) == len(velocities) == len(names):
            raise StateError(
                f"joint state has {len(names)} names, {len(positions)} positions and "
                f"{len(velocities)} velocities"
            )
        q = np.asarray(positions, dtype=np.float64)[order]
        qd = np.asarray(velocities, dtype=np.float64)[order]
        for quantity, values in (("position", q), ("velocity", qd)):
            if not np.isfinite(values).all():
                index = int(np.argmin(np.isfinite(values)))
                raise StateError(f"{quantity} of {self._joints[index]} is {values[index]}")
        self._stamp_ns, self._positions, self._velocities = stamp_ns, q, qd

    def on_body(
        self, name: str, stamp_ns: int, position: Sequence[float] | Array,
        quaternion_wxyz: Sequence[float] | Array,
    ) -> None:  # fmt: skip
        """Take a pose of a tracked body in motion capture's frame.

        Args:
            name: The body.
            stamp_ns: Stamp of the pose [ns].
            position: Its position [m].
            quaternion_wxyz: Its orientation.

        Raises:
            StateError: The body is unknown, the pose not finite, or the stamp runs backwards.
        """
        if name not in self._poses:
            raise StateError(f"body {name!r} is not tracked; bodies: {', '.join(self._poses)}")
        if not (np.isfinite(position).all() and np.isfinite(quaternion_wxyz).all()):
            raise StateError(f"pose of {name} is not finite: {list(position)}")
        poses = self._poses[name]
        if poses and stamp_ns <= poses[-1].stamp_ns:
            if stamp_ns == poses[-1].stamp_ns:
                return
            raise StateError(f"pose of {name} stamped {stamp_ns} ns comes after a later one")
        in_base = self._transform[:3, :3] @ np.asarray(position) + self._transform[:3, 3]
        poses.append(_Pose(stamp_ns, in_base))
        while stamp_ns - poses[0].stamp_ns > _REACH_PERIODS * self._period_ns:
            poses.popleft()

    def complete_at(self, stamp_ns: int) -> bool:
        """Tell whether joints and every tracked body have been seen at a stamp (lock-step)."""
        bodies = all(poses and poses[-1].stamp_ns >= stamp_ns for poses in self._poses.values())
        return bodies and self._stamp_ns == stamp_ns

    def estimate(self) -> StateEstimate:
        """Return the state at the last joint state.

        Raises:
            StateError: An input is missing or too old.
        """
        if self._stamp_ns is None:
            raise StateError("no joint state has come yet")
        bodies = {name: self._body_motion(name, self._stamp_ns) for name in self._poses}
        points, speeds = self._kinematics.points(
            self._positions[: self._dU], self._velocities[: self._dU]
        )
        x = np.empty(self._layout.dX)
        for block in self._layout.blocks:
            x[block.slice] = self._block(block, points, speeds, bodies)
        return StateEstimate(self._stamp_ns, x)

    def _block(
        self,
        block: StateBlock,
        points: Array,
        speeds: Array,
        bodies: Mapping[str, tuple[Array, Array]],
    ) -> Array:
        """Return the entries of one block."""
        if block.kind == "joint_positions":
            return self._positions[[self._joints.index(joint) for joint in block.axes]]
        if block.kind == "joint_velocities":
            return self._velocities[[self._joints.index(joint) for joint in block.axes]]
        axes = [AXES.index(axis) for axis in block.axes]
        if block.kind == "point_position":
            return points[self._points[block.source], axes]
        if block.kind == "point_velocity":
            return speeds[self._points[block.source], axes]
        position, velocity = bodies[block.source]
        return (position if block.kind == "body_position" else velocity)[axes]

    def _body_motion(self, name: str, stamp_ns: int) -> tuple[Array, Array]:
        """Return position and velocity of a tracked body."""
        poses = self._poses[name]
        if not poses:
            raise StateError(f"no pose of {name} has come yet")
        newest = poses[-1]
        age_ns = stamp_ns - newest.stamp_ns
        if age_ns > self._max_age_ns:
            raise StateError(
                f"pose of {name} is {age_ns * 1e-6:.1f} ms old, "
                f"allowed: {self._max_age_ns * 1e-6:.1f} ms"
            )
        oldest = min(poses, key=lambda p: abs(newest.stamp_ns - p.stamp_ns - self._period_ns))
        if oldest is newest:
            return newest.position, np.zeros(3)
        seconds = (newest.stamp_ns - oldest.stamp_ns) * 1e-9
        return newest.position, (newest.position - oldest.position) / seconds

    def _joint_order(self, names: tuple[str, ...]) -> list[int]:
        """Return where the task's joints are among the names."""
        if names != self._order[0]:
            missing = [joint for joint in self._joints if joint not in names]
            if missing:
                raise StateError(f"joint state lacks {', '.join(missing)}")
            self._order = (names, [names.index(joint) for joint in self._joints])
        return self._order[1]
