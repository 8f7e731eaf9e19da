"""Normal-inverse-Wishart prior of the dynamics, from many transitions (x, u, x').

Fitted to the newest trajectories of all time steps: one Gaussian, or a Gaussian mixture whose
clusters are averaged, for each time step, with the probability that its samples belong to them.
The prior then counts as `strength` observations with this mean and covariance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.batch import require_finite
from pilqr_ros.trajopt.mixture import fit_mixture, membership
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.typing import Array

MAX_CLUSTERS = 20
"""Most clusters of the mixture."""

MIN_SAMPLES = 40
"""It has one cluster for every so many transitions at most."""

ROUNDS = 3
"""Most rounds of expectation-maximisation, from equal stretches of time."""


class Prior(NamedTuple):
    """Mean and covariance of (x, u, x') before the samples of a time step are seen.

    Attributes:
        mean: ``(T-1, D)`` or ``(1, D)``, with D = dX + dU + dX.
        covariance: ``(T-1, D, D)`` or ``(1, D, D)``.
        strength: How many observations the prior counts as.
    """

    mean: Array
    covariance: Array
    strength: float


def fit_prior(transitions: Array, points: Array, settings: Settings) -> Prior:
    """Fit the prior.

    Args:
        transitions: Those of the trajectories that the prior is fitted to, ``(T-1, M, D)``.
        points: Those of the samples it is evaluated at, ``(T-1, N, D)``.
        settings: Options `dynamics.prior`, of which strength and trajectories are.
    """
    D = transitions.shape[-1]
    if settings.dynamics.prior == "gmm" and clusters(transitions) > 1:
        return _mixture_prior(transitions, points, settings)
    if settings.dynamics.prior == "none" or transitions.size == 0:
        return Prior(np.zeros((1, D)), np.zeros((1, D, D)), 0.0)
    z = transitions.reshape(-1, D)
    mean = z.mean(axis=0)
    centred = z - mean
    covariance = centred.T @ centred / len(z)
    return Prior(mean[None], covariance[None], settings.dynamics.prior_strength)


def clusters(transitions: Array) -> int:
    """Return how many clusters the mixture over transitions ``(T-1, M, D)`` has."""
    T, M, _ = transitions.shape
    return max(1, min(MAX_CLUSTERS, T * M // MIN_SAMPLES, T))


def _mixture_prior(transitions: Array, points: Array, settings: Settings) -> Prior:
    """Average the clusters of a mixture, fitted to variables of unit variance."""
    T, N, D = points.shape
    origin, unit = transitions.mean(axis=(0, 1)), transitions.std(axis=(0, 1))
    require_finite("the spread of states and actions", np.broadcast_to(unit, (1, D)))
    unit = np.where(unit > 0, unit, 1.0)
    standard = (transitions - origin) / unit
    mixture = fit_mixture(standard, clusters(transitions), ROUNDS)
    shares = membership(mixture, ((points - origin) / unit).reshape(-1, D))
    shares = shares.reshape(T, N, -1).mean(axis=1)
    mean = shares @ mixture.means
    moments = mixture.covariances + mixture.means[:, :, None] * mixture.means[:, None, :]
    moments = (shares @ moments.reshape(len(moments), -1)).reshape(T, D, D)
    covariance = (moments - mean[:, :, None] * mean[:, None, :]) * np.outer(unit, unit)
    return Prior(origin + unit * mean, covariance, settings.dynamics.prior_strength)
