"""Joint states, matched by name and judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.estimation.joint_track import JointMotion, JointTrack
from pilqr_ros.robot.estimation.timeline import Timeline
from pilqr_ros.tasks.task import Task
from pilqr_ros.trajopt.finite import all_finite
from pilqr_ros.trajopt.typing import Array, Indices

MAX_NAMED, MAX_LETTERS = 3, 100
"""Of another device's joints, so many are named."""


def names_on_robot(task: Task, names: Sequence[str]) -> tuple[str, ...]:
    """Return how a robot calls the task's sensed joints.

    Args:
        task: The task.
        names: Its names for them, in the task's order; none if it has the task's.

    Raises:
        StateError: There is not one for each joint.
    """
    if len(names) not in (0, len(task.sensed_joints)):
        expected = f"{len(task.sensed_joints)}, for {', '.join(task.sensed_joints)}"
        raise StateError(f"{len(names)} names of joints on the robot, expected {expected}")
    return tuple(names) or task.sensed_joints


class JointReader:
    """Holds the last good joint state.

    Attributes:
        stamp_ns: Its stamp [ns]; None before the first.
        positions: Positions [rad or m], ``(n,)``, in the order of the task's sensed joints; those
            of joints that turn without end go on past their wraps.
        velocities: Velocities [rad/s or m/s], ``(n,)``.
    """

    def __init__(
        self, joints: Sequence[str], hold_ns: int, motion: JointMotion | None = None
    ) -> None:
        """Wait for the first joint state.

        Args:
            joints: The joints to read.
            hold_ns: How long stamps that ran backwards stay a fault [ns].
            motion: How the joints can move; None: jumps are not judged, nor wraps followed.
        """
        self.stamp_ns: int | None = None
        self.positions = self.velocities = np.zeros(len(joints))
        self._joints, self._hold_ns = joints, hold_ns
        self._timeline = Timeline()
        self._order: tuple[tuple[str, ...], Indices] = ((), np.zeros(0, dtype=np.intp))
        self._backwards = self._strangers = ""
        self._held_until_ns = 0
        self._track = None if motion is None else JointTrack(joints, motion)

    @property
    def fault(self) -> str:
        """Why the joint state is not to be used; empty if it is."""
        if self.stamp_ns is None:
            return f"no joint state has come yet{self.strangers}"
        return self._backwards or self.jump

    @property
    def jump(self) -> str:
        """A jump that the joints cannot have made, as long as it is a fault; else empty."""
        return "" if self._track is None else self._track.jump

    @property
    def strangers(self) -> str:
        """What else came than the joints' own states, to be added to what is told; or nothing."""
        return f", but for those of {self._strangers}" if self._strangers else ""

    def concerns(self, names: Sequence[str]) -> bool:
        """Tell whether a joint state is of these joints, or of another device's alone."""
        if any(joint in names for joint in self._joints):
            return True
        self._strangers = ", ".join(names[:MAX_NAMED])[:MAX_LETTERS] or "no joint"
        return False

    def read(
        self,
        stamp_ns: int,
        names: Sequence[str],
        positions: Sequence[float] | Array,
        velocities: Sequence[float] | Array,
    ) -> None:
        """Take a joint state (see `StateEstimator.on_joints`)."""
        last_ns = self._timeline.last_ns
        if not self._timeline.admit(stamp_ns):
            assert last_ns is not None
            self._backwards = f"joint state stamped {stamp_ns} ns comes after {last_ns} ns"
            self._held_until_ns = last_ns + self._hold_ns
            raise StateError(self._backwards)
        restarted = last_ns is not None and stamp_ns < last_ns
        if self._backwards and (restarted or stamp_ns >= self._held_until_ns):
            self._backwards = ""
        order = self._joint_order(tuple(names))
        _check_lengths(names, positions, velocities)
        q = np.asarray(positions, dtype=np.float64)[order]
        qd = np.asarray(velocities, dtype=np.float64)[order]
        self._check_finite("position", q)
        self._check_finite("velocity", qd)
        if self._track is not None:
            q = self._track.follow(stamp_ns, q, qd)
        self.stamp_ns, self.positions, self.velocities = stamp_ns, q, qd

    def _check_finite(self, quantity: str, values: Array) -> None:
        if not all_finite(values):
            index = int(np.argmin(np.isfinite(values)))
            raise StateError(f"{quantity} of {self._joints[index]} is {values[index]}")

    def _joint_order(self, names: tuple[str, ...]) -> Indices:
        """Return where the joints are among the names."""
        if names != self._order[0]:
            missing = [joint for joint in self._joints if joint not in names]
            if missing:
                raise StateError(f"joint state lacks {', '.join(missing)}")
            twice = [joint for joint in self._joints if names.count(joint) > 1]
            if twice:
                raise StateError(f"joint state names {', '.join(twice)} twice")
            order = [names.index(joint) for joint in self._joints]
            self._order = (names, np.array(order, dtype=np.intp))
        return self._order[1]


def _check_lengths(
    names: Sequence[str],
    positions: Sequence[float] | Array,
    velocities: Sequence[float] | Array,
) -> None:
    """Refuse a joint state whose parts do not belong together."""
    if len(positions) == len(velocities) == len(names):
        return
    missing = ": its driver must tell velocities" if len(velocities) == 0 else ""
    raise StateError(
        f"joint state has {len(names)} names, {len(positions)} positions and "
        f"{len(velocities)} velocities{missing}"
    )
