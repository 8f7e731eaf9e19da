"""What a rollout in simulation has otherwise than the models: a function of its seed alone.

A rollout's seed is recorded with it, so that what was drawn for it can always be told again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import mujoco
import numpy as np

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.model_names import Needed, require_element
from pilqr_ros.tasks.models import element_id, joint_id
from pilqr_ros.tasks.schema import Randomised, Range
from pilqr_ros.trajopt.typing import Array

_FACTOR_STREAM, _NOISE_STREAM = 2, 3
"""Keep what is drawn here independent of all else that is drawn from the same seed."""


class Factors(NamedTuple):
    """What masses, frictions and joints' frictions are multiplied by, by name."""

    masses: dict[str, float]
    frictions: dict[str, float]
    joint_frictions: dict[str, float]

    def __str__(self) -> str:
        """Return them in words, for reports."""
        kinds = zip(("mass", "friction", "joint friction"), self, strict=True)
        return ", ".join(
            f"{kind} of {name} x {factor:.3g}"
            for kind, factors in kinds
            for name, factor in factors.items()
        )


def draw_factors(given: Randomised, seed: int) -> Factors:
    """Return what a rollout's seed draws, uniform in the ranges; names in the alphabet's order."""
    rng = np.random.default_rng([_FACTOR_STREAM, seed])

    def drawn(ranges: Mapping[str, Range]) -> dict[str, float]:
        return {name: float(rng.uniform(*ranges[name])) for name in sorted(ranges)}

    return Factors(drawn(given.masses), drawn(given.frictions), drawn(given.joint_frictions))


def noise_generator(seed: int, since_reset_ns: int) -> np.random.Generator:
    """Return what draws the sensors' noise at an instant: the same however often it is read."""
    return np.random.default_rng([_NOISE_STREAM, seed, since_reset_ns])


def verify_randomised(given: Randomised, world: mujoco.MjModel) -> None:
    """Check that all names exist and have what is to be multiplied.

    Raises:
        TaskError: One has not; the message names the key.
    """
    for name in given.masses:
        if not world.body_mass[_body(world, name, "masses")] > 0.0:
            raise TaskError(f"randomised.masses.{name}", "the body has no mass of its own")
    for name in given.frictions:
        if not world.body_geomnum[_body(world, name, "frictions")] > 0:
            raise TaskError(f"randomised.frictions.{name}", "the body has no geoms")
    for name in given.joint_frictions:
        key = f"randomised.joint_frictions.{name}"
        require_element(Needed("joint", world, "the models", "a factor"), name, key, world)
        dof = world.jnt_dofadr[joint_id(world, name, key)]
        if not (_any(world.dof_damping[dof]) or _any(world.dof_frictionloss[dof])):
            raise TaskError(key, "the joint has neither damping nor frictionloss")


def _body(world: mujoco.MjModel, name: str, section: str) -> int:
    key = f"randomised.{section}.{name}"
    require_element(Needed("body", world, "the models", "a factor"), name, key, world)
    return element_id(world, mujoco.mjtObj.mjOBJ_BODY, name, key)


def _any(values: Array) -> bool:
    return bool(np.any(values))
