"""Bringing bodies and joints that no motor moves to where a condition has them, without physics."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError
from pilqr_ros.tasks.conditions import Condition
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.models import element_id, joint_id
from pilqr_ros.trajopt.typing import Array

_FREE = mujoco.mjtJoint.mjJNT_FREE
_SLIDE = mujoco.mjtJoint.mjJNT_SLIDE


class PlacementError(PilqrError, ValueError):
    """A body cannot be brought where it is wanted; the message names it."""

    code = ErrorCode.RESET_FAILED


def stand_at_start(
    model: mujoco.MjModel, data: mujoco.MjData, condition: Condition, joints: Sequence[str]
) -> None:
    """Bring the arm and all else to where a condition has it, and work out where everything is.

    Args:
        model: The world.
        data: Its state.
        condition: The condition.
        joints: Actuated joints, in the order of the condition's start.

    Raises:
        TaskError: A name is unknown, or a body cannot be placed.
    """
    mujoco.mj_resetData(model, data)
    data.qpos[model.jnt_qposadr[[joint_id(model, name, "joints") for name in joints]]] = (
        condition.start
    )
    try:
        place_scene(model, data, condition)
    except PlacementError as error:
        raise TaskError(f"{condition.key}.bodies", str(error)) from error
    mujoco.mj_kinematics(model, data)


def place_scene(model: mujoco.MjModel, data: mujoco.MjData, condition: Condition) -> dict[str, int]:
    """Put everything but the arm where a condition has it, and return the ids of its bodies.

    Raises:
        PlacementError: A body cannot be moved, or not be turned.
        TaskError: A name is unknown.
    """
    for name, position in condition.other_joints.items():
        data.qpos[model.jnt_qposadr[joint_id(model, name, "other_joints")]] = position
    ids = {name: element_id(model, mujoco.mjtObj.mjOBJ_BODY, name, "bodies")
           for name in condition.bodies}  # fmt: skip
    for name in sorted(ids, key=ids.__getitem__):  # a parent before its children
        turned = condition.orientations.get(name)
        place_body(model, data, ids[name], condition.bodies[name], turned)
    return ids


def place_body(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    body: int,
    position: Array,
    quaternion: Array | None = None,
) -> None:
    """Put a body at a position [m].

    A body moves by its free joint, by its slides, or as a motion-capture body of the scene.

    Args:
        model: The world.
        data: Its state.
        body: Index of the body.
        position: Where, ``(3,)``.
        quaternion: How it is turned (w, x, y, z), ``(4,)``; as it is if not given.

    Raises:
        PlacementError: The body cannot be moved or turned, or its slides are not independent.
    """
    mocap = int(model.body_mocapid[body])
    if mocap >= 0:
        data.mocap_pos[mocap] = position
        if quaternion is not None:
            data.mocap_quat[mocap] = quaternion
        return
    first, count = model.body_jntadr[body], model.body_jntnum[body]
    if can_be_turned(model, body):
        address = model.jnt_qposadr[first]
        data.qpos[address : address + 3] = position
        if quaternion is not None:
            data.qpos[address + 3 : address + 7] = quaternion
        return
    joints = range(first, first + count)
    if count == 0 or any(model.jnt_type[joint] != _SLIDE for joint in joints):
        name = model.body(body).name
        raise PlacementError(f"body {name!r} cannot be placed: it has no free joint and no slides")
    slides = list(joints)
    addresses = model.jnt_qposadr[slides]
    data.qpos[addresses] = model.qpos0[addresses] + _slide(model, data, body, slides, position)


def can_be_turned(model: mujoco.MjModel, body: int) -> bool:
    """Tell whether a body can have any orientation: with a free joint, or mocap."""
    first, count = model.body_jntadr[body], model.body_jntnum[body]
    is_free = count == 1 and model.jnt_type[first] == _FREE
    return bool(is_free or model.body_mocapid[body] >= 0)


def _slide(
    model: mujoco.MjModel, data: mujoco.MjData, body: int, slides: Sequence[int], position: Array
) -> Array:
    """Return how far slides bring their body nearest to a position [m], ``(n,)``.

    A slide's axis is in its body's frame, and the body's place in its parent's.

    Raises:
        PlacementError: The slides are not independent.
    """
    parent = model.body_parentid[body]
    if parent > 0:
        mujoco.mj_kinematics(model, data)
        position = data.xmat[parent].reshape(3, 3).T @ (position - data.xpos[parent])
    turned = np.empty(9)
    mujoco.mju_quat2Mat(turned, model.body_quat[body])
    axes = turned.reshape(3, 3) @ model.jnt_axis[slides].T
    offset = position - model.body_pos[body]
    try:
        return np.asarray(np.linalg.solve(axes.T @ axes, axes.T @ offset))
    except np.linalg.LinAlgError as error:
        name = model.body(body).name
        problem = f"body {name!r} cannot be placed: two of its slides go the same way"
        raise PlacementError(problem) from error
