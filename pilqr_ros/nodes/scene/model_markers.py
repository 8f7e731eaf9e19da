"""A task's world as markers: each shape in the frame of its body, with which it moves."""

from __future__ import annotations

import mujoco
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from pilqr_ros.nodes.scene.frames import SceneFrames
from pilqr_ros.nodes.scene.shapes import clear, numbered, primitive, triangles
from pilqr_ros.page.geometry import mesh_triangles
from pilqr_ros.tasks.visible_geoms import geom_color, geom_pose, primitives, visible_geoms

ROBOT, SCENE = "robot", "scene"
"""Namespaces of the markers: either can be hidden."""


def model_markers(model: mujoco.MjModel, frames: SceneFrames) -> MarkerArray:
    """Return everything that is seen of a task's world.

    Args:
        model: The world.
        frames: Its frames.
    """
    made = [clear()]
    for body, frame in enumerate(frames.of_bodies):
        namespace = ROBOT if body >= frames.first_robot else SCENE
        for geom in visible_geoms(model, body):
            made += _geom_markers(model, geom, frame, namespace)
    return MarkerArray(markers=numbered(made))


def _geom_markers(model: mujoco.MjModel, geom: int, frame: str, namespace: str) -> list[Marker]:
    """Return a geom; nothing for one that has no shape here, such as a height field."""
    red, green, blue, opacity = map(float, geom_color(model, geom))
    rgba = ColorRGBA(r=red, g=green, b=blue, a=opacity)
    if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_MESH:
        vertices, faces = mesh_triangles(model, model.geom_dataid[geom])
        at = geom_pose(model, geom)
        return [triangles(frame, namespace, vertices, faces, rgba, at)]
    return [primitive(frame, namespace, shape, rgba) for shape in primitives(model, geom)]
