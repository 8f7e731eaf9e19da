"""Normal-inverse-Wishart prior of the dynamics, from many transitions (x, u, x').

Fitted to the newest trajectories of all time steps: one Gaussian, or a Gaussian mixture whose
clusters are averaged, for each time step, with the probability that its samples belong to them.
The prior then counts as `strength` observations with this mean and covariance.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from pilqr_ros.trajopt.batch import require_finite
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.typing import Array

_RIDGE = 1e-6
"""Added to the variances of a cluster, of variables that have unit variance over all."""


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
        settings: Options `prior*` and `mixture*`.
    """
    D = transitions.shape[-1]
    if settings.prior == "gmm" and clusters(transitions, settings) > 1:
        return _mixture_prior(transitions, points, settings)
    if settings.prior == "none" or transitions.size == 0:
        return Prior(np.zeros((1, D)), np.zeros((1, D, D)), 0.0)
    z = transitions.reshape(-1, D)
    mean = z.mean(axis=0)
    centred = z - mean
    covariance = centred.T @ centred / len(z)
    return Prior(mean[None], covariance[None], settings.prior_strength)


def clusters(transitions: Array, settings: Settings) -> int:
    """Return how many clusters the mixture over transitions ``(T-1, M, D)`` has."""
    T, M, _ = transitions.shape
    return max(1, min(settings.mixture_max_clusters, T * M // settings.mixture_min_samples, T))


def fit_mixture(transitions: Array, settings: Settings) -> GaussianMixture:
    """Fit the mixture to transitions ``(T-1, M, D)``, starting from clusters in time.

    A cluster of a trajectory is a stretch of time, mostly, so expectation-maximisation starts
    from equal stretches: no random numbers, and few rounds.
    """
    T, _, D = transitions.shape
    stretches = np.array_split(transitions, clusters(transitions, settings))
    means = np.stack([z.reshape(-1, D).mean(axis=0) for z in stretches])
    precisions = np.stack([_precision(z.reshape(-1, D)) for z in stretches])
    weights = np.array([len(z) for z in stretches]) / T
    mixture = GaussianMixture(
        len(stretches),
        reg_covar=_RIDGE,
        max_iter=settings.mixture_iterations,
        weights_init=weights / weights.sum(),
        means_init=means,
        precisions_init=precisions,
        init_params="random_from_data",
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the rounds are limited on purpose
        return mixture.fit(transitions.reshape(-1, D))


def _precision(z: Array) -> Array:
    centred = z - z.mean(axis=0)
    D = z.shape[-1]
    covariance = centred.T @ centred / len(z) + _RIDGE * np.eye(D)
    precision = np.linalg.inv(covariance)
    return 0.5 * (precision + precision.T)


def _mixture_prior(transitions: Array, points: Array, settings: Settings) -> Prior:
    """Average the clusters of a mixture, fitted to variables of unit variance."""
    T, N, D = points.shape
    origin, unit = transitions.mean(axis=(0, 1)), transitions.std(axis=(0, 1))
    require_finite("the spread of states and actions", np.broadcast_to(unit, (1, D)))
    unit = np.where(unit > 0, unit, 1.0)
    mixture = fit_mixture((transitions - origin) / unit, settings)
    standard = ((points - origin) / unit).reshape(-1, D)
    shares = mixture.predict_proba(standard).reshape(T, N, -1).mean(axis=1)
    mean = shares @ mixture.means_
    moments = mixture.covariances_ + mixture.means_[:, :, None] * mixture.means_[:, None, :]
    moments = (shares @ moments.reshape(len(moments), -1)).reshape(T, D, D)
    covariance = (moments - mean[:, :, None] * mean[:, None, :]) * np.outer(unit, unit)
    return Prior(origin + unit * mean, covariance, settings.prior_strength)
