"""Checks of a task file against its MuJoCo models: every name exists, starts are possible."""

from __future__ import annotations

import re
from collections.abc import Sequence

import mujoco

from pilqr_ros.tasks.conditions import Condition
from pilqr_ros.tasks.degrees import (
    degrees_hint,
    hinge_bounds,
    refuse_limits_in_degrees,
    refuse_targets_in_degrees,
)
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.layout import StateBlock, StateLayout
from pilqr_ros.tasks.model_names import Needed, require_element
from pilqr_ros.tasks.models import element_id, joint_id, short_name
from pilqr_ros.tasks.motors import verify_motors
from pilqr_ros.tasks.placing import can_be_turned
from pilqr_ros.tasks.schema import ActuatedJoint, TaskFile
from pilqr_ros.trajopt.typing import Array

_IN_TOPIC = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*")
"""What the name of a tracked body or a sensor is like: its topic is named after it."""


def verify_models(
    file: TaskFile,
    layout: StateLayout,
    conditions: Sequence[Condition],
    robot: mujoco.MjModel,
    world: mujoco.MjModel,
) -> None:
    """Check that all names of a task file exist in its models, and what it puts somewhere fits.

    Raises:
        TaskError: One does not; the message names the key.
    """
    of_robot = Needed("joint", robot, "the robot", "an actuated joint")
    motor = Needed("motor", world, "the models", "an actuated joint")
    for i, joint in enumerate(file.joints):
        require_element(of_robot, joint.name, f"joints[{i}].name", world)
        joint_id(robot, joint.name, f"joints[{i}].name")
        require_element(motor, joint.name, f"joints[{i}].name", world)
    verify_motors(file.joints, world)
    for i, block in enumerate(layout.blocks):
        _verify_block(block, f"state[{i}]", robot, world)
    _verify_period(file, world)
    for i, joint in enumerate(file.joints):
        key = f"joints[{i}].position_limits"
        refuse_limits_in_degrees(
            joint.position_limits or (), hinge_bounds(robot, joint.name, key), key
        )
    criteria = file.success.criteria.values()
    refuse_targets_in_degrees((*file.cost.terms, *criteria), layout, conditions, world)
    for condition in conditions:
        for body in condition.bodies:
            _verify_body(condition, body, world)
        for name, position in condition.other_joints.items():
            _verify_other_joint(condition, name, position, file.joints, world)


def _verify_block(
    block: StateBlock, key: str, robot: mujoco.MjModel, world: mujoco.MjModel
) -> None:
    """What a block is of exists, once."""
    user = f"a {block.kind} block"
    if block.kind.startswith(("body_", "sensor")) and not _IN_TOPIC.fullmatch(block.source):
        problem = (
            f"{block.source!r} must be letters, digits and _, no digit first: its topic has it"
        )
        raise TaskError(f"{key}.of", problem)
    if block.kind.startswith("joint_"):
        for joint in block.axes:
            require_element(
                Needed("joint", world, "the models", user), joint, f"{key}.joints", world
            )
            joint_id(world, joint, f"{key}.joints")
    elif block.kind.startswith("point_"):
        require_element(
            Needed("site", robot, "robot or tool", user), block.source, f"{key}.of", world
        )
        element_id(robot, mujoco.mjtObj.mjOBJ_SITE, block.source, f"{key}.of")
    elif block.kind != "sensor":  # those were looked up for the layout
        require_element(Needed("body", world, "the models", user), block.source, f"{key}.of", world)
        element_id(world, mujoco.mjtObj.mjOBJ_BODY, block.source, f"{key}.of")


def _verify_period(file: TaskFile, world: mujoco.MjModel) -> None:
    """A control period must be a whole number of physics time steps."""
    substeps = 1.0 / (file.control.rate * world.opt.timestep)
    if abs(substeps - round(substeps)) > 1e-6 or round(substeps) < 1:
        problem = (
            f"{file.control.rate} Hz is {substeps:.4g} physics steps of {world.opt.timestep} s a"
            " control period, must be a whole number"
        )
        raise TaskError("control.rate", problem)


def verify_start(
    condition: Condition, joints: Sequence[ActuatedJoint], bounds: Array, world: mujoco.MjModel
) -> None:
    """Check that a start lies within the joints' bounds, ``(dU, 2)``.

    Raises:
        TaskError: It does not; the message names the joint and the bounds.
    """
    for i, (joint, angle) in enumerate(zip(joints, condition.start, strict=True)):
        lower, upper = bounds[i]
        if not lower <= angle <= upper:
            key = f"{condition.key}.joints[{i}]"
            problem = f"{angle} of {joint.name!r} is outside [{lower:.4g}, {upper:.4g}]"
            is_hinge = hinge_bounds(world, joint.name, key) is not None
            raise TaskError(key, problem + (degrees_hint(angle, bounds[i]) if is_hinge else ""))


def _verify_body(condition: Condition, body: str, world: mujoco.MjModel) -> None:
    """A body exists, and can be turned if it is to be."""
    key = f"{condition.key}.bodies.{body}"
    require_element(Needed("body", world, "the models", "a start"), body, key, world)
    index = element_id(world, mujoco.mjtObj.mjOBJ_BODY, body, key)
    if body in condition.orientations and not can_be_turned(world, index):
        raise TaskError(key, "has an orientation, which needs a free joint, or mocap, of the body")


def _verify_other_joint(
    condition: Condition,
    name: str,
    position: float,
    joints: Sequence[ActuatedJoint],
    world: mujoco.MjModel,
) -> None:
    """A joint that no motor moves exists, is within its range, and is of no body that is placed."""
    key = f"{condition.key}.other_joints.{name}"
    require_element(Needed("joint", world, "the models", "a start"), name, key, world)
    index = joint_id(world, name, key)
    if any(name == joint.name for joint in joints):
        raise TaskError(key, "is an actuated joint: its start belongs into `joints`")
    body = short_name(world.body(world.jnt_bodyid[index]).name)
    if body in condition.bodies:
        raise TaskError(key, f"moves body {body!r}, which `bodies` puts somewhere already")
    lower, upper = world.jnt_range[index]
    if world.jnt_limited[index] and not lower <= position <= upper:
        hinge = hinge_bounds(world, name, key)
        hint = "" if hinge is None else degrees_hint(position, hinge)
        raise TaskError(key, f"{position} is outside the model's [{lower:.4g}, {upper:.4g}]{hint}")
