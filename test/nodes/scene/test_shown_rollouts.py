"""Which rollouts are shown."""

import numpy as np
import pytest

from pilqr_ros.nodes.scene.shown_rollouts import KEPT, ShownRollout, ShownRollouts


def rollout(number):
    return ShownRollout(np.full((2, 1), float(number)), number % 2 == 0)


def numbers(shown, condition=0):
    return [int(one.states[0, 0]) for one in shown.shown.get(condition, ())]


@pytest.fixture
def shown():
    return ShownRollouts()


def test_a_trainings_rollouts_are_shown_once_their_iteration_is_over(shown):
    shown.on_run("runs/a", "iteration_000", active=True)
    shown.take()
    for number in range(3):
        shown.on_rollout(0, rollout(number))
    shown.on_rollout(1, rollout(7))
    assert not shown.changed
    shown.on_iteration(0, 3)
    assert shown.changed
    assert numbers(shown) == [0, 1, 2]
    assert numbers(shown, 1) == []
    for number in (3, 4):
        shown.on_rollout(0, rollout(number))
    shown.on_iteration(0, 2)
    assert numbers(shown) == [3, 4], "of the last iteration alone"


def test_without_a_training_each_rollout_is_shown_as_it_comes(shown):
    shown.on_rollout(2, rollout(1))
    assert numbers(shown, 2) == [1]
    for number in range(2, 2 * KEPT):
        shown.on_rollout(2, rollout(number))
    assert numbers(shown, 2) == list(range(KEPT, 2 * KEPT))


def test_another_run_begins_an_empty_picture_and_the_same_one_goes_on(shown):
    shown.on_run("runs/a", "iteration_000", active=True)
    shown.on_rollout(0, rollout(1))
    shown.on_iteration(0, 1)
    shown.take()
    shown.on_run("", "", active=False)
    shown.on_run("runs/a", "iteration_000", active=False)
    assert not shown.changed
    assert numbers(shown) == [1]
    shown.on_run("runs/b", "iteration_000", active=True)
    assert shown.changed
    assert numbers(shown) == []


def test_an_evaluation_is_not_mixed_with_the_training_before_it(shown):
    shown.on_run("runs/a", "iteration_000", active=True)
    for number in range(3):
        shown.on_rollout(0, rollout(number))
    shown.on_iteration(0, 3)
    shown.on_run("runs/a", "evaluation", active=True)
    assert numbers(shown) == [0, 1, 2], "as long as there is nothing newer"
    shown.on_rollout(0, rollout(8))
    assert numbers(shown) == [8]


def test_the_condition_that_was_shown_last_comes_last(shown):
    for condition in (0, 1, 0):
        shown.on_rollout(condition, rollout(1))
    assert list(shown.take()) == [1, 0]


def test_a_report_of_rollouts_that_nobody_heard_of_changes_nothing(shown):
    shown.on_iteration(0, 5)
    assert not shown.changed
