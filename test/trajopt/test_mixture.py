import numpy as np
import pytest
from scipy.stats import multivariate_normal

from pilqr_ros.trajopt.mixture import Mixture, fit_mixture, membership


def two_regimes(rng, T=20, M=30):
    """Points that lie about (-1, 0) early and about (1, 1) late, in thin clouds."""
    late = np.arange(T)[:, None] >= 12
    centre = np.where(late[..., None], [1.0, 1.0], [-1.0, 0.0])
    return centre + rng.standard_normal((T, M, 2)) * [0.1, 0.3]


def log_likelihood(mixture, points):
    densities = [
        weight * multivariate_normal(mean, covariance).pdf(points)
        for weight, mean, covariance in zip(*mixture, strict=True)
    ]
    return np.log(np.sum(densities, axis=0)).mean()


def test_membership_is_bayes_rule():
    rng = np.random.default_rng(0)
    roots = rng.standard_normal((3, 2, 2))
    mixture = Mixture(
        np.array([0.2, 0.5, 0.3]),
        rng.standard_normal((3, 2)),
        roots @ roots.swapaxes(1, 2) + 0.1 * np.eye(2),
    )
    points = rng.standard_normal((50, 2))
    densities = np.stack(
        [w * multivariate_normal(m, c).pdf(points) for w, m, c in zip(*mixture, strict=True)]
    )
    np.testing.assert_allclose(membership(mixture, points), (densities / densities.sum(0)).T)


def test_each_round_raises_the_likelihood():
    rng = np.random.default_rng(1)
    z = two_regimes(rng)
    points = z.reshape(-1, 2)
    values = [log_likelihood(fit_mixture(z, 3, rounds), points) for rounds in range(12)]
    assert np.all(np.diff(values) > -1e-6)
    assert values[-1] > values[0] + 0.05


def test_it_finds_regimes_whose_border_is_not_where_it_started():
    mixture = fit_mixture(two_regimes(np.random.default_rng(2)), 2, 20)
    np.testing.assert_allclose(mixture.weights, [0.6, 0.4], atol=0.01)
    np.testing.assert_allclose(mixture.means, [[-1, 0], [1, 1]], atol=0.06)
    np.testing.assert_allclose(mixture.covariances[0], np.diag([0.01, 0.09]), atol=0.015)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_points_that_are_all_the_same_give_finite_clusters(value):
    z = np.full((5, 4, 3), value)
    mixture = fit_mixture(z, 3, 5)
    assert all(np.isfinite(part).all() for part in mixture)
    assert np.isfinite(membership(mixture, z[0])).all()


def test_an_empty_cluster_attracts_nothing():
    mixture = Mixture(np.array([1.0, 0.0]), np.zeros((2, 2)), np.tile(np.eye(2), (2, 1, 1)))
    np.testing.assert_array_equal(membership(mixture, np.ones((3, 2))), [[1.0, 0.0]] * 3)
