"""The global policy linearised around the rollouts of one condition.

`jacobian`: at each time step the network's exact Jacobian by the state and its value, averaged over
the samples' states, so that kinks between the samples are smoothed:

    K_t = mean_i d pi(o(x_i)) / dx,    k_t = mean_i (pi(o(x_i)) - K_t x_i)

`regression`: a linear-Gaussian fit of pi(o(x_i)) to x_i, as the dynamics are fitted, with one
Gaussian over all time steps as prior; it says what few samples leave open.

Either way the covariance is the global policy's own.
"""

from __future__ import annotations

import numpy as np

from pilqr_ros.guided.neural_policy import NeuralPolicy
from pilqr_ros.trajopt.prior import Prior
from pilqr_ros.trajopt.regression import posterior, regress
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

PRIOR_STRENGTH, RIDGE = 1.0, 1e-6
"""Observations that the regression's prior counts as, and what is added to variances."""


def linearise(policy: NeuralPolicy, states: Array, by: str = "jacobian") -> TVLGPolicy:
    """Return the time-varying linear-Gaussian policy nearest to a global one.

    Args:
        policy: The global policy in one condition.
        states: The samples' states there, ``(N, T, dX)``.
        by: ``jacobian`` or ``regression``.
    """
    actions = policy.network(policy.observation.of(states))
    K, k = (_average if by == "jacobian" else _regress)(policy, states, actions)
    return TVLGPolicy(K, k, np.broadcast_to(policy.network.L, (policy.T, *policy.network.L.shape)))


def _average(policy: NeuralPolicy, states: Array, actions: Array) -> tuple[Array, Array]:
    """Return mean Jacobian ``(T, dU, dX)`` and what it leaves of the mean action ``(T, dU)``."""
    entries = policy.observation.entries
    J = policy.network.jacobian(policy.observation.of(states)).mean(axis=0)
    K = np.zeros((policy.T, policy.dU, policy.dX))
    K[..., entries] = J[..., : entries.size]
    k = actions.mean(axis=0) - (K @ states.mean(axis=0)[..., None])[..., 0]
    return K, k


def _regress(policy: NeuralPolicy, states: Array, actions: Array) -> tuple[Array, Array]:
    """Return gains ``(T, dU, dX)`` and offsets ``(T, dU)`` of a regression at each step."""
    z = np.concatenate([states, actions], axis=-1).swapaxes(0, 1)
    pooled = z.reshape(-1, z.shape[-1])
    prior = Prior(pooled.mean(axis=0)[None], np.cov(pooled.T, bias=True)[None], PRIOR_STRENGTH)
    joint, dU = posterior(z, np.ones(len(states)), prior), policy.dU
    gain, offset = regress(joint, z[:, :0], dU, RIDGE).gain, min(dU, policy.dX)
    return np.delete(gain, offset, axis=-1), gain[..., offset]
