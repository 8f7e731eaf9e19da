"""Stops of goals, in every order in which cancellation and work can come."""

from types import SimpleNamespace

import pytest

from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.nodes.training.stop import GoalStops, Stop


def goal(number):
    return SimpleNamespace(goal_id=SimpleNamespace(uuid=[number] * 16))


@pytest.fixture
def stop():
    return Stop()


@pytest.fixture
def acts():
    return []


def act_on(acts):
    return lambda: acts.append("stop")


def test_work_goes_on_until_a_stop_is_requested(stop):
    stop.check()
    stop.request()
    assert stop.requested()
    with pytest.raises(TrainingStopped, match="kept"):
        stop.check()


def test_a_stop_that_came_before_is_acted_on_at_once(stop, acts):
    stop.request()
    with stop.acting(act_on(acts)):
        assert acts == ["stop"]
    assert acts == ["stop"]


def test_a_stop_that_comes_meanwhile_is_acted_on_once(stop, acts):
    with stop.acting(act_on(acts)):
        assert acts == []
        stop.request()
        stop.request()
    assert acts == ["stop"]


def test_a_stop_that_comes_after_is_not_acted_on(stop, acts):
    with stop.acting(act_on(acts)):
        pass
    stop.request()
    assert acts == []


def test_a_cancellation_before_the_work_begins_is_not_forgotten():
    stops = GoalStops()
    stops.of(goal(1)).request()
    with stops.during(goal(1)) as stop:
        assert stop.requested()


def test_a_cancellation_reaches_its_own_goal_only():
    stops = GoalStops()
    with stops.during(goal(1)) as stop, stops.during(goal(2)) as other:
        stops.of(goal(2)).request()
        assert other.requested()
        assert not stop.requested()
    with stops.during(goal(3)) as later:
        assert not later.requested()


def test_every_thread_that_is_under_way_is_stopped(stop):
    stopped = []
    with stop.acting(lambda: stopped.append(1)), stop.acting(lambda: stopped.append(2)):
        with stop.acting(lambda: stopped.append(3)):
            pass
        stop.request()
    assert stopped == [1, 2]
