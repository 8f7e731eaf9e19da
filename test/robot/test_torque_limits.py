import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pilqr_ros.robot.torque_limits import Intervention, TorqueLimiter
from pilqr_ros.trajopt.errors import ShapeError

LIMITS, RATES = np.array([10.0, 5.0]), np.array([4.0, 4.0])


@pytest.fixture
def limiter():
    return TorqueLimiter(LIMITS, RATES, ["shoulder", "elbow"])


def test_a_torque_within_its_limits_passes_unchanged(limiter):
    u = np.array([3.9, -3.9])
    limited = limiter.apply(u)
    np.testing.assert_array_equal(limited.effort, u)
    assert (limited.interventions, limited.detail) == (Intervention.NONE, "")


def test_a_torque_beyond_its_limit_is_cut_and_its_joint_named(limiter):
    limiter.apply(np.array([0.0, 4.0]))
    limited = limiter.apply(np.array([0.0, 7.0]))
    np.testing.assert_array_equal(limited.effort, [0.0, 5.0])
    assert limited.interventions == Intervention.EFFORT_LIMIT
    assert limited.detail == "elbow 7 N m beyond its limit"


def test_a_torque_that_changes_too_fast_is_slowed(limiter):
    efforts = [limiter.apply(np.array([-10.0, 0.0])).effort[0] for _ in range(4)]
    assert efforts == [-4.0, -8.0, -10.0, -10.0]


def test_both_limits_are_reported_together(limiter):
    limited = limiter.apply(np.array([20.0, 0.0]))
    assert limited.interventions == Intervention.EFFORT_LIMIT | Intervention.RATE_LIMIT
    assert limited.detail == "shoulder 20 N m beyond its limit; shoulder 10 N m changes too fast"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_torque_that_is_not_finite_becomes_zero_at_once(limiter, bad):
    limiter.apply(np.array([4.0, 4.0]))
    limited = limiter.apply(np.array([4.0, bad]))
    np.testing.assert_array_equal(limited.effort, [0.0, 0.0])
    assert limited.interventions == Intervention.NON_FINITE
    assert limited.detail.startswith("elbow")


def test_a_wrong_number_of_torques_becomes_zero(limiter):
    limited = limiter.apply(np.ones(3))
    np.testing.assert_array_equal(limited.effort, [0.0, 0.0])
    assert limited.interventions == Intervention.NON_FINITE
    assert limited.detail == "3 torques, expected 2"


def test_a_reset_starts_from_zero_torque(limiter):
    for _ in range(3):
        limiter.apply(np.array([10.0, 0.0]))
    limiter.reset()
    assert limiter.apply(np.array([10.0, 0.0])).effort[0] == 4.0


def test_what_was_returned_can_be_changed_without_harm(limiter):
    limiter.apply(np.array([4.0, 0.0])).effort[:] = 100.0
    assert limiter.apply(np.array([10.0, 0.0])).effort[0] == 8.0


def test_limits_of_different_sizes_are_refused():
    with pytest.raises(ShapeError, match="rate_limits"):
        TorqueLimiter(np.ones(2), np.ones(3))


@given(st.lists(arrays(np.float64, 2, elements=st.floats()), max_size=20))
def test_whatever_comes_torque_and_rate_stay_within_limits(commands):
    limiter, last = TorqueLimiter(LIMITS, RATES), np.zeros(2)
    for command in commands:
        limited = limiter.apply(command)
        assert np.all(np.abs(limited.effort) <= LIMITS)
        if limited.interventions != Intervention.NON_FINITE:
            assert np.all(np.abs(limited.effort - last) <= RATES + 1e-12)
        changed = bool(np.any(limited.effort != command))
        assert changed == (limited.interventions != Intervention.NONE)
        last = limited.effort
