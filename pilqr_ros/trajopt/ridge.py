"""Weighted ridge regression of anything on x, as shares of the samples.

With inputs in units of their own, a = (x - mean) / unit, the affine map z = c + G a that minimises

    sum_i w_i |z_i - c - G a_i|^2 + rho |G|^2,     sum_i w_i = 1

predicts sum_i s_i(x) z_i, and what share s_i each sample has in it does not depend on z: with
sqrt(w_i) a_i the rows of U diag(d) V',

    s(x) = w + a V diag(d / (d^2 + rho)) U' diag(sqrt w)

So one decomposition serves all outputs, and the fits without some samples f, too: such a fit is
that to all samples once the outputs of f are what it predicts for them itself. With H the shares at
the samples and k those that are kept, that is (I - H_ff)^-1 H_fk z_k, so the shares become

    s_k(x) + s_f(x) (I - H_ff)^-1 H_fk

For a single sample this is the error of leave-one-out, e_i / (1 - H_ii), by which rho is chosen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import svd

from pilqr_ros.trajopt.factors import solve
from pilqr_ros.trajopt.typing import Array, Indices

RHOS = np.geomspace(1e-2, 1e3, 12)
"""Values of rho that are tried, over the number of samples."""


class Ridge(NamedTuple):
    """A fit: the shares s(x) = (x, 1) shares of M samples.

    Attributes:
        shares: ``(dX + 1, M)``.
        hat: H, the shares at the samples themselves, ``(M, M)``.
    """

    shares: Array
    hat: Array


def fit_ridge(x: Array, unit: Array, weights: Array, target: Array) -> Ridge:
    """Fit a ridge regression.

    Args:
        x: Inputs, ``(M, dX)``.
        unit: What an entry of x is measured in, above 0, ``(dX,)``: where it is large, the entry is
            used less.
        weights: Weights of the samples, ``(M,)``; they sum to 1.
        target: The output whose leave-one-out error is least, ``(M,)``.
    """
    mean, root = weights @ x, np.sqrt(weights)
    rows = root[:, None] * ((x - mean) / unit)
    # LAPACK's default driver, divide and conquer, fails on a few harmless matrices
    U, d, Vt = svd(rows, full_matrices=False, lapack_driver="gesvd")
    rho = _choose_rho(U, d, weights, root * (target - weights @ target))
    slope = (Vt.T / unit[:, None] * (d / (d**2 + rho))) @ (U.T * root)
    shares = np.concatenate([slope, (weights - mean @ slope)[None]])
    return Ridge(shares, weights + (x - mean) @ slope)


def without(ridge: Ridge, y: Array, rows: Indices) -> Array:
    """Return the shares that samples have in predictions by the fit without some of them.

    Args:
        ridge: The fit to all samples.
        y: Inputs (x, 1) to predict from, ``(k, dX + 1)``.
        rows: The samples that are left out.

    Returns:
        Shares of all samples, ``(k, M)``, 0 for those left out.
    """
    share = y @ ridge.shares
    free = np.eye(len(rows)) - ridge.hat[rows[:, None], rows]
    share = share + share[:, rows] @ solve(free, ridge.hat[rows])
    share[:, rows] = 0.0
    return share


def _choose_rho(U: Array, d: Array, weights: Array, target: Array) -> float:
    """Return the rho of least leave-one-out error of an output, centred and weighted, ``(M,)``."""
    rhos = RHOS / len(weights)
    kept = d**2 / (d**2 + rhos[:, None])
    errors = target - (kept * (U.T @ target)) @ U.T
    free = 1.0 - weights - kept @ (U**2).T
    return float(rhos[np.argmin(np.sum((errors / free) ** 2, axis=1))])
