from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.trajopt.divergence import sampled_kl
from pilqr_ros.trajopt.noise import draw_noise
from pilqr_ros.trajopt.policy_update import update
from pilqr_ros.trajopt.problem import Problem
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def smoothed(N, policy, smoothing, rng):
    return np.stack([draw_noise(policy.T, policy.dU, rng, smoothing) for _ in range(N)])


def log_density(policy, t, x, u):
    """Log density of actions ``(N, dU)`` in states ``(N, dX)`` but for a constant."""
    away = u - x @ policy.K[t].T - policy.k[t]
    precision = np.linalg.inv(policy.covariance[t])
    log_determinant = np.linalg.slogdet(policy.covariance[t])[1]
    return -0.5 * np.einsum("ni,ij,nj->n", away, precision, away) - 0.5 * log_determinant


def monte_carlo_kl(new, old, states, rng):
    """Mean over states of log new(u | x) - log old(u | x), with actions drawn from the new."""
    kl = np.zeros(new.T)
    for t in range(new.T):
        x = states[:, t]
        u = x @ new.K[t].T + new.k[t] + rng.standard_normal((len(x), new.dU)) @ new.L[t].T
        kl[t] = np.mean(log_density(new, t, x, u) - log_density(old, t, x, u))
    return kl


def test_it_is_the_mean_of_the_textbook_divergences(make_system, policy_kl):
    """At the mean start, with no spread, the expectation is one Gaussian's divergence."""
    system = make_system(0, T=1, dU=3)
    old = system.policy
    new = TVLGPolicy(1.5 * old.K, old.k + 0.3, 0.7 * old.L)
    certain = replace(system.dynamics, sigma0=np.zeros((system.dX, system.dX)))
    expected = policy_kl(new, old, certain, old)
    states = system.dynamics.mu0[None, None]
    np.testing.assert_allclose(sampled_kl(new, old, states), expected, rtol=1e-10)
    two = np.concatenate([states, states + 1.0])
    moved = replace(certain, mu0=certain.mu0 + 1.0)
    mean = 0.5 * (expected + policy_kl(new, old, moved, old))
    np.testing.assert_allclose(sampled_kl(new, old, two), mean, rtol=1e-10)


def test_a_policy_has_no_divergence_from_itself(make_system):
    system = make_system(1)
    states = np.random.default_rng(0).standard_normal((5, system.T, system.dX))
    kl = sampled_kl(system.policy, system.policy, states)
    np.testing.assert_allclose(kl, 0.0, atol=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 3.0])
def test_an_update_records_the_true_divergence_with_smoothed_noise_too(make_task, smoothing):
    """Where the noise is white the model has it right; smoothed noise spreads the states more."""
    cost, policy, roll_out = make_task(3, T=12, start_noise=0.02)
    rng = np.random.default_rng(3)
    batch = roll_out(policy, 1500, rng, smoothed(1500, policy, smoothing, rng))
    settings = Settings().changed(
        lqr={"kl_expectation": "old", "kl_start": 0.05, "kl_end": 0.05, "covariance": "update"},
        dynamics={"prior": "none", "ridge": 1e-10},
    )
    ones = np.ones(policy.T)
    result = update("lqr-flm", Problem(policy, [batch], cost, settings, ones))
    fresh = roll_out(policy, 20000, rng, smoothed(20000, policy, smoothing, rng))
    true = monte_carlo_kl(result.policy, policy, fresh.states, rng)
    record = result.record
    np.testing.assert_allclose(record.kl_sampled, true, rtol=0.15, atol=0.005)
    excess = (record.kl_sampled / record.kl_got).max()
    assert excess < 1.15 if smoothing == 0.0 else excess > 1.5
    both = update("pilqr", Problem(policy, [batch], cost, settings, ones)).record
    np.testing.assert_array_equal(both.kl_sampled, record.kl_sampled)


def test_the_divergence_is_measured_from_the_reference(make_task):
    cost, policy, roll_out = make_task(4)
    batch = roll_out(policy, 30, np.random.default_rng(4))
    reference = TVLGPolicy(policy.K, policy.k + 0.5, 1.1 * policy.L)
    settings = Settings().changed(lqr={"kl_start": 1e-09, "kl_end": 1e-09})
    ones = np.ones(policy.T)
    record = update(
        "pilqr", Problem(policy, [batch], cost, settings, ones, reference=reference)
    ).record
    assert record.kl_sampled.max() < 1e-6
    assert update("pi2", Problem(policy, [batch], cost, settings, ones)).record.kl_sampled is None
