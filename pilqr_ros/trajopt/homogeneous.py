"""Homogeneous coordinates: linear maps and quadratic forms with the constants inside.

With y = (x, 1) an affine map is a matrix and a quadratic function is a symmetric matrix:

    y' = F (y, u),   u = P y,   cost = 0.5 (y, u)' Q (y, u),   V(y) = 0.5 y' V y

so the recursions of appendix 8.1 need no separate lines for gradients and constants. n = dX + 1.
"""

from __future__ import annotations

import numpy as np

from pilqr_ros.trajopt.cost import QuadraticCost
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


def affine_policy(policy: TVLGPolicy) -> Array:
    """Return P = (K, k), ``(T, dU, n)``."""
    return np.concatenate([policy.K, policy.k[..., None]], axis=-1)


def affine_dynamics(fx: Array, fu: Array, f0: Array) -> Array:
    """Return F of x' = fx x + fu u + f0, ``(..., n, n + dU)``."""
    dX, dU = fu.shape[-2:]
    F = np.zeros((*fu.shape[:-2], dX + 1, dX + 1 + dU))
    F[..., :dX, :dX] = fx
    F[..., :dX, dX] = f0
    F[..., :dX, dX + 1 :] = fu
    F[..., dX, dX] = 1.0
    return F


def quadratic_form(cost: QuadraticCost, dX: int) -> Array:
    """Return the matrix of a quadratic cost in (x, 1, u), ``(..., n + dU, n + dU)``."""
    dZ = cost.c.shape[-1]
    form = np.empty((*cost.c.shape[:-1], dZ + 1, dZ + 1))
    form[..., :dX, :dX] = cost.C[..., :dX, :dX]
    form[..., :dX, dX + 1 :] = cost.C[..., :dX, dX:]
    form[..., dX + 1 :, :dX] = cost.C[..., dX:, :dX]
    form[..., dX + 1 :, dX + 1 :] = cost.C[..., dX:, dX:]
    form[..., :dX, dX] = form[..., dX, :dX] = cost.c[..., :dX]
    form[..., dX + 1 :, dX] = form[..., dX, dX + 1 :] = cost.c[..., dX:]
    form[..., dX, dX] = 2.0 * cost.c0
    return form


def second_moment(mean: Array, covariance: Array) -> Array:
    """Return E[y y'] of a Gaussian over x, ``(n, n)``."""
    y = np.append(mean, 1.0)
    moment = np.outer(y, y)
    moment[:-1, :-1] += covariance
    return moment


def append_one(states: Array) -> Array:
    """Return y = (x, 1) of states ``(..., dX)``, ``(..., n)``."""
    return np.concatenate([states, np.ones((*states.shape[:-1], 1))], axis=-1)
