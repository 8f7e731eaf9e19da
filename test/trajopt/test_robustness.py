"""Whatever the input: a valid policy, or an error that names the time step; never NaN."""

import numpy as np
import pytest

from pilqr_ros.errors import PilqrError
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.errors import SettingError, ShapeError, UpdateError
from pilqr_ros.trajopt.policy_update import METHODS, update
from pilqr_ros.trajopt.problem import Problem
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy

VARIANTS = {
    "default": Settings(),
    "paper": Settings.paper(),
    "full": Settings().changed(
        dynamics={"prior": "none", "residual_start": "sample", "cross_fit_folds": 3},
        covariance={"update": "full", "damping": 1.0},
        lqr={"covariance": "update"},
        pi2={"temperature_cost": "residual", "fallback_to_cost": False},
    ),
}
SETTINGS = pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
METHOD = pytest.mark.parametrize("method", METHODS)


def run(method, cost, policy, batches, settings, multiplier=None, **options):
    ones = np.ones(policy.T) if multiplier is None else multiplier
    return update(method, Problem(policy, batches, cost, settings, ones, **options))


def assert_valid(result):
    policy = result.policy
    for name in ("K", "k", "L"):
        assert np.isfinite(getattr(policy, name)).all()
    assert np.all(np.triu(policy.L, 1) == 0)
    covariance = policy.covariance
    np.testing.assert_array_equal(covariance, covariance.swapaxes(1, 2))
    scale = np.trace(covariance, axis1=1, axis2=2)
    assert np.all(np.linalg.eigvalsh(covariance / scale[:, None, None]) > -1e-15)
    assert np.all(np.diagonal(policy.L, axis1=1, axis2=2) > 0)
    assert np.isfinite(result.step_multiplier).all()


def valid_or_explained(method, cost, policy, batches, settings):
    try:
        result = run(method, cost, policy, batches, settings)
    except UpdateError as error:
        assert "at time step" in str(error)
        assert 0 <= error.step < policy.T
        return None
    assert_valid(result)
    return result


@METHOD
@SETTINGS
def test_covariances_stay_definite_over_many_iterations(make_task, method, settings):
    """Over all methods and settings more than 1,000 iterations, each on samples of its policy."""
    cost, policy, roll_out = make_task(
        0, T=4, dX=3, beta=0.5, bend=0.3, process_noise=0.02, start_noise=0.05
    )
    rng = np.random.default_rng(0)
    multiplier, batches = np.ones(policy.T), []
    for _ in range(125):
        batches = [*batches[-2:], roll_out(policy, 6, rng)]
        result = run(method, cost, policy, batches, settings, multiplier)
        assert_valid(result)
        policy, multiplier = result.policy, result.step_multiplier


