"""Verifying that joints and bodies of a MuJoCo world are at the start of a condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mujoco
import numpy as np

from pilqr_ros.simulation.errors import ResetError
from pilqr_ros.trajopt.typing import Array

_MAX_PENETRATION = 1e-3
"""Overlap of two geoms at the start that is not yet an error [m]."""


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
