"""A part of a policy's step: the TVLG policy between two of them.

For a share s of the step from policy 0 to policy 1, at each time step

    K = (1 - s) K_0 + s K_1,   k = (1 - s) k_0 + s k_1,   Sigma = (1 - s) Sigma_0 + s Sigma_1

A mean of two positive definite covariances is one, so its Cholesky factor exists for s in [0, 1].
"""

from __future__ import annotations

import numpy as np

from pilqr_ros.trajopt.errors import SettingError
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


def part_of_step(start: TVLGPolicy, end: TVLGPolicy, share: float) -> TVLGPolicy:
    """Return the policy that lies a share of the way from one to another.

    Args:
        start: The policy at share 0, which comes back as it is.
        end: The policy at share 1.
        share: In [0, 1].

    Raises:
        SettingError: The share is outside [0, 1].
    """
    if not 0.0 <= share <= 1.0:
        raise SettingError("share", share, "in [0, 1]")
    if share == 0.0:
        return start
    return TVLGPolicy(
        K=between(start.K, end.K, share),
        k=between(start.k, end.k, share),
        L=factor_between(start.L, end.L, share),
    )


def between(start: Array, end: Array, share: float) -> Array:
    """Return the array that lies a share of the way from one to another of its shape."""
    return np.asarray((1.0 - share) * start + share * end)


def factor_between(start: Array, end: Array, share: float) -> Array:
    """Return the Cholesky factor of the covariance between those of two, ``(..., dU, dU)``."""
    first, last = start @ start.swapaxes(-1, -2), end @ end.swapaxes(-1, -2)
    return np.asarray(np.linalg.cholesky(between(first, last, share)), dtype=np.float64)
