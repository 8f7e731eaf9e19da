"""PI2: reweighting the sampled actions, then weighted maximum likelihood (section 3.2).

With feedback K kept and actions u_i = K x_i + k + L xi_i (reparametrised with the recorded noise,
section 4.3), the weighted maximum-likelihood Gaussian is

    k_new     = k + L sum_i w_i xi_i
    Sigma_new = L R L',    R = sum_i w_i (xi_i - xi_mean)(xi_i - xi_mean)'

The mean is fitted, too, so with few effective samples R is too small by the factor 1 - sum_i w_i^2
on average: weights that know nothing of the noise would still shrink it, by a quarter or more in
each update. The unbiased estimator divides by that factor. With few samples R is also singular or
nearly so; damping takes only part of the way from I to R.
"""

from __future__ import annotations

import numpy as np

from pilqr_ros.trajopt.batch import require_finite
from pilqr_ros.trajopt.factors import triangular_factor
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

_ALONE = 1e-9
"""Where the other samples have less weight than about this, one has all of it."""


def pi2_update(
    policy: TVLGPolicy,
    noise: Array,
    weights: Array,
    settings: Settings,
    unit_noise: Array | None = None,
) -> TVLGPolicy:
    """Fit the policy to weighted samples.

    Args:
        policy: The policy whose actions ``K x + k + L xi`` are weighted.
        noise: Noise xi of the samples, ``(N, T, dU)``.
        weights: Weights of the samples, ``(N, T)``; each column sums to 1.
        settings: Options `covariance`.
        unit_noise: The noise in units of the policy that each sample was drawn from, if that is
            not the same for all, ``(N, T, dU)``: what the covariance is fitted to.
    """
    shift = _mean(noise, weights)[..., None]
    k, L = policy.k + (policy.L @ shift)[..., 0], policy.L
    unit = noise if unit_noise is None else unit_noise
    if settings.covariance.update != "keep":
        R = _spread(unit, weights, settings)
        require_finite("the weighted covariance of the noise", R)
        L = _new_factor(L, R, settings)
    return TVLGPolicy(policy.K, k, L)


def _mean(noise: Array, weights: Array) -> Array:
    """Return the weighted mean of the noise, ``(T, dU)``."""
    return (weights.T[:, None, :] @ noise.swapaxes(0, 1))[:, 0]


def _spread(noise: Array, weights: Array, settings: Settings) -> Array:
    """Return the weighted covariance R of the noise, ``(T, dU, dU)``."""
    centred = noise.swapaxes(0, 1) - _mean(noise, weights)[:, None]
    R = (centred.swapaxes(-1, -2) * weights.T[:, None, :]) @ centred
    if settings.covariance.estimator == "maximum-likelihood":
        return R
    known = 1.0 - np.sum(weights**2, axis=0)
    alone = known < _ALONE  # one sample has all weight and tells nothing of the spread
    R = R / np.where(alone, 1.0, known)[:, None, None]
    return np.where(alone[:, None, None], np.eye(R.shape[-1]), R)


def _new_factor(L: Array, R: Array, settings: Settings) -> Array:
    """Return the factor of the damped weighted covariance L R L', ``(T, dU, dU)``."""
    bounds = settings.covariance.ratio_min, settings.covariance.ratio_max
    if settings.covariance.update == "scalar":
        ratio = np.trace(L @ R @ L.swapaxes(-1, -2), axis1=1, axis2=2)
        ratio /= np.sum(L * L, axis=(1, 2))
        ratio = np.maximum(ratio, 0.0) ** (1.0 / settings.covariance.damping)
        return L * np.sqrt(np.clip(ratio, *bounds))[:, None, None]
    values, vectors = np.linalg.eigh(R)
    damped = 1.0 + (values - 1.0) / settings.covariance.damping
    return triangular_factor(L @ vectors * np.sqrt(np.clip(damped, *bounds))[:, None, :])
