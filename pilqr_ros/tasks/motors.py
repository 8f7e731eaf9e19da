"""Whether the model's motors give the torque that they are told, up to a task's limits.

What is recorded as applied must be what moved the arm. MuJoCo can clamp a motor's control, its
force and the sum of forces on a joint, delay or scale it, switch it off, add gravity compensation
to it and let other actuators act on its joint. What can be read from the model is refused by its
name; a probe then compares commanded and actuated torques, whatever the reason of a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import mujoco
import numpy as np

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.models import control_index, element_id, joint_id, sliding
from pilqr_ros.tasks.schema import ActuatedJoint
from pilqr_ros.tasks.units import joint_units
from pilqr_ros.trajopt.typing import Array

_SCALAR = [int(mujoco.mjtJoint.mjJNT_SLIDE), int(mujoco.mjtJoint.mjJNT_HINGE)]
_AWAKE = [int(mujoco.mjtSleepPolicy.mjSLEEP_AUTO_NEVER), int(mujoco.mjtSleepPolicy.mjSLEEP_NEVER)]
"""Policies of trees that never sleep; one that sleeps does not feel its motors."""

_PROBED_STATES = 3
_PROBE_SECONDS = 1.0
"""How far activations of other actuators are carried on in the probe [s]."""

_ROUNDING = 1e-9
"""Relative difference of torques that is rounding."""


class _Motor(NamedTuple):
    """An actuated joint of a task, and its ids in the world's model."""

    key: str
    joint: ActuatedJoint
    driven: int
    actuator: int
    unit: str


def verify_motors(joints: Sequence[ActuatedJoint], world: mujoco.MjModel) -> None:
    """Check that each joint's motor gives what is commanded, up to the joint's torque limit.

    Raises:
        TaskError: It gives something else; the message names the joint's key and why.
    """
    motors = []
    for i, joint in enumerate(joints):
        key = f"joints[{i}]"
        driven = joint_id(world, joint.name, f"{key}.name")
        actuator = element_id(world, mujoco.mjtObj.mjOBJ_ACTUATOR, joint.name, f"{key}.name")
        (unit,) = joint_units([joint.name], sliding([joint.name], world)).effort
        motors.append(_Motor(key, joint, driven, actuator, unit))
    for motor in motors:
        _verify_kind(motor, world)
        for reason in _reasons(motor, world):
            raise TaskError(f"{motor.key}.name", f"{motor.joint.name!r}: {reason}")
        _verify_limit(motor, world)
    _probe(motors, world)


def motor_limits(joints: Sequence[str], world: mujoco.MjModel) -> Array:
    """Return the largest torque that each joint's motor gives [N m or N]; infinite if unbounded.

    Args:
        joints: Joints whose motors have their names.
        world: A model with them.

    Raises:
        TaskError: There is no such joint or motor.
    """
    limits = np.full(len(joints), np.inf)
    for i, name in enumerate(joints):
        driven = joint_id(world, name, f"joints[{i}].name")
        actuator = element_id(world, mujoco.mjtObj.mjOBJ_ACTUATOR, name, f"joints[{i}].name")
        for lower, upper in _ranges(driven, actuator, world).values():
            limits[i] = min(limits[i], -lower, upper)
    return limits


def _verify_kind(motor: _Motor, world: mujoco.MjModel) -> None:
    """The actuator is a plain motor of the joint: its torque is its control."""
    actuator = motor.actuator
    is_motor = (
        world.actuator_trntype[actuator] == mujoco.mjtTrn.mjTRN_JOINT
        and world.actuator_trnid[actuator, 0] == motor.driven
        and world.actuator_dyntype[actuator] == mujoco.mjtDyn.mjDYN_NONE
        and world.actuator_gaintype[actuator] == mujoco.mjtGain.mjGAIN_FIXED
        and world.actuator_biastype[actuator] == mujoco.mjtBias.mjBIAS_NONE
        and world.actuator_plugin[actuator] < 0
        and world.actuator_gainprm[actuator, 0] * _gear(world, actuator) == 1.0
    )
    if not is_motor:
        problem = f"the actuator {motor.joint.name!r} must be a <motor> of this joint with gear 1"
        raise TaskError(f"{motor.key}.name", problem)


