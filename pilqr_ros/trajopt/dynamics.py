"""Time-varying linear-Gaussian dynamics, fitted to samples (section 3.1).

    p(x_{t+1} | x_t, u_t) = N(fx_t x_t + fu_t u_t + f0_t, F_t),    x_0 ~ N(mu0, Sigma0)

Samples of the newest iterations, weighted by age, and a prior from many transitions give a joint
Gaussian of (x, u, x') at each time step, and that, conditioned on (x, u), the dynamics; see `prior`
and `regression`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.batch import Batch, weighted_newest
from pilqr_ros.trajopt.homogeneous import affine_dynamics
from pilqr_ros.trajopt.prior import fit_prior
from pilqr_ros.trajopt.regression import Regression, leave_out, posterior, regress
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.typing import Array, Indices


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

    @cached_property
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


def fit_dynamics(batches: Sequence[Batch], settings: Settings) -> Dynamics:
    """Fit the dynamics to the newest batches, weighted by age.

    Args:
        batches: The history of one condition, oldest first.
        settings: Options `dynamics`.
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
    z, weights = _pool(batches, settings.dynamics.history_weights)
    starts, dX = batches[-1].states[:, 0], batches[-1].states.shape[2]
    prior = fit_prior(_prior_transitions(batches, settings), z, settings)
    samples = z[:, : len(starts)] if folds > 1 else z[:, :0]
    ridge = settings.dynamics.ridge
    regression = regress(posterior(z, weights, prior), samples, dX, ridge)
    fitted = _dynamics(regression, starts, ridge)
    if folds == 1:
        return fitted, None
    members = [np.arange(fold, len(starts), folds, dtype=np.intp) for fold in range(folds)]
    F = np.repeat(fitted.mean.F[:, None], folds, axis=1)
    for fold, rows in enumerate(members):
        gain = leave_out(regression, rows, float(weights[0]))
        if gain is None:
            kept = np.delete(np.arange(len(weights)), rows)
            rest = posterior(z[:, kept], weights[kept], prior)
            gain = regress(rest, samples[:, :0], dX, ridge).gain
        F[:, fold, :dX] = gain
    return fitted, MeanDynamics(F, _mean_without(starts, members))


def _prior_transitions(batches: Sequence[Batch], settings: Settings) -> Array:
    """Return the transitions of the newest `prior_trajectories` trajectories, time first."""
    newest: list[Array] = []
    missing = settings.dynamics.prior_trajectories
    for batch in reversed(batches):
        if missing <= 0:
            break
        newest.append(batch.transitions[:, -missing:])
        missing -= batch.N
    return np.concatenate(newest, axis=1)


def _pool(batches: Sequence[Batch], history: Sequence[float]) -> tuple[Array, Array]:
    """Return the newest transitions ``(T-1, M, D)``, newest first, and weights ``(M,)``."""
    newest, weights = weighted_newest(batches, history)
    return np.concatenate([batch.transitions for batch in newest], axis=1), weights


def _dynamics(regression: Regression, starts: Array, ridge: float) -> Dynamics:
    """Return dynamics with the initial Gaussian of states ``(N, dX)``."""
    dX, offset = starts.shape[-1], starts - starts.mean(axis=0)
    return Dynamics(
        fx=regression.gain[..., :dX],
        fu=regression.gain[..., dX + 1 :],
        f0=regression.gain[..., dX],
        covariance=regression.covariance,
        mu0=starts.mean(axis=0),
        sigma0=offset.T @ offset / len(starts) + ridge * np.eye(dX),
    )


def _mean_without(starts: Array, members: Sequence[Indices]) -> Array:
    """Return the mean of the states ``(N, dX)`` that are not in a fold, ``(folds, dX)``."""
    return np.stack([np.delete(starts, rows, axis=0).mean(axis=0) for rows in members])
