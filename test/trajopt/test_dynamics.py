import numpy as np
import pytest

from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.dynamics import fit_dynamics, fit_with_folds
from pilqr_ros.trajopt.prior import MAX_CLUSTERS, clusters, fit_prior
from pilqr_ros.trajopt.settings import Settings

PLAIN = Settings().changed(dynamics={"prior": "none", "history_weights": (1.0,), "ridge": 1e-12})
FIELDS = ("fx", "fu", "f0", "covariance")


def random_batch(rng, N=30, T=4, dX=3, dU=2):
    shape = (N, T)
    return Batch(
        rng.standard_normal((*shape, dX)),
        rng.standard_normal((*shape, dU)),
        rng.standard_normal((*shape, dU)),
        rng.standard_normal(shape),
    )


def least_squares(z, weights, dZ):
    """Weighted regression of x' on (x, u, 1) and the weighted covariance of what it leaves."""
    root = np.sqrt(weights)[:, None]
    inputs = np.column_stack([z[:, :dZ], np.ones(len(z))])
    gain, *_ = np.linalg.lstsq(inputs * root, z[:, dZ:] * root, rcond=None)
    left = z[:, dZ:] - inputs @ gain
    return gain[:-1].T, gain[-1], (left * weights[:, None]).T @ left / weights.sum()


def test_without_prior_it_is_weighted_least_squares_at_each_step():
    rng = np.random.default_rng(0)
    batches = [random_batch(rng) for _ in range(4)]
    settings = PLAIN.changed(dynamics={"history_weights": (1.0, 0.5, 0.2)})
    fitted = fit_dynamics(batches, settings)
    pooled = np.concatenate([b.transitions for b in batches[1:]], axis=1)
    weights = np.repeat([0.2, 0.5, 1.0], 30)
    for t in range(3):
        gain, f0, covariance = least_squares(pooled[t], weights, 5)
        np.testing.assert_allclose(fitted.fx[t], gain[:, :3], atol=1e-8)
        np.testing.assert_allclose(fitted.fu[t], gain[:, 3:], atol=1e-8)
        np.testing.assert_allclose(fitted.f0[t], f0, atol=1e-8)
        np.testing.assert_allclose(fitted.covariance[t], covariance, atol=1e-8)


def test_the_prior_counts_as_observations_with_its_mean_and_covariance():
    rng = np.random.default_rng(1)
    batch = random_batch(rng, N=6)
    settings = PLAIN.changed(
        dynamics={"prior": "gaussian", "prior_strength": 3.0, "prior_trajectories": 6}
    )
    fitted = fit_dynamics([batch], settings)
    z = batch.transitions
    for t in range(3):  # the prior's own points, together weighing as much as 3 samples
        points = np.concatenate([z[t], z.reshape(-1, z.shape[-1])])
        weights = np.concatenate([np.ones(6), np.full(18, 3.0 / 18)])
        gain, f0, covariance = least_squares(points, weights, 5)
        np.testing.assert_allclose(fitted.fx[t], gain[:, :3], atol=1e-8)
        np.testing.assert_allclose(fitted.f0[t], f0, atol=1e-8)
        np.testing.assert_allclose(fitted.covariance[t], covariance, atol=1e-8)


@pytest.mark.parametrize("prior", ["gmm", "gaussian", "none"])
def test_linear_dynamics_are_recovered_from_many_samples(make_task, prior):
    _, policy, roll_out = make_task(0, process_noise=0.01, start_noise=0.1)
    rng = np.random.default_rng(0)
    settings = PLAIN.changed(dynamics={"prior": prior})
    fitted = fit_dynamics([roll_out(policy, 4000, rng)], settings)
    assert np.ptp(fitted.fx, axis=0).max() < 0.03
    assert np.ptp(fitted.fu, axis=0).max() < 0.03
    np.testing.assert_allclose(np.diagonal(fitted.covariance, axis1=1, axis2=2), 0.01**2, rtol=0.15)
    assert np.sqrt(np.diag(fitted.sigma0)) == pytest.approx(np.full(4, 0.1), rel=0.1)


