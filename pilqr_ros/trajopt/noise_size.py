r"""The size of the exploration noise, from what it costs and what the mean policy gains.

Weights over samples tell the noise's *shape*, in which joints it pays, but hardly its size: in some
hundred dimensions all samples have nearly the same length. Size follows from costs. With F_i the
mean cost of iteration i's rollouts without noise and E_i that of those with noise,

    C = E_i - F_i            what the noise costs (half of tr(Q_uu Sigma) where the model holds)
    G = F_{i-1} - F_i        what the mean policy gains in an iteration

both summed over the iterations with weights that fall by `MEMORY`. Smaller noise makes a step of
bounded KL divergence shorter in proportion (G falls like the standard deviation), and costs less by
its square (C). So

    std <- std * clip( sqrt(G / C), MIN_FACTOR, MAX_FACTOR ),        at most what it was at first

leaves the noise alone where the mean gains more than the noise costs, however late in a run, and
shrinks it where the noise is what costs; C = G is where it settles. Nothing in it counts
iterations: more of them do not change the first ones. (The bound is on the product of the factors:
where a policy was refused and taken back, its noise is larger by the factor that was lost.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pilqr_ros.trajopt.batch import Batch

MEMORY = 0.6
"""Weight of an iteration's costs against those of the next: a rollout without noise is one draw of
a contact, and jumps."""

MIN_FACTOR, MAX_FACTOR = 0.8, 1.1
"""Least and largest factor on the standard deviation in one update."""


def size_factor(batches: Sequence[Batch]) -> float:
    """Return the factor on the noise's standard deviation after the newest batch.

    Args:
        batches: The history of a condition, oldest first. Batches with rollouts of one kind only
            (with noise, without) tell nothing.
    """
    told = [_costs(batch) for batch in batches]
    if not told or told[-1] is None:
        return 1.0
    costs = [pair for pair in told if pair is not None]
    return relative_size(costs) / relative_size(costs[:-1])


def relative_size(costs: Sequence[tuple[float, float]]) -> float:
    """Return the noise's standard deviation relative to that of the first policy.

    Args:
        costs: Mean costs of the rollouts with noise, and of those without, of each iteration.
    """
    size, spent, gained = 1.0, 0.0, 0.0
    for i, (noisy, free) in enumerate(costs):
        spent = MEMORY * spent + noisy - free
        if i == 0:
            continue
        gained = MEMORY * gained + costs[i - 1][1] - free
        size = min(1.0, size * _factor(spent, gained))
    return size


def _factor(spent: float, gained: float) -> float:
    if spent <= 0.0:
        return MAX_FACTOR
    return float(np.clip(np.sqrt(max(gained, 0.0) / spent), MIN_FACTOR, MAX_FACTOR))


def _costs(batch: Batch) -> tuple[float, float] | None:
    """Return the mean cost of the rollouts with noise and of those without."""
    total = batch.costs.sum(axis=1)
    explored = batch.noise.any(axis=(1, 2))
    if explored.all() or not explored.any():
        return None
    return float(total[explored].mean()), float(total[~explored].mean())
