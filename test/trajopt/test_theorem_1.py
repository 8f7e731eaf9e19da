"""Theorem 1: on linear-quadratic-Gaussian problems PI2 and LQR-FLM are the same update."""

from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.trajopt.lqr_flm import lqr_flm
from pilqr_ros.trajopt.pi2 import pi2_update
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.temperature import solve_temperatures

EPSILON = 0.3
SETTINGS = Settings().changed(
    lqr={"kl_expectation": "old", "value_function": "old"},
    covariance={"update": "full", "damping": 1.0, "ratio_min": 1e-12, "min_action_std": 1e-12},
)


def noisy_only_at(policy, t):
    """The policy with its exploration at step t, and next to none at all others."""
    L = 1e-6 * policy.L
    L[t] = policy.L[t]
    return replace(policy, L=L)


def state_at(system, t):
    """The state that the policy's mean reaches at step t."""
    x = system.dynamics.mu0
    for j in range(t):
        x = system.step(j, x, system.policy.mean(j, x))
    return x


@pytest.mark.parametrize("T", [1, 6])
@pytest.mark.parametrize("seed", range(3))
def test_both_updates_are_the_same_gaussian_up_to_sampling_error(make_system, T, seed):
    """Over one step, and over many with the old policy's value function in LQR-FLM.

    The theorem is about p(u | x): the state is certain here, as x_0 is, there is no process
    noise, and only the actions of one step are sampled at a time.
    """
    system = make_system(seed, T=T, dX=3, process_noise=0.0, start_noise=0.0)
    rng = np.random.default_rng(seed)
    for t in range(T):
        policy, x = noisy_only_at(system.policy, t), state_at(system, t)
        noise = rng.standard_normal((10000, T, system.dU))
        costs = [
            system.cost_to_go(t, x, policy.act(t, x, xi), system.policy.mean) for xi in noise[:, t]
        ]
        weighted = solve_temperatures(np.array(costs)[:, None], EPSILON)
        weights = np.repeat(weighted.weights, T, axis=1)
        by_samples = pi2_update(policy, noise, weights, SETTINGS)
        by_model = lqr_flm(
            policy,
            system.dynamics,
            system.cost,
            np.full(T, EPSILON),
            SETTINGS,
            update_covariance=True,
        )
        std = np.sqrt(np.diag(policy.covariance[t]))
        moved = (by_model.policy.mean(t, x) - policy.mean(t, x)) / std
        assert np.abs(moved).max() > 0.2  # a real step, so that agreement says something
        difference = (by_samples.mean(t, x) - by_model.policy.mean(t, x)) / std
        np.testing.assert_allclose(difference, 0.0, atol=0.05)
        covariances = by_samples.covariance[t], by_model.policy.covariance[t]
        np.testing.assert_allclose(*(c / np.outer(std, std) for c in covariances), atol=0.05)
        assert weighted.eta[0] == pytest.approx(by_model.eta[t], rel=0.1)
