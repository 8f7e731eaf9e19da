"""The robot's model for a new task: taken as it is, or adapted.

A task needs a <motor> for each joint with the joint's name, and a site at the point that is to be
moved. Public models often have position servos instead, and a URDF has neither. An adapted copy has
a motor for each joint, of the torque that the model allows it, a site where one is asked for, and
its weight compensated, as an arm's own controller does it.
"""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import mujoco

from pilqr_ros.authoring.errors import AuthoringError
from pilqr_ros.foreign_file import read_foreign_text
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.model_files import (
    MAX_BYTES,
    find_model,
    parse_model,
    read_model_files,
    told,
)
from pilqr_ros.tasks.models import control_index
from pilqr_ros.tasks.schema import Models


class Adaptation(NamedTuple):
    """What an adapted copy of a model is to have.

    Attributes:
        joints: The joints that are to have motors; none for all.
        efforts: Their torque limits [N m or N], one for each or one for all; none for the model's.
        site: Name of the site that is moved; of a body, if it is to be put there.
    """

    joints: tuple[str, ...] = ()
    efforts: tuple[float, ...] = ()
    site: str = ""


AS_IT_IS = Adaptation()
"""All joints, the model's torque limits, its only site."""

_SCALAR = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))


def robot_files(
    path: Path, name: str, adapt: bool, wanted: Adaptation
) -> tuple[str, dict[str, bytes]]:
    """Return the name of a robot's model for a task, and the files that it is made of.

    Args:
        path: The model, or the name of one that comes with the package.
        name: The task's name: an adapted copy is called after it.
        adapt: Whether to adapt it; a URDF always is.
        wanted: What an adapted copy is to have.

    Raises:
        AuthoringError: The model cannot be read, or it does not say what an adapted copy needs.
    """
    try:
        root = path.parent if path.is_file() else find_model(str(path), "--robot", Path.cwd())
        file = path.name if path.is_file() else str(path)
        files = read_model_files(Models(scene=file, robot=file), root)
        if not (adapt or _is_urdf(root / file)):
            return file, files
        spec = parse_model(root, file, "--robot")
        _adapt(spec, wanted)
        del files[file]
        copy = f"{name}_robot.xml"
        return copy, {**files, copy: _written(spec)}
    except TaskError as error:
        raise AuthoringError(f"{of_option(error, '--robot')}{_hint(path)}") from error
    except OSError as error:
        raise AuthoringError(f"{path} cannot be read: {error}") from error


def of_option(error: TaskError, option: str) -> TaskError:
    """Return the same error of the option that names a model: there is no task file yet."""
    return TaskError.of([one._replace(key=option) for one in error.flaws], error.source)


def _is_urdf(path: Path) -> bool:
    return ElementTree.fromstring(read_foreign_text(path, MAX_BYTES)).tag == "robot"


def _hint(path: Path) -> str:
    """Return what to convert, where a model is a URDF that MuJoCo does not take."""
    if path.suffix.lower() != ".urdf":
        return ""
    return (
        "; MuJoCo reads URDFs without xacro, whose meshes are .stl or .obj beside them: expand it"
        " (`xacro arm.urdf.xacro > arm.urdf`), convert .dae meshes to .stl, and replace package://"
        " by paths"
    )


def _adapt(spec: mujoco.MjSpec, wanted: Adaptation) -> None:
    """Give a model motors, a site and compensated weight."""
    limits, site = _torque_limits(spec, wanted), wanted.site
    for element in [*spec.actuators, *spec.keys]:
        spec.delete(element)
    for name, limit in limits.items():
        motor = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        motor.set_to_motor()
        motor.ctrlrange = [-limit, limit]
        motor.ctrllimited = True
    for body in spec.bodies:
        body.gravcomp = 1.0
    body = spec.body(site) if site and spec.site(site) is None else None
    if body is not None:
        body.add_site(name=site, size=[0.005, 0.005, 0.005])


def _torque_limits(spec: mujoco.MjSpec, wanted: Adaptation) -> dict[str, float]:
    """Return the torque limits that are wanted, or that a model tells, by the joints' names.

    Raises:
        AuthoringError: It tells none of some joints.
        TaskError: MuJoCo cannot compile it.
    """
    try:
        model = spec.compile()
    except ValueError as error:
        raise TaskError("--robot", f"MuJoCo cannot compile it: {told(error)}") from error
    scalar = [i for i in range(model.njnt) if model.jnt_type[i] in _SCALAR]
    names = {model.joint(i).name: i for i in scalar}
    if not wanted.joints and "" in names:
        raise AuthoringError(
            f"the robot's model has a hinge or slide without a name, in the body"
            f" {_body_of(model, names[''])!r}: a motor is called after its joint; write"
            ' <joint name="J" .../>, or say by --joints which others are to move'
        )
    unknown = [name for name in wanted.joints if not name or name not in names]
    if unknown:
        known = ", ".join(name for name in names if name)
        raise AuthoringError(f"--joints: no hinge or slide {unknown[0]!r}; there are: {known}")
    chosen = wanted.joints or tuple(names)
    if wanted.efforts:
        return _given_limits(chosen, wanted.efforts)
    limits = {name: _limit(model, names[name]) for name in chosen}
    lacking = [name for name, limit in limits.items() if not 0.0 < limit < float("inf")]
    if lacking or not limits:
        raise AuthoringError(
            f"the robot's model tells no torque limit of {', '.join(lacking) or 'any joint'}: write"
            ' <joint ... actuatorfrcrange="-T T"/> (in a URDF: <limit effort="T"/>), give'
            " --torque-limits, or leave the joint out by --joints"
        )
    return limits


def _body_of(model: mujoco.MjModel, joint: int) -> str:
    return str(model.body(model.jnt_bodyid[joint]).name)


def _given_limits(joints: Sequence[str], efforts: Sequence[float]) -> dict[str, float]:
    """Return torque limits that were given, by the joints' names.

    Raises:
        AuthoringError: There is not one for each, or one is not positive.
    """
    values = tuple(efforts) * len(joints) if len(efforts) == 1 else tuple(efforts)
    if len(values) != len(joints) or min(values) <= 0.0:
        raise AuthoringError(
            f"--torque-limits are {list(efforts)}, expected one above 0, or {len(joints)} of them,"
            f" for {', '.join(joints)}"
        )
    return dict(zip(joints, values, strict=True))


def _limit(model: mujoco.MjModel, joint: int) -> float:
    """Return the largest torque that a model allows a joint; infinity if it does not say."""
    limit = float("inf")
    if model.jnt_actfrclimited[joint]:
        limit = float(min(abs(model.jnt_actfrcrange[joint])))
    for actuator in range(len(model.actuator_trntype)):
        of_joint = model.actuator_trntype[actuator] == mujoco.mjtTrn.mjTRN_JOINT
        if not of_joint or model.actuator_trnid[actuator, 0] != joint:
            continue
        gear = abs(float(model.actuator_gear[actuator, 0]))
        if model.actuator_forcelimited[actuator]:
            limit = min(limit, gear * float(min(abs(model.actuator_forcerange[actuator]))))
        control = control_index(model, actuator)
        is_motor = model.actuator_biastype[actuator] == mujoco.mjtBias.mjBIAS_NONE
        if is_motor and model.actuator_ctrllimited[control]:
            limit = min(limit, gear * float(min(abs(model.actuator_ctrlrange[control]))))
    return limit


def _written(spec: mujoco.MjSpec) -> bytes:
    """Return a model as MJCF."""
    spec.compile()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.xml"
        spec.to_file(str(path))
        return path.read_bytes()
