import numpy as np
import pytest

from pilqr_ros.trajopt.dynamics import MeanDynamics
from pilqr_ros.trajopt.model import fold_rows
from pilqr_ros.trajopt.residual import (
    cost_to_go_from_mean,
    cost_to_go_from_samples,
    simulated_cost_to_go,
)


def draw_samples(system, N=5, seed=0):
    rng = np.random.default_rng(seed)
    shape = (N, system.T)
    return (
        rng.standard_normal((*shape, system.dX)),
        rng.standard_normal((*shape, system.dU)),
        rng.standard_normal((*shape, system.dU)),
    )


def naive(system, states, actions, noise, limit=np.inf):
    """Simulate every sample from every step, one step at a time: O(T^2)."""
    predicted = np.empty(states.shape[:2])
    for i in range(len(states)):

        def act(t, x, i=i):
            return np.clip(system.policy.act(t, x, noise[i, t]), -limit, limit)

        for t in range(system.T):
            predicted[i, t] = system.cost_to_go(t, states[i, t], actions[i, t], act)
    return predicted


def naive_from_mean(system, noise, limit=np.inf):
    predicted = np.empty(noise.shape[:2])
    for i in range(len(noise)):
        x, costs = system.dynamics.mu0, []
        for t in range(system.T):
            u = np.clip(system.policy.act(t, x, noise[i, t]), -limit, limit)
            costs.append(system.cost_at(t, x, u))
            x = system.step(t, x, u) if t + 1 < system.T else x
        predicted[i] = [sum(costs[t:]) for t in range(system.T)]
    return predicted


@pytest.mark.parametrize("T", [1, 2, 9])
def test_the_recursion_equals_simulating_from_every_sample(make_system, T):
    system = make_system(0, T=T)
    samples = draw_samples(system)
    fast = cost_to_go_from_samples(system.policy, system.dynamics.mean, system.cost, *samples)
    np.testing.assert_allclose(fast, naive(system, *samples), rtol=1e-9)


@pytest.mark.parametrize("limit", [0.3, 1.0, 1e6])
def test_clipped_simulation_equals_simulating_from_every_sample(make_system, limit):
    system = make_system(1)
    samples = draw_samples(system)
    limits = np.full(system.dU, limit)
    fast = simulated_cost_to_go(system.policy, system.dynamics.mean, system.cost, *samples, limits)
    np.testing.assert_allclose(fast, naive(system, *samples, limit), rtol=1e-9)


@pytest.mark.parametrize("limit", [0.3, None])
def test_simulation_from_the_mean_start(make_system, limit):
    system = make_system(2)
    noise = draw_samples(system)[2]
    limits = None if limit is None else np.full(system.dU, limit)
    fast = cost_to_go_from_mean(system.policy, system.dynamics.mean, system.cost, noise, limits)
    slow = naive_from_mean(system, noise, np.inf if limit is None else limit)
    np.testing.assert_allclose(fast, slow, rtol=1e-9)


def test_folds_are_predicted_each_with_its_own_dynamics(make_system):
    system, others = make_system(3), [make_system(seed) for seed in (3, 4, 5)]
    means = [other.dynamics.mean for other in others]
    stacked = MeanDynamics(np.stack([m.F for m in means], axis=1), np.stack([m.mu0 for m in means]))
    states, actions, noise = draw_samples(system, N=6)
    rows = fold_rows(6, 3)
    samples = states[rows], actions[rows], noise[rows]
    limits = np.full(system.dU, 0.5)
    for k, other in enumerate(others):
        single = [part[k] for part in samples]
        args, one = (
            (system.policy, stacked, system.cost),
            (
                system.policy,
                other.dynamics.mean,
                system.cost,
            ),
        )
        for function, extra in ((cost_to_go_from_samples, ()), (simulated_cost_to_go, (limits,))):
            together = function(*args, *samples, *extra)
            np.testing.assert_allclose(together[k], function(*one, *single, *extra), rtol=1e-9)
        together = cost_to_go_from_mean(*args, noise[rows], limits)
        np.testing.assert_allclose(together[k], cost_to_go_from_mean(*one, single[2], limits))


@pytest.mark.parametrize(("N", "folds"), [(10, 5), (7, 3), (3, 3), (4, 3)])
def test_every_sample_is_in_its_fold(N, folds):
    rows = fold_rows(N, folds)
    assert set(rows.ravel()) == set(range(N))
    assert all(row % folds == k for k, fold in enumerate(rows) for row in fold)
