"""Whether a trajectory of a point in a plane reached a place, by a radius or by bounds."""

import numpy as np
import pytest

from pilqr_ros.tasks import TaskError
from pilqr_ros.tasks.expression import LinearMap
from pilqr_ros.tasks.success import CriterionTest, SuccessTest

PLACE = LinearMap(np.eye(2), np.array([1.0, 0.0]))


def judge(states, within, at="last", may_be_passed=False):
    given = within if isinstance(within, float) else np.array(within)
    criterion = CriterionTest(PLACE, "within", given, may_be_passed)
    return SuccessTest((criterion,), "all", at)(np.array(states, dtype=float))


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


def test_a_bound_from_one_side_counts_what_is_missing(two_joints):
    def judged(q, **bound):
        task = two_joints(edit=lambda content: content.update(success={"of": "q", **bound}))
        x = np.zeros((1, task.dX))
        x[0, task.layout["q"]] = q
        return task.success(0, x)

    assert judged([0.5, 0.7], at_least=0.5) == (True, 0.0)
    assert judged([0.5, 0.1], at_least=0.5) == (False, pytest.approx(0.4))
    assert judged([0.8, 0.9], at_most=0.5) == (False, pytest.approx(0.5))
    assert judged([0.8, 0.9], at_most=[0.8, 1.0]) == (True, 0.0)
    assert judged([np.nan, 0.9], at_most=[0.8, 1.0]).success is False


@pytest.fixture
def turned_and_there(two_joints):
    """Return a function that judges tips and first joints by two criteria, of a task each."""

    def judged(states, **success):
        both = [{"of": "tip", "minus": "target", "within": 0.1}, {"of": "qd", "at_most": 0.0}]
        given = {"all": both} | success if "any" not in success else {"any": both} | {"at": "any"}
        task = two_joints(edit=lambda content: content.update(success=given))
        x = np.zeros((len(states), task.dX))
        for row, (tip, speed) in zip(x, states, strict=True):
            row[task.layout["tip"]] = [0.1 + tip, 0.1, 0.0]
            row[task.layout["qd"]] = speed
        return task.success(0, x)

    return judged


THERE_FAST, FAR_SLOW, THERE_SLOW = (0.0, 0.3), (0.5, 0.0), (0.05, 0.0)


def test_all_criteria_have_to_be_met_at_the_same_step(turned_and_there):
    assert not turned_and_there([THERE_FAST, FAR_SLOW], at="any").success
    assert turned_and_there([THERE_FAST, THERE_SLOW, FAR_SLOW], at="any") == (
        True,
        pytest.approx(0.05),
    )
    assert not turned_and_there([THERE_SLOW, FAR_SLOW], at="last").success


def test_the_distance_to_several_is_of_one_step_and_of_all_of_them(turned_and_there):
    missed = turned_and_there([(0.3, 0.4 / np.sqrt(2)), (0.6, 0.0)], at="any")
    assert missed == (False, pytest.approx(0.5))


def test_one_of_several_is_enough_and_its_distance_counts(turned_and_there):
    assert turned_and_there([(0.5, 0.0)], any=True) == (True, 0.0)
    assert turned_and_there([(0.05, 0.3)], any=True) == (True, pytest.approx(0.05))
    assert turned_and_there([(0.5, 0.3)], any=True) == (False, pytest.approx(0.3 * np.sqrt(2)))


TIP = {"of": "tip", "minus": "target"}
WRONG = [
    ({"of": "tip"}, r"success: .*exactly one of within, at_least, at_most, has none"),
    (TIP | {"within": 0.1, "at_most": 1.0}, r"exactly one of .* has within and at_most"),
    (TIP | {"at_most": 1.0, "may_be_passed": True}, r"may_be_passed goes with within, not with at"),
    ({"within": 0.1}, r"success: .*needs of.* list of criteria under all or any"),
    ({"all": [TIP | {"within": 0.1}], "within": 1.0}, r"under all, or within here, not both"),
    ({"all": [TIP | {"within": 0.1}], "any": [TIP | {"within": 0.1}]}, r"not both"),
    ({"all": []}, r"success\.all: .*at least 1"),
    ({"any": [TIP]}, r"success\.any\[0\]: .*exactly one of"),
    (
        {"any": [TIP | {"within": 1}, TIP | {"at_least": [0.0]}]},
        r"any\[1\]\.at_least: has 1 entries",
    ),
    ({"all": [{"of": "nose", "within": 1}]}, r"success\.all\[0\]\.of\[0\]: 'nose' is neither"),
]


@pytest.mark.parametrize(("success", "message"), WRONG)
def test_a_wrong_criterion_is_named(two_joints, success, message):
    with pytest.raises(TaskError, match=message):
        two_joints(edit=lambda content: content.update(success=success))
