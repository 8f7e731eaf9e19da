"""Shapes as markers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import Point, Quaternion, Vector3
from numpy.typing import NDArray
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker

from pilqr_ros.tasks.frame_pose import UNTURNED, FramePose
from pilqr_ros.tasks.visible_geoms import Primitive
from pilqr_ros.trajopt.typing import Array

_KINDS = {"box": Marker.CUBE, "cylinder": Marker.CYLINDER, "sphere": Marker.SPHERE}

ORIGIN = FramePose(np.zeros(3), UNTURNED)


def point(position: Array) -> Point:
    """Return a position [m], ``(3,)``."""
    x, y, z = map(float, position)
    return Point(x=x, y=y, z=z)


def quaternion(wxyz: Array) -> Quaternion:
    """Return a quaternion (w, x, y, z), ``(4,)``."""
    w, x, y, z = map(float, wxyz)
    return Quaternion(w=w, x=x, y=y, z=z)


def vector(values: Array) -> Vector3:
    """Return three numbers, ``(3,)``."""
    x, y, z = map(float, values)
    return Vector3(x=x, y=y, z=z)


def color(rgb: Sequence[float] | Array, opacity: float = 1.0) -> ColorRGBA:
    """Return a colour of red, green and blue in [0, 255]."""
    red, green, blue = (float(part) / 255.0 for part in rgb)
    return ColorRGBA(r=red, g=green, b=blue, a=float(opacity))


def marker(frame: str, namespace: str, kind: int, pose: FramePose = ORIGIN) -> Marker:
    """Return a marker that stays until it is replaced, in a frame, by its kind."""
    made = Marker(ns=namespace, type=kind, action=Marker.ADD)
    made.header.frame_id = frame
    made.pose.position, made.pose.orientation = point(pose.position), quaternion(pose.wxyz)
    return made


def primitive(frame: str, namespace: str, shape: Primitive, rgba: ColorRGBA) -> Marker:
    """Return a simple shape in a frame, with which it moves."""
    made = marker(frame, namespace, _KINDS[shape.kind], shape.pose)
    made.scale, made.color, made.frame_locked = vector(shape.dimensions), rgba, True
    return made


def triangles(
    frame: str,
    namespace: str,
    vertices: Array,
    faces: NDArray[np.int64],
    rgba: ColorRGBA,
    pose: FramePose,
) -> Marker:
    """Return triangles in a frame, with which they move.

    Args:
        frame: The frame.
        namespace: The marker's namespace.
        vertices: ``(n, 3)`` [m].
        faces: ``(m, 3)``, indices of vertices.
        rgba: The colour.
        pose: Where the vertices' own frame is.
    """
    made = marker(frame, namespace, Marker.TRIANGLE_LIST, pose)
    made.scale, made.color, made.frame_locked = vector(np.ones(3)), rgba, True
    corners = [point(vertex) for vertex in vertices]
    made.points = [corners[corner] for face in faces for corner in face]
    return made


def text(frame: str, namespace: str, words: str, place: Array, height: float) -> Marker:
    """Return words at a place [m] that face whoever looks, of a height [m]."""
    made = marker(frame, namespace, Marker.TEXT_VIEW_FACING, FramePose(place))
    made.text, made.scale.z, made.color = words, float(height), color((255, 255, 255))
    return made


def clear() -> Marker:
    """Return what takes away every marker of its topic that was there."""
    return Marker(action=Marker.DELETEALL)


def numbered(markers: Sequence[Marker]) -> list[Marker]:
    """Give each marker a number of its own, and return them."""
    for number, one in enumerate(markers):
        one.id = number
    return list(markers)
