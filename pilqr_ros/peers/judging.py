"""How well a controller does its task, whoever made it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pilqr_ros.trajopt.typing import Array

if TYPE_CHECKING:
    from pilqr_ros.environments import TaskEnvironment

Controller = Callable[[int, Array], Array]
"""Returns the torque ``(dU,)`` [N m] for a time step and an observation of the environment."""

TEST_SEED = 2**31
"""Test episodes have their own seeds from here on; training draws smaller ones."""


@dataclass(frozen=True)
class Checkpoint:
    """A learner after so many episodes.

    Attributes:
        episodes: Episodes that it learned from.
        successes: Successful ones of its test episodes, which are without its noise.
        tests: Number of test episodes.
        mean_distance: Mean distance to success [m or rad] of those that ran to their end.
        seconds: Wall time since it began, tests included.
    """

    episodes: int
    successes: int
    tests: int
    mean_distance: float
    seconds: float


def run_episode(
    environment: TaskEnvironment, controller: Controller, seed: int, condition: str | None = None
) -> tuple[float, bool, float]:
    """Execute one episode.

    Args:
        environment: The task.
        controller: What is executed.
        seed: Seed of the episode's start.
        condition: Name of the condition that it begins in; none given, a drawn one.

    Returns:
        The cost (minus the rewards), success, and the distance to success.
    """
    observation, _ = environment.reset(seed=seed, options={"condition": condition})
    cost, over, t = 0.0, False, 0
    while not over:
        observation, reward, terminated, truncated, info = environment.step(
            controller(t, observation)
        )
        cost, over, t = cost - reward, terminated or truncated, t + 1
    return cost, bool(info["success"]), float(info["distance"])


def judge(
    environment: TaskEnvironment, controller: Controller, tests: int, conditions: Sequence[str]
) -> tuple[int, float]:
    """Return the successes and the mean distance to success of test episodes.

    Args:
        environment: The task.
        controller: What is executed, without noise.
        tests: Number of test episodes.
        conditions: Names of the conditions that they begin in, in turn.
    """
    outcomes = [
        run_episode(environment, controller, TEST_SEED + i, conditions[i % len(conditions)])
        for i in range(tests)
    ]
    distances = [distance for _, _, distance in outcomes]
    finite = [distance for distance in distances if np.isfinite(distance)]
    mean = float(np.mean(finite)) if finite else float("inf")
    return sum(success for _, success, _ in outcomes), mean
