"""Names of a task file that must be those of elements of its models: joints, sites, and so on.

A name that is there, but of another kind or of another model, is said to be that: whoever gave a
body's name for a point has made no typing error.
"""

from __future__ import annotations

from typing import NamedTuple

import mujoco

from pilqr_ros.tasks.errors import TaskError, among
from pilqr_ros.tasks.models import ROBOT_PREFIX, TOOL_PREFIX, element_names

# A body often shares its name with its joint or its geom: it is called a body then.
_KINDS = {
    "body": mujoco.mjtObj.mjOBJ_BODY,
    "site": mujoco.mjtObj.mjOBJ_SITE,
    "joint": mujoco.mjtObj.mjOBJ_JOINT,
    "motor": mujoco.mjtObj.mjOBJ_ACTUATOR,
    "geom": mujoco.mjtObj.mjOBJ_GEOM,
    "sensor": mujoco.mjtObj.mjOBJ_SENSOR,
}
_PLACES = {"scene": "", "robot": ROBOT_PREFIX, "tool": ROBOT_PREFIX + TOOL_PREFIX}


class Needed(NamedTuple):
    """What a name must be of.

    Attributes:
        kind: Joint, motor, site, geom, body or sensor.
        model: The model that must have it.
        where: How the model is called.
        user: What needs it.
    """

    kind: str
    model: mujoco.MjModel
    where: str
    user: str


def require_element(needed: Needed, name: str, key: str, world: mujoco.MjModel) -> None:
    """Check that a model has an element.

    Args:
        needed: What it must be.
        name: Its name.
        key: Path of the key that names it.
        world: A model of all, to tell what the name is else.

    Raises:
        TaskError: It has none of this name; the message says what the name is, and what would do.
    """
    known = element_names(needed.model, _KINDS[needed.kind])
    if name in known:
        return
    wanted = f"{needed.kind} of {needed.where}"
    is_else = _elements_called(name, world)
    if is_else:
        needs = f"{needed.user} needs a {wanted}: {', '.join(known) or 'there is none'}"
        raise TaskError(key, f"{name!r} is {' and '.join(is_else)}; {needs}")
    raise TaskError(key, f"{name!r} is no {wanted}; {among(name, known)}")


def _elements_called(name: str, world: mujoco.MjModel) -> list[str]:
    """Return what has a name, such as ``a body of the scene``, once for each of the files."""
    found = {
        place: f"a {kind} of the {place}"
        for kind, number in reversed(_KINDS.items())
        for place, prefix in _PLACES.items()
        if mujoco.mj_name2id(world, number, prefix + name) >= 0
    }
    return list(found.values())
