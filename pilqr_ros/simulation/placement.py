"""Bringing joints and bodies of a MuJoCo world to the start of a condition, and verifying it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mujoco
import numpy as np

from pilqr_ros.simulation.errors import ResetError
from pilqr_ros.trajopt.typing import Array

_FREE = mujoco.mjtJoint.mjJNT_FREE
_SLIDE = mujoco.mjtJoint.mjJNT_SLIDE
_MAX_PENETRATION = 1e-3
"""Overlap of two geoms at the start that is not yet an error [m]."""


def place_body(model: mujoco.MjModel, data: mujoco.MjData, body: int, position: Array) -> None:
    """Put a body at a position [m] with its model's orientation.

    A body moves by its free joint, by its slides, or as a motion-capture body of the scene.

    Raises:
        ResetError: The body cannot be moved, or its slides are not independent.
    """
    mocap = int(model.body_mocapid[body])
    if mocap >= 0:
        data.mocap_pos[mocap] = position
        return
    first, count = model.body_jntadr[body], model.body_jntnum[body]
    joints = range(first, first + count)
    if count == 1 and model.jnt_type[first] == _FREE:
        address = model.jnt_qposadr[first]
        data.qpos[address : address + 3] = position
        return
    if count == 0 or any(model.jnt_type[joint] != _SLIDE for joint in joints):
        name = model.body(body).name
        raise ResetError(f"body {name!r} cannot be placed: it has no free joint and no slides")
    slides = list(joints)
    addresses = model.jnt_qposadr[slides]
    data.qpos[addresses] = model.qpos0[addresses] + _slide(model, data, body, slides, position)


def _slide(
    model: mujoco.MjModel, data: mujoco.MjData, body: int, slides: Sequence[int], position: Array
) -> Array:
    """Return how far slides bring their body nearest to a position [m], ``(n,)``.

    A slide's axis is in its body's frame, and the body's place in its parent's.

    Raises:
        ResetError: The slides are not independent.
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
        problem = "two of its slides go the same way"
        raise ResetError(f"body {model.body(body).name!r} cannot be placed: {problem}") from error


def verify_joints(
    names: Sequence[str], errors: Array, tolerance: float, quantity: str, units: Sequence[str]
) -> float:
    """Return the largest error of the joints.

    Args:
        names: Joints.
        errors: Their absolute errors, ``(dU,)``.
        tolerance: Largest error that is allowed.
        quantity: What is wrong, for the message.
        units: Its unit of each joint, for the message.

    Raises:
        ResetError: An error is larger; the message names the joint.
    """
    worst = int(np.argmax(errors))
    if not errors[worst] <= tolerance:
        unit = units[worst]
        raise ResetError(
            f"{quantity} of {names[worst]} is off by {errors[worst]:.4g} {unit} after the reset,"
            f" allowed: {tolerance:g} {unit}"
        )
    return float(errors[worst])


def verify_bodies(
    data: mujoco.MjData, bodies: Mapping[str, int], wanted: Mapping[str, Array], tolerance: float
) -> None:
    """Check that bodies are where they are wanted [m].

    Raises:
        ResetError: One is not; the message names it.
    """
    for name, body in bodies.items():
        error = float(np.linalg.norm(data.xpos[body] - wanted[name]))
        if not error <= tolerance:
            raise ResetError(
                f"body {name} is {error:.4g} m from where it should start, allowed: {tolerance:g} m"
            )


def verify_clearance(model: mujoco.MjModel, data: mujoco.MjData) -> None:
    """Check that nothing starts inside something else.

    Raises:
        ResetError: Two geoms overlap; the message names their bodies.
    """
    deep = np.flatnonzero(data.contact.dist < -_MAX_PENETRATION)
    if deep.size > 0:
        contact = data.contact[int(deep[0])]
        first, second = (model.body(model.geom_bodyid[geom]).name for geom in contact.geom)
        raise ResetError(
            f"bodies {first} and {second} overlap by {-contact.dist:.4g} m at the start"
        )
