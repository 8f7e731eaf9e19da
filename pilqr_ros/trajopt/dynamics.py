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
from pilqr_ros.trajopt.factors import solve
from pilqr_ros.trajopt.homogeneous import affine_dynamics
from pilqr_ros.trajopt.prior import Prior, fit_prior
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.typing import Array, Indices

_ROUNDING = 1e-11
"""Part of each variance that is added to it, so that rounding leaves a covariance definite."""
_LEAST_FREEDOM = 1e-6
"""Least determinant of I - H at which samples are taken out of a fit without fitting anew."""


@dataclass(frozen=True)
class Dynamics:
    """Fitted dynamics.

    Attributes:
        fx: ``(T-1, dX, dX)``.
        fu: ``(T-1, dX, dU)``.
        f0: ``(T-1, dX)``.
        covariance: ``(T-1, dX, dX)``.
        mu0: Mean of the initial state, ``(dX,)``.
        sigma0: Covariance of the initial state, ``(dX, dX)``.
    """

    fx: Array
    fu: Array
    f0: Array
    covariance: Array
    mu0: Array
    sigma0: Array

    @property
    def mean(self) -> MeanDynamics:
        """The dynamics without their noise."""
        return MeanDynamics(affine_dynamics(self.fx, self.fu, self.f0), self.mu0)


class MeanDynamics(NamedTuple):
    """Dynamics without noise; the axes ``...`` are folds, or absent.

    Attributes:
        F: Affine dynamics of (x, 1, u), ``(T-1, ..., dX + 1, dX + 1 + dU)``.
        mu0: Mean of the initial state, ``(..., dX)``.
    """

    F: Array
    mu0: Array


class _Joint(NamedTuple):
    """Posterior over z = (x, u, x'), as weighted observations.

    Attributes:
        total: How many observations there are, the prior's included.
        mean: Their mean, ``(T-1, D)``.
        scatter: Their weighted sum of squares about the mean, ``(T-1, D, D)``.
    """

    total: float
    mean: Array
    scatter: Array


class _Regression(NamedTuple):
    """Regression of x' on (x, u).

    Attributes:
        gain: (fx, fu), ``(T-1, dX, dZ)``.
        f0: ``(T-1, dX)``.
        covariance: ``(T-1, dX, dX)``.
        influence: Inverse scatter of (x, u) times the inputs of the samples, ``(T-1, dZ, N)``.
    """

    gain: Array
    f0: Array
    covariance: Array
    influence: Array


def fit_dynamics(batches: Sequence[Batch], settings: Settings) -> Dynamics:
    """Fit the dynamics to the newest batches, weighted by age.

    Args:
        batches: The history of one condition, oldest first.
        settings: Options `history_weights`, `prior*`, `mixture*` and `dynamics_ridge`.
    """
    return fit_with_folds(batches, settings, 1)[0]


def fit_with_folds(
    batches: Sequence[Batch], settings: Settings, folds: int
) -> tuple[Dynamics, MeanDynamics | None]:
    """Fit the dynamics to all samples, and once more without each fold of the newest batch.

    Sample i of the newest batch belongs to fold i modulo the number of folds. The prior is
    fitted once, to all trajectories: it counts as a single observation by default.

    Returns:
        The fit to all, and the fits without a fold (None for one fold).
    """
    z, weights = _pool(batches, settings.history_weights)
    starts, dX = batches[-1].states[:, 0], batches[-1].states.shape[2]
    prior = fit_prior(_prior_transitions(batches, settings), z, settings)
    joint = _posterior(z, weights, prior)
    samples = z[:, : len(starts)] if folds > 1 else z[:, :0]
    regression = _regress(joint, samples, dX, settings.dynamics_ridge)
    fitted = _dynamics(regression, starts, settings)
    if folds == 1:
        return fitted, None
    members = [np.arange(fold, len(starts), folds, dtype=np.intp) for fold in range(folds)]
    left_out = []
    for rows in members:
        left = _leave_out(joint, regression, samples, rows, float(weights[0]))
        if left is None:
            kept = np.delete(np.arange(len(weights)), rows)
            rest = _posterior(z[:, kept], weights[kept], prior)
            left = _regress(rest, samples[:, :0], dX, settings.dynamics_ridge)
        left_out.append(left)
    return fitted, _mean_dynamics(left_out, [np.delete(starts, rows, axis=0) for rows in members])


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


