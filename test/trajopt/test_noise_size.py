import numpy as np
import pytest

from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.noise_size import MIN_FACTOR, WINDOW, missed, size_factor, spent_and_gained
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def batch(noisy, free, rollouts=4):
    """Rollouts of two steps; the last explores nothing."""
    costs = np.full((rollouts, 2), noisy / 2)
    costs[-1] = free / 2
    noise = np.ones((rollouts, 2, 1))
    noise[-1] = 0.0
    return Batch(np.zeros((rollouts, 2, 1)), np.zeros((rollouts, 2, 1)), noise, costs)


def test_the_noise_stays_where_an_iteration_gains_more_than_the_noise_costs():
    assert size_factor([batch(100.0 - 10 * i, 95.0 - 10 * i) for i in range(4)]) == 1.0


def test_it_shrinks_by_the_root_of_what_is_gained_over_what_it_costs():
    falls = [batch(110.0 - 9 * i, 100.0 - 9 * i) for i in range(6)]
    assert size_factor(falls) == pytest.approx(np.sqrt(0.9))
    stuck = [batch(110.0, 100.0)] * 6
    assert size_factor(stuck) == MIN_FACTOR


def test_gain_and_cost_are_those_of_a_line_and_a_mean_over_the_last_iterations():
    rng = np.random.default_rng(0)
    for n in (2, 3, WINDOW, WINDOW + 4):
        costs = rng.normal(50.0, 10.0, (n, 3))
        spent, gained = spent_and_gained(costs)
        recent = costs[-min(n, WINDOW) :]
        slope, _ = np.polyfit(np.arange(len(recent)), recent[:, 0], 1)
        assert gained == pytest.approx(-slope)
        assert spent == pytest.approx(np.mean(recent[:, 1] - recent[:, 2]))


def test_a_steep_fall_long_ago_does_not_keep_the_noise():
    fallen = [batch(1000.0 - 150 * i, 990.0 - 150 * i) for i in range(6)]
    after = [batch(20.0, 10.0)] * WINDOW
    assert size_factor(fallen) == 1.0
    assert size_factor(fallen + after) == MIN_FACTOR


def test_one_lucky_rollout_without_noise_does_not_keep_the_noise():
    """The outcome has two values, in or jammed; the others are as before."""
    history = [batch(20.0, 20.0 if i % 2 else 9.0, rollouts=10) for i in range(8)]
    for n in range(3, 9):
        assert size_factor(history[:n]) < 0.95


def test_the_noise_never_grows():
    rng = np.random.default_rng(1)
    history = [batch(*rng.uniform(0.0, 100.0, 2)) for _ in range(60)]
    factors = [size_factor(history[:n]) for n in range(1, 61)]
    assert max(factors) == 1.0
    assert min(factors) >= MIN_FACTOR


@pytest.mark.parametrize(("noisy", "free"), [(50.0, 60.0), (50.0, 50.0)])
def test_noise_that_costs_nothing_stays(noisy, free):
    assert size_factor([batch(noisy, free)] * 3) == 1.0


def test_nothing_is_known_of_one_batch_or_without_rollouts_of_both_kinds():
    assert size_factor([batch(50.0, 10.0)]) == 1.0
    b = batch(50.0, 10.0)
    noisy = Batch(b.states, b.actions, np.ones_like(b.noise), b.costs)
    assert size_factor([b, b, noisy]) == 1.0
    assert size_factor([noisy, b]) == 1.0


def test_costs_in_other_units_give_the_same_factor():
    rng = np.random.default_rng(2)
    pairs = np.sort(rng.uniform(0.0, 100.0, (6, 2)), axis=1)
    one, other = ([batch(k * noisy, k * free) for free, noisy in pairs] for k in (1.0, 1e4))
    assert size_factor(one) == pytest.approx(size_factor(other))


@pytest.mark.parametrize("start", [0.3, 3.0, 30.0])
def test_on_a_quadratic_the_noise_outlasts_the_way_to_the_optimum_and_then_settles(start):
    """The mean steps one std a time, as with a bound on the KL divergence, in ten dimensions."""
    rng, x, std = np.random.default_rng(0), np.full(10, 10.0), start
    history, far = [], []
    for _ in range(200):
        noise = std * rng.standard_normal((9, 10))
        noisy = np.mean(np.sum((x + noise) ** 2, axis=1))
        history.append(batch(noisy, np.sum(x**2), rollouts=10))
        x = x * max(0.0, 1.0 - std / np.linalg.norm(x)) if x.any() else x
        std *= size_factor(history)
        far.append(np.linalg.norm(x))
    assert far[-1] < 1e-2 * far[0]
    assert std < 0.05
    assert np.all(np.diff(far) <= 0)


def random_policy(rng, T=4, dX=3, dU=2):
    L = np.tril(rng.normal(size=(T, dU, dU))) + 3.0 * np.eye(dU)
    return TVLGPolicy(rng.normal(size=(T, dU, dX)), rng.normal(size=(T, dU)), L)


def test_a_reference_a_standard_deviation_away_misses_one():
    policy = random_policy(np.random.default_rng(2))
    moved = TVLGPolicy(policy.K, policy.k + policy.L @ [1.0, -1.0], policy.L)
    assert missed(policy, moved, np.zeros((5, 4, 3))) == pytest.approx(1.0)
    assert missed(policy, policy, np.ones((5, 4, 3))) == 0.0


def test_what_is_missed_is_the_root_mean_square_over_samples_steps_and_actions():
    rng = np.random.default_rng(3)
    policy, reference = random_policy(rng), random_policy(rng)
    states = rng.normal(size=(5, 4, 3))
    squares = [
        np.linalg.solve(
            policy.L[t],
            reference.K[t] @ x[t] + reference.k[t] - policy.K[t] @ x[t] - policy.k[t],
        )
        ** 2
        for x in states
        for t in range(4)
    ]
    assert missed(policy, reference, states) == pytest.approx(np.sqrt(np.mean(squares)))
