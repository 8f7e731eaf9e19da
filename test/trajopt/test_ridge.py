from pathlib import Path

import numpy as np
import pytest

from pilqr_ros.trajopt.ridge import RHOS, fit_ridge, without


def refit(x, unit, weights, z, rho):
    """Return the penalised least-squares map of (x, 1), by its normal equations."""
    A = np.column_stack([x / unit, np.ones(len(x))])
    penalty = np.diag([rho] * x.shape[1] + [0.0])
    W = np.diag(weights)
    G = np.linalg.solve(A.T @ W @ A + penalty, A.T @ W @ z)
    return np.vstack([G[:-1] / unit[:, None], G[-1:]])


def predict(G, x):
    return np.column_stack([x, np.ones(len(x))]) @ G


def leave_one_out_error(x, unit, weights, target, rho):
    error = 0.0
    for i in range(len(x)):
        kept = np.arange(len(x)) != i
        G = refit(x[kept], unit, weights[kept], target[kept, None], rho)
        error += weights[i] * (target[i] - predict(G, x[i : i + 1])[0, 0]) ** 2
    return error


def problem(seed, M=14, dX=6, dZ=3, noise=0.5):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((M, dX)) * rng.uniform(0.1, 10.0, dX) + rng.standard_normal(dX)
    z = x @ rng.standard_normal((dX, dZ)) + 1.0 + noise * rng.standard_normal((M, dZ))
    return x, x.std(axis=0) * rng.uniform(1.0, 3.0, dX), rng.dirichlet(np.ones(M)), z


def best_rho(x, unit, weights, target):
    rhos = RHOS / len(x)
    errors = [leave_one_out_error(x, unit, weights, target, rho) for rho in rhos]
    return rhos[np.argmin(errors)]


@pytest.mark.parametrize(("M", "noise"), [(14, 0.0), (14, 5.0), (4, 1.0)])
def test_it_is_the_penalised_fit_with_the_least_leave_one_out_error(M, noise):
    x, unit, weights, z = problem(0, M=M, noise=noise)
    fit = fit_ridge(x, unit, weights, z[:, 0])
    expected = refit(x, unit, weights, z, best_rho(x, unit, weights, z[:, 0]))
    np.testing.assert_allclose(fit.shares @ z, expected, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(fit.hat @ z, predict(expected, x), rtol=1e-7, atol=1e-9)


def test_the_shares_of_a_prediction_sum_to_one():
    x, unit, weights, z = problem(1)
    fit = fit_ridge(x, unit, weights, z[:, 0])
    y = np.column_stack([10.0 * x[:3], np.ones(3)])
    np.testing.assert_allclose((y @ fit.shares).sum(axis=1), 1.0)
    np.testing.assert_allclose(without(fit, y, np.array([0, 5])).sum(axis=1), 1.0)


@pytest.mark.parametrize("rows", [[3], [0, 5, 10]])
def test_without_some_samples_it_is_the_fit_to_the_others(rows):
    x, unit, weights, z = problem(2, noise=2.0)
    rho = best_rho(x, unit, weights, z[:, 0])
    elsewhere = np.random.default_rng(3).standard_normal((4, x.shape[1]))
    y = np.column_stack([elsewhere, np.ones(4)])
    shares = without(fit_ridge(x, unit, weights, z[:, 0]), y, np.array(rows))
    kept = np.delete(np.arange(len(x)), rows)
    expected = predict(refit(x[kept], unit, weights[kept], z[kept], rho), elsewhere)
    np.testing.assert_allclose(shares @ z, expected, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(shares[:, rows], 0.0)


def test_an_entry_measured_in_large_units_is_hardly_used():
    x = np.random.default_rng(4).standard_normal((40, 2))
    target, weights = x[:, 0] + x[:, 1], np.full(40, 1 / 40)
    slope = fit_ridge(x, np.array([1.0, 1e4]), weights, target).shares[:-1] @ target
    assert abs(slope[0]) > 0.5
    assert abs(slope[1]) < 1e-3


def test_inputs_at_which_divide_and_conquer_does_not_converge_are_fitted():
    """Thirty states of a training at which LAPACK's gesdd gives up, that of OpenBLAS at least."""
    stored = np.load(Path(__file__).parent / "data" / "divide_and_conquer_fails.npz")
    x, unit, weights, target = (stored[name] for name in ("x", "unit", "weights", "target"))
    fit = fit_ridge(x, unit, weights, target)
    rho = best_rho(x, unit, weights, target)
    expected = predict(refit(x, unit, weights, target[:, None], rho), x)[:, 0]
    np.testing.assert_allclose(fit.hat @ target, expected, rtol=1e-6)
