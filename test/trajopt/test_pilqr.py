from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.cost import QuadraticCost
from pilqr_ros.trajopt.model import Model, fit_model
from pilqr_ros.trajopt.pilqr import residual_weights, two_stages
from pilqr_ros.trajopt.policy_update import METHODS, update
from pilqr_ros.trajopt.problem import Iteration, Problem
from pilqr_ros.trajopt.record import StepStatus
from pilqr_ros.trajopt.sample_history import SampleRecord, join
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.temperature import solve_temperatures

EXACT_FIT = Settings.paper().changed(
    dynamics={"prior": "none", "ridge": 1e-10}, pi2={"temperature_cost": "total"}
)


def run(method, cost, policy, batches, settings, **options):
    ones = np.ones(policy.T)
    return update(method, Problem(policy, batches, cost, settings, ones, **options))


@pytest.mark.parametrize("folds", [1, 5])
@pytest.mark.parametrize("start", ["sample", "mean"])
def test_with_an_exact_model_there_is_no_residual(make_task, start, folds):
    cost, policy, roll_out = make_task(0)
    batch = roll_out(policy, 60, np.random.default_rng(0))
    settings = EXACT_FIT.changed(dynamics={"residual_start": start, "cross_fit_folds": folds})
    model = fit_model(Problem(policy, [batch], cost, settings, np.ones(policy.T)))
    size = np.abs(batch.cost_to_go).max()
    assert np.abs(model.residual).max() < 1e-6 * size
    assert model.ratio.max() < 1e-5


@pytest.mark.parametrize("curvature", ["exact", "majorant"])
def test_the_model_expands_the_cost_with_the_curvature_asked_for(make_task, curvature):
    cost, policy, roll_out = make_task(4, beta=1.0)
    batch = roll_out(policy, 10, np.random.default_rng(4))
    settings = Settings().changed(lqr={"cost_curvature": curvature})
    found = fit_model(Problem(policy, [batch], cost, settings, np.ones(policy.T))).cost
    other = {"exact": "majorant", "majorant": "exact"}[curvature]
    np.testing.assert_array_equal(found.C, cost.expand_average(batch.states, curvature).C)
    assert np.abs(found.C - cost.expand_average(batch.states, other).C).max() > 1e-3


def test_with_an_exact_model_pilqr_is_lqr_flm_up_to_sampling_error(make_task):
    cost, policy, roll_out = make_task(1)
    N = 4000
    batch = roll_out(policy, N, np.random.default_rng(1))
    settings = EXACT_FIT.changed(
        lqr={"covariance": "update"}, covariance={"update": "full", "damping": 1.0}
    )
    both = run("pilqr", cost, policy, [batch], settings).policy
    model = run("lqr-flm", cost, policy, [batch], settings).policy
    np.testing.assert_allclose(both.K, model.K, rtol=1e-9)
    std = np.sqrt(np.diagonal(model.covariance, axis1=1, axis2=2))
    assert np.abs((both.k - model.k) / std).max() < 5 / np.sqrt(N)
    assert np.abs((model.k - policy.k) / std).max() > 0.3
    np.testing.assert_allclose(
        np.diagonal(both.covariance, axis1=1, axis2=2) / std**2, 1.0, atol=8 / np.sqrt(N)
    )


