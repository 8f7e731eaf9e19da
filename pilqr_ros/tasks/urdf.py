"""The robot of a task as a URDF, for tools that show robots.

It tells what is seen and how it moves: frames, joints with their limits, boxes, cylinders and
spheres. Masses stay with MuJoCo, and so do meshes and ellipsoids, which a URDF has as files or not
at all.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import mujoco
import numpy as np
from transforms3d.euler import quat2euler

from pilqr_ros.tasks.frame_pose import FramePose
from pilqr_ros.tasks.kinematic_tree import FIXED, TreeJoint, frame_name, kinematic_tree
from pilqr_ros.tasks.task import Task
from pilqr_ros.tasks.visible_geoms import Primitive, geom_color, primitives, visible_geoms
from pilqr_ros.trajopt.typing import Array

MAX_SPEED = 1e3
"""Speed of a joint without a limit [rad/s or m/s]: a URDF must name one."""


def robot_urdf(task: Task, base: str, prefix: str = "") -> str:
    """Return a task's robot as a URDF.

    Args:
        task: The task.
        base: The frame of the robot's base.
        prefix: What the other frames begin with.

    Raises:
        TaskError: A body of the robot moves by a ball or a free joint.
    """
    model = task.robot_model
    tree = kinematic_tree(model, base, prefix)
    robot = ElementTree.Element("robot", name=task.name)
    bodies = {base: 0} | {frame_name(model, body, prefix): body for body in range(1, model.nbody)}
    for frame in (base, *(joint.child for joint in tree)):
        link = ElementTree.SubElement(robot, "link", name=frame)
        if frame in bodies:
            _add_visuals(link, model, bodies[frame])
    bounds = zip(task.torque_limits, task.velocity_limits, strict=True)
    actuated = dict(zip(task.joints, bounds, strict=True))
    for joint in tree:
        _add_joint(robot, joint, *actuated.get(joint.name, (0.0, np.inf)))
    ElementTree.indent(robot)
    return ElementTree.tostring(robot, encoding="unicode", xml_declaration=True)


def _add_visuals(link: ElementTree.Element, model: mujoco.MjModel, body: int) -> None:
    """Add what is seen of a body."""
    for geom in visible_geoms(model, body):
        for number, shape in enumerate(primitives(model, geom)):
            if shape.kind == "sphere" and np.ptp(shape.dimensions) > 0.0:
                continue  # an ellipsoid
            visual = ElementTree.SubElement(link, "visual")
            _add_origin(visual, shape.pose)
            _add_shape(ElementTree.SubElement(visual, "geometry"), shape)
            material = ElementTree.SubElement(visual, "material", name=f"{geom}/{number}")
            ElementTree.SubElement(material, "color", rgba=_numbers(geom_color(model, geom)))


def _add_shape(geometry: ElementTree.Element, shape: Primitive) -> None:
    """Add a shape by its dimensions."""
    x, _, z = shape.dimensions
    if shape.kind == "box":
        ElementTree.SubElement(geometry, "box", size=_numbers(shape.dimensions))
    elif shape.kind == "sphere":
        ElementTree.SubElement(geometry, "sphere", radius=_numbers([x / 2.0]))
    else:
        length, radius = _numbers([z]), _numbers([x / 2.0])
        ElementTree.SubElement(geometry, "cylinder", length=length, radius=radius)


def _add_joint(
    robot: ElementTree.Element, joint: TreeJoint, max_effort: float, max_speed: float
) -> None:
    """Add a joint."""
    element = ElementTree.SubElement(robot, "joint", name=joint.name, type=joint.kind)
    ElementTree.SubElement(element, "parent", link=joint.parent)
    ElementTree.SubElement(element, "child", link=joint.child)
    _add_origin(element, joint.origin)
    if joint.kind == FIXED:
        return
    ElementTree.SubElement(element, "axis", xyz=_numbers(joint.axis))
    bounds = dict(zip(("lower", "upper"), map(str, joint.limits or ()), strict=False))
    limit = {"effort": _numbers([max_effort]), "velocity": _numbers([min(max_speed, MAX_SPEED)])}
    ElementTree.SubElement(element, "limit", {**bounds, **limit})


def _add_origin(element: ElementTree.Element, pose: FramePose) -> None:
    """Add where something is in its parent: a URDF's angles are roll, pitch and yaw."""
    angles = quat2euler(pose.wxyz, "sxyz")
    ElementTree.SubElement(
        element, "origin", xyz=_numbers(pose.position), rpy=_numbers(np.array(angles))
    )


def _numbers(values: Array | list[float]) -> str:
    """Return numbers as XML has them, exactly."""
    return " ".join(repr(float(value)) for value in values)
