"""A Gaussian mixture over transitions, by expectation-maximisation.

Trajectories that resemble each other cluster by time, so the first clusters are equal stretches
of time: no random numbers, and a few rounds do. In tens of dimensions nearly every point belongs
to one cluster only; a cluster is updated from the points that do belong to it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.typing import Array

_RIDGE = 1e-6
"""Added to the variances of a cluster, of variables that have unit variance over all points."""
_NONE = 1e-6
"""A point belongs to a cluster with at least this probability, or not at all."""
_SETTLED = 1e-3
"""Mean change of the probabilities below which the rounds end."""


class Mixture(NamedTuple):
    """Clusters of points of D dimensions.

    Attributes:
        weights: ``(K,)``; they sum to 1.
        means: ``(K, D)``.
        covariances: ``(K, D, D)``.
    """

    weights: Array
    means: Array
    covariances: Array


def fit_mixture(transitions: Array, clusters: int, rounds: int) -> Mixture:
    """Fit a mixture.

    Args:
        transitions: Points with about unit variance in every direction, by time,
            ``(T-1, M, D)``.
        clusters: Number of clusters, at most T-1.
        rounds: Most rounds of expectation-maximisation.
    """
    T, M, D = transitions.shape
    points = transitions.reshape(-1, D)
    belongs = np.zeros((T, M, clusters))
    for cluster, stretch in enumerate(np.array_split(np.arange(T), clusters)):
        belongs[stretch, :, cluster] = 1.0
    shares = belongs.reshape(-1, clusters)
    mixture = _maximise(points, shares)
    for _ in range(rounds):
        before, shares = shares, membership(mixture, points)
        mixture = _maximise(points, shares)
        if np.abs(shares - before).sum() < _SETTLED * len(points):
            break
    return mixture


def membership(mixture: Mixture, points: Array) -> Array:
    """Return the probabilities that points ``(M, D)`` belong to the clusters, ``(M, K)``."""
    factors = np.linalg.inv(np.linalg.cholesky(mixture.covariances))
    logs = np.empty((len(points), len(mixture.weights)))
    with np.errstate(divide="ignore"):
        sizes = np.log(mixture.weights)
    for cluster, (factor, mean) in enumerate(zip(factors, mixture.means, strict=True)):
        white = points @ factor.T - factor @ mean
        logs[:, cluster] = -0.5 * np.einsum("ij,ij->i", white, white)
        logs[:, cluster] += sizes[cluster] + np.log(np.diagonal(factor)).sum()
    logs -= logs.max(axis=1, keepdims=True)
    shares = np.exp(logs)
    return shares / shares.sum(axis=1, keepdims=True)


def _maximise(points: Array, shares: Array) -> Mixture:
    """Return the clusters that are most likely for points that belong to them with given shares."""
    D, clusters = points.shape[1], shares.shape[1]
    means, covariances = np.zeros((clusters, D)), np.tile(_RIDGE * np.eye(D), (clusters, 1, 1))
    for cluster in range(clusters):
        rows = np.flatnonzero(shares[:, cluster] > _NONE)
        if len(rows) == 0:
            continue  # an empty cluster: its weight is zero
        members, weights = points[rows], shares[rows, cluster]
        weights = weights / weights.sum()
        means[cluster] = weights @ members
        centred = members - means[cluster]
        covariances[cluster] += (centred * weights[:, None]).T @ centred
    return Mixture(shares.mean(axis=0), means, covariances)
