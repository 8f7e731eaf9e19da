"""From joint states and motion capture to one stamped state vector.

Points on the robot and the axes of their frames come from forward kinematics, their velocities are
J qd. Position and axes of a tracked body, and how they change, come from its last poses (see
`TrackedBody`). An input that is missing, too old or
faulty makes the blocks that need it not valid, with the reason; nothing is made up for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np
from transforms3d.affines import compose
from transforms3d.euler import euler2mat
from transforms3d.quaternions import quat2mat

from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.estimation.joint_reader import JointReader, names_on_robot
from pilqr_ros.robot.estimation.joint_track import JointMotion
from pilqr_ros.robot.estimation.kinematics import RobotKinematics
from pilqr_ros.robot.estimation.state_entries import StateEntries
from pilqr_ros.robot.estimation.tracked_body import TrackedBody, Tracking
from pilqr_ros.tasks.task import Task
from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.finite import all_finite
from pilqr_ros.trajopt.typing import Array

__all__ = ["StateError", "StateEstimate", "StateEstimator", "rigid_transform"]

_UNIT_TOLERANCE = 1e-3
"""By how much the length of a quaternion may differ from 1."""


class StateEstimate(NamedTuple):
    """A state and what of it is to be trusted.

    Attributes:
        stamp_ns: Stamp of the joint state that it was computed from [ns]; 0 before the first.
        x: The state, ``(dX,)``; NaN in blocks that are not valid.
        valid: Whether each block is valid, in the layout's order.
        reason: Why blocks are not valid; empty if all are.
    """

    stamp_ns: int
    x: Array
    valid: tuple[bool, ...]
    reason: str


def rigid_transform(translation: Sequence[float], rpy: Sequence[float]) -> Array:
    """Return the homogeneous matrix ``(4, 4)`` of a translation [m] and fixed-axes angles [rad]."""
    matrix: Array = compose(translation, euler2mat(*rpy, axes="sxyz"), np.ones(3))
    return matrix


class StateEstimator:
    """Holds the last inputs and computes the state from them."""

    def __init__(
        self,
        task: Task,
        *,
        mocap_to_base: Array | None = None,
        tracking: Tracking | None = None,
        joint_names: Sequence[str] = (),
        joint_jumps: bool = False,
    ) -> None:
        """Wait for the inputs that the task's state needs.

        Args:
            task: The task.
            mocap_to_base: Transform from motion capture's frame to the base's, ``(4, 4)``;
                the identity if not given.
            tracking: How tracked bodies are judged and differentiated; if not given, poses may be
                two control periods old and velocities are changes over one.
            joint_names: How the robot calls the task's sensed joints; none if as the task.
            joint_jumps: Whether joints are followed from state to state (see `JointTrack`).
        """
        self._layout, self._dU = task.layout, task.dU
        self.mocap_to_base = np.eye(4) if mocap_to_base is None else np.asarray(mocap_to_base)
        if self.mocap_to_base.shape != (4, 4):
            raise ShapeError("mocap_to_base", self.mocap_to_base.shape, "(4, 4)")
        self._turn, self._shift = self.mocap_to_base[:3, :3], self.mocap_to_base[:3, 3]
        tracking = Tracking.at_period(task.period_ns) if tracking is None else tracking
        self._kinematics = RobotKinematics(task.robot_model, task.joints, task.points)
        motion = (
            JointMotion.of(task, len(task.sensed_joints), task.period_ns) if joint_jumps else None
        )
        self._joints = JointReader(names_on_robot(task, joint_names), task.period_ns, motion)
        self._bodies = {name: TrackedBody(name, tracking) for name in task.bodies}
        self._sensors = {
            name: TrackedBody(name, replace(tracking, speed_limit=None, turn_limit=None), "reading")
            for name in task.sensors
        }
        self._all_valid = (True,) * len(task.layout.blocks)
        entries = StateEntries(task)
        self._entries, self._turning = entries.all(), entries.turning
        self._point_axes = entries.point_axes
        self._unknown = {name: np.full(2 * entries.size(name), np.nan) for name in task.bodies}
        blocks = task.layout.of_kind("sensor")
        self._not_read = {block.source: np.full(block.size, np.nan) for block in blocks}

    @property
    def bodies(self) -> tuple[str, ...]:
        """The tracked bodies."""
        return tuple(self._bodies)

    def reads(self, names: Sequence[str]) -> bool:
        """Tell whether a joint state is of the task's joints, or of another device's alone."""
        return self._joints.concerns(names)

    @property
    def strangers(self) -> str:
        """What else came than the joints' own states, to be added to what is told; or nothing."""
        return self._joints.strangers

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
            StateError: A joint is missing, not finite or jumps, or the stamp runs backwards.
        """
        self._joints.read(stamp_ns, names, positions, velocities)

    def on_body(
        self,
        name: str,
        stamp_ns: int,
        position: Sequence[float] | Array,
        quaternion: Sequence[float] | Array = (),
    ) -> None:
        """Take the pose of a tracked body in motion capture's frame.

        Args:
            name: The body.
            stamp_ns: Stamp of the pose [ns].
            position: Its position [m].
            quaternion: How it is turned (w, x, y, z); looked at only where a block of the state
                holds an axis of the body, and must be given there.

        Raises:
            StateError: The body is unknown, or the pose not finite, no pose at all, an outlier in
                place or orientation, or its stamp runs backwards.
        """
        body = self._bodies.get(name)
        if body is None:
            raise StateError(f"body {name!r} is not tracked; bodies: {', '.join(self._bodies)}")
        position = np.asarray(position, dtype=np.float64)
        if not all_finite(position):
            raise StateError(f"pose of {name} is not finite: {position.tolist()}")
        place = self._turn.dot(position) + self._shift
        if name in self._turning:
            axes = self._turn.dot(_rotation(name, quaternion))
            place = np.concatenate((place, axes.ravel(order="F")))
        body.on_pose(stamp_ns, place)

    def on_sensor(self, name: str, stamp_ns: int, values: Sequence[float] | Array) -> None:
        """Take the reading of a sensor.

        Args:
            name: The sensor.
            stamp_ns: Stamp of the reading [ns].
            values: Its numbers [N or N m].

        Raises:
            StateError: The sensor is unknown, or the reading not finite, of a wrong size, or its
                stamp runs backwards.
        """
        sensor = self._sensors.get(name)
        if sensor is None:
            known = ", ".join(self._sensors) or "none"
            raise StateError(f"sensor {name!r} is not in the state; sensors: {known}")
        values, size = np.array(values, dtype=np.float64), self._not_read[name].size
        if values.shape != (size,) or not all_finite(values):
            problem = f"reading of {name} is {values.tolist()}, expected {size} finite numbers"
            raise StateError(problem)
        sensor.on_pose(stamp_ns, values)

    def complete_at(self, stamp_ns: int) -> bool:
        """Tell whether joints, tracked bodies and sensors have all come of a stamp (lock-step)."""
        if self._joints.stamp_ns != stamp_ns:
            return False
        followed = chain(self._bodies.values(), self._sensors.values())
        seen = (one.stamp_ns for one in followed)
        return all(last_ns is not None and last_ns >= stamp_ns for last_ns in seen)

    @property
    def outdated(self) -> bool:
        """Whether the joint state is from before a jump of the clock; the next one is not."""
        stamp_ns = self._joints.stamp_ns
        followed = chain(self._bodies.values(), self._sensors.values())
        return stamp_ns is not None and any(one.is_before_gap(stamp_ns) for one in followed)

    def estimate(self) -> StateEstimate:
        """Return the state at the last joint state."""
        stamp_ns = self._joints.stamp_ns
        if stamp_ns is None or self._joints.fault:
            return self.invalid(self._joints.fault)
        faults = {name: body.fault(stamp_ns) for name, body in self._bodies.items()}
        unread = {name: sensor.fault(stamp_ns) for name, sensor in self._sensors.items()}
        x = self._state(faults, unread)
        reasons = [fault for fault in chain(faults.values(), unread.values()) if fault]
        if not reasons:
            return StateEstimate(stamp_ns, x, self._all_valid, "")
        valid = tuple(
            not (
                (block.kind.startswith("body_") and faults[block.source])
                or (block.kind == "sensor" and unread[block.source])
            )
            for block in self._layout.blocks
        )
        return StateEstimate(stamp_ns, x, valid, "; ".join(reasons))

    def invalid(self, reason: str) -> StateEstimate:
        """Return a state of which nothing is valid, at the stamp of the last good joint state."""
        stamp_ns = 0 if self._joints.stamp_ns is None else self._joints.stamp_ns
        nothing = (False,) * len(self._layout.blocks)
        return StateEstimate(stamp_ns, np.full(self._layout.dX, np.nan), nothing, reason)

    def _state(self, faults: Mapping[str, str], unread: Mapping[str, str]) -> Array:
        """Return the state vector; NaN for bodies and sensors with a fault."""
        positions, velocities = self._joints.positions, self._joints.velocities
        points, speeds = self._kinematics.points(positions[: self._dU], velocities[: self._dU])
        parts = [positions, velocities, points.ravel(), speeds.ravel()]
        if self._point_axes:
            parts += (part.ravel() for part in self._kinematics.axes())
        for name, body in self._bodies.items():
            parts += (self._unknown[name],) if faults[name] else body.motion()
        for name, sensor in self._sensors.items():
            parts.append(self._not_read[name] if unread[name] else sensor.motion()[0])
        x: Array = np.concatenate(parts)[self._entries]
        return x


def _rotation(name: str, quaternion: Sequence[float] | Array) -> Array:
    """Return the rotation matrix of a pose, ``(3, 3)``.

    Raises:
        StateError: The quaternion is none: what sees the body does not tell how it is turned.
    """
    given = np.asarray(quaternion, dtype=np.float64)
    if not abs(float(np.linalg.norm(given)) - 1.0) <= _UNIT_TOLERANCE:
        raise StateError(
            f"orientation of {name} is no unit quaternion (w, x, y, z): {given.tolist()}; the state"
            " holds an axis of it, so motion capture must tell its orientation"
        )
    matrix: Array = quat2mat(given)
    return matrix
