"""Targets that a site of the models is at, or points to, when everything stands at its start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import mujoco

from pilqr_ros.tasks.conditions import Condition
from pilqr_ros.tasks.layout import AXES
from pilqr_ros.tasks.model_names import Needed, require_element
from pilqr_ros.tasks.models import element_id
from pilqr_ros.tasks.placing import stand_at_start


def with_site_targets(
    conditions: Sequence[Condition], world: mujoco.MjModel, joints: Sequence[str]
) -> tuple[Condition, ...]:
    """Return conditions whose targets at sites have their numbers.

    Args:
        conditions: As the file has them.
        world: The world.
        joints: Actuated joints, in the order of the conditions' starts.

    Raises:
        TaskError: There is no such site, or a body cannot be placed.
    """
    if not any(condition.sites for condition in conditions):
        return tuple(conditions)
    data = mujoco.MjData(world)
    return tuple(_with_sites(condition, world, data, joints) for condition in conditions)


def _with_sites(
    condition: Condition, world: mujoco.MjModel, data: mujoco.MjData, joints: Sequence[str]
) -> Condition:
    """Put the world where a condition has it and look where its sites are."""
    stand_at_start(world, data, condition, joints)
    found = {}
    for name, target in condition.sites.items():
        key = f"{condition.key}.targets.{name}.site"
        require_element(Needed("site", world, "the models", "a target"), target.site, key, world)
        index = element_id(world, mujoco.mjtObj.mjOBJ_SITE, target.site, key)
        if target.axis is None:
            found[name] = data.site_xpos[index].copy()
        else:
            turned = data.site_xmat[index].reshape(3, 3)
            found[name] = turned[:, AXES.index(target.axis)].copy()
    return replace(condition, targets=condition.targets | found)
