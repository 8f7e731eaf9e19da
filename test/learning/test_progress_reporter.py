import pytest

from pilqr_ros.learning.progress_reporter import ProgressReporter
from pilqr_ros.runs.run_config import RunConfig


@pytest.fixture
def told():
    return []


@pytest.fixture
def reporter(told):
    config = RunConfig("x", "pi2", iterations=3, rollouts=4, seed=0, conditions=(0, 2))
    return ProgressReporter(config, 1, told.append)


def test_what_is_not_told_anew_is_as_before(reporter, told):
    reporter.tell(rollout=2, waiting_for="somebody")
    reporter.tell(phase="updating")
    first, second = told
    assert (first.phase, first.iteration, first.iterations, first.rollout) == (
        "collecting",
        1,
        3,
        2,
    )
    assert (second.phase, second.rollout, second.waiting_for) == ("updating", 2, "somebody")
    assert second.rollouts == 8


def test_rollouts_are_never_counted_down_and_end_the_waiting(reporter, told):
    reporter.tell(rollout=5, waiting_for="somebody")
    reporter.count(3)
    reporter.count(6)
    assert [one.rollout for one in told] == [5, 5, 6]
    assert [one.waiting_for for one in told] == ["somebody", "", ""]


def test_the_end_of_waiting_is_told_once(reporter, told):
    reporter.wait_no_longer()
    assert told == []
    reporter.tell(waiting_for="somebody")
    reporter.wait_no_longer()
    reporter.wait_no_longer()
    assert [one.waiting_for for one in told] == ["somebody", ""]


def test_the_time_that_is_left_is_told_of_what_is_not_done(reporter, told):
    reporter.remaining.add_rollout(2.0)
    reporter.remaining.add_update(10.0)
    reporter.tell(rollout=3)
    (one,) = told
    assert one.seconds_left == pytest.approx((2 * 8 - 3) * 2.0 + 2 * 2 * 10.0)
