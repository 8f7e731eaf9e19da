"""A system that forgets its state at a jump whose outcome that state decides.

Until step b = 5, a_{t+1} = a_t + 0.5 u_t. From then on the visible state is fresh noise that tells
nothing, and at the last step the second entry is 3 a_5 + 1. One-step models cannot carry a_5 over
the gap; the map from x_5 can, and what it should be is known.
"""

import numpy as np
import pytest

from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.cost import LossTerm, TrajectoryCost
from pilqr_ros.trajopt.lqr_flm import lqr_flm
from pilqr_ros.trajopt.model import fit_model
from pilqr_ros.trajopt.policy_update import METHODS, update
from pilqr_ros.trajopt.problem import Problem
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy

T, B, GOAL = 12, 5, 4.0
SETTINGS = Settings().changed(dynamics={"noise_source": "recorded"})


def jump_cost(weight=1.0):
    at_the_end = np.append(np.zeros(T - 1), weight)
    term = LossTerm("goal", np.array([[0.0, 1.0]]), np.array([GOAL]), 1.0, 0.0, at_the_end)
    return TrajectoryCost((term,), np.full(1, 1e-3))


def start_policy():
    return TVLGPolicy(np.zeros((T, 1, 2)), np.zeros((T, 1)), np.full((T, 1, 1), 0.5))


def jump(policy, xi, rng):
    """Roll a policy out with unit noise ``(N, T, 1)``."""
    N, cost = len(xi), jump_cost()
    states, actions = np.zeros((N, T, 2)), np.empty((N, T, 1))
    x = np.column_stack([0.01 * rng.standard_normal(N), np.zeros(N)])
    for t in range(T):
        states[:, t] = x
        u = actions[:, t] = x @ policy.K[t].T + policy.k[t] + xi[:, t] @ policy.L[t].T
        x = x + 0.5 * u * [1.0, 0.0] if t < B else 0.3 * rng.standard_normal((N, 2))
    states[:, -1, 1] = 3.0 * states[:, B, 0] + 1.0
    return Batch(states, actions, xi, cost.evaluate(states, actions))


@pytest.fixture
def jumps():
    rng = np.random.default_rng(0)
    policy = start_policy()
    return policy, [jump(policy, rng.standard_normal((N, T, 1)), rng) for N in (25, 30)]


def fitted(policy, batches, settings=SETTINGS):
    return fit_model(Problem(policy, batches, jump_cost(), settings, np.ones(T)))


def test_the_step_before_what_the_chain_cannot_predict_is_found(jumps):
    model = fitted(*jumps)
    assert model.direct.step == B
    total = jumps[1][-1].cost_to_go[:, 0]
    chain = fitted(*jumps, SETTINGS.changed(dynamics={"direct_model": False}))
    assert chain.ratio[0] > 0.8
    assert model.ratio[0] < 0.2
    np.testing.assert_allclose(model.direct.predicted[:, 0], total, atol=0.3 * total.std())
    np.testing.assert_allclose(
        model.residual, jumps[1][-1].cost_to_go - model.direct.predicted, rtol=1e-12
    )


def test_its_value_function_is_the_cost_through_the_map(jumps):
    """V(a) = (3 a + 1 - goal)^2 / 2, but for the shrinkage of the ridge and the torque penalty."""
    V = fitted(*jumps).direct.value
    np.testing.assert_allclose(V, V.T, rtol=1e-12)
    assert V[0, 0] == pytest.approx(9.0, rel=0.1)
    assert -V[0, 2] / V[0, 0] == pytest.approx((GOAL - 1.0) / 3.0, rel=0.1)
    assert np.abs(V[1]).max() < 1e-6


def test_with_it_lqr_flm_steers_to_the_goal_past_the_jump_and_without_it_does_not(jumps):
    policy, batches = jumps
    ends = []
    for settings, step in (
        (SETTINGS, B),
        (SETTINGS.changed(dynamics={"direct_model": False}), None),
    ):
        one = update("lqr-flm", Problem(policy, batches, jump_cost(), settings, np.ones(T)))
        assert one.record.direct_step == step
        silent = jump(one.policy, np.zeros((1, T, 1)), np.random.default_rng(1))
        ends.append(silent.states[0, -1, 1])
    assert abs(ends[0] - GOAL) < 1.0
    assert abs(ends[1] - GOAL) > 2.0


