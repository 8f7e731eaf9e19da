from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg
from scipy.optimize import minimize

from pilqr_ros.trajopt.cost import QuadraticCost
from pilqr_ros.trajopt.dynamics import Dynamics
from pilqr_ros.trajopt.errors import UpdateError
from pilqr_ros.trajopt.lqr_flm import lqr_flm, q_functions
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy

EXACT = Settings().changed(lqr={"kl_passes": 200, "kl_tolerance": 1e-12})


def solve(system, epsilon, settings=EXACT, *, update_covariance=True):
    bounds = np.broadcast_to(np.asarray(epsilon, dtype=float), (system.T,))
    return lqr_flm(
        system.policy,
        system.dynamics,
        system.cost,
        bounds,
        settings,
        update_covariance=update_covariance,
    )


def q_of(system, result):
    return q_functions(system.dynamics, system.cost, result.V)


def best_open_loop(system, x0):
    """The optimal actions from x0: one quadratic programme over all of them, solved densely."""
    T, dU = system.T, system.dU

    def total(actions):
        cost, x = 0.0, x0
        for t in range(T):
            cost += system.cost_at(t, x, actions[t])
            x = system.step(t, x, actions[t]) if t + 1 < T else x
        return cost

    basis = np.eye(T * dU).reshape(-1, T, dU)
    zero = total(np.zeros((T, dU)))
    single = np.array([total(e) for e in basis])
    hessian = np.array([[total(e + f) for f in basis] for e in basis])
    hessian = hessian - single[:, None] - single[None, :] + zero
    gradient = single - zero - 0.5 * np.diag(hessian)
    return np.linalg.solve(hessian, -gradient).reshape(T, dU)


@pytest.mark.parametrize("update_covariance", [True, False])
@pytest.mark.parametrize("expectation", ["old", "new"])
def test_with_a_slack_constraint_it_is_the_optimal_control(
    make_system, expectation, update_covariance
):
    system = make_system(0, T=5)
    settings = EXACT.changed(lqr={"kl_expectation": expectation})
    result = solve(system, 1e6, settings, update_covariance=update_covariance)
    assert result.slack.all()
    rng = np.random.default_rng(0)
    for x0 in rng.standard_normal((3, system.dX)):
        x = x0
        for t, u in enumerate(best_open_loop(system, x0)):
            np.testing.assert_allclose(result.policy.mean(t, x), u, atol=1e-7)
            x = system.step(t, x, u) if t + 1 < system.T else x


def test_with_a_slack_constraint_it_is_the_stationary_riccati_solution_far_from_the_end():
    rng = np.random.default_rng(1)
    dX, dU, T = 4, 2, 200
    A, B = np.eye(dX) + 0.1 * rng.standard_normal((dX, dX)), rng.standard_normal((dX, dU))
    R = 0.3 * np.eye(dU)
    S = scipy.linalg.solve_discrete_are(A, B, np.eye(dX), R)
    gain = -np.linalg.solve(R + B.T @ S @ B, B.T @ S @ A)
    dynamics = Dynamics(
        np.tile(A, (T - 1, 1, 1)),
        np.tile(B, (T - 1, 1, 1)),
        np.zeros((T - 1, dX)),
        np.tile(1e-6 * np.eye(dX), (T - 1, 1, 1)),
        np.ones(dX),
        np.eye(dX),
    )
    C = np.tile(scipy.linalg.block_diag(np.eye(dX), R), (T, 1, 1))
    cost = QuadraticCost(C, np.zeros((T, dX + dU)), np.zeros(T))
    old = TVLGPolicy(np.tile(gain, (T, 1, 1)), np.ones((T, dU)), np.tile(np.eye(dU), (T, 1, 1)))
    result = lqr_flm(old, dynamics, cost, np.full(T, 1e6), EXACT, update_covariance=False)
    np.testing.assert_allclose(result.policy.K[0], gain, atol=1e-9)
    np.testing.assert_allclose(result.policy.k[0], 0.0, atol=1e-9)


