"""Time-varying linear-Gaussian dynamics, fitted to samples (section 3.1).

    p(x_{t+1} | x_t, u_t) = N(fx_t x_t + fu_t u_t + f0_t, F_t),    x_0 ~ N(mu0, Sigma0)

At each time step the joint Gaussian of z = (x, u, x') is the mean of a normal-inverse-Wishart
posterior: the weighted samples and, as `strength` observations more, the prior. Conditioning it
on (x, u) gives the dynamics. A ridge on the diagonal keeps it proper with few samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.batch import Batch, require_finite
from pilqr_ros.trajopt.factors import solve_covariance
from pilqr_ros.trajopt.prior import Prior, fit_prior
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.typing import Array


@dataclass(frozen=True)
class Dynamics:
    """Fitted dynamics; the leading axes ``...`` are there for several fits at once.

    Attributes:
        fx: ``(..., T-1, dX, dX)``.
        fu: ``(..., T-1, dX, dU)``.
        f0: ``(..., T-1, dX)``.
        covariance: ``(..., T-1, dX, dX)``.
        mu0: Mean of the initial state, ``(..., dX)``.
        sigma0: Covariance of the initial state, ``(..., dX, dX)``.
    """

    fx: Array
    fu: Array
    f0: Array
    covariance: Array
    mu0: Array
    sigma0: Array


class Moments(NamedTuple):
    """Weighted moments of samples.

    Attributes:
        weight: Sum of the weights, ``(...)``.
        mean: ``(..., T-1, D)``.
        scatter: Weighted sum of squares about the mean, ``(..., T-1, D, D)``.
    """

    weight: Array
    mean: Array
    scatter: Array


def fit_dynamics(batches: Sequence[Batch], settings: Settings) -> Dynamics:
    """Fit the dynamics to the newest batches, weighted by age.

    Args:
        batches: The history of one condition, oldest first.
        settings: Options `history_weights`, `prior*`, `mixture*` and `dynamics_ridge`.
    """
    return fit_with_folds(batches, settings, 1)[0]


def fit_with_folds(
    batches: Sequence[Batch], settings: Settings, folds: int
) -> tuple[Dynamics, Dynamics | None]:
    """Fit the dynamics to all samples, and once more without each fold of the newest batch.

    Sample i of the newest batch belongs to fold i modulo the number of folds. The prior is
    fitted once, to all trajectories: it counts as a single observation by default.

    Returns:
        The fit to all, and the fits without a fold (leading axis the folds; None for one fold).
    """
    pooled, weights = _pool(batches, settings.history_weights)
    prior = fit_prior(_prior_transitions(batches, settings), pooled, settings)
    all_samples = _moments(pooled, weights)
    fitted = _dynamics(all_samples, prior, batches[-1].states[:, 0], settings)
    if folds == 1:
        return fitted, None
    members = [np.arange(fold, batches[-1].N, folds) for fold in range(folds)]
    left = [_without(all_samples, pooled[:, rows], settings.history_weights[0]) for rows in members]
    starts = [np.delete(batches[-1].states[:, 0], rows, axis=0) for rows in members]
    fits = [_dynamics(m, prior, x0, settings) for m, x0 in zip(left, starts, strict=True)]
    return fitted, _stack(fits)


def transitions(batch: Batch) -> Array:
    """Return z = (x, u, x') of a batch, time first, ``(T-1, N, dX + dU + dX)``."""
    x, u = batch.states.swapaxes(0, 1), batch.actions.swapaxes(0, 1)
    return np.concatenate([x[:-1], u[:-1], x[1:]], axis=-1)


def _prior_transitions(batches: Sequence[Batch], settings: Settings) -> Array:
    """Return the transitions of the newest `prior_trajectories` trajectories, time first."""
    newest: list[Array] = []
    missing = settings.prior_trajectories
    for batch in reversed(batches):
        if missing <= 0:
            break
        newest.append(transitions(batch)[:, -missing:])
        missing -= batch.N
    return np.concatenate(newest, axis=1)


def _pool(batches: Sequence[Batch], history: Sequence[float]) -> tuple[Array, Array]:
    """Return the newest transitions ``(T-1, M, D)``, newest first, and weights ``(M,)``."""
    newest = list(batches[: -len(history) - 1 : -1])
    weights = [np.full(batch.N, weight) for batch, weight in zip(newest, history, strict=False)]
    return np.concatenate([transitions(b) for b in newest], axis=1), np.concatenate(weights)


def _moments(z: Array, weights: Array) -> Moments:
    weight = weights.sum()
    mean = weights @ z / weight
    centred = z - mean[:, None]
    scatter = (centred * weights[:, None]).swapaxes(-1, -2) @ centred
    return Moments(weight, mean, scatter)


def _without(moments: Moments, removed: Array, weight: float) -> Moments:
    """Take samples ``(T-1, n, D)`` of equal weight out of moments."""
    left = moments.weight - weight * removed.shape[1]
    centred = removed - moments.mean[:, None]
    shift = -weight * centred.sum(axis=1) / left
    scatter = moments.scatter - weight * centred.swapaxes(-1, -2) @ centred
    scatter -= left * shift[:, :, None] * shift[:, None, :]
    return Moments(left, moments.mean + shift, scatter)


def _dynamics(moments: Moments, prior: Prior, starts: Array, settings: Settings) -> Dynamics:
    """Return the dynamics of the posterior, and the initial Gaussian of states ``(N, dX)``."""
    dX, ridge = starts.shape[-1], settings.dynamics_ridge
    mean, covariance = _posterior(moments, prior)
    require_finite("the joint covariance of states and actions", covariance)
    covariance += ridge * np.eye(mean.shape[-1])
    dZ = mean.shape[-1] - dX
    cross = covariance[:, :dZ, dZ:]
    gain = solve_covariance(covariance[:, :dZ, :dZ], cross).swapaxes(-1, -2)
    rest = covariance[:, dZ:, dZ:] - gain @ cross
    f0 = mean[:, dZ:] - (gain @ mean[:, :dZ, None])[..., 0]
    require_finite("the fitted dynamics", f0)
    offset = starts - starts.mean(axis=0)
    return Dynamics(
        fx=gain[..., :dX],
        fu=gain[..., dX:],
        f0=f0,
        covariance=0.5 * (rest + rest.swapaxes(-1, -2)),
        mu0=starts.mean(axis=0),
        sigma0=offset.T @ offset / len(starts) + ridge * np.eye(dX),
    )


def _posterior(moments: Moments, prior: Prior) -> tuple[Array, Array]:
    """Return mean and covariance of the samples with the prior as `strength` more of them."""
    total = moments.weight + prior.strength
    shift = (prior.mean - moments.mean) * (prior.strength / total)
    between = (moments.weight * total / prior.strength) if prior.strength > 0 else 0.0
    scatter = moments.scatter + prior.strength * prior.covariance
    scatter = scatter + between * shift[:, :, None] * shift[:, None, :]
    return moments.mean + shift, scatter / total


def _stack(fits: Sequence[Dynamics]) -> Dynamics:
    names = ("fx", "fu", "f0", "covariance", "mu0", "sigma0")
    return Dynamics(**{name: np.stack([getattr(fit, name) for fit in fits]) for name in names})
