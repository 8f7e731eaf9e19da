"""A robot's bodies as ROS has them: frames and the joints between them, as in a URDF.

A body of MuJoCo is moved by all its joints in turn, each about an anchor within the body; ROS has
one joint between two frames, which turns about the second one's origin. So a body with several
joints, or one whose anchor is not at its origin, gets frames between its parent's and its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import mujoco
import numpy as np

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.frame_pose import UNTURNED, FramePose
from pilqr_ros.tasks.models import ROBOT_PREFIX, short_name
from pilqr_ros.trajopt.typing import Array

FIXED, REVOLUTE, CONTINUOUS, PRISMATIC = "fixed", "revolute", "continuous", "prismatic"
"""Kinds of joints, as URDF calls them."""

_KINDS = {mujoco.mjtJoint.mjJNT_HINGE: REVOLUTE, mujoco.mjtJoint.mjJNT_SLIDE: PRISMATIC}


class TreeJoint(NamedTuple):
    """A joint between two frames.

    Attributes:
        name: The joint's name in its own file; that of the child where nothing moves.
        kind: As URDF calls it.
        parent: The frame that it is in.
        child: The frame that it moves.
        origin: The child in the parent at position 0.
        axis: Of turning or sliding, in the child, ``(3,)``.
        limits: Least and largest position [rad or m]; None for any.
        rest: Its position where the model's file has it [rad or m].
    """

    name: str
    kind: str
    parent: str
    child: str
    origin: FramePose
    axis: Array
    limits: tuple[float, float] | None = None
    rest: float = 0.0

    def pose(self, position: float) -> FramePose:
        """Return the child in the parent at a position [rad or m]."""
        return self.origin @ _motion(self.kind, self.axis, position)


def frame_name(model: mujoco.MjModel, body: int, prefix: str = "") -> str:
    """Return the frame of a body of a robot's model; two robots' differ by a prefix."""
    return prefix + (model.body(body).name or f"{ROBOT_PREFIX}body_{body}")


def kinematic_tree(model: mujoco.MjModel, base: str, prefix: str = "") -> list[TreeJoint]:
    """Return the joints of a robot's model, parents first.

    Args:
        model: The robot alone.
        base: The frame of its world, which is the robot's base.
        prefix: What the other frames begin with.

    Raises:
        TaskError: A body of the robot moves by a ball or a free joint.
    """
    frames = [base, *(frame_name(model, body, prefix) for body in range(1, model.nbody))]
    tree: list[TreeJoint] = []
    for body in range(1, model.nbody):
        tree += _chain(model, body, frames[model.body_parentid[body]], frames[body])
    return tree


def poses(tree: Sequence[TreeJoint], positions: Mapping[str, float]) -> list[FramePose]:
    """Return each joint's child in its parent.

    Args:
        tree: The joints.
        positions: Positions of joints that move [rad or m], by name; the others
            are where the model's file has them.
    """
    return [joint.pose(positions.get(joint.name, joint.rest)) for joint in tree]


def _chain(model: mujoco.MjModel, body: int, parent: str, own: str) -> list[TreeJoint]:
    """Return the joints from a body's parent to the body."""
    chain: list[TreeJoint] = []
    at = FramePose(model.body_pos[body], model.body_quat[body])
    first, count = model.body_jntadr[body], model.body_jntnum[body]
    for joint in range(first, first + count):
        anchor = FramePose(model.jnt_pos[joint])
        is_own = joint == first + count - 1 and not np.any(anchor.position)
        child = own if is_own else f"{own}/{short_name(model.joint(joint).name) or joint}"
        chain.append(_joint(model, joint, parent, child, at @ anchor))
        parent, at = child, FramePose(-anchor.position)
    if parent != own:
        chain.append(TreeJoint(own, FIXED, parent, own, at, np.array([1.0, 0.0, 0.0])))
    return chain


def _joint(model: mujoco.MjModel, joint: int, parent: str, child: str, at: FramePose) -> TreeJoint:
    """Return a joint of MuJoCo, whose frame is somewhere when it is where its file has it."""
    mj_kind = mujoco.mjtJoint(model.jnt_type[joint])
    name = short_name(model.joint(joint).name) or child
    if mj_kind not in _KINDS:
        what = mj_kind.name.removeprefix("mjJNT_").lower()
        raise TaskError("models.robot", f"{name!r} is a {what} joint, which no URDF has")
    kind, axis, limits = _KINDS[mj_kind], model.jnt_axis[joint], None
    if model.jnt_limited[joint]:
        low, high = model.jnt_range[joint]
        limits = float(low), float(high)
    elif kind == REVOLUTE:
        kind = CONTINUOUS
    rest = float(model.qpos0[model.jnt_qposadr[joint]])
    origin = at @ _motion(kind, axis, -rest)  # a URDF has its frames where positions are 0
    return TreeJoint(name, kind, parent, child, origin, axis, limits, rest)


def _motion(kind: str, axis: Array, position: float) -> FramePose:
    """Return how far a joint has moved its frame."""
    turned, moved = UNTURNED.copy(), np.zeros(3)
    if kind == PRISMATIC:
        moved = position * axis
    elif kind != FIXED:
        mujoco.mju_axisAngle2Quat(turned, axis, position)
    return FramePose(moved, turned)
