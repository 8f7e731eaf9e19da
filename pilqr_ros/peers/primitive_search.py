"""Black-box search over movement primitives: CMA-ES on the torques of a rollout.

A primitive is the task's own start policy, the hold, and on top of it for each joint a torque that
is a mixture of radial basis functions over time. Its weights are searched for: their first standard
deviation gives torques with that of the task's start noise, so that the search begins where our
methods begin.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from cmaes import CMA

from pilqr_ros.environments import TaskEnvironment
from pilqr_ros.peers.judging import Controller, run_episode
from pilqr_ros.trajopt.typing import Array

BASIS_FUNCTIONS = 10
"""Radial basis functions of a joint."""


MIN_POPULATION = 10
"""Samples of an iteration, where the task's own are fewer."""


class PrimitiveSearch:
    """CMA-ES, a population of the task's rollouts an iteration.

    Attributes:
        episodes: Episodes so far.
    """

    def __init__(self, environment: TaskEnvironment, seed: int) -> None:
        """Begin at the task's start policy."""
        task = environment.task
        self._environment = environment
        (condition,) = task.learning.conditions[:1]
        self._hold = task.initial_policy(condition)
        std = np.sqrt(np.square(self._hold.L).sum(axis=2)).mean(axis=0)
        self._basis = basis_functions(task.T, BASIS_FUNCTIONS)
        self._scale = std / np.sqrt(np.square(self._basis).sum(axis=1).mean())
        weights = BASIS_FUNCTIONS * task.dU
        population = max(MIN_POPULATION, task.learning.rollouts)
        self._search = CMA(np.zeros(weights), sigma=1.0, population_size=population, seed=seed)
        self._seeds = _seeds(seed)
        self.episodes = 0

    def learn(self, episodes: int) -> None:
        """Learn from so many episodes more, rounded up to whole populations."""
        until = self.episodes + episodes
        while self.episodes < until:
            asked = [self._search.ask() for _ in range(self._search.population_size)]
            self._search.tell([(weights, self._cost(weights)) for weights in asked])
            self.episodes += len(asked)

    def controller(self) -> Controller:
        """Return the primitive at the mean of the search."""
        return self._primitive(self._search.mean)

    def _cost(self, weights: Array) -> float:
        cost, _, _ = run_episode(self._environment, self._primitive(weights), next(self._seeds))
        return cost

    def _primitive(self, weights: Array) -> Controller:
        torques = self._basis @ (weights.reshape(BASIS_FUNCTIONS, -1) * self._scale)
        hold, none = self._hold, np.zeros(self._hold.dU)

        def act(t: int, observation: Array) -> Array:
            return hold.act(t, observation[: hold.dX], none) + torques[t]

        return act


def basis_functions(T: int, count: int) -> Array:
    """Return normalised radial basis functions over the time steps, ``(T, count)``.

    Each is as wide as they are apart; at every step they sum to 1.
    """
    centres = np.linspace(0, T - 1, count)
    width = (T - 1) / (count - 1)
    raw = np.exp(-0.5 * ((np.arange(T)[:, None] - centres) / width) ** 2)
    return raw / raw.sum(axis=1, keepdims=True)


def _seeds(seed: int) -> Iterator[int]:
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31))
