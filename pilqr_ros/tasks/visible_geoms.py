"""What is seen of a model's bodies, as the simple shapes that every viewer has."""

from __future__ import annotations

from typing import Literal, NamedTuple

import mujoco
import numpy as np

from pilqr_ros.tasks.frame_pose import FramePose
from pilqr_ros.trajopt.typing import Array

VISIBLE_GROUPS = 3
"""Geoms of the groups from this one on are not drawn, as in MuJoCo's own viewer."""

ENDLESS = 10.0
"""Half of the side that a plane without end is drawn with [m]."""

THIN = 1e-3
"""Thickness of a plane that is drawn as a box [m]."""

_Geom = mujoco.mjtGeom


class Primitive(NamedTuple):
    """A shape in the frame of its body.

    Attributes:
        kind: What it is; a cylinder stands along z.
        dimensions: Its lengths along its axes [m], ``(3,)``.
        pose: Where its centre is, and how it is turned.
    """

    kind: Literal["box", "cylinder", "sphere"]
    dimensions: Array
    pose: FramePose


def visible_geoms(model: mujoco.MjModel, body: int) -> list[int]:
    """Return the geoms of a body that are seen."""
    first = model.body_geomadr[body]
    geoms = range(first, first + model.body_geomnum[body])
    shown = (geom for geom in geoms if model.geom_group[geom] < VISIBLE_GROUPS)
    return [geom for geom in shown if geom_color(model, geom)[3] > 0.0]


def geom_color(model: mujoco.MjModel, geom: int) -> Array:
    """Return red, green, blue and opacity of a geom, in [0, 1]: its material's, if it has one."""
    material = model.geom_matid[geom]
    color: Array = model.geom_rgba[geom] if material < 0 else model.mat_rgba[material]
    return color


def geom_pose(model: mujoco.MjModel, geom: int) -> FramePose:
    """Return where a geom is in its body."""
    return FramePose(model.geom_pos[geom], model.geom_quat[geom])


def primitives(model: mujoco.MjModel, geom: int) -> list[Primitive]:
    """Return a geom as simple shapes; none for one that has others, such as a mesh."""
    kind, size, at = _Geom(model.geom_type[geom]), model.geom_size[geom], geom_pose(model, geom)
    if kind == _Geom.mjGEOM_PLANE:
        x, y = (2.0 * (half if half > 0.0 else ENDLESS) for half in size[:2])
        below = at @ FramePose(np.array([0.0, 0.0, -THIN / 2.0]))
        return [Primitive("box", np.array([x, y, THIN]), below)]
    if kind == _Geom.mjGEOM_BOX:
        return [Primitive("box", 2.0 * size, at)]
    if kind == _Geom.mjGEOM_ELLIPSOID:
        return [Primitive("sphere", 2.0 * size, at)]
    if kind == _Geom.mjGEOM_SPHERE:
        return [_ball(size[0], at)]
    if kind == _Geom.mjGEOM_CYLINDER:
        return [_cylinder(size, at)]
    if kind == _Geom.mjGEOM_CAPSULE:
        ends = (at @ FramePose(np.array([0.0, 0.0, end * size[1]])) for end in (-1.0, 1.0))
        return [_cylinder(size, at), *(_ball(size[0], end) for end in ends)]
    return []


def _ball(radius: float, at: FramePose) -> Primitive:
    return Primitive("sphere", np.repeat(2.0 * radius, 3), at)


def _cylinder(size: Array, at: FramePose) -> Primitive:
    """Return a cylinder of a radius and a half height."""
    return Primitive("cylinder", 2.0 * size[[0, 0, 1]], at)