@pytest.mark.parametrize("lqr_covariance", ["update", "keep"])
@pytest.mark.parametrize("temperature_cost", ["total", "residual", "larger"])
def test_with_a_zero_cost_approximation_pilqr_is_pi2(make_task, temperature_cost, lqr_covariance):
    cost, policy, roll_out = make_task(3, bend=0.2, beta=1.0, process_noise=0.01)
    batch = roll_out(policy, 10, np.random.default_rng(3))
    settings = Settings().changed(
        pi2={"temperature_cost": temperature_cost}, lqr={"covariance": lqr_covariance}
    )
    problem = Problem(policy, [batch], cost, settings, np.ones(policy.T))
    T, dZ = policy.T, policy.dX + policy.dU
    nothing = QuadraticCost(np.zeros((T, dZ, dZ)), np.zeros((T, dZ)), np.zeros(T))
    fitted = fit_model(problem)
    model = Model(
        fitted.dynamics,
        nothing,
        batch.cost_to_go,
        fitted.ratio,
        fitted.step_multiplier,
        fitted.epsilon,
    )
    both = two_stages(problem, model)
    alone = METHODS["pi2"](problem)
    for name in ("K", "k", "L"):
        np.testing.assert_allclose(
            getattr(both.policy, name), getattr(alone.policy, name), rtol=1e-12, atol=1e-14
        )
    np.testing.assert_allclose(both.record.temperature, alone.record.temperature, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_adding_a_constant_to_the_cost_changes_nothing(make_task, method):
    cost, policy, roll_out = make_task(4, bend=0.1)
    batch = roll_out(policy, 10, np.random.default_rng(4))
    shifted = Batch(batch.states, batch.actions, batch.noise, batch.costs + 32.0)
    one, other = (run(method, cost, policy, [b], Settings()) for b in (batch, shifted))
    np.testing.assert_allclose(one.policy.k, other.policy.k, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(one.policy.L, other.policy.L, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_scaling_the_cost_scales_temperatures_and_multipliers_only(make_task, method, scale):
    cost, policy, roll_out = make_task(5, bend=0.1)
    batch = roll_out(policy, 10, np.random.default_rng(5))
    term = cost.terms[0]
    scaled_cost = replace(
        cost,
        terms=(replace(term, weight=term.weight * scale),),
        torque_weights=cost.torque_weights * scale,
    )
    scaled = Batch(batch.states, batch.actions, batch.noise, batch.costs * scale)
    one = run(method, cost, policy, [batch], Settings())
    other = run(method, scaled_cost, policy, [scaled], Settings())
    for name in ("K", "k", "L"):
        np.testing.assert_allclose(
            getattr(one.policy, name), getattr(other.policy, name), rtol=1e-6, atol=1e-8
        )
    for name in ("temperature", "multiplier"):
        if getattr(one.record, name) is not None:
            np.testing.assert_allclose(
                getattr(one.record, name) * scale, getattr(other.record, name), rtol=1e-5
            )


def weigh(total, residual, settings):
    """Weigh the samples of one batch, whose noise does not matter."""
    N, T = total.shape
    batch = SampleRecord(np.zeros((N, T, 1)), np.ones((T, 1, 1)), total, residual)
    return residual_weights(batch, join(batch, [], (1.0,)), settings)


def test_the_larger_temperature_is_taken():
    rng = np.random.default_rng(6)
    total = rng.standard_normal((10, 4)) * [1.0, 10.0, 1.0, 0.0]
    residual = rng.standard_normal((10, 4)) * [10.0, 1.0, 0.0, 1.0]
    settings = Settings().changed(pi2={"fallback_to_cost": False, "temperature_cost": "larger"})
    weighted, fell_back = weigh(total, residual, settings)
    etas = [solve_temperatures(costs, settings.pi2.kl).eta for costs in (total, residual)]
    np.testing.assert_allclose(
        weighted.eta, [etas[1][0], etas[0][1], etas[0][2], etas[1][3]], rtol=1e-9
    )
    assert not fell_back.any()
    np.testing.assert_allclose(weighted.weights[:, 2], 0.1)


def test_where_the_residual_varies_more_than_the_cost_the_cost_is_used():
    rng = np.random.default_rng(7)
    total = rng.standard_normal((10, 2))
    residual = np.column_stack([2.0 * rng.standard_normal(10), 0.1 * total[:, 1]])
    weighted, fell_back = weigh(total, residual, Settings())
    np.testing.assert_array_equal(fell_back, total.std(axis=0) < residual.std(axis=0))
    plain = solve_temperatures(total, Settings().pi2.kl)
    np.testing.assert_allclose(weighted.weights[:, 0], plain.weights[:, 0], rtol=1e-9)


def test_noise_is_taken_from_the_applied_actions_or_as_recorded(make_task):
    cost, policy, roll_out = make_task(8)
    batch = roll_out(policy, 20, np.random.default_rng(8))
    wrong = Batch(batch.states, batch.actions, 5 * batch.noise, batch.costs)
    applied = Settings().changed(dynamics={"noise_source": "applied"})
    one, other = (run("pi2", cost, policy, [b], applied).policy for b in (batch, wrong))
    np.testing.assert_allclose(one.k, other.k, rtol=1e-9)
    recorded = Settings().changed(dynamics={"noise_source": "recorded"})
    np.testing.assert_allclose(
        run("pi2", cost, policy, [batch], recorded).policy.k, one.k, rtol=1e-7
    )
    assert np.abs(run("pi2", cost, policy, [wrong], recorded).policy.k - one.k).max() > 0.1


@pytest.mark.parametrize("method", METHODS)
def test_the_record_says_what_happened_at_each_step(make_task, method):
    cost, policy, roll_out = make_task(9, bend=0.1, process_noise=0.01)
    batches = [roll_out(policy, 10, np.random.default_rng(i)) for i in range(3)]
    result = run(method, cost, policy, batches, Settings())
    record, T = result.record, policy.T
    assert record.method == method
    assert record.status.shape == record.covariance_ratio.shape == (T,)
    lqr, pi2 = method != "pi2", method != "lqr-flm"
    for name in ("kl_wanted", "kl_got", "multiplier", "residual_ratio"):
        assert (getattr(record, name) is not None) == lqr
    for name in ("temperature", "pi2_kl_got", "effective_samples"):
        assert (getattr(record, name) is not None) == pi2
    if lqr:
        active = (record.status & StepStatus.LQR_SLACK) == 0
        np.testing.assert_allclose(record.kl_got[active], record.kl_wanted[active], rtol=1e-6)
        assert np.all(record.kl_got <= record.kl_wanted * (1 + 1e-6))
    if pi2:
        assert np.all((record.effective_samples >= 1) & (record.effective_samples <= 10))
    assert result.step_multiplier.shape == (T,)


@pytest.mark.parametrize("temperature_cost", ["total", "residual", "larger"])
def test_the_record_says_where_the_temperature_is_at_a_bound(make_task, temperature_cost):
    cost, policy, roll_out = make_task(9, bend=0.1, process_noise=0.01)
    batch = roll_out(policy, 4, np.random.default_rng(0))
    settings = Settings().changed(
        pi2={"temperature_cost": temperature_cost, "kl": 2.0}
    )  # log(4) is less
    record = run("pilqr", cost, policy, [batch], settings).record
    assert np.all(record.status & StepStatus.TEMPERATURE_AT_BOUND)
    assert not np.any(record.status & StepStatus.TEMPERATURE_UNSOLVED)


@pytest.mark.parametrize("method", METHODS)
def test_only_the_last_updates_of_a_run_anneal_the_noise_and_nothing_else(make_task, method):
    cost, policy, roll_out = make_task(12, bend=0.1)
    batches = [roll_out(policy, 10, np.random.default_rng(12))]
    settings = Settings().changed(
        annealing={"rule": "calendar", "share": 0.4, "to": 0.25}
    )  # last 2 of 5
    free, before, annealed = (
        run(method, cost, policy, batches, settings, iteration=iteration)
        for iteration in (None, Iteration(2, 5), Iteration(3, 5))
    )
    np.testing.assert_array_equal(before.policy.L, free.policy.L)
    np.testing.assert_array_equal(annealed.policy.K, free.policy.K)
    np.testing.assert_array_equal(annealed.policy.k, free.policy.k)
    np.testing.assert_allclose(annealed.policy.L, 0.5 * free.policy.L)
    for result in (free, annealed):
        traces = [np.trace(p.covariance, axis1=1, axis2=2) for p in (result.policy, policy)]
        np.testing.assert_allclose(result.record.covariance_ratio, traces[0] / traces[1])


@pytest.mark.parametrize("count", [1, 2, 7, 25])
def test_however_long_a_run_is_its_noise_is_annealed_to_the_same_part(make_task, count):
    cost, policy, roll_out = make_task(14)
    batches = [roll_out(policy, 10, np.random.default_rng(14))]
    settings = Settings().changed(
        annealing={"rule": "calendar", "to": 0.05}, covariance={"update": "keep"}
    )
    part = 1.0
    for index in range(count):
        new = run("pi2", cost, policy, batches, settings, iteration=Iteration(index, count)).policy
        part *= new.L[0, 0, 0] / policy.L[0, 0, 0]
    assert part == pytest.approx(0.05)


@pytest.mark.parametrize("reference", [False, True])
@pytest.mark.parametrize("iteration", [None, Iteration(0, 1)])
@pytest.mark.parametrize("lqr_covariance", ["keep", "update"])
@pytest.mark.parametrize("covariance_update", ["keep", "scalar", "full"])
@pytest.mark.parametrize("method", METHODS)
def test_no_update_leaves_less_noise_than_its_floor_in_any_direction(
    make_task, method, covariance_update, lqr_covariance, iteration, reference
):
    """Some of the old noise is below the floor already, and some directions are next to silent."""
    cost, policy, roll_out = make_task(13, dU=3, bend=0.1)
    batches = [roll_out(policy, 3, np.random.default_rng(13))]
    least = float(np.median(np.linalg.svd(policy.L, compute_uv=False)))
    settings = Settings().changed(
        covariance={"update": covariance_update, "min_action_std": least},
        lqr={"covariance": lqr_covariance},
        annealing={"to": 0.1},
    )
    other = replace(policy, L=1e-3 * policy.L) if reference else None
    result = run(method, cost, policy, batches, settings, iteration=iteration, reference=other)
    variances = np.linalg.eigvalsh(result.policy.covariance)
    assert np.sqrt(variances.min()) >= least * (1 - 1e-9)
    diagonal = np.diagonal(result.policy.covariance, axis1=1, axis2=2)
    assert np.sqrt(diagonal.min()) >= least * (1 - 1e-9)
    old = policy if other is None else other
    traces = [np.trace(p.covariance, axis1=1, axis2=2) for p in (result.policy, old)]
    np.testing.assert_allclose(result.record.covariance_ratio, traces[0] / traces[1])


def test_noise_above_its_floor_is_left_as_it_is(make_task):
    cost, policy, roll_out = make_task(13)
    batches = [roll_out(policy, 10, np.random.default_rng(13))]
    settings = Settings().changed(covariance={"update": "keep"})
    new = run("pilqr", cost, policy, batches, settings).policy
    np.testing.assert_array_equal(new.L, policy.L)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_lowers_the_cost_of_a_smooth_task(make_task, method):
    cost, policy, roll_out = make_task(10, bend=0.05, process_noise=0.003, beta=0.5)
    rng = np.random.default_rng(10)
    multiplier, batches, costs = np.ones(policy.T), [], []
    for _ in range(12):
        batches.append(roll_out(policy, 12, rng))
        costs.append(batches[-1].costs.sum(axis=1).mean())
        result = update(method, Problem(policy, batches, cost, Settings(), multiplier))
        policy, multiplier = result.policy, result.step_multiplier
    assert np.mean(costs[-3:]) < 0.6 * costs[0]


@pytest.mark.parametrize("method", METHODS)
def test_the_same_input_gives_the_same_output(make_task, method):
    cost, policy, roll_out = make_task(11)
    batch = roll_out(policy, 10, np.random.default_rng(11))
    settings = Settings().changed(dynamics={"prior": "gmm"})
    one, other = (run(method, cost, policy, [batch], settings) for _ in range(2))
    for name in ("K", "k", "L"):
        np.testing.assert_array_equal(getattr(one.policy, name), getattr(other.policy, name))
