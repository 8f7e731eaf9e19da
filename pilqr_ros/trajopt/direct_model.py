r"""A direct model past a contact: what follows a time step is regressed on the state at it.

One-step models chained over a contact predict nothing: where and when it happens differs from
sample to sample, and each link passes its error on. But what follows a state just before or after
the contact often follows from that state at once. For a step b, one map leads from x_b to all later
states and actions,

    (x_s, u_s) = G_s (x_b, 1),     s = b .. T-1

by one ridge regression (`ridge`). The unit of each entry of x_b is its standard deviation over the
root of the share of its variance that the chain predicts out of fold: what cannot be steered is not
used. A sample's trajectory is then the chain's until b and the map's from there on, and its cost
what the cost function, not an expansion of it, says of that.

Which b, or none, is decided by the error of the whole cost out of fold: chain and map are fitted
without the sample that they predict. Where the chain is as good, nothing is skipped.

In LQR-FLM the value function at b is that of the map,

    V_b = sum_{s >= b} J_s' C_s J_s,      (x_s, 1, u_s) = J_s (x_b, 1)

with C the majorants of the cost, which can be trusted far from the samples, and the backward pass
goes on from it. Steps from b on are decided by the chain, as ever: what they do does not pass
through the map, so it can neither credit nor blame them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.batch import Batch, to_go, weighted_newest
from pilqr_ros.trajopt.cost import TrajectoryCost
from pilqr_ros.trajopt.homogeneous import append_one, quadratic_form
from pilqr_ros.trajopt.ridge import Ridge, fit_ridge, without
from pilqr_ros.trajopt.typing import Array

STRIDE = 5
"""Every so many steps, one is a candidate for b."""

MIN_SHARE = 1e-3
"""Least share of an entry's variance that counts as predicted."""

MIN_SPREAD = 1e-4
"""Added to the standard deviation of an entry of the state: one that stands still tells nothing."""

BEATS_CHAIN, BEATS_MEAN = 0.95, 0.9
"""The map is used where its error is below these parts of the chain's and of the cost's spread."""


class DirectModel(NamedTuple):
    """A direct model and what it predicts.

    Attributes:
        step: The step b.
        predicted: Cost-to-go of each newest sample, out of fold, ``(N, T)``.
        value: V_b of (x, 1), ``(dX + 1, dX + 1)``.
    """

    step: int
    predicted: Array
    value: Array


class Chain(NamedTuple):
    """What the chained one-step models predict of each newest sample, fitted without its fold.

    Attributes:
        z: (x, 1, u) along a simulation with its noise, ``(N, T, dX + 1 + dU)``.
        cost_to_go: ``(N, T)``.
        folds: Sample i belongs to fold i modulo this.
    """

    z: Array
    cost_to_go: Array
    folds: int


class _Samples(NamedTuple):
    """The samples that a map is fitted to, the newest first.

    Attributes:
        z: (x, 1, u), ``(M, T, dX + 1 + dU)``.
        cost_to_go: ``(M, T)``.
        weights: ``(M,)``; they sum to 1.
    """

    z: Array
    cost_to_go: Array
    weights: Array


class _Candidate(NamedTuple):
    """A step b, the fit from it, the predicted cost-to-go ``(N, T)`` and its error."""

    step: int
    fit: Ridge
    predicted: Array
    error: float


def fit_direct(
    batches: Sequence[Batch], history: Sequence[float], cost: TrajectoryCost, chain: Chain
) -> DirectModel | None:
    """Fit the best direct model; None where the chain is as good, or nothing predicts.

    Args:
        batches: The history of one condition, oldest first.
        history: Weight of the newest batch's samples, of the batch before, and so on.
        cost: The cost.
        chain: What the chained models predict.
    """
    samples, newest = _pool(batches, history), batches[-1]
    total = newest.cost_to_go[:, 0]
    least = min(BEATS_MEAN * total.std(), BEATS_CHAIN * (total - chain.cost_to_go[:, 0]).std())
    best: _Candidate | None = None
    for b in range(STRIDE, cost.T, STRIDE):
        candidate = _try(b, samples, newest, cost, chain)
        if candidate.error < least:
            best, least = candidate, candidate.error
    if best is None:
        return None
    C = quadratic_form(cost.expand_average(newest.states, "majorant"), cost.dX)
    return DirectModel(best.step, best.predicted, _value(best, samples, C))


def _pool(batches: Sequence[Batch], history: Sequence[float]) -> _Samples:
    newest, together = weighted_newest(batches, history)
    z = [np.concatenate([append_one(batch.states), batch.actions], axis=-1) for batch in newest]
    cost_to_go = np.concatenate([batch.cost_to_go for batch in newest])
    return _Samples(np.concatenate(z), cost_to_go, together / together.sum())


def _try(
    b: int, samples: _Samples, newest: Batch, cost: TrajectoryCost, chain: Chain
) -> _Candidate:
    """Predict each newest sample by chain and map, both fitted without it."""
    dX = cost.dX
    x, total = samples.z[:, b, :dX], newest.cost_to_go
    spread = _deviation(x, samples.weights) + MIN_SPREAD
    unit = spread / np.sqrt(_predicted_share(b, newest, chain))
    fit = fit_ridge(x, unit, samples.weights, samples.cost_to_go[:, b])
    shares = np.empty((newest.N, len(x)))
    for fold in range(chain.folds):
        rows = np.arange(fold, newest.N, chain.folds)
        shares[rows] = without(fit, chain.z[rows, b, : dX + 1], rows)
    z = chain.z.copy()
    z[:, b:] = np.tensordot(shares, samples.z[:, b:], 1)
    predicted = to_go(cost.evaluate(z[..., :dX], z[..., dX + 1 :]))
    return _Candidate(b, fit, predicted, float((total - predicted)[:, 0].std()))


def _deviation(x: Array, weights: Array) -> Array:
    """Return the weighted standard deviation of ``(M, dX)``, ``(dX,)``."""
    return np.sqrt(weights @ (x - weights @ x) ** 2)


def _predicted_share(b: int, newest: Batch, chain: Chain) -> Array:
    """Return the share of the variance of x_b's entries that the chain predicts, ``(dX,)``."""
    x = newest.states[:, b]
    missed = np.mean((x - chain.z[:, b, : x.shape[1]]) ** 2, axis=0)
    variance = x.var(axis=0)
    share = 1.0 - np.divide(missed, variance, out=np.ones_like(missed), where=variance > 0)
    return np.clip(share, MIN_SHARE, 1.0)


def _value(best: _Candidate, samples: _Samples, C: Array) -> Array:
    """Return V_b of (x, 1) for costs C of (x, 1, u), ``(T, dX + 1 + dU, dX + 1 + dU)``."""
    J = np.tensordot(samples.z[:, best.step :], best.fit.shares, axes=(0, 1))
    V = np.sum(J.swapaxes(-1, -2) @ C[best.step :] @ J, axis=0)
    return 0.5 * (V + V.T)
