"""Whether a trajectory of a point in a plane reached a place, by a radius or by bounds."""

import numpy as np
import pytest

from pilqr_ros.tasks.expression import LinearMap
from pilqr_ros.tasks.success import SuccessTest

PLACE = LinearMap(np.eye(2), np.array([1.0, 0.0]))


def judge(states, within, at="last", may_be_passed=False):
    given = within if isinstance(within, float) else np.array(within)
    return SuccessTest(PLACE, given, at, may_be_passed)(np.array(states, dtype=float))


def test_the_last_step_counts_or_any():
    through = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]
    assert judge(through, 0.1) == (False, 1.0)
    assert judge(through, 0.1, at="any") == (True, 0.0)


def test_any_step_may_meet_the_bounds_and_not_only_the_nearest_one():
    near, inside = [1.10, 0.0], [1.0, 0.30]
    assert judge([near, inside], [0.05, 0.5], at="any") == (True, pytest.approx(0.3))
    assert judge([inside, near], [0.05, 0.5], at="any") == (True, pytest.approx(0.3))
    assert judge([near, near], [0.05, 0.5], at="any") == (False, pytest.approx(0.1))


def test_bounds_hold_for_each_entry_of_one_step():
    crossed = [[1.0, 0.9], [1.9, 0.0]]
    assert not judge(crossed, [0.5, 0.5], at="any").success


def test_what_may_be_passed_counts_as_reached_beyond():
    assert judge([[0.5, -3.0]], 0.0, may_be_passed=True) == (True, 0.0)
    assert judge([[1.5, -3.0]], 0.4, may_be_passed=True) == (False, 0.5)


@pytest.mark.parametrize("within", [0.5, [0.5, 0.5]])
def test_states_that_are_not_finite_are_no_success(within):
    assert not judge([[np.nan, 0.0]], within).success