@pytest.mark.parametrize("value_function", ["new", "old"])
def test_q_has_the_gradient_and_hessian_of_the_simulated_cost_to_go(make_system, value_function):
    system = make_system(2)
    settings = EXACT.changed(lqr={"kl_expectation": "old", "value_function": value_function})
    result = solve(system, 0.3, settings)
    follow = result.policy if value_function == "new" else system.policy
    dX, dU, n = system.dX, system.dU, system.dX + 1
    z0 = np.random.default_rng(0).standard_normal(dX + dU)
    a = 0.1  # the cost-to-go is quadratic: differences are exact for any step
    for t in range(system.T):

        def simulated(z, t=t):
            return system.cost_to_go(t, z[:dX], z[dX:], follow.mean)

        Qs = q_of(system, result)
        rows = [*range(dX), *range(n, n + dU)]
        Q, q = Qs[t][np.ix_(rows, rows)], Qs[t][rows, dX]
        steps = a * np.eye(dX + dU)
        gradient = [(simulated(z0 + e) - simulated(z0 - e)) / (2 * a) for e in steps]
        scale = np.abs(Q).max()
        np.testing.assert_allclose(Q @ z0 + q, gradient, atol=1e-9 * scale)
        hessian = [
            [
                simulated(z0 + e + f) - simulated(z0 + e) - simulated(z0 + f) + simulated(z0)
                for f in steps
            ]
            for e in steps
        ]
        np.testing.assert_allclose(Q, np.array(hessian) / a**2, atol=1e-8 * scale)


@pytest.mark.parametrize("update_covariance", [True, False])
@pytest.mark.parametrize("expectation", ["old", "new"])
@pytest.mark.parametrize("passes", [1, 3, 200])
@pytest.mark.parametrize("seed", range(3))
def test_the_kl_of_each_step_meets_its_bound(
    make_system, policy_kl, expectation, update_covariance, passes, seed
):
    system = make_system(seed)
    epsilon = np.geomspace(1e-3, 3.0, system.T)
    settings = EXACT.changed(lqr={"kl_expectation": expectation, "kl_passes": passes})
    result = solve(system, epsilon, settings, update_covariance=update_covariance)
    states_of = system.policy if expectation == "old" else result.policy
    kl = policy_kl(result.policy, system.policy, system.dynamics, states_of)
    np.testing.assert_allclose(result.kl, kl, rtol=1e-6)
    active = ~result.slack
    assert active.any()
    np.testing.assert_allclose(kl[active], epsilon[active], rtol=1e-6)
    assert np.all(kl[result.slack] <= epsilon[result.slack])
    scale = np.abs(q_of(system, result)).max(axis=(1, 2))
    assert np.all(np.abs(result.eta * (kl - epsilon)) <= 1e-6 * scale * np.maximum(kl, epsilon))