def test_covariances_stay_definite_over_1000_random_problems(make_task):
    rng = np.random.default_rng(1)
    methods, variants = list(METHODS), list(VARIANTS.values())
    for i in range(1000):
        T, dX, dU, N = rng.integers([1, 1, 1, 2], [6, 5, 4, 9])
        bend, noise = rng.choice([0.0, 0.1, 1.0]), rng.choice([0.0, 0.1])
        cost, policy, roll_out = make_task(i, T, dX, dU, noise, noise, beta=1.0, bend=bend)
        settings = variants[i % 3]
        batch = roll_out(policy, N, rng)
        assert_valid(run(methods[i // 3 % 3], cost, policy, [batch], settings))


@METHOD
@SETTINGS
@pytest.mark.parametrize("N", [1, 2, 3])
def test_fewer_samples_than_dimensions(make_task, method, settings, N):
    cost, policy, roll_out = make_task(1, dX=8, dU=4, bend=0.2)
    batch = roll_out(policy, N, np.random.default_rng(0))
    assert_valid(run(method, cost, policy, [batch], settings))


@METHOD
@SETTINGS
def test_one_time_step(make_task, method, settings):
    cost, policy, roll_out = make_task(2, T=1)
    batch = roll_out(policy, 5, np.random.default_rng(0))
    assert_valid(run(method, cost, policy, [batch], settings))


@METHOD
@SETTINGS
def test_identical_samples(make_task, method, settings):
    cost, policy, roll_out = make_task(3)
    one = roll_out(policy, 1, np.random.default_rng(0))
    same = Batch(
        *(np.repeat(a, 6, axis=0) for a in (one.states, one.actions, one.noise, one.costs))
    )
    assert valid_or_explained(method, cost, policy, [same], settings) is not None


@METHOD
@SETTINGS
@pytest.mark.parametrize("value", [0.0, 1e9])
def test_constant_cost(make_task, method, settings, value):
    cost, policy, roll_out = make_task(4)
    batch = roll_out(policy, 6, np.random.default_rng(0))
    constant = Batch(batch.states, batch.actions, batch.noise, np.full_like(batch.costs, value))
    assert valid_or_explained(method, cost, policy, [constant], settings) is not None


@METHOD
@SETTINGS
def test_no_exploration(make_task, method, settings):
    """The recorded noise is zero, though the policy has a covariance."""
    cost, policy, roll_out = make_task(5)
    quiet = TVLGPolicy(policy.K, policy.k, np.zeros_like(policy.L))
    batch = roll_out(quiet, 6, np.random.default_rng(0))
    silent = Batch(batch.states, batch.actions, np.zeros_like(batch.noise), batch.costs)
    assert valid_or_explained(method, cost, policy, [silent], settings) is not None


@METHOD
def test_a_policy_without_covariance_is_refused_with_its_time_step(make_task, method):
    cost, policy, roll_out = make_task(6)
    L = policy.L.copy()
    L[3, 1, 1] = 0.0
    batch = roll_out(policy, 6, np.random.default_rng(0))
    with pytest.raises(UpdateError, match="covariance is singular at time step 3"):
        run(method, cost, TVLGPolicy(policy.K, policy.k, L), [batch], Settings())


@METHOD
@SETTINGS
@pytest.mark.parametrize("gain", [10.0, 1e4, 1e30])
def test_unstable_dynamics(make_task, method, settings, gain):
    cost, policy, _ = make_task(7, T=30)
    rng = np.random.default_rng(0)
    growth = 10.0 ** np.minimum(np.arange(30) * np.log10(gain), 100.0)
    states = rng.standard_normal((8, 30, 4)) * growth[:, None]
    noise = rng.standard_normal((8, 30, 2))
    actions = states @ np.ones((4, 2)) + noise
    with np.errstate(over="ignore"):
        costs = np.minimum(cost.evaluate(states, actions), 1e200)
    valid_or_explained(method, cost, policy, [Batch(states, actions, noise, costs)], settings)


@METHOD
@SETTINGS
@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6, 1e12])
def test_ill_conditioned_states(make_task, method, settings, scale):
    cost, policy, roll_out = make_task(8, bend=0.1)
    batch = roll_out(policy, 8, np.random.default_rng(0))
    units = np.array([1.0, scale, 1.0, 1.0])
    policy = TVLGPolicy(policy.K / units, policy.k, policy.L)
    states = batch.states * units
    costs = cost.evaluate(states, batch.actions)
    scaled = Batch(states, batch.actions, batch.noise, costs)
    valid_or_explained(method, cost, policy, [scaled], settings)


@METHOD
@SETTINGS
@pytest.mark.parametrize("std", [1e-9, 1e-4, 1e4])
def test_tiny_and_huge_exploration(make_task, method, settings, std):
    cost, policy, roll_out = make_task(9, bend=0.1, process_noise=0.01)
    policy = TVLGPolicy(policy.K, policy.k, std * policy.L)
    batch = roll_out(policy, 8, np.random.default_rng(0))
    assert valid_or_explained(method, cost, policy, [batch], settings) is not None


@SETTINGS
def test_saturated_actions(make_task, settings):
    """Every action sits at its limit, so the applied noise has nothing of the recorded."""
    cost, policy, roll_out = make_task(10)
    batch = roll_out(policy, 8, np.random.default_rng(0))
    clipped = Batch(batch.states, np.clip(batch.actions, -1e-3, 1e-3), batch.noise, batch.costs)
    limits = np.full(2, 1e-3)
    assert_valid(run("pilqr", cost, policy, [clipped], settings, action_limits=limits))


def test_arguments_that_do_not_fit_are_refused_by_name(make_task):
    cost, policy, roll_out = make_task(11)
    batch = roll_out(policy, 6, np.random.default_rng(0))
    short = Batch(*(a[:, :5] for a in (batch.states, batch.actions, batch.noise, batch.costs)))
    nan = TVLGPolicy(policy.K, np.full_like(policy.k, np.nan), policy.L)
    for method, p, batches, options, error, message in [
        ("ppo", policy, [batch], {}, SettingError, "pilqr | lqr-flm | pi2"),
        ("pilqr", policy, [], {}, ShapeError, "at least one batch"),
        ("pilqr", policy, [short], {}, ShapeError, "states has shape"),
        ("pilqr", nan, [batch], {}, UpdateError, "the policy's k is not finite at time step 0"),
        ("pilqr", policy, [batch], {"multiplier": np.ones(3)}, ShapeError, "step_multiplier"),
        ("pilqr", policy, [batch], {"multiplier": -np.ones(10)}, SettingError, "above 0"),
        ("pilqr", policy, [batch], {"action_limits": np.ones(3)}, ShapeError, "action_limits"),
    ]:
        with pytest.raises(error) as raised:
            run(method, cost, p, batches, Settings(), **options)
        assert message in str(raised.value)
        assert isinstance(raised.value, PilqrError)
