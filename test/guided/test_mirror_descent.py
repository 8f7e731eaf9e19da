"""The classic check: a global policy that can be the local one leaves nothing of the detour."""

from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.guided.examples import Teacher
from pilqr_ros.guided.linearisation import linearise
from pilqr_ros.guided.network import Network, initial_network
from pilqr_ros.guided.neural_policy import NeuralPolicy, Observation
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.guided.supervised import covariance_factor, fit
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.cost import LossTerm, TrajectoryCost
from pilqr_ros.trajopt.policy_update import METHODS, update
from pilqr_ros.trajopt.problem import Problem
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy

T, DX, DU = 10, 4, 2
SEES_ALL = Observation(DX, T, np.arange(DX), np.zeros(0))


def steady_policy(rng):
    """Return a policy that is the same at every time step."""
    L = np.array([[0.5, 0.0], [0.1, 0.4]])
    K, k = 0.2 * rng.standard_normal((DU, DX)), rng.standard_normal(DU)
    return TVLGPolicy(*(np.broadcast_to(a, (T, *a.shape)) for a in (K, k, L)))


def linear_network(policy, rng):
    """Return the network without hidden layers that is a steady policy."""
    mean, scale = rng.standard_normal(DX), rng.uniform(0.5, 2.0, DX)
    weight, bias = policy.K[0] / scale, policy.k[0] + policy.K[0] @ mean
    return Network((weight,), (bias,), mean, scale, policy.L[0])


def roll_out(policy, rng, N=30):
    A, B = np.eye(DX) + 0.1 * rng.standard_normal((DX, DX)), rng.standard_normal((DX, DU))
    xi, x = rng.standard_normal((N, T, DU)), rng.standard_normal((N, DX))
    states, actions = np.empty((N, T, DX)), np.empty((N, T, DU))
    for t in range(T):
        states[:, t] = x
        actions[:, t] = x @ policy.K[t].T + policy.k[t] + xi[:, t] @ policy.L[t].T
        x = x @ A.T + 0.3 * actions[:, t] @ B.T
    return states, actions, xi


@pytest.mark.parametrize("by", ["jacobian", "regression"])
def test_a_linear_network_is_its_own_linearisation(by):
    rng = np.random.default_rng(0)
    policy = steady_policy(rng)
    states, _, _ = roll_out(policy, rng)
    found = linearise(NeuralPolicy(linear_network(policy, rng), SEES_ALL), states, by)
    tolerance = 1e-12 if by == "jacobian" else 1e-4  # its ridge
    np.testing.assert_allclose(found.K, policy.K, atol=tolerance)
    np.testing.assert_allclose(found.k, policy.k, atol=tolerance)
    np.testing.assert_array_equal(found.L, policy.L)


@pytest.mark.parametrize("method", METHODS)
def test_an_iteration_with_an_exact_global_policy_is_the_local_update(method):
    rng = np.random.default_rng(1)
    policy = steady_policy(rng)
    states, actions, xi = roll_out(policy, rng)
    goal = LossTerm("goal", np.eye(DX), rng.standard_normal(DX), 1.0, 1.0, np.ones(T))
    cost = TrajectoryCost((goal,), 0.1 * np.ones(DU))
    batch = Batch(states, actions, xi, cost.evaluate(states, actions))
    reference = linearise(NeuralPolicy(linear_network(policy, rng), SEES_ALL), states)
    ones = np.ones(T)
    local = update(method, Problem(policy, [batch], cost, Settings(), ones)).policy
    guided = update(
        method, Problem(policy, [batch], cost, Settings(), ones, reference=reference)
    ).policy
    for name in ("K", "k", "L"):
        np.testing.assert_allclose(
            getattr(guided, name), getattr(local, name), rtol=1e-8, atol=1e-9
        )
    assert not np.allclose(local.k, policy.k)


