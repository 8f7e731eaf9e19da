"""Updates that are constrained against another policy than the sampled one (section 5)."""

from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.trajopt.errors import ShapeError, UpdateError
from pilqr_ros.trajopt.lqr_flm import lqr_flm
from pilqr_ros.trajopt.noise_size import MIN_FACTOR
from pilqr_ros.trajopt.policy_update import METHODS, update
from pilqr_ros.trajopt.problem import Iteration, Problem
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.temperature import solve_temperatures
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def moved(policy, seed=0):
    """Return a policy somewhat away from another."""
    rng = np.random.default_rng(seed)
    K = policy.K + 0.1 * rng.standard_normal(policy.K.shape)
    k = policy.k + 0.2 * rng.standard_normal(policy.k.shape)
    return TVLGPolicy(K, k, 1.2 * policy.L)


@pytest.mark.parametrize("expectation", ["old", "new"])
@pytest.mark.parametrize("method", METHODS)
def test_a_reference_that_equals_the_policy_changes_nothing(make_task, method, expectation):
    cost, policy, roll_out = make_task(0, beta=1.0, bend=0.1)
    batch = roll_out(policy, 20, np.random.default_rng(0))
    settings = Settings().changed(lqr={"kl_expectation": expectation})
    without = update(method, Problem(policy, [batch], cost, settings, np.ones(policy.T)))
    same = TVLGPolicy(policy.K, policy.k, policy.L)
    given = update(
        method, Problem(policy, [batch], cost, settings, np.ones(policy.T), reference=same)
    )
    for name in ("K", "k", "L"):
        np.testing.assert_array_equal(getattr(given.policy, name), getattr(without.policy, name))


@pytest.mark.parametrize("expectation", ["old", "new"])
def test_lqr_flm_bounds_the_divergence_from_the_reference(make_system, policy_kl, expectation):
    system = make_system(3, process_noise=0.02)
    reference = moved(system.policy)
    epsilon = np.full(system.T, 0.05)
    settings = Settings().changed(
        lqr={"kl_expectation": expectation, "kl_passes": 50, "kl_tolerance": 1e-09}
    )
    new = lqr_flm(
        reference,
        system.dynamics,
        system.cost,
        epsilon,
        settings,
        update_covariance=True,
        sampled=system.policy,
    )
    states_of = system.policy if expectation == "old" else new.policy
    kl = policy_kl(new.policy, reference, system.dynamics, states_of)
    np.testing.assert_allclose(kl[~new.slack], epsilon[~new.slack], rtol=1e-6)
    assert np.all(kl <= epsilon * (1 + 1e-6))
    assert (~new.slack).any()


@pytest.mark.parametrize("method", ["lqr-flm", "pilqr"])
def test_with_hardly_any_step_the_model_based_update_goes_to_the_reference(make_task, method):
    cost, policy, roll_out = make_task(1, beta=1.0)
    batch = roll_out(policy, 20, np.random.default_rng(1))
    settings = Settings().changed(
        lqr={"kl_start": 1e-12, "kl_end": 1e-12}, pi2={"kl": 1e-12}, covariance={"update": "keep"}
    )
    reference = moved(policy)
    new = update(
        method, Problem(policy, [batch], cost, settings, np.ones(policy.T), reference=reference)
    )
    chance = batch.noise.mean(axis=0) if method == "pilqr" else np.zeros((policy.T, policy.dU))
    drawn = reference.k + np.einsum("tij,tj->ti", reference.L, chance)
    np.testing.assert_allclose(new.policy.K, reference.K, atol=1e-4)
    np.testing.assert_allclose(new.policy.k, drawn, atol=1e-4)


def test_pi2_reweights_the_references_actions_under_the_recorded_noise(make_task):
    cost, policy, roll_out = make_task(2, beta=1.0)
    batch = roll_out(policy, 15, np.random.default_rng(2))
    settings = Settings().changed(covariance={"update": "keep"})
    reference = moved(policy)
    new = update(
        "pi2", Problem(policy, [batch], cost, settings, np.ones(policy.T), reference=reference)
    )
    weights = solve_temperatures(batch.cost_to_go, settings.pi2.kl).weights
    for t in range(policy.T):
        x = batch.states[:, t]
        actions = x @ reference.K[t].T + reference.k[t] + batch.noise[:, t] @ reference.L[t].T
        wanted = weights[:, t] @ (actions - x @ reference.K[t].T)
        np.testing.assert_allclose(new.policy.k[t], wanted, atol=1e-9)
    np.testing.assert_array_equal(new.policy.K, reference.K)


def test_a_reference_of_another_shape_or_without_noise_is_refused(make_task):
    cost, policy, roll_out = make_task(0)
    batch = roll_out(policy, 10, np.random.default_rng(0))
    short = TVLGPolicy(policy.K[1:], policy.k[1:], policy.L[1:])
    with pytest.raises(ShapeError, match="reference's K"):
        update(
            "pi2", Problem(policy, [batch], cost, Settings(), np.ones(policy.T), reference=short)
        )
    silent = TVLGPolicy(policy.K, policy.k, 0.0 * policy.L)
    with pytest.raises(UpdateError, match="reference's covariance is singular"):
        update(
            "pi2", Problem(policy, [batch], cost, Settings(), np.ones(policy.T), reference=silent)
        )


@pytest.mark.parametrize(
    "annealing", [{"rule": "evidence"}, {"rule": "calendar", "share": 0.1, "to": MIN_FACTOR}]
)
@pytest.mark.parametrize(("missed", "factor"), [(0.0, MIN_FACTOR), (0.95, 0.95), (3.0, 1.0)])
def test_the_noise_stays_as_large_as_what_the_reference_misses(
    make_task, annealing, missed, factor
):
    """Noise that costs, in iterations that gain nothing: without a reference it would shrink."""
    cost, policy, roll_out = make_task(4, beta=1.0)
    sampled = roll_out(policy, 20, np.random.default_rng(4))
    noise, costs = sampled.noise.copy(), sampled.costs.copy()
    noise[-1], costs[-1] = 0.0, 0.5 * costs[:-1].mean(axis=0)
    sampled = replace(sampled, noise=noise, costs=costs)
    away = TVLGPolicy(policy.K, policy.k + missed * policy.L.sum(axis=-1), policy.L)
    settings = Settings().changed(covariance={"update": "keep"}, annealing=annealing)
    problem = Problem(
        policy, [sampled, sampled], cost, settings, reference=away, iteration=Iteration(9, 10)
    )
    new = update("pi2", problem).policy
    np.testing.assert_allclose(new.L, factor * policy.L, rtol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("away", [1e155, 1e200])
def test_a_reference_out_of_reach_leaves_the_noise_as_it_is(make_task, away):
    cost, policy, roll_out = make_task(0, beta=1.0)
    batch = roll_out(policy, 20, np.random.default_rng(0))
    settings = Settings().changed(
        covariance={"update": "keep"}, annealing={"rule": "calendar", "share": 1.0, "to": 0.5}
    )
    far = TVLGPolicy(policy.K, policy.k + away, policy.L)
    problem = Problem(policy, [batch], cost, settings, reference=far, iteration=Iteration(0, 1))
    np.testing.assert_allclose(update("pi2", problem).policy.L, policy.L, rtol=1e-12)
