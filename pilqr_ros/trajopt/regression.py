"""Regression of x' on (x, u) at every time step, with samples left out by updating it.

The joint Gaussian of z = (x, u, x') is the mean of a normal-inverse-Wishart posterior: weighted
samples and, as `strength` observations more, the prior. Conditioning it on the inputs is a ridge
regression on a = (x, 1, u), with inverse scatter B of the inputs. For some of the samples, with
weight w, inputs a and errors e = x' - G a, the fit without them is

    G - (B a' w (I - H)^-1 e)',    H = w a B a'  (their part of the hat matrix)

which costs next to nothing, where fitting anew costs as much as the fit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.batch import require_finite
from pilqr_ros.trajopt.factors import solve
from pilqr_ros.trajopt.prior import Prior
from pilqr_ros.trajopt.typing import Array, Indices

_ROUNDING = 1e-11
"""Part of each variance that is added to it, so that rounding leaves a covariance definite."""
_MAX_LEVERAGE = 1e6
"""Largest element of (I - H)^-1 at which samples are left out without fitting anew."""


class Joint(NamedTuple):
    """Posterior over z = (x, u, x'), as weighted observations.

    Attributes:
        total: How many observations there are, the prior's included.
        mean: Their mean, ``(T-1, D)``.
        scatter: Their weighted sum of squares about the mean, ``(T-1, D, D)``.
    """

    total: float
    mean: Array
    scatter: Array


class Regression(NamedTuple):
    """Regression of x' on a = (x, 1, u).

    Attributes:
        gain: G = (fx, f0, fu), ``(T-1, dX, dX + 1 + dU)``.
        covariance: Covariance of what it leaves, ``(T-1, dX, dX)``.
        influence: B a' of each sample, ``(T-1, dX + 1 + dU, N)``.
        hat: a B a' of each pair of samples, ``(T-1, N, N)``.
        errors: x' - G a of each sample, ``(T-1, N, dX)``.
    """

    gain: Array
    covariance: Array
    influence: Array
    hat: Array
    errors: Array


def posterior(z: Array, weights: Array, prior: Prior) -> Joint:
    """Add the prior, as `strength` observations, to weighted samples ``(T-1, M, D)``."""
    weight = float(weights.sum())
    total = weight + prior.strength
    mean = weights @ z / weight
    away = np.broadcast_to(prior.mean, mean.shape) - mean
    rows = np.concatenate([z - mean[:, None], away[:, None]], axis=1)
    counts = np.append(weights, prior.strength * weight / total)
    scatter = (rows * counts[:, None]).swapaxes(-1, -2) @ rows
    scatter += prior.strength * prior.covariance
    require_finite("the scatter of states and actions", _diagonal(scatter))
    return Joint(total, mean + prior.strength / total * away, scatter)


def regress(joint: Joint, samples: Array, dX: int, ridge: float) -> Regression:
    """Condition x' on (x, u).

    Args:
        joint: The posterior.
        samples: Those samples that may be left out later, ``(T-1, N, D)``.
        dX: Dimension of the state.
        ridge: Added to the variances.
    """
    dZ = joint.mean.shape[-1] - dX
    mean_in, mean_out = joint.mean[:, :dZ], joint.mean[:, dZ:]
    inputs, cross = joint.scatter[:, :dZ, :dZ].copy(), joint.scatter[:, :dZ, dZ:]
    diagonal = _diagonal(inputs)
    diagonal += joint.total * ridge + _ROUNDING * diagonal
    offsets = samples[..., :dZ] - mean_in[:, None]
    solved = solve(inputs, np.concatenate([cross, offsets.swapaxes(-1, -2)], axis=-1))
    slope, influence = solved[..., :dX].swapaxes(-1, -2), solved[..., dX:]
    covariance = (joint.scatter[:, dZ:, dZ:] - slope @ cross) / joint.total + ridge * np.eye(dX)
    constant = 1.0 / joint.total - mean_in[:, None] @ influence
    f0 = mean_out[..., None] - slope @ mean_in[..., None]
    require_finite("the fitted dynamics", f0)
    return Regression(
        gain=np.concatenate([slope[..., :dX], f0, slope[..., dX:]], axis=-1),
        covariance=0.5 * (covariance + covariance.swapaxes(-1, -2)),
        influence=np.concatenate([influence[:, :dX], constant, influence[:, dX:]], axis=1),
        hat=offsets @ influence + 1.0 / joint.total,
        errors=samples[..., dZ:] - mean_out[:, None] - offsets @ slope.swapaxes(-1, -2),
    )


def leave_out(regression: Regression, rows: Indices, weight: float) -> Array | None:
    """Return the gain without some of the samples, ``(T-1, dX, dX + 1 + dU)``.

    None where the fit hangs on these samples so much that I - H is singular but for rounding:
    then it has to be done anew.
    """
    free = np.eye(len(rows)) - weight * regression.hat[:, rows[:, None], rows]
    try:
        inverse = np.linalg.inv(free)
    except np.linalg.LinAlgError:
        return None
    if not np.abs(inverse).max(initial=0.0) < _MAX_LEVERAGE:
        return None
    left_out = weight * (inverse @ regression.errors[:, rows])
    return regression.gain - (regression.influence[..., rows] @ left_out).swapaxes(-1, -2)


def _diagonal(matrices: Array) -> Array:
    """Return a view of the diagonals of stacked matrices, ``(..., d)``."""
    return np.einsum("...ii->...i", matrices)