def test_the_supervised_step_finds_a_policy_that_the_network_can_be():
    rng = np.random.default_rng(2)
    policy = steady_policy(rng)
    states, _, _ = roll_out(policy, rng)
    start = linear_network(steady_policy(rng), rng)
    settings = GuidedSettings().changed(
        network={"hidden": ()},
        supervised={"epochs": 400, "observation_noise": 0.0, "learning_rate": 0.02},
    )
    fitted = fit(start, [Teacher(policy, SEES_ALL, states)], settings, rng)
    found = linearise(NeuralPolicy(fitted.network, SEES_ALL), states)
    assert fitted.loss_after < 1e-6 * fitted.loss_before
    np.testing.assert_allclose(found.K, policy.K, atol=2e-3)
    np.testing.assert_allclose(found.k, policy.k, atol=2e-3)
    np.testing.assert_allclose(found.covariance, policy.covariance, rtol=1e-12)


def test_the_global_precision_is_the_mean_of_the_local_ones():
    rng = np.random.default_rng(3)
    first, second = steady_policy(rng), steady_policy(rng)
    second = replace(second, L=3.0 * second.L)
    states = np.zeros((1, T, DX))
    guides = [Teacher(policy, SEES_ALL, states) for policy in (first, second)]
    L = covariance_factor(guides)
    wanted = np.mean([np.linalg.inv(p.covariance[0]) for p in (first, second)], axis=0)
    np.testing.assert_allclose(np.linalg.inv(L @ L.T), wanted, rtol=1e-10)


def test_where_two_policies_disagree_the_more_precise_one_prevails():
    """Weighted least squares of a constant: the precision-weighted mean of both."""
    rng = np.random.default_rng(4)
    states = np.zeros((5, T, 1))
    sees = Observation(1, T, np.array([0]), np.zeros(0))

    def constant(value, std):
        K, k, L = np.zeros((T, 1, 1)), np.full((T, 1), value), np.full((T, 1, 1), std)
        return Teacher(TVLGPolicy(K, k, L), sees, states)

    network = Network((np.zeros((1, 1)),), (np.zeros(1),), np.zeros(1), np.ones(1), np.eye(1))
    settings = GuidedSettings().changed(
        network={"hidden": ()},
        supervised={"epochs": 300, "learning_rate": 0.05, "observation_noise": 0.0},
    )
    guides = [constant(1.0, 0.5), constant(4.0, 1.0)]
    fitted = fit(network, guides, settings, rng)
    np.testing.assert_allclose(fitted.network(np.zeros(1)), (4 * 1.0 + 1 * 4.0) / 5, atol=0.02)


def test_the_same_generator_gives_the_same_weights_bit_for_bit(make_network):
    policy = steady_policy(np.random.default_rng(5))
    states, _, _ = roll_out(policy, np.random.default_rng(6))
    settings = GuidedSettings().changed(supervised={"epochs": 3, "state_noise": 0.1})
    runs = [
        fit(
            make_network((DX, 8, DU)),
            [Teacher(policy, SEES_ALL, states)],
            settings,
            np.random.default_rng(7),
        ).network
        for _ in range(2)
    ]
    for name, array in runs[0].arrays().items():
        np.testing.assert_array_equal(array, runs[1].arrays()[name])
    assert runs[0].sizes == (DX, 8, DU)


def test_mixing_says_what_to_do_between_two_conditions():
    """Two constant policies for goals 0 and 1: half way, half of both."""
    rng, states = np.random.default_rng(8), np.zeros((5, T, 1))

    def guide(goal, action):
        K, k, L = np.zeros((T, 1, 1)), np.full((T, 1), action), np.full((T, 1, 1), 0.5)
        sees = Observation(1, T, np.array([0]), np.array([goal]))
        return Teacher(TVLGPolicy(K, k, L), sees, states)

    start = initial_network(2, (16,), np.eye(1), rng)
    settings = GuidedSettings().changed(
        network={"hidden": (16,)}, supervised={"epochs": 300, "learning_rate": 0.01, "mixing": 2.0}
    )
    guides = [guide(0.0, 2.0), guide(1.0, 6.0)]
    network = fit(start, guides, settings, rng).network
    between = network(np.array([[0.0, 0.25], [0.0, 0.5], [0.0, 0.75]]))
    np.testing.assert_allclose(between[:, 0], [3.0, 4.0, 5.0], atol=0.15)
