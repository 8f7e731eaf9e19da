import numpy as np
import pytest

from pilqr_ros.robot.errors import RobotConfigError
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.torque_limits import TorqueLimits, tighter_limits
from pilqr_ros.trajopt.errors import ShapeError

ZERO = np.zeros(2)


@pytest.fixture
def limits():
    return TorqueLimits(("shoulder", "elbow"), np.array([10.0, 5.0]), np.array([4.0, 4.0]))


def test_a_torque_within_its_limits_passes_unchanged(limits):
    u = np.array([3.9, -3.9])
    limited = limits.limit(u, ZERO)
    np.testing.assert_array_equal(limited.effort, u)
    assert (limited.interventions, limited.detail) == (Intervention.NONE, "")


def test_a_torque_beyond_its_limit_is_cut_and_its_joint_named(limits):
    limited = limits.limit(np.array([0.0, 7.0]), np.array([0.0, 4.0]))
    np.testing.assert_array_equal(limited.effort, [0.0, 5.0])
    assert limited.interventions == Intervention.EFFORT_LIMIT
    assert limited.detail == "elbow 7 N m beyond its limit"


def test_a_torque_that_changes_too_fast_is_slowed(limits):
    efforts, last = [], ZERO
    for _ in range(4):
        last = limits.limit(np.array([-10.0, 0.0]), last).effort
        efforts.append(last[0])
    assert efforts == [-4.0, -8.0, -10.0, -10.0]


def test_both_limits_are_reported_together(limits):
    limited = limits.limit(np.array([20.0, 0.0]), ZERO)
    assert limited.interventions == Intervention.EFFORT_LIMIT | Intervention.RATE_LIMIT
    assert limited.detail == "shoulder 20 N m beyond its limit; shoulder 10 N m changes too fast"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_torque_that_is_not_finite_is_a_fault_that_names_its_joint(limits, bad):
    assert limits.fault(np.array([4.0, bad])) == f"elbow {bad:.4g} N m is not finite"


def test_a_wrong_number_of_torques_is_a_fault(limits):
    assert limits.fault(np.ones(3)) == "3 torques, expected 2"


def test_limits_of_different_sizes_are_refused():
    with pytest.raises(ShapeError, match="rate"):
        TorqueLimits(("shoulder", "elbow"), np.ones(2), np.ones(3))


@pytest.mark.parametrize("own", [[1.0], [1.0, 3.0], [1.0, 0.0], [1.0, float("nan")]])
def test_a_robots_own_limits_are_never_wider_than_the_tasks(own):
    allowed = np.array([2.0, 2.0])
    with pytest.raises(RobotConfigError, match=r"torque_limits: are .* up to \[2\.0, 2\.0\]"):
        tighter_limits("torque_limits", own, allowed)


def test_a_robots_own_limits_replace_the_tasks():
    allowed = np.array([2.0, 2.0])
    np.testing.assert_array_equal(tighter_limits("torque_limits", (), allowed), allowed)
    np.testing.assert_array_equal(tighter_limits("torque_limits", [1.0, 2.0], allowed), [1, 2])
