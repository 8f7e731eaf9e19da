"""Along which axes of the world a body of a model can move.

A joint moves what is below it: a slide along its axis, a hinge in the plane across its axis, a ball
or a free joint anywhere. One above turns those below it, but only within what it moves itself: of a
vector the part along a hinge stays, and the rest is turned in the plane across it. So each joint is
looked at in the model's first pose.
"""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

_Joint = mujoco.mjtJoint

_NONE = 1e-9
"""A component of a unit vector, or a distance [m], that is no larger is none."""


def moves_along(world: mujoco.MjModel, body: int, *, extended: bool = False) -> NDArray[np.bool_]:
    """Return whether a body can move along each axis of the world, ``(3,)``.

    Args:
        world: The model.
        body: Index of the body.
        extended: Whether something beside its origin counts, too: what turns the body moves that.
    """
    data = mujoco.MjData(world)
    mujoco.mj_kinematics(world, data)
    found, origin = np.zeros(3, dtype=bool), data.xpos[body].copy()
    while body > 0:
        first = int(world.body_jntadr[body])
        for joint in reversed(range(first, first + int(world.body_jntnum[body]))):
            kind = _Joint(world.jnt_type[joint])
            away = extended or found.any() or kind in (_Joint.mjJNT_SLIDE, _Joint.mjJNT_FREE)
            if away or not np.allclose(data.xanchor[joint], origin, atol=_NONE):
                found |= _moved_by(kind, data.xaxis[joint])
        body = int(world.body_parentid[body])
    return found


def _moved_by(kind: mujoco.mjtJoint, axis: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return along which axes of the world a joint moves what is away from its anchor, ``(3,)``."""
    if kind == _Joint.mjJNT_SLIDE:
        return np.abs(axis) > _NONE
    if kind == _Joint.mjJNT_HINGE:
        return np.abs(axis) < 1.0 - _NONE
    return np.ones(3, dtype=bool)
