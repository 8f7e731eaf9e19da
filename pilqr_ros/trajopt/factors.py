"""Stacked linear systems and factors of covariance matrices."""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dsyevd

from pilqr_ros.trajopt.typing import Array


def solve(matrices: Array, right: Array) -> Array:
    """Return the solutions of stacked linear systems, ``(..., d, m)``."""
    return np.asarray(np.linalg.solve(matrices, right), dtype=np.float64)


def symmetric_eigen(matrix: Array) -> tuple[Array, Array]:
    """Return eigenvalues ``(d,)`` and eigenvectors ``(d, d)`` of one symmetric matrix.

    Straight from LAPACK: for a handful of dimensions the wrappers cost more than the work.
    """
    values, vectors, _ = dsyevd(matrix)
    return values, vectors


def triangular_factor(factor: Array) -> Array:
    """Return lower-triangular L, its diagonal not negative, with L L' = factor factor'.

    By QR of factor', without forming the product: as accurate as the factor is, and defined for
    every one. Shapes ``(..., d, d)``.
    """
    R = np.linalg.qr(factor.swapaxes(-1, -2), mode="r")
    signs = np.where(np.diagonal(R, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    return np.tril((signs[..., None] * R).swapaxes(-1, -2))


def floor_factor(L: Array, least: float) -> Array:
    """Raise the standard deviation in every direction to at least `least`.

    Args:
        L: Lower-triangular factors, ``(..., d, d)``.
        least: Least singular value of the result.
    """
    U, deviations, _ = np.linalg.svd(L)
    low = deviations.min(axis=-1) < least
    if not low.any():
        return L
    raised = triangular_factor(U * np.maximum(deviations, least)[..., None, :])
    return np.where(low[..., None, None], raised, L)
