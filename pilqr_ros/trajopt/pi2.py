"""PI2: reweighting the sampled actions, then weighted maximum likelihood (section 3.2).

With feedback K kept and actions u_i = K x_i + k + L xi_i (reparametrised with the recorded noise,
section 4.3), the weighted maximum-likelihood Gaussian is

    k_new     = k + L sum_i w_i xi_i
    Sigma_new = L R L',    R = sum_i w_i (xi_i - xi_mean)(xi_i - xi_mean)'

With few samples R is singular or nearly so; damping takes only part of the way from I to R.
"""

from __future__ import annotations

import numpy as np

from pilqr_ros.trajopt.batch import require_finite
from pilqr_ros.trajopt.factors import floor_factor, triangular_factor
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


def pi2_update(policy: TVLGPolicy, noise: Array, weights: Array, settings: Settings) -> TVLGPolicy:
    """Fit the policy to weighted samples.

    Args:
        policy: The policy whose actions ``K x + k + L xi`` are weighted.
        noise: Unit noise of the samples, ``(N, T, dU)``.
        weights: Weights of the samples, ``(N, T)``; each column sums to 1.
        settings: Options `covariance_*`, `min_action_std`.
    """
    w, xi = weights.T[:, None, :], noise.swapaxes(0, 1)
    shift = (w @ xi)[:, 0]
    k = policy.k + (policy.L @ shift[..., None])[..., 0]
    L = policy.L
    if settings.covariance_update != "keep":
        centred = xi - shift[:, None]
        R = (centred.swapaxes(-1, -2) * w) @ centred
        require_finite("the weighted covariance of the noise", R)
        L = floor_factor(_new_factor(policy.L, R, settings), settings.min_action_std)
    return TVLGPolicy(policy.K, k, L)


def _new_factor(L: Array, R: Array, settings: Settings) -> Array:
    """Return the factor of the damped weighted covariance L R L', ``(T, dU, dU)``."""
    bounds = settings.covariance_ratio_min, settings.covariance_ratio_max
    if settings.covariance_update == "scalar":
        ratio = np.trace(L @ R @ L.swapaxes(-1, -2), axis1=1, axis2=2)
        ratio /= np.sum(L * L, axis=(1, 2))
        ratio = np.maximum(ratio, 0.0) ** (1.0 / settings.covariance_damping)
        return L * np.sqrt(np.clip(ratio, *bounds))[:, None, None]
    values, vectors = np.linalg.eigh(R)
    damped = 1.0 + (values - 1.0) / settings.covariance_damping
    return triangular_factor(L @ vectors * np.sqrt(np.clip(damped, *bounds))[:, None, :])