def test_a_fold_is_fitted_without_its_samples():
    rng = np.random.default_rng(2)
    old, new = random_batch(rng), random_batch(rng, N=23)
    settings = PLAIN.changed(dynamics={"history_weights": (0.8, 0.3)})
    _, without = fit_with_folds([old, new], settings, 5)
    for fold in range(5):
        kept = np.arange(23) % 5 != fold
        rest = Batch(new.states[kept], new.actions[kept], new.noise[kept], new.costs[kept])
        direct = fit_dynamics([old, rest], settings)
        np.testing.assert_allclose(without.F[:, fold], direct.mean.F, atol=1e-7)
        np.testing.assert_allclose(without.mu0[fold], direct.mu0, atol=1e-12)


def test_a_fold_that_the_fit_hangs_on_is_fitted_anew():
    """Without a prior, fewer samples than inputs pass through the fit: nothing to update from."""
    rng = np.random.default_rng(8)
    batch = random_batch(rng, N=5)
    settings = PLAIN.changed(dynamics={"ridge": 1e-09})
    _, without = fit_with_folds([batch], settings, 5)
    for fold in range(5):
        kept = np.arange(5) != fold
        rest = Batch(batch.states[kept], batch.actions[kept], batch.noise[kept], batch.costs[kept])
        direct = fit_dynamics([rest], settings).mean
        np.testing.assert_allclose(without.F[:, fold], direct.F, atol=1e-6)


@pytest.mark.parametrize("prior", ["gmm", "gaussian", "none"])
@pytest.mark.parametrize("N", [1, 2, 4])
def test_fewer_samples_than_dimensions_give_finite_dynamics(prior, N):
    rng = np.random.default_rng(3)
    settings = Settings().changed(dynamics={"prior": prior, "history_weights": (1.0,)})
    fitted, without = fit_with_folds([random_batch(rng, N=N)], settings, min(N, 5))
    for name in FIELDS:
        assert np.isfinite(getattr(fitted, name)).all()
    assert np.linalg.eigvalsh(fitted.covariance).min() > 0
    assert without is None or np.isfinite(without.F).all()


def test_the_prior_reads_only_the_newest_trajectories():
    rng = np.random.default_rng(4)
    batches = [random_batch(rng, N=5) for _ in range(3)]
    settings = Settings().changed(
        dynamics={"prior": "gaussian", "history_weights": (1.0,), "prior_trajectories": 7}
    )
    far = Batch(1e3 + batches[0].states, batches[0].actions, batches[0].noise, batches[0].costs)
    same = fit_dynamics([far, *batches[1:]], settings)
    np.testing.assert_array_equal(same.fx, fit_dynamics(batches, settings).fx)
    more = settings.changed(dynamics={"prior_trajectories": 11})
    assert np.abs(fit_dynamics([far, *batches[1:]], more).fx - same.fx).max() > 1e-6


def test_the_mixture_finds_regimes_that_one_gaussian_blurs():
    """Transitions of two regimes, early and late: x' = x + u and x' = -x."""
    rng = np.random.default_rng(5)
    x, u = rng.standard_normal((2, 40, 50, 1))
    after = np.where(np.arange(40)[:, None, None] < 20, x + u, 5 - x)
    z = np.concatenate([x, u, after + 0.01 * rng.standard_normal(after.shape)], axis=-1)
    mixture = fit_prior(z, z[:, :4], Settings().changed(dynamics={"prior": "gmm"}))
    assert mixture.covariance[3, 0, 2] == pytest.approx(1.0, abs=0.15)
    assert mixture.covariance[30, 0, 2] == pytest.approx(-1.0, abs=0.15)
    blurred = fit_prior(z, z[:, :4], Settings().changed(dynamics={"prior": "gaussian"}))
    assert abs(blurred.covariance[0, 0, 2]) < 0.2


def test_the_mixture_has_a_cluster_for_every_so_many_transitions():
    rng = np.random.default_rng(6)
    z = rng.standard_normal((20, 10, 3))
    for transitions, expected in ((z, 5), (z[:, :1], 1), (np.tile(z, (5, 1, 1)), MAX_CLUSTERS)):
        assert clusters(transitions) == expected


def test_one_time_step_has_no_transitions():
    rng = np.random.default_rng(7)
    for prior in ("gmm", "gaussian", "none"):
        fitted = fit_dynamics(
            [random_batch(rng, T=1)], Settings().changed(dynamics={"prior": prior})
        )
        assert fitted.fx.shape == (0, 3, 3)
        assert np.isfinite(fitted.mu0).all()