def _reasons(motor: _Motor, world: mujoco.MjModel) -> Iterator[str]:
    """Yield why a motor gives nothing, gives it late, or gives more than it is told."""
    if world.opt.disableflags & mujoco.mjtDisableBit.mjDSBL_ACTUATION:
        yield "the models' <flag actuation> switches all motors off"
    group = int(world.actuator_group[motor.actuator])
    if 0 <= group < 31 and world.opt.disableactuator & (1 << group):
        yield f"the models' actuatorgroupdisable switches its motor off, which is of group {group}"
    delay = float(world.actuator_delay[motor.actuator])
    if delay > 0.0:
        yield f"its motor has a delay of {delay:g} s, must have none"
    if world.jnt_actgravcomp[motor.driven] and world.body_gravcomp.any():
        yield (
            "actuatorgravcomp adds gravity compensation to what its motor is told; without it the"
            " same compensation acts beside the motor"
        )
    tree = world.dof_treeid[world.jnt_dofadr[motor.driven]]
    sleeps = world.opt.enableflags & mujoco.mjtEnableBit.mjENBL_SLEEP
    if sleeps and world.tree_sleep_policy[tree] not in _AWAKE:
        yield "its bodies may sleep, and then do not feel its motor; set sleep to never"


def _verify_limit(motor: _Motor, world: mujoco.MjModel) -> None:
    """No range of the model is narrower than the joint's torque limit."""
    unit, limit = motor.unit, motor.joint.torque_limit
    for name, (lower, upper) in _ranges(motor.driven, motor.actuator, world).items():
        if limit > min(-lower, upper):
            problem = (
                f"{limit} {unit} is more than the model's motor gives, {min(-lower, upper):g}"
                f" {unit}: its {name} is {lower:g} to {upper:g}"
            )
            raise TaskError(f"{motor.key}.torque_limit", problem)


def _ranges(driven: int, actuator: int, world: mujoco.MjModel) -> dict[str, Array]:
    """Return the ranges that the torque on a joint is clamped to [N m or N], by their names."""
    ranges, control = {}, control_index(world, actuator)
    clamps = not world.opt.disableflags & mujoco.mjtDisableBit.mjDSBL_CLAMPCTRL
    if clamps and world.actuator_ctrllimited[control]:
        ranges["ctrlrange"] = world.actuator_ctrlrange[control]
    if world.actuator_forcelimited[actuator]:
        ranges["forcerange"] = np.sort(world.actuator_forcerange[actuator] * _gear(world, actuator))
    if world.jnt_actfrclimited[driven]:
        ranges["joint's actuatorfrcrange"] = world.jnt_actfrcrange[driven]
    return ranges


def _gear(world: mujoco.MjModel, actuator: int) -> float:
    """Return by what an actuator's force is multiplied on its joint."""
    outputs = getattr(world, "actuator_outadr", None)  # since MuJoCo 4: one gear an output
    return float(world.actuator_gear[actuator if outputs is None else outputs[actuator], 0])


def _probe(motors: Sequence[_Motor], world: mujoco.MjModel) -> None:
    """Compare commanded and actuated torques in a few states of the world."""
    data = mujoco.MjData(world)
    rng = np.random.default_rng(0)
    limits = np.array([motor.joint.torque_limit for motor in motors])
    for _ in range(_PROBED_STATES):
        for share in (0.0, 1.0, -1.0, rng.uniform(-1.0, 1.0, len(motors))):
            mujoco.mj_resetData(world, data)
            _scatter(world, data, rng)
            _compare(motors, world, data, share * limits)


def _scatter(world: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
    """Move all joints, within their bounds where they have some."""
    scalar = np.flatnonzero(np.isin(world.jnt_type, _SCALAR))
    addresses = world.jnt_qposadr[scalar]
    limited = world.jnt_limited[scalar].astype(bool)
    lower = np.where(limited, world.jnt_range[scalar, 0], data.qpos[addresses] - 1.0)
    upper = np.where(limited, world.jnt_range[scalar, 1], data.qpos[addresses] + 1.0)
    data.qpos[addresses] = rng.uniform(lower, upper)
    data.qvel[:] = rng.standard_normal(world.nv)


def _compare(
    motors: Sequence[_Motor], world: mujoco.MjModel, data: mujoco.MjData, commands: Array
) -> None:
    """Command torques ``(dU,)`` and compare, at once and with activations carried on."""
    data.ctrl[[control_index(world, motor.actuator) for motor in motors]] = commands
    dofs = world.jnt_dofadr[[motor.driven for motor in motors]]
    for _ in range(2):
        mujoco.mj_fwdPosition(world, data)
        mujoco.mj_fwdVelocity(world, data)
        mujoco.mj_fwdActuation(world, data)
        for motor, told, given in zip(motors, commands, data.qfrc_actuator[dofs], strict=True):
            if abs(given - told) > _ROUNDING * max(1.0, abs(told)):
                unit = motor.unit
                problem = (
                    f"{motor.joint.name!r} gets {given:.4g} {unit} from the model's actuators when"
                    f" its motor is told {told:.4g} {unit}; no other actuator may act on it"
                )
                raise TaskError(f"{motor.key}.name", problem)
        data.act += _PROBE_SECONDS * data.act_dot
