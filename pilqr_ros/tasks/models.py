"""The MuJoCo models of a task: the robot alone (its description) and the whole world.

Robot, tool and scene are separate MJCF files. The robot is attached to the scene (or to nothing)
and the tool to the robot's site `tool_mount`, so that both models share one description.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np

from pilqr_ros.tasks import mujoco_warnings
from pilqr_ros.tasks.errors import TaskError, among
from pilqr_ros.tasks.model_files import parse_model, told
from pilqr_ros.tasks.orientation import orientation
from pilqr_ros.tasks.schema import ActuatedJoint, Models, Placement
from pilqr_ros.trajopt.typing import Array

ROBOT_PREFIX = "robot/"
TOOL_PREFIX = "tool/"
TOOL_MOUNT = "tool_mount"
_PREFIXES = ("", ROBOT_PREFIX, ROBOT_PREFIX + TOOL_PREFIX)


def build_robot_model(models: Models, root: Path) -> mujoco.MjModel:
    """Compile the robot with its tool and nothing else.

    Args:
        models: The section of a task file.
        root: The folder that holds their files.

    Raises:
        TaskError: MuJoCo cannot read or compile them.
    """
    return _compile(None, models, root)


def build_world_model(models: Models, root: Path) -> mujoco.MjModel:
    """Compile the scene with the robot and its tool (arguments and errors as above).

    A state that is no longer physical stays as it is, to be seen: MuJoCo itself would reset it.
    """
    model = _compile(parse_model(root, models.scene, "models.scene"), models, root)
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
    return model


def element_id(model: mujoco.MjModel, kind: mujoco.mjtObj, name: str, key: str) -> int:
    """Return the id of a joint, site, geom or body by its name in its own file.

    Raises:
        TaskError: There is none of this name, or more than one.
    """
    found = [mujoco.mj_name2id(model, kind, prefix + name) for prefix in _PREFIXES]
    ids = [i for i in found if i >= 0]
    if len(ids) == 1:
        return ids[0]
    what = kind.name.removeprefix("mjOBJ_").lower()
    if ids:
        raise TaskError(key, f"{name!r} names {len(ids)} elements of kind {what} in the models")
    raise TaskError(
        key, f"{name!r} is no {what} of the models; {among(name, element_names(model, kind))}"
    )


def joint_id(model: mujoco.MjModel, name: str, key: str) -> int:
    """Return the id of a hinge or slide by its name in its own file.

    Raises:
        TaskError: There is none, more than one, or it is a ball or free joint.
    """
    index = element_id(model, mujoco.mjtObj.mjOBJ_JOINT, name, key)
    kind = mujoco.mjtJoint(model.jnt_type[index])
    if kind not in (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE):
        what = kind.name.removeprefix("mjJNT_").lower()
        problem = f"{name!r} is a {what} joint, must be a hinge or a slide: one position, one speed"
        raise TaskError(key, problem)
    return index


def sliding(joints: Sequence[str], model: mujoco.MjModel) -> tuple[str, ...]:
    """Return those of a model's hinges and slides that slide (errors as `joint_id`)."""
    slide = mujoco.mjtJoint.mjJNT_SLIDE
    return tuple(name for name in joints if model.jnt_type[joint_id(model, name, "state")] == slide)


def control_index(model: mujoco.MjModel, actuator: int) -> int:
    """Return where a motor's control lies among all; since MuJoCo 4 some have several, or none."""
    first = getattr(model, "actuator_ctrladr", None)
    return actuator if first is None else int(first[actuator])


def element_names(model: mujoco.MjModel, kind: mujoco.mjtObj) -> list[str]:
    """Return the names of all elements of a kind as their own files have them."""
    counts = {
        mujoco.mjtObj.mjOBJ_JOINT: model.njnt,
        mujoco.mjtObj.mjOBJ_SITE: model.nsite,
        mujoco.mjtObj.mjOBJ_GEOM: model.ngeom,
        mujoco.mjtObj.mjOBJ_BODY: model.nbody,
        mujoco.mjtObj.mjOBJ_SENSOR: model.nsensor,
        mujoco.mjtObj.mjOBJ_ACTUATOR: getattr(model, "nactuator", model.nu),
    }
    names = (mujoco.mj_id2name(model, kind, i) for i in range(counts[kind]))
    return [short_name(name) for name in names if name]


def position_bounds(joints: Sequence[ActuatedJoint], model: mujoco.MjModel) -> Array:
    """Return each joint's bounds [rad or m], ``(n, 2)``; infinite where there is none.

    They are the model's, narrowed by the joint's own: beyond the model's there is a stop.

    Raises:
        TaskError: Nothing is within both.
    """
    bounds = np.tile([-np.inf, np.inf], (len(joints), 1))
    for i, joint in enumerate(joints):
        index = joint_id(model, joint.name, f"joints[{i}].name")
        if model.jnt_limited[index]:
            bounds[i] = model.jnt_range[index]
        if joint.position_limits is not None:
            lower, upper = joint.position_limits
            if lower >= bounds[i, 1] or upper <= bounds[i, 0]:
                stops = ", ".join(f"{value:.4g}" for value in bounds[i])
                problem = f"{list(joint.position_limits)} are all beyond the model's [{stops}]"
                raise TaskError(f"joints[{i}].position_limits", problem)
            bounds[i] = max(lower, bounds[i, 0]), min(upper, bounds[i, 1])
    return bounds


def short_name(name: str) -> str:
    """Return a name of a compiled model as its own file has it."""
    return name.removeprefix(ROBOT_PREFIX).removeprefix(TOOL_PREFIX)


def _compile(scene: mujoco.MjSpec | None, models: Models, root: Path) -> mujoco.MjModel:
    """Attach tool to robot and robot to scene, or to an empty world with its own options."""
    mujoco_warnings.redirect()
    robot = parse_model(root, models.robot, "models.robot")
    if scene is None:
        scene = mujoco.MjSpec()
        scene.option = robot.option
    if models.tool is not None:
        tool = parse_model(root, models.tool, "models.tool")
        mount = robot.site(TOOL_MOUNT)
        if mount is None:
            raise TaskError("models.robot", f"{models.robot!r} has no site {TOOL_MOUNT!r}")
        robot.attach(tool, site=mount, prefix=TOOL_PREFIX)
    frame = _mount(scene, models.mount)
    scene.attach(robot, frame=frame, prefix=ROBOT_PREFIX)
    _embed_textures(scene)
    try:
        return scene.compile()
    except ValueError as error:
        raise TaskError("models", f"MuJoCo cannot compile them: {told(error, root)}") from error


def _mount(scene: mujoco.MjSpec, mount: tuple[float, ...] | Placement) -> mujoco.MjsFrame:
    """Return the frame that the robot's origin is in."""
    if not isinstance(mount, Placement):
        return scene.worldbody.add_frame(pos=list(mount))
    turned = orientation(mount)
    quaternion = [1.0, 0.0, 0.0, 0.0] if turned is None else turned.tolist()
    return scene.worldbody.add_frame(pos=list(mount.position), quat=quaternion)


def _embed_textures(spec: mujoco.MjSpec) -> None:
    """Have textures loaded now: since MuJoCo 4 a model may leave them to when it is drawn."""
    for texture in spec.textures:
        if hasattr(texture, "embed"):
            texture.embed = mujoco.mjtEmbed.mjEMBED_TRUE
