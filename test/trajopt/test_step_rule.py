import numpy as np
import pytest

from pilqr_ros.trajopt.policy_update import update
from pilqr_ros.trajopt.problem import Problem
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.step_rule import adjust_steps, choose_steps, residual_ratio


def test_steps_are_halved_and_doubled_within_their_bounds():
    settings = Settings().changed(
        step_rule={
            "decrease_above": 0.5,
            "increase_below": 0.1,
            "multiplier_min": 0.4,
            "multiplier_max": 3.0,
        }
    )
    ratio = np.array([0.6, 0.3, 0.05, 0.6, 0.05])
    multiplier = np.array([1.0, 1.0, 1.0, 0.5, 2.0])
    adjusted = adjust_steps(multiplier, ratio, settings)
    np.testing.assert_array_equal(adjusted, [0.5, 1.0, 2.0, 0.4, 3.0])


def test_the_rule_with_memory_goes_on_from_the_last_multipliers():
    settings = Settings().changed(step_rule={"kind": "memory"})
    ratio, kept = np.array([0.1, 2.0]), np.ones(2)
    for expected in ([2.0, 0.5], [4.0, 0.25]):
        steps = choose_steps(kept, ratio, settings)
        np.testing.assert_array_equal(steps.multiplier, expected)
        kept = steps.kept


def test_the_step_is_the_share_of_the_cost_that_the_model_explains():
    settings = Settings().changed(step_rule={"multiplier_min": 0.1, "multiplier_max": 4.0})
    ratio = np.array([0.0, 0.5, 0.8, 0.999, 1.5, np.inf])
    steps = choose_steps(np.ones(6), ratio, settings)
    np.testing.assert_allclose(steps.multiplier, [4.0, 3.75, 1.8, 0.1, 0.1, 0.1])


def test_a_bad_model_of_the_past_does_not_shorten_the_step_of_a_good_one():
    bad, good = np.full(1, 2.0), np.full(1, 0.5)
    kept = np.ones(1)
    for _ in range(7):
        kept = choose_steps(kept, bad, Settings()).kept
    np.testing.assert_allclose(choose_steps(kept, good, Settings()).multiplier, 3.75)


def test_a_step_that_was_shortened_by_hand_grows_back_by_doubling():
    ratio, kept, found = np.zeros(1), np.full(1, 0.2), []
    for _ in range(5):
        steps = choose_steps(kept, ratio, Settings())
        found.append(steps.multiplier[0])
        kept = steps.kept
    np.testing.assert_allclose(found, [1.0, 2.0, 4.0, 5.0, 5.0])


@pytest.mark.parametrize("rule", ["ratio", "memory"])
def test_the_kl_bound_is_the_base_step_times_the_multiplier(make_task, rule):
    cost, policy, roll_out = make_task(0, bend=0.1, process_noise=0.01)
    batch = roll_out(policy, 10, np.random.default_rng(0))
    settings = Settings().changed(step_rule={"kind": rule}, lqr={"kl_start": 0.4, "kl_end": 0.2})
    halved, whole = (
        update("pilqr", Problem(policy, [batch], cost, settings, np.full(policy.T, kept))).record
        for kept in (0.5, 1.0)
    )
    base = np.linspace(0.4, 0.2, policy.T)
    steps = choose_steps(np.ones(policy.T), whole.residual_ratio, settings)
    np.testing.assert_allclose(whole.kl_wanted, base * steps.multiplier)
    np.testing.assert_allclose(halved.kl_wanted, 0.5 * whole.kl_wanted)


def test_the_ratio_compares_by_absolute_values_or_deviations():
    total = np.array([[100.0, 0.0], [102.0, 0.0]])
    residual = np.array([[-1.0, 1.0], [1.0, 0.0]])
    by_size = residual_ratio(total, residual, Settings().changed(step_rule={"measure": "mean-abs"}))
    np.testing.assert_allclose(by_size, [1 / 101, np.inf])
    by_spread = residual_ratio(total, residual, Settings().changed(step_rule={"measure": "std"}))
    np.testing.assert_allclose(by_spread, [1.0, np.inf])
    assert residual_ratio(np.ones((3, 1)), np.zeros((3, 1)), Settings()) == 0.0
