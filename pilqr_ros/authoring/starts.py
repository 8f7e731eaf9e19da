"""What the world is like at the start of a condition: state, contacts, inertia, weight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import mujoco
import numpy as np

from pilqr_ros.authoring.hold import ArmDynamics
from pilqr_ros.robot.estimation.state_estimation import StateEstimator
from pilqr_ros.simulation.errors import ResetError
from pilqr_ros.simulation.sensing import tell
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import Task, TaskError
from pilqr_ros.tasks.inertial_hold import mass_matrix
from pilqr_ros.tasks.models import ROBOT_PREFIX, joint_id, short_name
from pilqr_ros.trajopt.typing import Array


class ExaminedStart(NamedTuple):
    """The start of a condition, at rest and without jitter.

    Attributes:
        condition: Index of the condition.
        refusal: Why the world cannot be brought there; empty if it can. The arm is there in any
            case, and so are its dynamics, its weight and its entries of the state.
        outside: Whether that is because the start lies outside the joints' bounds.
        x: The state, ``(dX,)``.
        touching: Pairs of bodies in contact of which at least one is the robot's.
        arm: The arm's dynamics there.
        weight: What the motors must give to bear the arm's weight [N m or N], ``(dU,)``.
    """

    condition: int
    refusal: str
    outside: bool
    x: Array
    touching: tuple[tuple[str, str], ...]
    arm: ArmDynamics
    weight: Array


def look_at_starts(task: Task) -> list[ExaminedStart]:
    """Return the start of every condition of a task."""
    world, estimator = World(task), StateEstimator(task)
    dofs = actuated_dofs(task, world.model)
    return [_look(task, world, estimator, dofs, i) for i in range(len(task.conditions))]


def actuated_dofs(task: Task, model: mujoco.MjModel) -> Array:
    """Return where the actuated joints lie in a model's velocities, ``(dU,)``."""
    return model.jnt_dofadr[[joint_id(model, name, "joints") for name in task.joints]]


def arm_dynamics(model: mujoco.MjModel, data: mujoco.MjData, dofs: Array) -> ArmDynamics:
    """Return the dynamics of some joints in a state; all others are taken to stand still."""
    mass = mass_matrix(model, data, [int(dof) for dof in dofs])
    joints = model.dof_jntid[dofs]
    springs = np.asarray(model.jnt_stiffness[joints], dtype=np.float64).reshape(len(dofs), -1)
    friction = np.asarray(model.dof_damping[dofs], dtype=np.float64).reshape(len(dofs), -1)
    return ArmDynamics(mass, friction[:, 0].copy(), springs[:, 0].copy())


def touching_bodies(model: mujoco.MjModel, data: mujoco.MjData) -> Iterator[tuple[str, str]]:
    """Yield the names of bodies that touch; the robot's have its prefix."""
    for contact in data.contact:
        if contact.dist <= 0.0:
            first, second = (model.body(model.geom_bodyid[geom]).name for geom in contact.geom)
            yield first, second


def touching_robot(model: mujoco.MjModel, data: mujoco.MjData) -> tuple[tuple[str, str], ...]:
    """Return the pairs of bodies that touch, each once, of which at least one is the robot's.

    They are named as their own files have them, in alphabetical order of the pairs.
    """
    pairs = {
        (short_name(first) or "world", short_name(second) or "world")
        for first, second in touching_bodies(model, data)
        if first.startswith(ROBOT_PREFIX) or second.startswith(ROBOT_PREFIX)
    }
    return tuple(sorted(pairs))


def _look(
    task: Task, world: World, estimator: StateEstimator, dofs: Array, index: int
) -> ExaminedStart:
    """Bring the world to a start and look, whether the start is refused or not."""
    data, refusal = world.data, ""
    try:
        world.reset(index, seed=0, jitter=False)
    except ResetError as error:
        refusal = str(error)
        mujoco.mj_forward(world.model, data)  # the joints are set before anything is refused
    outside = _outside(task, index)
    weight = data.qfrc_bias[dofs] - data.qfrc_passive[dofs]
    return ExaminedStart(
        condition=index,
        refusal=outside or refusal,
        outside=bool(outside),
        x=_state(world, estimator),
        touching=touching_robot(world.model, data),
        arm=arm_dynamics(world.model, data, dofs),
        weight=weight.copy(),
    )


def _outside(task: Task, condition: int) -> str:
    """Return which joint's start is outside its bounds, in words; empty if none is."""
    try:
        task.check_start(condition)
    except TaskError as error:
        return str(error)
    return ""


def _state(world: World, estimator: StateEstimator) -> Array:
    """Return the state as the nodes would estimate it, ``(dX,)``."""
    tell(estimator, world.sense())
    return estimator.estimate().x.copy()
