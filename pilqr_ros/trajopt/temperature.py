"""PI2's temperatures: one softmax over the samples per time step (equations 2 and 4).

    w_i = p_i exp(-S_i / eta) / sum_j p_j exp(-S_j / eta)                          (equation 2)
    g(eta) = eta epsilon + eta log( sum_i p_i exp(-S_i / eta) )                    (equation 4)

The prior weights p_i are 1/N in the paper. g'(eta) = epsilon - sum_i w_i log(w_i / p_i): the dual's
minimum is where the KL divergence of the weights from the prior ones is epsilon. In lambda = 1/eta
that divergence rises from 0, at first like lambda^2 Var(S)/2 and never above
lambda^2 (max S - min S)^2 / 8, to -log(prior weight of the best samples). So it has one root, or
none: below the least temperature that rounding lets mean anything there is nothing to look for.

All time steps are solved at once, between these two bounds: by Newton's method on log KL over
log lambda where it at least halves the error of log KL, by bisection of log lambda where it does
not. (One sample far better than the others makes log KL so bent that Newton alone jumps from one
end to the other for ever.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.typing import Array, Flags

_MAX_STEPS = 200
_ACCURACY = 1e-10
"""Relative error of the KL divergence that is aimed at."""
_ACCEPTED = 1e-6
"""Relative error of the KL divergence up to which a time step counts as solved."""
_ROUNDING = 1e-12
"""Costs that differ by this small a part of their size are equal but for rounding."""


class Temperatures(NamedTuple):
    """Temperatures and the weights they give.

    Attributes:
        eta: Temperatures, ``(T,)``; infinite where all costs are equal.
        weights: Weights of the samples, ``(N, T)``; each column sums to 1.
        kl: KL divergence of the weights from the prior ones, ``(T,)``.
        at_bound: The temperature is at its lower bound, the rounding error of the costs, and the
            KL divergence still below epsilon: the best samples share all weight, or no others can
            be told apart, ``(T,)`` of bool.
        constant: The temperature is at its upper bound, infinity: all costs are equal, and the
            weights the prior ones, ``(T,)`` of bool.
        unsolved: Neither, and yet the KL divergence is not epsilon, ``(T,)`` of bool.
    """

    eta: Array
    weights: Array
    kl: Array
    at_bound: Flags
    constant: Flags
    unsolved: Flags


def with_temperature(costs: Array, eta: Array, prior: Array | None = None) -> Temperatures:
    """Return the weights of samples at given temperatures.

    Args:
        costs: Cost-to-go of each sample, ``(N, T)``.
        eta: Temperatures, ``(T,)``.
        prior: Prior weights, as in `solve_temperatures`.
    """
    prior = prior_weights(prior, len(costs))
    weights = prior[:, None] * np.exp((costs.min(axis=0) - costs) / eta)
    weights /= weights.sum(axis=0)
    none = np.zeros(eta.shape, dtype=bool)
    kl = weights_kl(weights, prior)
    return Temperatures(eta, weights, kl, at_bound=none, constant=np.isinf(eta), unsolved=none)


def weights_kl(weights: Array, prior: Array | None = None) -> Array:
    """Return the KL divergence of weights ``(N, T)`` from prior ones ``(N,)``, ``(T,)``."""
    ratio = weights / prior_weights(prior, len(weights))[:, None]
    logs = np.log(np.where(weights > 0, ratio, 1.0))
    return np.sum(weights * logs, axis=0)


def effective_samples(weights: Array) -> Array:
    """Return Kish's effective number of samples ``1 / sum_i w_i^2``, ``(T,)``."""
    return 1.0 / np.sum(weights**2, axis=0)


def solve_temperatures(
    costs: Array, epsilon: float, prior: Array | None = None, size: Array | None = None
) -> Temperatures:
    """Minimise the dual of equation 4 at every time step.

    Args:
        costs: Cost-to-go of each sample, ``(N, T)``.
        epsilon: Bound of the KL divergence, above 0.
        prior: Prior weights, above 0, ``(N,)``; they sum to 1. None: equal ones.
        size: Size of the numbers whose difference the costs are, where it is more than that of
            the costs, ``(T,)``; costs that differ less than rounding of such numbers are equal.
    """
    prior = prior_weights(prior, len(costs))
    largest = np.abs(costs).max(axis=0)
    size = largest if size is None else np.maximum(largest, size)
    least = np.maximum(_ROUNDING * size, np.finfo(np.float64).tiny)
    spread = np.ptp(costs, axis=0)
    constant = spread <= least
    unit = np.where(constant, 1.0, spread)
    above = (costs - costs.min(axis=0)) / unit
    inverse = np.where(constant, 0.0, unit / np.where(constant, 1.0, least))
    at_bound = ~constant & (_divergence(above, inverse, prior)[0] <= epsilon)
    solve = ~constant & ~at_bound
    inverse[solve] = _solve(above[:, solve], inverse[solve], epsilon, prior)
    weights = prior[:, None] * np.exp(-above * inverse)
    weights /= weights.sum(axis=0)
    kl = weights_kl(weights, prior)
    unsolved = solve & ~(np.abs(kl - epsilon) <= _ACCEPTED * epsilon)
    eta = np.divide(unit, inverse, out=np.full(unit.shape, np.inf), where=inverse > 0)
    return Temperatures(eta, weights, kl, at_bound, constant, unsolved)


def prior_weights(prior: Array | None, N: int) -> Array:
    """Return weights of N samples before their costs are known: those given, or equal ones."""
    return np.full(N, 1.0 / N) if prior is None else prior


def _solve(above: Array, high: Array, epsilon: float, prior: Array) -> Array:
    """Find lambda at which the KL divergence is epsilon, below `high`, where it is larger.

    Args:
        above: Costs from 0 to 1, ``(N, T)``.
        high: Upper bounds of lambda, ``(T,)``.
        epsilon: The KL divergence.
        prior: Prior weights, ``(N,)``.
    """
    low = np.minimum(np.sqrt(8.0 * epsilon), high)
    variance = prior @ (above - prior @ above) ** 2
    inverse = np.clip(np.sqrt(2.0 * epsilon / variance), low, high)
    before = np.full(high.shape, np.inf)
    for _ in range(_MAX_STEPS):
        kl, slope = _divergence(above, inverse, prior)
        done = np.abs(kl - epsilon) <= _ACCURACY * epsilon
        if done.all():
            break
        low, high = np.where(kl < epsilon, inverse, low), np.where(kl < epsilon, high, inverse)
        with np.errstate(all="ignore"):
            error = np.log(epsilon / np.maximum(kl, 0.0))
            newton = inverse * np.exp(error * kl / (inverse * slope))
        trusted = (np.abs(error) <= 0.5 * before) & (newton > low) & (newton < high)
        step = np.where(trusted, newton, np.sqrt(low) * np.sqrt(high))
        inverse = np.where(done, inverse, step)
        before = np.abs(error)
    return inverse


def _divergence(above: Array, inverse: Array, prior: Array) -> tuple[Array, Array]:
    """Return the KL divergence of the weights and its derivative by lambda, ``(T,)`` each."""
    weights = prior[:, None] * np.exp(-above * inverse)
    total = weights.sum(axis=0)
    weights /= total
    mean = np.sum(weights * above, axis=0)
    variance = np.sum(weights * (above - mean) ** 2, axis=0)
    return -np.log(total) - inverse * mean, inverse * variance