def test_a_slack_step_is_at_the_unconstrained_optimum(make_system):
    system = make_system(3)
    settings = EXACT.changed(lqr={"kl_expectation": "old"})
    result = solve(system, 50.0, settings, update_covariance=False)
    n = system.dX + 1
    slack = np.flatnonzero(result.slack)
    assert slack.size > 0
    for t in slack:
        Q = q_of(system, result)[t]
        best = -np.linalg.solve(Q[n:, n:], Q[n:, :n])
        np.testing.assert_allclose(result.policy.K[t], best[:, :-1], atol=1e-8)
        np.testing.assert_allclose(result.policy.k[t], best[:, -1], atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_one_step_is_the_constrained_minimum_that_a_general_solver_finds(make_system, seed):
    """Minimise E[Q] over K, k and Sigma under the KL constraint, knowing nothing of eta."""
    system = make_system(seed, T=1, dX=2, dU=2)
    epsilon = 0.4
    old, C, c = system.policy, system.cost.C[0], system.cost.c[0]
    mean, covariance = system.dynamics.mu0, system.dynamics.sigma0
    precision = np.linalg.inv(old.L[0] @ old.L[0].T)

    def unpack(v):
        L = np.array([[np.exp(v[6]), 0.0], [v[7], np.exp(v[8])]])
        return v[:4].reshape(2, 2), v[4:6], L

    def expected_cost(v):
        K, k, L = unpack(v)
        z = np.concatenate([mean, K @ mean + k])
        spread = np.vstack([np.eye(2), K]) @ covariance @ np.vstack([np.eye(2), K]).T
        spread[2:, 2:] += L @ L.T
        return 0.5 * z @ C @ z + c @ z + 0.5 * np.trace(C @ spread)

    def kl(v):
        K, k, L = unpack(v)
        dK, move = K - old.K[0], (K - old.K[0]) @ mean + k - old.k[0]
        quadratic = move @ precision @ move + np.trace(precision @ dK @ covariance @ dK.T)
        logs = 2 * np.log(np.diag(old.L[0])).sum() - 2 * np.log(np.diag(L)).sum()
        return 0.5 * (quadratic + np.trace(precision @ L @ L.T) - 2 + logs)

    L = old.L[0]
    start = np.concatenate(
        [old.K[0].ravel(), old.k[0], [np.log(L[0, 0]), L[1, 0], np.log(L[1, 1])]]
    )
    constraint = {"type": "ineq", "fun": lambda v: epsilon - kl(v)}
    found = minimize(
        expected_cost,
        start,
        constraints=[constraint],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    result = solve(system, epsilon)
    K, k, L = unpack(found.x)
    np.testing.assert_allclose(result.policy.K[0], K, atol=1e-4)
    np.testing.assert_allclose(result.policy.k[0], k, atol=1e-4)
    np.testing.assert_allclose(result.policy.covariance[0], L @ L.T, atol=1e-4)


def test_the_update_lowers_the_expected_cost_under_the_model(make_system):
    system = make_system(4, T=20)
    policies = [system.policy, solve(system, 0.5).policy]
    rng = np.random.default_rng(0)
    totals = []
    for policy in policies:
        costs = []
        for _ in range(30):
            x = rng.multivariate_normal(system.dynamics.mu0, system.dynamics.sigma0)
            costs.append(system.cost_to_go(0, x, policy.mean(0, x), policy.mean))
        totals.append(np.mean(costs))
    assert totals[1] < totals[0]


@pytest.mark.parametrize("update_covariance", [True, False])
def test_an_indefinite_quu_is_made_definite_by_the_multiplier(
    make_system, policy_kl, update_covariance
):
    system = make_system(5)
    C = system.cost.C.copy()
    C[3, system.dX :, system.dX :] -= 20.0 * np.eye(system.dU)
    system = replace(system, cost=system.cost._replace(C=C))
    settings = EXACT.changed(lqr={"kl_expectation": "old"})
    result = solve(system, 0.2, settings, update_covariance=update_covariance)
    assert result.indefinite[3]
    assert not result.indefinite[4:].any()
    kl = policy_kl(result.policy, system.policy, system.dynamics, system.policy)
    np.testing.assert_allclose(kl[~result.slack], 0.2, rtol=1e-6)
    n = system.dX + 1
    for t in range(system.T):
        precision = np.linalg.inv(system.policy.covariance[t])
        curvature = q_of(system, result)[t][n:, n:] + result.eta[t] * precision
        assert np.linalg.eigvalsh(curvature).min() > 0
        if update_covariance:
            expected = np.linalg.inv(curvature / result.eta[t])
            np.testing.assert_allclose(result.policy.covariance[t], expected, rtol=1e-6)


def test_with_the_old_value_function_steps_do_not_depend_on_each_other(make_system):
    system = make_system(6)
    settings = EXACT.changed(lqr={"kl_expectation": "old", "value_function": "old"})
    tight = np.full(system.T, 0.2)
    tight[5:] = 1e-6
    loose, other = solve(system, 0.2, settings), solve(system, tight, settings)
    np.testing.assert_allclose(loose.policy.K[:5], other.policy.K[:5], atol=1e-10)


def test_a_value_function_that_overflows_is_named_with_its_step(make_system):
    system = make_system(7)
    fx = system.dynamics.fx.copy()
    fx[2] *= 1e200
    system = replace(system, dynamics=replace(system.dynamics, fx=fx))
    with np.errstate(all="ignore"), pytest.raises(UpdateError, match=r"overflows at time step \d"):
        solve(system, 0.2)
