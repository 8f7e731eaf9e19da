"""Deep reinforcement learning: agents of Stable-Baselines3 and sb3-contrib.

Hyperparameters are the libraries' defaults, but for what a task of T steps asks of any of them: a
discount of 1 - 1/T, actions scaled to +-1, observations in units of their spread and rewards in
units of the first episode's mean cost.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sb3_contrib
import stable_baselines3
from gymnasium.wrappers import RescaleAction, TransformObservation, TransformReward
from stable_baselines3.common.base_class import BaseAlgorithm

from pilqr_ros.environments import TaskEnvironment
from pilqr_ros.peers.judging import Controller, run_episode
from pilqr_ros.trajopt.typing import Array

ALGORITHMS: dict[str, Callable[..., BaseAlgorithm]] = {
    "sac": stable_baselines3.SAC,
    "ddpg": stable_baselines3.DDPG,
    "tqc": sb3_contrib.TQC,
    "crossq": sb3_contrib.CrossQ,
    "trpo": sb3_contrib.TRPO,
}

WARM_UP = 5
"""Episodes of random torques, from which the units of observations are taken."""


class Agent:
    """One of `ALGORITHMS` in a task.

    Attributes:
        episodes: Episodes so far.
    """

    def __init__(self, name: str, environment: TaskEnvironment, seed: int) -> None:
        """Take the units from a few episodes, which count, and build the networks."""
        self._T = environment.task.T
        self._mean, self._spread, cost = _units(environment, seed)
        self.episodes = WARM_UP
        scaled = TransformReward(
            TransformObservation(
                RescaleAction(environment, np.float64(-1.0), np.float64(1.0)),
                self._scaled,
                environment.observation_space,
            ),
            lambda reward: float(reward) / cost,
        )
        self._limits = environment.task.torque_limits
        self._model = ALGORITHMS[name](
            "MlpPolicy", scaled, seed=seed, gamma=1.0 - 1.0 / self._T, device="cpu"
        )

    def learn(self, episodes: int) -> None:
        """Learn from so many episodes' steps more; on-policy agents round up to their batches."""
        before = self._model.num_timesteps
        self._model.learn(episodes * self._T, reset_num_timesteps=False)
        self.episodes += -(-(self._model.num_timesteps - before) // self._T)

    def controller(self) -> Controller:
        """Return the policy's mean."""

        def act(t: int, observation: Array) -> Array:
            action, _ = self._model.predict(self._scaled(observation), deterministic=True)
            return np.asarray(action, dtype=np.float64) * self._limits

        return act

    def _scaled(self, observation: Array) -> Array:
        return (observation - self._mean) / self._spread


def _units(environment: TaskEnvironment, seed: int) -> tuple[Array, Array, float]:
    """Return mean and spread of the observations under random torques, and a step's mean cost."""
    rng = np.random.default_rng(seed)
    limits, seen, costs = environment.task.torque_limits, [], []

    def act(t: int, observation: Array) -> Array:
        seen.append(observation)
        return rng.uniform(-0.1, 0.1, limits.size) * limits

    for _ in range(WARM_UP):
        cost, _, _ = run_episode(environment, act, int(rng.integers(2**31)))
        costs.append(cost)
    observations = np.array(seen)
    spread = observations.std(axis=0)
    floor = np.where(spread > 1e-3, spread, 1.0)
    return observations.mean(axis=0), floor, max(float(np.mean(costs)) / environment.task.T, 1e-9)
