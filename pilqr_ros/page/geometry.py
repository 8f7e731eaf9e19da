"""The shapes of a MuJoCo model as triangles."""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilqr_ros.tasks.visible_geoms import ENDLESS, geom_color, visible_geoms
from pilqr_ros.trajopt.typing import Array

SECTIONS = 24
"""Sides of what is round."""


class Shape(NamedTuple):
    """A body's shape in the body's own frame.

    Attributes:
        vertices: ``(n, 3)`` [m].
        faces: ``(m, 3)``, indices of vertices.
        color: Red, green, blue, opacity, in [0, 1].
    """

    vertices: Array
    faces: NDArray[np.int64]
    color: Array


def visible_shapes(model: mujoco.MjModel, body: int) -> list[Shape]:
    """Return what is seen of a body."""
    found = (_shape(model, geom) for geom in visible_geoms(model, body))
    return [shape for shape in found if shape is not None]


def _shape(model: mujoco.MjModel, geom: int) -> Shape | None:
    """Return a geom in its body's frame; None for a kind that is not drawn."""
    triangles = _triangles(model, geom)
    if triangles is None:
        return None
    rotation = np.empty(9)
    mujoco.mju_quat2Mat(rotation, model.geom_quat[geom])
    vertices = triangles[0] @ rotation.reshape(3, 3).T + model.geom_pos[geom]
    return Shape(vertices, triangles[1], geom_color(model, geom))


def _triangles(model: mujoco.MjModel, geom: int) -> tuple[Array, NDArray[np.int64]] | None:
    """Return the vertices and faces of a geom in its own frame."""
    from trimesh import creation  # viser brings it

    size, kind = model.geom_size[geom], mujoco.mjtGeom(model.geom_type[geom])
    if kind == mujoco.mjtGeom.mjGEOM_MESH:
        return mesh_triangles(model, model.geom_dataid[geom])
    if kind == mujoco.mjtGeom.mjGEOM_PLANE:
        x, y = (half if half > 0.0 else ENDLESS for half in size[:2])
        corners = np.array([[-x, -y, 0.0], [x, -y, 0.0], [x, y, 0.0], [-x, y, 0.0]])
        return corners, np.array([[0, 1, 2], [0, 2, 3]])
    if kind == mujoco.mjtGeom.mjGEOM_BOX:
        made = creation.box(extents=2.0 * size)
    elif kind == mujoco.mjtGeom.mjGEOM_CYLINDER:
        made = creation.cylinder(radius=size[0], height=2.0 * size[1], sections=SECTIONS)
    elif kind == mujoco.mjtGeom.mjGEOM_CAPSULE:
        made = creation.capsule(radius=size[0], height=2.0 * size[1], count=[SECTIONS, SECTIONS])
    elif kind in (mujoco.mjtGeom.mjGEOM_SPHERE, mujoco.mjtGeom.mjGEOM_ELLIPSOID):
        radii = size if kind == mujoco.mjtGeom.mjGEOM_ELLIPSOID else np.repeat(size[0], 3)
        made = creation.icosphere(subdivisions=3)
        return made.vertices * radii, made.faces
    else:
        return None
    return made.vertices, made.faces


def mesh_triangles(model: mujoco.MjModel, mesh: int) -> tuple[Array, NDArray[np.int64]]:
    """Return the triangles of a mesh of the model."""
    first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
    face, faces = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
    vertices = np.asarray(model.mesh_vert[first : first + count], dtype=np.float64)
    return vertices, np.asarray(model.mesh_face[face : face + faces], dtype=np.int64)
