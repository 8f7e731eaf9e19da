"""Where each entry of a task's state is among what joints, kinematics and motion capture tell.

What they tell is one vector, its parts one after the other: positions and velocities of the joints;
positions of all points, their velocities; where the state asks for them, the axes of all points and
how they change; then of each body position and velocity, or, where the state asks for its axes,
position and axes, velocity and change of the axes; at last the numbers of each sensor. Axes are
those of a frame: x, y and z, three numbers each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pilqr_ros.tasks.layout import AXES, StateBlock
from pilqr_ros.tasks.task import Task
from pilqr_ros.trajopt.typing import Indices

_FRAME = 9
"""Numbers of a frame's three axes."""


class StateEntries:
    """Finds the blocks of a task's state.

    Attributes:
        point_axes: Whether the state holds an axis of a point.
        turning: The bodies of which it holds an axis.
    """

    def __init__(self, task: Task) -> None:
        """Look at what the state asks for."""
        layout = task.layout
        self._task = task
        self.point_axes = bool(layout.of_kind("point_axis", "point_axis_velocity"))
        self.turning = frozenset(layout.sources("body_axis", "body_axis_velocity"))

    def all(self) -> Indices:
        """Return where each entry of the state is, ``(dX,)``."""
        blocks = self._task.layout.blocks
        found = [entry for block in blocks for entry in self._of(block)]
        return np.array(found, dtype=np.intp)

    def _of(self, block: StateBlock) -> list[int]:
        """Return where the entries of a block are."""
        joints = self._task.sensed_joints
        if block.kind.startswith("joint_"):
            first = len(joints) * (block.kind == "joint_velocities")
            return [first + joints.index(joint) for joint in block.axes]
        if block.kind == "sensor":
            first = self._of_sensor(block)
            return list(range(first, first + block.size))
        is_point = block.kind.startswith("point_")
        first = self._of_point(block) if is_point else self._of_body(block)
        return [first + AXES.index(axis) for axis in block.axes]

    def _of_point(self, block: StateBlock) -> int:
        """Return where the three numbers of a point's block begin."""
        points = self._task.points
        first, index = 2 * len(self._task.sensed_joints), points.index(block.source)
        is_velocity = block.kind.endswith("_velocity")
        if block.axis is None:
            return first + 3 * (is_velocity * len(points) + index)
        first += 6 * len(points) + _FRAME * (is_velocity * len(points) + index)
        return first + 3 * AXES.index(block.axis)

    def _of_body(self, block: StateBlock) -> int:
        """Return where the three numbers of a body's block begin."""
        bodies = self._task.bodies
        first = self._before_bodies + self._together(bodies[: bodies.index(block.source)])
        first += self.size(block.source) * block.kind.endswith("_velocity")
        return first if block.axis is None else first + 3 + 3 * AXES.index(block.axis)

    def _of_sensor(self, block: StateBlock) -> int:
        """Return where the numbers of a sensor begin."""
        task = self._task
        before = task.sensors[: task.sensors.index(block.source)]
        sizes = {other.source: other.size for other in task.layout.of_kind("sensor")}
        first = self._before_bodies + self._together(task.bodies)
        return first + sum(sizes[name] for name in before)

    @property
    def _before_bodies(self) -> int:
        """How many numbers come before those of the bodies."""
        points = len(self._task.points)
        axes = 2 * _FRAME * points * self.point_axes
        return 2 * len(self._task.sensed_joints) + 6 * points + axes

    def _together(self, bodies: Sequence[str]) -> int:
        """Return how many numbers are of some bodies."""
        return sum(2 * self.size(body) for body in bodies)

    def size(self, body: str) -> int:
        """Return how many coordinates of a body are followed: its position, and its axes."""
        return 3 + _FRAME * (body in self.turning)
