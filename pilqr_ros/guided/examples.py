"""Examples of what a global policy should do: the local policies' actions in visited states.

An example is an observation o_i, the action mu_i = K_t x_i + k_t of the local policy there, and how
much an error weighs. Augmentation draws new ones about them: `state_noise`, `mixing` and
`observation_noise` of `GuidedSettings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pilqr_ros.guided.neural_policy import Observation
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


class Teacher(NamedTuple):
    """A local policy and the states that it teaches in.

    Attributes:
        policy: The local policy.
        observation: What the global policy sees in its condition.
        states: Visited states, ``(N, T, dX)``.
    """

    policy: TVLGPolicy
    observation: Observation
    states: Array


class Examples(NamedTuple):
    """Examples, one a row: observations, targets, whitening L^-1 times the weight's root."""

    observations: Array
    targets: Array
    whitening: Array


def examples_of(teachers: Sequence[Teacher], settings: GuidedSettings) -> Examples:
    """Return the examples in the visited states, a row for each state of each rollout."""
    return Examples(*_targets(teachers), _whitening(teachers, settings))


def _targets(teachers: Sequence[Teacher]) -> tuple[Array, Array]:
    """Return the observations in the teachers' states, and the actions that are right there."""
    observations = [teacher.observation.of(teacher.states) for teacher in teachers]
    targets = [
        np.einsum("tij,ntj->nti", teacher.policy.K, teacher.states) + teacher.policy.k
        for teacher in teachers
    ]
    return _rows(observations), _rows(targets)


def _whitening(teachers: Sequence[Teacher], settings: GuidedSettings) -> Array:
    """Return L^-1 times the weight's root for each state of each rollout."""
    inverses = [np.linalg.inv(teacher.policy.L) for teacher in teachers]
    sizes = [np.sum(inverse**2, axis=(1, 2)) for inverse in inverses]
    median = float(np.median(np.concatenate(sizes)))
    parts = []
    for teacher, inverse, size in zip(teachers, inverses, sizes, strict=True):
        too_large = np.sqrt(np.minimum(size, settings.supervised.max_weight * median) / size)
        weighted = inverse * too_large[:, None, None] / np.sqrt(median)
        parts.append(np.broadcast_to(weighted, (len(teacher.states), *inverse.shape)))
    return _rows(parts)


def _rows(parts: Sequence[Array]) -> Array:
    """Put arrays ``(N, T, ...)`` below each other, a row for each state."""
    return np.concatenate([part.reshape(-1, *part.shape[2:]) for part in parts])


def augmented(
    teachers: Sequence[Teacher], data: Examples, settings: GuidedSettings, rng: np.random.Generator
) -> Examples:
    """Return the examples with noise: of states, whose targets follow, and of observations."""
    if settings.supervised.state_noise > 0:
        moved = [
            teacher._replace(states=_moved(teacher.states, settings, rng)) for teacher in teachers
        ]
        data = Examples(*_targets(moved), data.whitening)
    if settings.supervised.mixing > 0 and len(teachers) > 1:
        data = _mixed(teachers, data, settings.supervised.mixing, rng)
    spread = settings.supervised.observation_noise * data.observations.std(axis=0)
    noise = rng.standard_normal(data.observations.shape) * spread
    return data._replace(observations=data.observations + noise)


def _moved(states: Array, settings: GuidedSettings, rng: np.random.Generator) -> Array:
    """Return states ``(N, T, dX)`` that lie about the given ones as these lie about each other.

    A random combination of the samples' deviations has their covariance, and keeps what holds
    between a state's entries, such as where the joints put the end-effector.
    """
    N, T, _ = states.shape
    deviations = (states - states.mean(axis=0)).swapaxes(0, 1)
    draws = rng.standard_normal((T, N, N)) * (settings.supervised.state_noise / np.sqrt(N))
    return states + (draws @ deviations).swapaxes(0, 1)


def _mixed(
    teachers: Sequence[Teacher], data: Examples, part: float, rng: np.random.Generator
) -> Examples:
    """Add examples between those of two conditions at the same time step."""
    T, counts = teachers[0].policy.T, np.array([len(teacher.states) for teacher in teachers])
    first = np.concatenate([[0], np.cumsum(counts * T)[:-1]])
    count = round(part * len(data.targets))
    one = rng.integers(len(teachers), size=count)
    other = (one + rng.integers(1, len(teachers), size=count)) % len(teachers)
    step, share = rng.integers(T, size=count), rng.random(count)
    rows = [first[g] + rng.integers(counts[g]) * T + step for g in (one, other)]
    mixed = []
    for array in data:
        weight = share.reshape(-1, *(1,) * (array.ndim - 1))
        between = weight * array[rows[0]] + (1.0 - weight) * array[rows[1]]
        mixed.append(np.concatenate([array, between]))
    return Examples(*mixed)
