import numpy as np
import pytest
from scipy.optimize import brentq

from pilqr_ros.trajopt.multiplier import solve_multiplier


def divergence(eta, h, m, with_covariance):
    """The KL divergence of N(moved, shrunk) from N(0, I), from the matrices' definition."""
    d = len(h)
    moved = np.sqrt(m) / (h + eta)
    covariance = np.diag(eta / (h + eta)) if with_covariance else np.eye(d)
    logs = np.log(np.diag(covariance)).sum()
    return 0.5 * (moved @ moved + np.trace(covariance) - d - logs)


@pytest.mark.parametrize("with_covariance", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_the_bound_is_met_at_the_root(seed, with_covariance):
    rng = np.random.default_rng(seed)
    d = rng.integers(1, 8)
    h = 10 ** rng.uniform(-3, 3) * rng.standard_normal(d)
    h = np.abs(h) if seed % 2 else h
    m = 10 ** rng.uniform(-6, 6) * rng.uniform(0, 1, d)
    epsilon = 10 ** rng.uniform(-3, 1)
    solved = solve_multiplier(h, m, epsilon, with_covariance=with_covariance)
    assert solved.kl == pytest.approx(divergence(solved.eta, h, m, with_covariance), rel=1e-8)
    assert solved.eta > max(0, -h.min())
    if solved.slack:
        assert solved.kl <= epsilon
        return
    pole = max(0.0, -h.min())
    scale = max(np.abs(h).max(), np.sqrt(m.sum()))

    def excess(a):
        return divergence(pole + scale * np.exp(a), h, m, with_covariance) - epsilon

    expected = brentq(excess, -27, 27, xtol=1e-13)
    assert solved.kl == pytest.approx(epsilon, rel=1e-9)
    assert solved.eta - pole == pytest.approx(scale * np.exp(expected), rel=1e-5)


def test_a_loose_bound_is_slack_with_a_vanishing_multiplier():
    solved = solve_multiplier([2.0, 1.0], [1.0, 1.0], 100.0, with_covariance=False)
    assert solved.slack
    assert solved.eta < 1e-10
    assert solved.kl == pytest.approx(0.5 * (1 / 4 + 1))


def test_without_gradient_and_curvature_nothing_moves():
    solved = solve_multiplier([0.0, 0.0], [0.0, 0.0], 0.1, with_covariance=True)
    assert solved == (1.0, 0.0, True)


@pytest.mark.parametrize("scale", [1e-200, 1e-100, 1.0, 1e60])
def test_the_multiplier_scales_with_the_cost(scale):
    one = solve_multiplier([3.0, -1.0], [2.0, 5.0], 0.3, with_covariance=True)
    h, m = [3.0 * scale, -scale], [2.0 * scale**2, 5.0 * scale**2]
    scaled = solve_multiplier(h, m, 0.3, with_covariance=True)
    if scale**2 > 0:
        assert scaled.eta == pytest.approx(one.eta * scale, rel=1e-9)


@pytest.mark.parametrize("epsilon", [1e-8, 1e-3, 1.0, 30.0])
def test_it_takes_few_steps(epsilon, monkeypatch):
    from pilqr_ros.trajopt import multiplier

    calls = []
    original = multiplier._divergence
    monkeypatch.setattr(multiplier, "_divergence", lambda *a: calls.append(a) or original(*a))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        h, m = 10 * rng.standard_normal(7), rng.uniform(0, 100, 7)
        solve_multiplier(h, m, epsilon, with_covariance=True)
    assert len(calls) / 20 < 15
