"""A world's model and sensors as a rollout's seed draws them."""

from __future__ import annotations

import copy
from types import MappingProxyType
from typing import TYPE_CHECKING

import mujoco
import numpy as np

from pilqr_ros.tasks.models import element_id, joint_id
from pilqr_ros.tasks.randomisation import Factors, draw_factors, noise_generator
from pilqr_ros.tasks.task import Task
from pilqr_ros.trajopt.typing import Array

if TYPE_CHECKING:
    from pilqr_ros.simulation.world import SensorReadings

_CHANGED = ("body_mass", "body_inertia", "geom_friction", "dof_damping", "dof_frictionloss")


class RandomisedModel:
    """A model whose masses and frictions are multiplied; the task's own stays as it is.

    Attributes:
        model: The model; the task's own if nothing of it is randomised.
    """

    def __init__(self, task: Task) -> None:
        """Keep what the task's files have."""
        given = task.randomised
        self._given = given
        self._changes = bool(given.masses or given.frictions or given.joint_frictions)
        self.model = copy.copy(task.world_model) if self._changes else task.world_model
        self._own = {name: getattr(self.model, name).copy() for name in _CHANGED}

    def apply(self, data: mujoco.MjData, seed: int | None) -> None:
        """Multiply what a seed draws, or nothing; the data are to be reset after it."""
        if not self._changes:
            return
        model = self.model
        for name, own in self._own.items():
            getattr(model, name)[:] = own
        if seed is not None:
            self._multiply(draw_factors(self._given, seed))
        mujoco.mj_setConst(model, data)

    def _multiply(self, factors: Factors) -> None:
        model, body = self.model, mujoco.mjtObj.mjOBJ_BODY
        for name, factor in factors.masses.items():
            index = element_id(model, body, name, "randomised")
            model.body_mass[index] *= factor
            model.body_inertia[index] *= factor
        for name, factor in factors.frictions.items():
            index = element_id(model, body, name, "randomised")
            first = model.body_geomadr[index]
            model.geom_friction[first : first + model.body_geomnum[index]] *= factor
        for name, factor in factors.joint_frictions.items():
            dof = model.jnt_dofadr[joint_id(model, name, "randomised")]
            model.dof_damping[dof] *= factor
            model.dof_frictionloss[dof] *= factor


def with_noise(
    task: Task, readings: SensorReadings, seed: int, since_reset_ns: int
) -> SensorReadings:
    """Return readings with the noise that a seed draws at an instant."""
    given = task.randomised
    rng = noise_generator(seed, since_reset_ns)

    def noisy(values: Array, deviation: float) -> Array:
        return values + deviation * rng.standard_normal(np.shape(values))

    return readings._replace(
        positions=noisy(readings.positions, given.position_noise),
        velocities=noisy(readings.velocities, given.velocity_noise),
        bodies=MappingProxyType(
            {
                name: pose._replace(position=noisy(pose.position, given.mocap_noise))
                for name, pose in readings.bodies.items()
            }
        ),
        sensors=MappingProxyType(
            {name: noisy(one, given.sensor_noise) for name, one in readings.sensors.items()}
        ),
    )
