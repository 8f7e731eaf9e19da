"""Angles that are degrees where radians are meant: out of a joint's bounds, and within as degrees.

A file is in radians throughout. An angle of a few radians may be either, so that only what is
beyond a whole turn is taken for degrees where nothing else is wrong with it; where it is out of
bounds anyway, half a turn is enough to ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import mujoco
import numpy as np

from pilqr_ros.tasks.conditions import Condition
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.models import joint_id
from pilqr_ros.tasks.schema import Expression
from pilqr_ros.trajopt.typing import Array

_ASKED = np.pi
"""An angle that is out of bounds may be degrees from this magnitude on [rad]."""

_SURE = 2.0 * np.pi
"""An angle that nothing else refuses is degrees beyond this magnitude [rad]."""


def degrees_hint(value: float, bounds: Array, *, least: float = _ASKED) -> str:
    """Return the question whether an angle is in degrees, as the end of a message; else nothing.

    Args:
        value: The angle, as it is given.
        bounds: Those of its joint, ``(2,)`` [rad].
        least: Least magnitude that is asked about.
    """
    radians = float(np.deg2rad(value))
    is_angle_in_degrees = bounds[0] <= radians <= bounds[1] and not bounds[0] <= value <= bounds[1]
    if abs(value) <= least or not is_angle_in_degrees:
        return ""
    return f"; is it in degrees? {value:g} degrees are {radians:.4g} rad"


def hinge_bounds(model: mujoco.MjModel, joint: str, key: str) -> Array | None:
    """Return the bounds of a joint's angle in a model, ``(2,)`` [rad]; None without, or for slides.

    Raises:
        TaskError: There is no such joint.
    """
    index = joint_id(model, joint, key)
    is_hinge = model.jnt_type[index] == mujoco.mjtJoint.mjJNT_HINGE
    return np.array(model.jnt_range[index]) if is_hinge and model.jnt_limited[index] else None


def refuse_limits_in_degrees(limits: Sequence[float], bounds: Array | None, key: str) -> None:
    """Refuse limits of a joint's angle that are degrees (errors as `refuse_targets_in_degrees`).

    Args:
        limits: As the task file has them; wider ones than the model's are allowed.
        bounds: The model's, ``(2,)`` [rad].
        key: Where they stand.
    """
    if bounds is None:
        return
    lower, upper = bounds
    for value in limits:
        hint = degrees_hint(value, bounds, least=_SURE)
        if hint:
            problem = f"{value:g} is outside the model's [{lower:.4g}, {upper:.4g}]{hint}"
            raise TaskError(key, problem)


def refuse_targets_in_degrees(
    expressions: Iterable[Expression],
    layout: StateLayout,
    conditions: Sequence[Condition],
    model: mujoco.MjModel,
) -> None:
    """Refuse targets of joints' angles that are degrees.

    Args:
        expressions: What subtracts targets from blocks of the state.
        layout: The state.
        conditions: Whose targets.
        model: The world.

    Raises:
        TaskError: One is; the message says how much it is in radians.
    """
    for expression in expressions:
        for block, target in zip(expression.of, expression.minus or (), strict=False):
            if block in layout.names and layout.block(block).kind == "joint_positions":
                for condition in conditions:
                    _refuse_target(condition, target, layout.block(block).axes, model)


def _refuse_target(
    condition: Condition, name: str, joints: Sequence[str], model: mujoco.MjModel
) -> None:
    for i, (joint, value) in enumerate(zip(joints, condition.targets.get(name, ()), strict=False)):
        key = f"{condition.key}.targets.{name}[{i}]"
        bounds = hinge_bounds(model, joint, key)
        hint = "" if bounds is None else degrees_hint(float(value), bounds, least=_SURE)
        if bounds is not None and hint:
            lower, upper = bounds
            problem = f"{value:g} of {joint!r} is outside [{lower:.4g}, {upper:.4g}]{hint}"
            raise TaskError(key, problem)
