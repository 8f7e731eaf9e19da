"""How robot and bodies moved during a rollout: the pose of every body at every step.

The torques that were applied are replayed in the simulated world. Where that leads to the states
that were recorded, as it does for a simulated rollout without sensor noise, everything that moved
is known. Else, as for a real robot's, only what was sensed is shown: joints, and tracked bodies
that the model lets be placed.
"""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import mujoco
import numpy as np

from pilqr_ros.errors import PilqrError
from pilqr_ros.page.scene import body_poses
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.layout import AXES
from pilqr_ros.tasks.models import element_id, joint_id
from pilqr_ros.tasks.placing import PlacementError, place_body, place_scene
from pilqr_ros.trajopt.typing import Array

TOLERANCE = 1e-6
"""Largest difference to the recorded states at which a replay is the rollout [m or rad]."""


class BodyMotion(NamedTuple):
    """How everything moved.

    Attributes:
        poses: Position [m] and quaternion (w, x, y, z) of each body of the task's world,
            ``(T, nbody, 7)``.
        replayed: Whether the rollout was replayed; else it is what was sensed.
    """

    poses: Array
    replayed: bool


class Posture:
    """A task's world that is put where a state says, without any physics."""

    def __init__(self, task: Task, condition: int) -> None:
        """Begin with a condition's bodies."""
        self._task = task
        self.model: mujoco.MjModel = task.world_model
        self.data = mujoco.MjData(self.model)
        with contextlib.suppress(PlacementError):
            place_scene(self.model, self.data, task.conditions[condition])

    def place(self, name: str, position: Array) -> None:
        """Put a body at a position [m], if it can be put anywhere."""
        body = element_id(self.model, mujoco.mjtObj.mjOBJ_BODY, name, "bodies")
        with contextlib.suppress(PlacementError):
            place_body(self.model, self.data, body, position)

    def joint(self, name: str, position: float) -> None:
        """Put a joint at a position [rad or m]."""
        self.data.qpos[self.model.jnt_qposadr[joint_id(self.model, name, "joints")]] = position

    def take(self, state: Array) -> Array:
        """Put everything where a state ``(dX,)`` says and return the poses, ``(nbody, 7)``."""
        for block in self._task.layout.of_kind("joint_positions"):
            for name, value in zip(block.axes, state[block.slice], strict=True):
                self.joint(name, value)
        for block in self._task.layout.of_kind("body_position"):
            if block.axes == AXES:
                self.place(block.source, state[block.slice])
        return self.poses()

    def poses(self) -> Array:
        """Return the poses of all bodies as they are put, ``(nbody, 7)``."""
        mujoco.mj_kinematics(self.model, self.data)
        return body_poses(self.data)


def motion_of(task: Task, rollout: Rollout) -> BodyMotion:
    """Return how everything moved in a rollout."""
    with contextlib.suppress(PilqrError):
        poses, positions = _replay(task, rollout)
        if np.abs(positions - _recorded(task, rollout.states)).max() < TOLERANCE:
            return BodyMotion(poses, replayed=True)
    posture = Posture(task, rollout.condition)
    return BodyMotion(np.array([posture.take(state) for state in rollout.states]), replayed=False)


def _replay(task: Task, rollout: Rollout) -> tuple[Array, Array]:
    """Return the poses, and the positions as `_recorded` has them, of a rollout that is replayed.

    Raises:
        PilqrError: It cannot be.
    """
    world = World(task)
    world.reset(rollout.condition, rollout.seed, jitter=True)
    poses, positions = [], []
    for effort in rollout.applied:
        readings = world.sense()
        poses.append(body_poses(world.data))
        joints = dict(zip(readings.joint_names, readings.positions, strict=True))
        positions.append(_positions(task, joints, readings.bodies))
        world.step(effort)
    return np.array(poses), np.array(positions)


def _positions(task: Task, joints: dict[str, float], bodies: Any) -> list[float]:  # noqa: ANN401
    """Return what `_recorded` has of one step."""
    found = [joints[name] for b in task.layout.of_kind("joint_positions") for name in b.axes]
    for block in task.layout.of_kind("body_position"):
        found += [bodies[block.source].position[AXES.index(axis)] for axis in block.axes]
    return found


def _recorded(task: Task, states: Array) -> Array:
    """Return the recorded positions of joints and tracked bodies, ``(T, n)``."""
    blocks = (*task.layout.of_kind("joint_positions"), *task.layout.of_kind("body_position"))
    return np.hstack([states[:, block.slice] for block in blocks])
