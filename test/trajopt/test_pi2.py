import numpy as np
import pytest
from scipy.optimize import minimize

from pilqr_ros.trajopt.pi2 import pi2_update
from pilqr_ros.trajopt.settings import Settings

FULL = Settings().changed(
    covariance={
        "update": "full",
        "damping": 1.0,
        "ratio_min": 1e-12,
        "ratio_max": 10.0,
        "estimator": "maximum-likelihood",
    },
)


def samples(system, N, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((N, system.T, system.dU))
    weights = rng.dirichlet(np.ones(N), system.T).T
    states = rng.standard_normal((N, system.T, system.dX))
    return states, noise, weights


def brute_force(policy, states, noise, weights):
    """Weighted mean and covariance of the actions' offsets from the feedback, sample by sample."""
    means, covariances = [], []
    for t in range(policy.T):
        offsets = []
        for x, xi in zip(states[:, t], noise[:, t], strict=True):
            offsets.append(policy.act(t, x, xi) - policy.K[t] @ x)
        mean = sum(w * offset for w, offset in zip(weights[:, t], offsets, strict=True))
        covariance = sum(
            w * np.outer(offset - mean, offset - mean)
            for w, offset in zip(weights[:, t], offsets, strict=True)
        )
        means.append(mean)
        covariances.append(covariance)
    return np.array(means), np.array(covariances)


def test_it_is_weighted_maximum_likelihood(make_system):
    system = make_system(0)
    states, noise, weights = samples(system, 30)
    updated = pi2_update(system.policy, noise, weights, FULL)
    mean, covariance = brute_force(system.policy, states, noise, weights)
    np.testing.assert_array_equal(updated.K, system.policy.K)
    np.testing.assert_allclose(updated.k, mean, rtol=1e-9)
    np.testing.assert_allclose(updated.covariance, covariance, rtol=1e-8, atol=1e-12)


def test_no_other_gaussian_has_a_higher_weighted_likelihood(make_system):
    system = make_system(1, T=1, dU=1)
    _, noise, weights = samples(system, 12)
    updated = pi2_update(system.policy, noise, weights, FULL)
    offsets = noise[:, 0, 0] * system.policy.L[0, 0, 0] + system.policy.k[0, 0]

    def unlikely(v):
        return weights[:, 0] @ (v[1] + 0.5 * ((offsets - v[0]) / np.exp(v[1])) ** 2)

    found = minimize(unlikely, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9})
    assert updated.k[0, 0] == pytest.approx(found.x[0], abs=1e-4)
    assert updated.L[0, 0, 0] == pytest.approx(np.exp(found.x[1]), rel=1e-3)


def test_the_unbiased_covariance_is_that_of_reliability_weights(make_system):
    system = make_system(8, dU=3)
    _, noise, weights = samples(system, 12)
    settings = FULL.changed(covariance={"estimator": "unbiased"})
    updated = pi2_update(system.policy, noise, weights, settings)
    for t, L in enumerate(system.policy.L):
        expected = L @ np.cov(noise[:, t].T, aweights=weights[:, t]) @ L.T
        np.testing.assert_allclose(updated.covariance[t], expected, rtol=1e-8, atol=1e-12)


def test_weights_that_know_nothing_of_the_noise_do_not_shrink_it(make_system):
    system = make_system(9, T=4000, dU=3)
    _, noise, weights = samples(system, 6)
    ratios = {}
    for estimator in ("unbiased", "maximum-likelihood"):
        settings = FULL.changed(covariance={"estimator": estimator})
        new = pi2_update(system.policy, noise, weights, settings).covariance
        traces = [np.trace(c, axis1=1, axis2=2) for c in (new, system.policy.covariance)]
        ratios[estimator] = np.mean(traces[0] / traces[1])
    assert ratios["unbiased"] == pytest.approx(1.0, abs=0.03)
    of_dirichlet_weights = 1 - 2 / 7
    assert ratios["maximum-likelihood"] == pytest.approx(of_dirichlet_weights, abs=0.03)


