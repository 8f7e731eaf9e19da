"""Whether the robot and the tracked bodies are where a rollout starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from transforms3d.quaternions import quat2mat

from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.tasks.layout import AXES, StateBlock
from pilqr_ros.tasks.schema import Kind
from pilqr_ros.tasks.task import Task
from pilqr_ros.trajopt.typing import Array

_KINDS: tuple[Kind, ...] = ("joint_positions", "joint_velocities")


class Sensed(NamedTuple):
    """What is known of joints [rad, rad/s] and the scene [m] at a stamp; NaN where nothing is.

    Attributes:
        stamp_ns: Stamp of the state [ns].
        positions: Positions of the actuated joints, ``(dU,)``.
        velocities: Their velocities, ``(dU,)``.
        bodies: Position of each tracked body that has a place in the condition; the axes that are
            in the state.
        axes: Each axis of a tracked body that has an orientation in the condition, by block.
        others: Position of each sensed joint of the scene that the condition has a start of.
        reason: Why something is not known; empty if all is.
    """

    stamp_ns: int
    positions: Array
    velocities: Array
    bodies: Mapping[str, Array]
    axes: Mapping[str, Array]
    others: Mapping[str, float]
    reason: str


class StartCheck:
    """Reads joints and bodies out of a task's states and compares them with a start."""

    def __init__(self, task: Task, condition: int, start: Array) -> None:
        """Look up what is to be where.

        Args:
            task: The task.
            condition: Index of the condition, for its bodies.
            start: Start of the joints [rad or m], ``(dU,)``.

        Raises:
            TaskError: The state does not hold every actuated joint.
        """
        layout = task.layout
        self._joints, self._start = task.joints, start
        self._units = task.joint_units
        self._tolerances = task.reset
        self._positions, self._velocities = (
            layout.joint_entries(kind, task.joints, key="state", user="a reset") for kind in _KINDS
        )
        blocks: dict[str, StateBlock] = {b.source: b for b in layout.of_kind("body_position")}
        turned = task.conditions[condition].orientations
        self._axes = {b.name: b for b in layout.of_kind("body_axis") if b.source in turned}
        self._directions = {n: _direction(b, turned[b.source]) for n, b in self._axes.items()}
        self._others = _other_entries(task, condition)
        self._other_starts = task.conditions[condition].other_joints
        placed = task.conditions[condition].bodies
        self._blocks = {name: blocks[name] for name in placed if name in blocks}
        self._places = {
            name: placed[name][[AXES.index(axis) for axis in block.axes]]
            for name, block in self._blocks.items()
        }
        seen = {block.source for block in self._axes.values()}
        self.untracked = (
            *(name for name in placed if name not in blocks),
            *(f"orientation of {name}" for name in turned if name not in seen),
            *(name for name in self._other_starts if name not in self._others),
        )

    def read(self, stamp_ns: int, x: Array, reason: str) -> Sensed:
        """Return what a state ``(dX,)`` tells.

        Raises:
            StateError: A joint is not known; the message says why.
        """
        positions, velocities = x[self._positions], x[self._velocities]
        if not (np.isfinite(positions).all() and np.isfinite(velocities).all()):
            raise StateError(reason or "a joint is not finite")
        bodies = {name: x[block.slice].copy() for name, block in self._blocks.items()}
        others = {name: float(x[entry]) for name, entry in self._others.items()}
        axes = {name: x[block.slice].copy() for name, block in self._axes.items()}
        return Sensed(stamp_ns, positions, velocities, bodies, axes, others, reason)

    def joint_errors(self, sensed: Sensed) -> list[str]:
        """Return which joints are not at rest at the start, each with its error."""
        position, velocity = (
            self._tolerances.position_tolerance,
            self._tolerances.velocity_tolerance,
        )
        off = np.abs(sensed.positions - self._start)
        speed = np.abs(sensed.velocities)
        found = []
        for i, joint in enumerate(self._joints):
            if not off[i] <= position:
                unit = self._units.position[i]
                found.append(f"{joint} is off by {off[i]:.3g} {unit} (allowed: {position:g})")
            if not speed[i] <= velocity:
                unit = self._units.velocity[i]
                found.append(f"{joint} moves at {speed[i]:.3g} {unit} (allowed: {velocity:g})")
        return found

    def scene_errors(self, sensed: Sensed) -> list[str]:
        """Return what of the scene is not in place, each with its error and place."""
        errors = (self._body_errors, self._axis_errors, self._other_errors)
        return [error for of in errors for error in of(sensed)]

    def _axis_errors(self, sensed: Sensed) -> list[str]:
        """Return which tracked bodies are turned otherwise than they shall be."""
        allowed, found = self._tolerances.axis_tolerance, []
        for name, wanted in self._directions.items():
            chord = float(np.linalg.norm(sensed.axes[name] - wanted))
            angle = 2.0 * np.arcsin(min(chord / 2.0, 1.0))
            if not angle <= allowed:
                block = self._axes[name]
                axes, numbers = ", ".join(block.axes), ", ".join(f"{value:.3g}" for value in wanted)
                where = f"axis {block.axis} of {block.source} is {angle:.3g} rad from"
                found.append(f"{where} ({axes}) = ({numbers}) (allowed: {allowed:g})")
        return found

    def _other_errors(self, sensed: Sensed) -> list[str]:
        """Return which joints that no motor moves are not in place."""
        allowed, found = self._tolerances.position_tolerance, []
        for name, position in sensed.others.items():
            start = self._other_starts[name]
            if not abs(position - start) <= allowed:
                found.append(f"{name} is at {position:.3g}, its place is {start:g} (allowed:"
                             f" {allowed:g} off)")  # fmt: skip
        return found

    def _body_errors(self, sensed: Sensed) -> list[str]:
        """Return which tracked bodies are not in place, each with its error and place."""
        allowed, found = self._tolerances.body_tolerance, []
        for name, place in self._places.items():
            distance = float(np.linalg.norm(sensed.bodies[name] - place))
            axes = ", ".join(self._blocks[name].axes)
            where = f"({axes}) = ({', '.join(f'{value:g}' for value in place)})"
            if np.isnan(distance):
                found.append(f"{name} is not seen ({sensed.reason}), its place is {where}")
            elif not distance <= allowed:
                found.append(f"{name} is {distance:.3g} m from {where} (allowed: {allowed:g})")
        return found

    def farthest(self, off: Array) -> tuple[float, str, str]:
        """Return how far off the joint is that is farthest of all ``(dU,)``, in which units.

        Returns:
            Its distance, and the units of its position and velocity.
        """
        worst = int(np.argmax(off))
        return float(off[worst]), self._units.position[worst], self._units.velocity[worst]

    def largest_errors(self, sensed: Sensed) -> tuple[float, float]:
        """Return the largest error of position [rad or m] and of velocity."""
        off = np.abs(sensed.positions - self._start)
        return float(off.max()), float(np.abs(sensed.velocities).max())


def _direction(block: StateBlock, quaternion: Array) -> Array:
    """Return what a block of an axis holds of a body that is turned so."""
    axis: Array = quat2mat(quaternion)[:, AXES.index(str(block.axis))]
    return axis[[AXES.index(name) for name in block.axes]]


def _other_entries(task: Task, condition: int) -> dict[str, int]:
    """Return where the state has joints that no motor moves and that a condition has a start of."""
    entries = {
        joint: block.slice.start + i
        for block in task.layout.of_kind("joint_positions")
        for i, joint in enumerate(block.axes)
    }
    wanted = task.conditions[condition].other_joints
    return {joint: entries[joint] for joint in wanted if joint in entries}
