r"""The size of the exploration noise, from what it costs and what an iteration gains.

Weights over samples hardly tell the noise's size: in some hundred dimensions all samples have
nearly the same length. Size follows from costs. The last
rollout of an iteration has no noise. With F_i its cost, E_i the mean cost of the others and M_i
that of all,

    C = mean of E_i - F_i     what the noise costs (half of tr(Q_uu Sigma) where the model holds)
    G = -slope of M_i         what an iteration gains

over the last `WINDOW` iterations (G by least squares); what fell before tells nothing of what there
is to gain now. A step of bounded KL divergence is as long as the noise is large (G falls like the
standard deviation), and the noise costs its square (C), so

    std <- std * clip(sqrt(G / C), MIN_FACTOR, 1)

leaves the noise alone while an iteration gains more than the noise costs, however late in a run,
and while it costs nothing; else it shrinks. It never grows: what grew after a stall was chance.
Nothing in it counts iterations: more of them do not change the first ones. A slope over several
iterations, of all rollouts, because one without noise is one draw of a contact: in or jammed.

Where the update is held to a reference, such as a network that was fitted to the policy, the noise
stays as large as what the reference misses of the policy, by whatever rule it falls: an update
moves the mean by noise, so what is missed by more would be lost in every update.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.factors import solve
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

WINDOW = 5
"""How many iterations tell of cost and gain."""

MIN_FACTOR = 0.9
"""Least factor on the standard deviation in one update."""


def size_factor(batches: Sequence[Batch]) -> float:
    """Return the factor on the noise's standard deviation after the newest batch.

    Args:
        batches: The history of a condition, oldest first. Batches with rollouts of one kind only
            (with noise, without) tell nothing; after such a newest one the noise stays.
    """
    told = [_costs(batch) for batch in batches]
    known = [one for one in told if one is not None]
    if len(known) < 2 or told[-1] is None:
        return 1.0
    spent, gained = spent_and_gained(np.array(known))
    if spent <= 0.0:
        return 1.0
    return float(np.clip(np.sqrt(max(gained, 0.0) / spent), MIN_FACTOR, 1.0))


def missed(policy: TVLGPolicy, reference: TVLGPolicy, states: Array) -> float:
    """Return how far a reference is from a policy, in standard deviations of the policy's noise.

    Args:
        policy: The policy.
        reference: What its update is held to.
        states: Where both are compared, ``(N, T, dX)``.

    Returns:
        The root of the mean square over states and actions.
    """
    x = states.swapaxes(0, 1)
    apart = x @ (reference.K - policy.K).swapaxes(-1, -2) + (reference.k - policy.k)[:, None]
    return float(np.sqrt(np.mean(solve(policy.L, apart.swapaxes(-1, -2)) ** 2)))


def spent_and_gained(costs: Array) -> tuple[float, float]:
    """Return what the noise costs, and what an iteration gains.

    Args:
        costs: Mean cost of all rollouts, of those with noise, and of those without, of each
            iteration, ``(n, 3)`` with n at least 2; the last `WINDOW` count.
    """
    recent = costs[-WINDOW:]
    time = np.arange(len(recent)) - 0.5 * (len(recent) - 1)
    slope = time @ recent[:, 0] / (time @ time)
    return float(np.mean(recent[:, 1] - recent[:, 2])), -float(slope)


def _costs(batch: Batch) -> tuple[float, float, float] | None:
    """Return the mean cost of all rollouts, of those with noise, and of those without."""
    total = batch.costs.sum(axis=1)
    explored = batch.noise.any(axis=(1, 2))
    if explored.all() or not explored.any():
        return None
    return float(total.mean()), float(total[explored].mean()), float(total[~explored].mean())