def test_a_sample_that_has_all_weight_leaves_the_covariance(make_system):
    system = make_system(10, dU=3)
    _, noise, weights = samples(system, 4)
    weights = np.zeros_like(weights)
    weights[2] = 1.0
    settings = FULL.changed(covariance={"estimator": "unbiased"})
    updated = pi2_update(system.policy, noise, weights, settings)
    np.testing.assert_allclose(updated.covariance, system.policy.covariance, rtol=1e-9)


def test_the_covariance_is_fitted_to_the_noise_in_its_own_units(make_system):
    system = make_system(11)
    _, noise, weights = samples(system, 10)
    both = pi2_update(system.policy, 2.0 * noise, weights, FULL, unit_noise=noise)
    unit, scaled = (pi2_update(system.policy, xi, weights, FULL) for xi in (noise, 2.0 * noise))
    np.testing.assert_array_equal(both.k, scaled.k)
    np.testing.assert_array_equal(both.L, unit.L)


@pytest.mark.parametrize("damping", [1.0, 3.0, 10.0])
def test_the_scalar_update_takes_a_root_of_the_ratio_of_traces(make_system, damping):
    system = make_system(2)
    states, noise, weights = samples(system, 10)
    settings = FULL.changed(covariance={"update": "scalar", "damping": damping})
    updated = pi2_update(system.policy, noise, weights, settings)
    _, covariance = brute_force(system.policy, states, noise, weights)
    old = system.policy.covariance
    ratio = np.trace(covariance, axis1=1, axis2=2) / np.trace(old, axis1=1, axis2=2)
    np.testing.assert_allclose(updated.covariance, old * ratio[:, None, None] ** (1 / damping))


@pytest.mark.parametrize("update", ["full", "scalar"])
def test_the_variance_grows_by_no_more_than_its_largest_ratio(make_system, update):
    system = make_system(7, dU=3)
    _, noise, weights = samples(system, 12)
    settings = FULL.changed(covariance={"update": update, "ratio_max": 1.2})
    grown = pi2_update(system.policy, 4.0 * noise, weights, settings).covariance
    old = system.policy.covariance
    ratios = np.linalg.eigvals(np.linalg.solve(old, grown)).real
    assert ratios.max() == pytest.approx(1.2)
    free = pi2_update(
        system.policy, 4.0 * noise, weights, settings.changed(covariance={"ratio_max": 99})
    )
    assert np.linalg.eigvals(np.linalg.solve(old, free.covariance)).real.max() > 1.5


def test_damping_goes_part_of_the_way_to_the_full_covariance(make_system):
    system = make_system(3)
    states, noise, weights = samples(system, 30)
    updated = pi2_update(system.policy, noise, weights, FULL.changed(covariance={"damping": 4.0}))
    _, covariance = brute_force(system.policy, states, noise, weights)
    expected = 0.75 * system.policy.covariance + 0.25 * covariance
    np.testing.assert_allclose(updated.covariance, expected, rtol=1e-8, atol=1e-12)


def test_the_covariance_can_be_kept(make_system):
    system = make_system(4)
    _, noise, weights = samples(system, 5)
    updated = pi2_update(system.policy, noise, weights, FULL.changed(covariance={"update": "keep"}))
    np.testing.assert_array_equal(updated.L, system.policy.L)


@pytest.mark.parametrize("update", ["full", "scalar"])
@pytest.mark.parametrize("N", [1, 2])
def test_with_few_samples_the_covariance_stays_definite(make_system, update, N):
    system = make_system(6, dU=3)
    _, noise, weights = samples(system, N)
    updated = pi2_update(system.policy, noise, weights, FULL.changed(covariance={"update": update}))
    assert np.all(np.diagonal(updated.L, axis1=1, axis2=2) > 0)
    assert np.all(np.triu(updated.L, 1) == 0)