def _posterior(z: Array, weights: Array, prior: Prior) -> _Joint:
    """Add the prior, as `strength` observations, to weighted samples ``(T-1, M, D)``."""
    weight = float(weights.sum())
    total = weight + prior.strength
    mean = weights @ z / weight
    centred = z - mean[:, None]
    away = np.broadcast_to(prior.mean, mean.shape) - mean
    rows = np.concatenate([centred, away[:, None]], axis=1)
    counts = np.append(weights, prior.strength * weight / total)
    scatter = (rows * counts[:, None]).swapaxes(-1, -2) @ rows
    scatter += prior.strength * prior.covariance
    mean = mean + prior.strength / total * away
    require_finite("the scatter of states and actions", _diagonal(scatter))
    return _Joint(total, mean, scatter)


def _regress(joint: _Joint, samples: Array, dX: int, ridge: float) -> _Regression:
    """Condition x' on (x, u); samples ``(T-1, N, D)`` are those that may be left out later."""
    dZ = joint.mean.shape[-1] - dX
    mean_in, mean_out = joint.mean[:, :dZ], joint.mean[:, dZ:]
    inputs = joint.scatter[:, :dZ, :dZ].copy()
    diagonal = _diagonal(inputs)
    diagonal += joint.total * ridge + _ROUNDING * diagonal
    cross = joint.scatter[:, :dZ, dZ:]
    offsets = (samples[..., :dZ] - mean_in[:, None]).swapaxes(-1, -2)
    solved = solve(inputs, np.concatenate([cross, offsets], axis=-1))
    gain = solved[..., :dX].swapaxes(-1, -2)
    covariance = (joint.scatter[:, dZ:, dZ:] - gain @ cross) / joint.total + ridge * np.eye(dX)
    return _Regression(
        gain=gain,
        f0=mean_out - (gain @ mean_in[..., None])[..., 0],
        covariance=0.5 * (covariance + covariance.swapaxes(-1, -2)),
        influence=solved[..., dX:],
    )


def _leave_out(
    joint: _Joint, regression: _Regression, samples: Array, rows: Indices, weight: float
) -> _Regression | None:
    """Return the regression without some of its samples, by updating its inverse.

    With H the part of the hat matrix that belongs to the samples left out and e their errors
    under the fit to all, the fit without them has errors (I - H)^-1 e; what it lacks is what
    these would have pulled. None where the fit hangs on these samples so much that I - H is
    singular to rounding: then it has to be done anew.
    """
    dZ = regression.gain.shape[-1]
    inputs = samples[:, rows, :dZ] - joint.mean[:, None, :dZ]
    influence = regression.influence[..., rows]
    hat = weight * (inputs @ influence + 1.0 / joint.total)
    rest = np.eye(len(rows)) - hat
    if not np.all(np.linalg.det(rest) > _LEAST_FREEDOM):
        return None
    predicted = samples[:, rows, :dZ] @ regression.gain.swapaxes(-1, -2) + regression.f0[:, None]
    pull = weight * solve(rest, samples[:, rows, dZ:] - predicted)
    change = (influence @ pull).swapaxes(-1, -2)
    shift = pull.sum(axis=1) / joint.total - (change @ joint.mean[:, :dZ, None])[..., 0]
    return regression._replace(gain=regression.gain - change, f0=regression.f0 - shift)


def _dynamics(regression: _Regression, starts: Array, settings: Settings) -> Dynamics:
    """Return dynamics with the initial Gaussian of states ``(N, dX)``."""
    dX = starts.shape[-1]
    require_finite("the fitted dynamics", regression.f0)
    offset = starts - starts.mean(axis=0)
    return Dynamics(
        fx=regression.gain[..., :dX],
        fu=regression.gain[..., dX:],
        f0=regression.f0,
        covariance=regression.covariance,
        mu0=starts.mean(axis=0),
        sigma0=offset.T @ offset / len(starts) + settings.dynamics_ridge * np.eye(dX),
    )


def _mean_dynamics(regressions: Sequence[_Regression], starts: Sequence[Array]) -> MeanDynamics:
    T, dX, dZ = regressions[0].gain.shape
    F = np.zeros((T, len(starts), dX + 1, dZ + 1))
    for fold, regression in enumerate(regressions):
        require_finite("the fitted dynamics without a fold of samples", regression.f0)
        F[:, fold, :dX, :dX] = regression.gain[..., :dX]
        F[:, fold, :dX, dX] = regression.f0
        F[:, fold, :dX, dX + 1 :] = regression.gain[..., dX:]
    F[..., dX, dX] = 1.0
    return MeanDynamics(F, np.stack([x0.mean(axis=0) for x0 in starts]))


def _diagonal(matrices: Array) -> Array:
    """Return a view of the diagonals of stacked matrices, ``(..., d)``."""
    return np.einsum("...ii->...i", matrices)
