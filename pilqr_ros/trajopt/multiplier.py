"""The Lagrange multiplier of one time step's KL constraint (equation 1, appendix 8.1).

Given the next value function, LQR-FLM's problem at one time step is solved, for a multiplier eta,
by Sigma = (Quu/eta + Sigma_old^-1)^-1 and by the mean of appendix 8.1. With Sigma_old = L L',
L'Quu L = U diag(h) U' and m_i = E[(U'L'(Qu + Qux x + Quu u_old))_i^2] its KL divergence is

    KL(eta) = 1/2 sum_i m_i / (h_i + eta)^2                           (the mean moved)
            + 1/2 sum_i log(1 + h_i/eta) - h_i / (h_i + eta)          (the covariance changed)

Both sums fall for eta > max(0, -h_i): the multiplier that meets the bound is the one root of
KL(eta) = epsilon, if there is one. 1/sqrt(KL) is nearly linear in eta, so Newton's method on it
takes a handful of steps. Plain floats: the sums have dU terms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

_FLOOR = 1e-12
"""The least multiplier, relative to the curvature and the gradient."""
_CLOSE = 1e-5
"""Relative error of the KL divergence that one more step squares away."""
_MAX_STEPS = 200


class Multiplier(NamedTuple):
    """A multiplier and what it gives.

    Attributes:
        eta: The multiplier.
        kl: The KL divergence at it.
        slack: The bound is not met with equality: the optimum lies within it.
    """

    eta: float
    kl: float
    slack: bool


def solve_multiplier(
    h: Sequence[float],
    m: Sequence[float],
    epsilon: float,
    *,
    with_covariance: bool,
    guess: float = 0.0,
) -> Multiplier:
    """Find the multiplier at which the KL divergence is epsilon, or the least one.

    Args:
        h: Whitened curvatures, ``dU`` numbers, of any sign.
        m: Whitened mean squared gradients, ``dU`` numbers, at least 0 but for rounding.
        epsilon: Bound of the KL divergence, above 0.
        with_covariance: The covariance is updated too, not only the mean.
        guess: Where to start; not used unless it is above the least multiplier.
    """
    if min(m) < 0.0:
        m = [max(square, 0.0) for square in m]
    lowest, total = min(h), sum(m)
    pole = max(0.0, -lowest)
    scale = max(max(h), -lowest, math.sqrt(total))
    if scale == 0.0:
        return Multiplier(1.0, 0.0, True)
    least = low = pole + _FLOOR * scale
    high = math.inf
    eta = guess if guess > least else max(least, math.sqrt(0.5 * total / epsilon), 2.0 * pole)
    for _ in range(_MAX_STEPS):
        kl, slope = _divergence(h, m, eta, with_covariance)
        low, high = (eta, high) if kl > epsilon else (low, eta)
        eta = _newton(eta, kl, slope, epsilon)
        if abs(kl - epsilon) <= _CLOSE * epsilon and pole < eta:
            return Multiplier(eta, epsilon, False)
        if not low < eta < high:
            if low == least:
                at_least, _ = _divergence(h, m, least, with_covariance)
                if at_least <= epsilon:
                    return Multiplier(least, at_least, True)
            eta = _between(low, high, pole)
    return Multiplier(eta, kl, False)


def _divergence(
    h: Sequence[float], m: Sequence[float], eta: float, with_covariance: bool
) -> tuple[float, float]:
    """Return KL(eta) and its derivative."""
    kl = slope = 0.0
    for hi, mi in zip(h, m, strict=True):
        inverse = 1.0 / (hi + eta)
        moved = mi * inverse * inverse
        kl += moved
        slope -= moved * inverse
        if with_covariance:
            shrunk = hi * inverse
            kl += math.log1p(hi / eta) - shrunk
            slope -= 0.5 * shrunk * shrunk / eta
    return 0.5 * kl, slope


def _newton(eta: float, kl: float, slope: float, epsilon: float) -> float:
    """Return the next eta by Newton's method on 1/sqrt(KL)."""
    if slope == 0.0 or kl <= 0.0:
        return math.nan
    return eta + 2.0 * kl / slope * (1.0 - math.sqrt(kl / epsilon))


def _between(low: float, high: float, pole: float) -> float:
    """Return a point between the brackets."""
    if high == math.inf:
        return pole + 10.0 * (low - pole)
    return pole + math.sqrt((low - pole) * (high - pole))