def lqr(model, policy, direct):
    options = SETTINGS.changed(lqr={"kl_expectation": "old"})
    dynamics, cost = model.dynamics, model.cost
    epsilon = np.full(T, 0.1)
    return lqr_flm(policy, dynamics, cost, epsilon, options, update_covariance=True, direct=direct)


def test_steps_from_its_first_on_are_decided_as_without_it(jumps):
    policy, batches = jumps
    model = fitted(policy, batches)
    skipped, chained = (lqr(model, policy, direct) for direct in (model.direct, None))
    np.testing.assert_array_equal(skipped.V[B], model.direct.value)
    for name in ("K", "k", "L"):
        one, other = (getattr(each.policy, name) for each in (skipped, chained))
        np.testing.assert_array_equal(one[B:], other[B:])
        assert np.any(one[:B] != other[:B])


def test_what_acts_from_its_first_step_on_moves_nothing_that_was_decided_before(jumps):
    """The same trajectories, said to have been driven by other noise after the step."""
    policy, batches = jumps
    newest = batches[-1]
    noise = newest.noise.copy()
    noise[:, B:] = np.random.default_rng(2).standard_normal(noise[:, B:].shape)
    other = [batches[0], Batch(newest.states, newest.actions, noise, newest.costs)]
    one, two = (fitted(policy, each) for each in (batches, other))
    assert one.direct.step == two.direct.step == B
    np.testing.assert_array_equal(one.direct.value, two.direct.value)
    np.testing.assert_array_equal(one.direct.predicted, two.direct.predicted)
    settings = SETTINGS.changed(covariance={"update": "keep"})
    new = [
        update("lqr-flm", Problem(policy, each, jump_cost(), settings, np.ones(T))).policy
        for each in (batches, other)
    ]
    np.testing.assert_array_equal(new[0].K[:B], new[1].K[:B])
    np.testing.assert_array_equal(new[0].k[:B], new[1].k[:B])


def test_what_the_map_predicts_of_a_sample_is_not_learned_from_it(jumps):
    """One newest sample's outcome is changed: its own prediction stays, but for the ridge."""
    policy, batches = jumps
    newest = batches[-1]
    states = newest.states.copy()
    states[7, -1, 1] += 3.0
    costs = jump_cost().evaluate(states, newest.actions)
    changed = [batches[0], Batch(states, newest.actions, newest.noise, costs)]
    one, two = (fitted(policy, each) for each in (batches, changed))
    assert one.direct.step == two.direct.step
    moved = np.abs(two.direct.predicted - one.direct.predicted)[7, 0]
    assert moved < 0.2 * abs(costs[7, -1] - newest.costs[7, -1])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("T", "dX", "dU", "batches"), [(20, 4, 2, 2), (7, 2, 1, 1), (3, 3, 3, 3)])
def test_without_a_contact_nothing_changes(make_task, method, T, dX, dU, batches):
    cost, policy, roll_out = make_task(3, T=T, dX=dX, dU=dU, process_noise=1e-3, beta=0.5)
    rng = np.random.default_rng(3)
    data = [roll_out(policy, 20, rng) for _ in range(batches)]
    ones = np.ones(T)
    one, other = (
        update(
            method,
            Problem(policy, data, cost, Settings().changed(dynamics={"direct_model": each}), ones),
        )
        for each in (True, False)
    )
    for name in ("K", "k", "L"):
        np.testing.assert_array_equal(getattr(one.policy, name), getattr(other.policy, name))


def test_a_cost_that_nothing_predicts_has_no_direct_model(jumps):
    policy, batches = jumps
    rng = np.random.default_rng(4)
    shuffled = []
    for batch in batches:
        states = batch.states.copy()
        states[:, -1, 1] = rng.permutation(states[:, -1, 1])
        costs = jump_cost().evaluate(states, batch.actions)
        shuffled.append(Batch(states, batch.actions, batch.noise, costs))
    assert fitted(policy, shuffled).direct is None
