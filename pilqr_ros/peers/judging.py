"""How well a controller does its task, whoever made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pilqr_ros.environments import TaskEnvironment
from pilqr_ros.trajopt.typing import Array

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
    environment: TaskEnvironment, controller: Controller, seed: int
) -> tuple[float, bool, float]:
    """Execute one episode.

    Args:
        environment: The task.
        controller: What is executed.
        seed: Seed of the episode's start.

    Returns:
        The cost (minus the rewards), success, and the distance to success.
    """
    observation, _ = environment.reset(seed=seed)
    cost, over, t = 0.0, False, 0
    while not over:
        observation, reward, terminated, truncated, info = environment.step(
            controller(t, observation)
        )
        cost, over, t = cost - reward, terminated or truncated, t + 1
    return cost, bool(info["success"]), float(info["distance"])


def judge(environment: TaskEnvironment, controller: Controller, tests: int) -> tuple[int, float]:
    """Return the successes and the mean distance to success of test episodes.

    Args:
        environment: The task.
        controller: What is executed, without noise.
        tests: Number of test episodes.
    """
    outcomes = [run_episode(environment, controller, TEST_SEED + i) for i in range(tests)]
    distances = [distance for _, _, distance in outcomes]
    finite = [distance for distance in distances if np.isfinite(distance)]
    mean = float(np.mean(finite)) if finite else float("inf")
    return sum(success for _, success, _ in outcomes), mean
