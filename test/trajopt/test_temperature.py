import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from pilqr_ros.trajopt.temperature import (
    effective_samples,
    solve_temperatures,
    weights_kl,
    with_temperature,
)


def dual(eta, costs, epsilon):
    """Equation 4, as printed (the smallest cost taken out of the exponent)."""
    best = costs.min()
    return eta * epsilon + eta * np.log(np.mean(np.exp(-(costs - best) / eta))) - best


def kl_at(eta, costs):
    """KL divergence of equation 2's weights from equal ones, in numbers of extended precision."""
    costs = costs.astype(np.longdouble)
    raw = np.exp((costs.min() - costs) / np.longdouble(eta))
    weights = raw / raw.sum()
    some = weights[weights > 0]
    return float(np.sum(some * np.log(some * len(costs))))


def shaped_costs(shape, N, rng, T=20):
    """Costs to go ``(N, T)`` that make the dual flat, steep, or bent."""
    costs = rng.standard_normal((N, T))
    if shape == "one very good":
        costs[0] -= 10.0 ** rng.uniform(0, 9, T)
    elif shape == "half much better":
        costs[: N // 2] -= 10.0 ** rng.uniform(0, 8, T)
    elif shape == "many decades":
        costs = 10.0 ** (rng.uniform(0, 4, T) * costs)
    elif shape == "duplicates":
        costs = costs[rng.integers(0, max(1, N // 3), N)]
    elif shape == "nearly equal":
        costs = 1e4 + 1e-6 * costs
    return costs


SHAPES = (
    "normal",
    "one very good",
    "half much better",
    "many decades",
    "duplicates",
    "nearly equal",
)


def random_costs(seed, N=20, T=6):
    rng = np.random.default_rng(seed)
    scales = np.geomspace(1e-4, 1e6, T)
    return 7000.0 + scales * rng.standard_gamma(1.0, (N, T))


@pytest.mark.parametrize("epsilon", [1e-6, 0.01, 0.5, 1.0, 2.5])
@pytest.mark.parametrize("seed", range(5))
def test_the_kl_of_the_weights_is_epsilon(seed, epsilon):
    solved = solve_temperatures(random_costs(seed), epsilon)
    assert not solved.at_bound.any()
    np.testing.assert_allclose(solved.weights.sum(axis=0), 1.0)
    kl = [np.sum(w * np.log(np.maximum(w * 20, 1e-300))) for w in solved.weights.T]
    np.testing.assert_allclose(kl, epsilon, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(solved.kl, kl, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("epsilon", [0.01, 0.5, 2.0])
def test_the_temperature_minimises_the_dual(epsilon):
    costs = random_costs(0) - 7000.0
    solved = solve_temperatures(costs, epsilon)
    for t, eta in enumerate(solved.eta):
        found = minimize_scalar(
            lambda a, t=t: dual(np.exp(a), costs[:, t], epsilon),
            bracket=(np.log(eta) - 1, np.log(eta) + 1),
            tol=1e-12,
        )
        assert np.log(eta) == pytest.approx(found.x, abs=1e-3)
        a = 1e-4 * eta
        slope = (dual(eta + a, costs[:, t], epsilon) - dual(eta - a, costs[:, t], epsilon)) / 2 / a
        assert slope == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("epsilon", [0.05, 0.5, 1.5])
def test_a_prior_weight_counts_as_so_many_equal_samples(epsilon):
    costs, copies = random_costs(2)[:6], np.array([1, 2, 3, 1, 2, 3])
    solved = solve_temperatures(costs, epsilon, copies / copies.sum())
    repeated = solve_temperatures(np.repeat(costs, copies, axis=0), epsilon)
    np.testing.assert_allclose(solved.eta, repeated.eta, rtol=1e-7)
    np.testing.assert_allclose(solved.kl, repeated.kl, rtol=1e-7)
    of_copies = np.array([w.sum(axis=0) for w in np.split(repeated.weights, copies.cumsum()[:-1])])
    np.testing.assert_allclose(solved.weights, of_copies, rtol=1e-6, atol=1e-12)


def test_with_a_prior_too_the_best_sample_takes_all_weight_at_the_bound():
    costs, prior = np.array([[3.0], [1.0], [2.0]]), np.array([0.5, 0.2, 0.3])
    assert not solve_temperatures(costs, -np.log(0.2) - 0.01, prior).at_bound.any()
    solved = solve_temperatures(costs, -np.log(0.2) + 0.01, prior)
    assert solved.at_bound.all()
    np.testing.assert_allclose(solved.weights[:, 0], [0.0, 1.0, 0.0], atol=1e-12)


def test_the_weights_are_equation_2():
    costs = random_costs(1)[:, :3]
    solved = solve_temperatures(costs, 0.5)
    for t in range(3):
        raw = np.exp(-(costs[:, t] - costs[:, t].mean()) / solved.eta[t])
        np.testing.assert_allclose(solved.weights[:, t], raw / raw.sum(), rtol=1e-6)
    again = with_temperature(costs, solved.eta)
    np.testing.assert_allclose(again.weights, solved.weights, rtol=1e-6)


def test_adding_a_constant_changes_nothing():
    costs = random_costs(2) - 7000.0
    one, other = solve_temperatures(costs, 0.5), solve_temperatures(costs + 64.0, 0.5)
    np.testing.assert_allclose(one.weights[:, 3:], other.weights[:, 3:], rtol=1e-9)
    np.testing.assert_allclose(one.eta[3:], other.eta[3:], rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1e30])
def test_costs_and_temperatures_scale_together(scale):
    costs = random_costs(3)
    one, other = solve_temperatures(costs, 0.5), solve_temperatures(costs * scale, 0.5)
    np.testing.assert_allclose(one.weights, other.weights, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(one.eta * scale, other.eta, rtol=1e-6)


def test_where_epsilon_cannot_be_reached_the_best_samples_share_all_weight():
    costs = np.array([[1.0, 5.0], [1.0, 2.0], [3.0, 4.0], [9.0, 3.0]])
    solved = solve_temperatures(costs, 0.9)  # log(4/2) < 0.9 < log(4)
    np.testing.assert_array_equal(solved.at_bound, [True, False])
    np.testing.assert_allclose(solved.weights[:, 0], [0.5, 0.5, 0, 0], atol=1e-12)
    assert solved.kl[0] == pytest.approx(np.log(2))
    assert solved.kl[1] == pytest.approx(0.9, rel=1e-9)
    assert solve_temperatures(costs, 5.0).at_bound.all()


def test_equal_costs_get_equal_weights():
    solved = solve_temperatures(np.full((5, 2), 123.456), 0.5)
    assert solved.constant.all()
    np.testing.assert_array_equal(solved.weights, 0.2)
    np.testing.assert_array_equal(solved.kl, 0.0)
    assert np.isinf(solved.eta).all()


def test_costs_that_differ_by_rounding_only_are_equal():
    rng = np.random.default_rng(4)
    costs = 1e-13 * rng.standard_normal((5, 2))
    assert solve_temperatures(costs, 0.5, size=np.full(2, 1e3)).constant.all()
    assert not solve_temperatures(costs, 0.5).constant.any()


def test_a_newest_batch_without_any_cost_says_nothing_of_the_rounding_of_others():
    costs = random_costs(5)
    plain, given = (solve_temperatures(costs, 0.5, size=size) for size in (None, np.zeros(6)))
    np.testing.assert_array_equal(plain.weights, given.weights)
    assert np.isfinite(given.eta).all()


def test_a_single_sample_has_all_the_weight():
    solved = solve_temperatures(np.array([[3.0, 4.0]]), 0.5)
    np.testing.assert_array_equal(solved.weights, 1.0)


def test_effective_samples_and_kl_of_known_weights():
    weights = np.array([[0.5, 0.25], [0.5, 0.25], [0.0, 0.25], [0.0, 0.25]])
    np.testing.assert_allclose(effective_samples(weights), [2.0, 4.0])
    np.testing.assert_allclose(weights_kl(weights), [np.log(2), 0.0], atol=1e-15)


@pytest.mark.parametrize("N", [2, 3, 10, 40, 1000])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("epsilon", [1e-6, 0.1, 0.5, 1.0, 3.0])
def test_the_kl_is_the_bound_or_the_status_says_why_it_is_less(shape, N, epsilon):
    costs = shaped_costs(shape, N, np.random.default_rng(N))
    solved = solve_temperatures(costs, epsilon)
    assert not solved.unsolved.any()
    for t in range(costs.shape[1]):
        flagged = solved.at_bound[t] or solved.constant[t]
        kl = 0.0 if solved.constant[t] else kl_at(solved.eta[t], costs[:, t])
        assert kl <= epsilon * (1 + 1e-6)
        assert flagged or kl == pytest.approx(epsilon, rel=1e-6)


def test_one_very_good_sample_does_not_keep_the_search_jumping_between_its_ends():
    """Newton's method alone ended here with 3 to 9 times the KL step, and said nothing."""
    for seed in range(300):
        rng = np.random.default_rng(seed)
        costs = rng.standard_normal((40, 100))
        costs[0] -= 10.0 ** rng.uniform(0, 9, 100)
        solved = solve_temperatures(costs, 1.0)
        np.testing.assert_allclose(solved.kl, 1.0, rtol=1e-6)


@pytest.mark.parametrize("shape", ["normal", "one very good", "many decades"])
def test_a_grid_of_temperatures_brackets_the_one_found(shape):
    costs = shaped_costs(shape, 30, np.random.default_rng(1), T=3)
    solved = solve_temperatures(costs, 0.7)
    assert not solved.at_bound.any()
    for t, eta in enumerate(solved.eta):
        grid = np.geomspace(1e-9 * np.ptp(costs[:, t]), 1e3 * np.ptp(costs[:, t]), 2000)
        kls = np.array([kl_at(value, costs[:, t]) for value in grid])
        below = int(np.argmax(kls < 0.7))
        assert grid[below - 1] <= eta <= grid[below]
        duals = [dual(value, costs[:, t], 0.7) for value in grid]
        assert dual(eta, costs[:, t], 0.7) <= min(duals) + 1e-9 * np.abs(duals).min()


@pytest.mark.parametrize("share", [0.55, 0.75, 0.99])
def test_two_samples_have_a_temperature_in_closed_form(share):
    """With weights q and 1 - q the costs' difference is eta log(q / (1 - q))."""
    epsilon = share * np.log(2 * share) + (1 - share) * np.log(2 * (1 - share))
    solved = solve_temperatures(np.array([[5.0], [8.0]]), epsilon)
    assert solved.eta[0] == pytest.approx(3.0 / np.log(share / (1 - share)), rel=1e-6)
    np.testing.assert_allclose(solved.weights[:, 0], [share, 1 - share], rtol=1e-6)


@pytest.mark.parametrize("N", [2, 20, 1000])
def test_one_better_sample_has_the_weight_that_makes_the_kl_the_bound(N):
    """All others cost the same: one weight q, and KL = q log(q N) + (1 - q) log((1-q) N/(N-1))."""
    costs = np.zeros((N, 1))
    costs[0] = -1e8
    solved = solve_temperatures(costs, 0.5)
    q = solved.weights[0, 0]
    others = (1 - q) * np.log((1 - q) * N / (N - 1))
    assert q * np.log(q * N) + others == pytest.approx(0.5, rel=1e-6)
    assert solved.eta[0] == pytest.approx(1e8 / np.log(q * (N - 1) / (1 - q)), rel=1e-6)


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
@pytest.mark.parametrize("shape", ["normal", "one very good", "duplicates"])
def test_costs_of_any_size_give_the_same_weights(shape, scale):
    costs = shaped_costs(shape, 20, np.random.default_rng(2))
    costs /= np.abs(costs).max(axis=0)
    one, other = solve_temperatures(costs, 0.5), solve_temperatures(costs * scale, 0.5)
    assert not other.unsolved.any()
    np.testing.assert_allclose(one.weights, other.weights, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(one.eta * scale, other.eta, rtol=1e-6)


def test_a_temperature_below_rounding_is_not_sought_and_that_is_told():
    """Two samples share the least cost but for rounding; beside them one costs enormously."""
    costs = np.array([[1.0, 0.0], [1.5, 1.0], [1e15, 3.0]])
    solved = solve_temperatures(costs, 0.9)
    np.testing.assert_array_equal(solved.at_bound, [True, False])
    np.testing.assert_allclose(solved.weights[:, 0], [0.5, 0.5, 0.0], atol=1e-3)
    assert solved.kl[0] == pytest.approx(np.log(1.5), rel=1e-3)


def test_costs_become_equal_without_a_leap_as_they_draw_together():
    """From a difference of rounding on the KL step is approached from below, and told so."""
    shape, spreads = np.random.default_rng(3).uniform(0, 1, (20, 1)), np.geomspace(1e-14, 1e-7, 40)
    solved = solve_temperatures(1.0 + shape * spreads, 0.5)
    assert solved.constant[0]
    assert solved.at_bound.any()
    assert not (solved.at_bound | solved.constant)[-1]
    assert np.all(solved.kl <= 0.5 * (1 + 1e-6))
    assert np.all(np.diff(solved.kl) >= -0.01)
