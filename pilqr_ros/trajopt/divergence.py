"""The KL divergence of two policies over the states that were sampled.

    1/N sum_i KL( p_new(u | x_i) || p_old(u | x_i) )        per time step

LQR-FLM bounds this expectation over the states of its model, which takes the noise of one time step
as independent of that of the next. Smoothed noise is not: it pushes the same way for several steps,
and the states spread further than the model says. What the bound was worth, the samples' own states
tell; they are those of the policy that was sampled, and as many as there are samples.
"""

from __future__ import annotations

import numpy as np

from pilqr_ros.trajopt.factors import solve
from pilqr_ros.trajopt.homogeneous import affine_policy, append_one
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


def sampled_kl(new: TVLGPolicy, old: TVLGPolicy, states: Array) -> Array:
    """Return the mean KL divergence of a policy from another in samples of states, ``(T,)``.

    Args:
        new: The policy whose divergence is asked for.
        old: The policy that it is measured from.
        states: ``(N, T, dX)``.
    """
    moved = affine_policy(new) - affine_policy(old)
    whitened = solve(old.L, np.concatenate([moved, new.L], axis=-1))
    shift, factor = whitened[..., : new.dX + 1], whitened[..., new.dX + 1 :]
    y = append_one(states).transpose(1, 2, 0)
    of_mean = np.sum((shift @ y) ** 2, axis=1).mean(axis=-1)
    deviations = np.diagonal(factor, axis1=1, axis2=2)
    of_noise = np.sum(factor**2, axis=(1, 2)) - new.dU - 2.0 * np.log(deviations).sum(axis=1)
    return 0.5 * (of_mean + of_noise)
