"""What is known of a running graph."""

import numpy as np
import pytest

from pilqr_ros.dashboard.live_state import KEPT_LINES, SILENCE, LiveState, Progress
from pilqr_ros.page.learning_charts import CurvePoint
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport


@pytest.fixture
def live():
    return LiveState()


def at_work(live, now=100.0, **told):
    live.take_run(True, "/runs/a")
    live.take_progress(Progress("train_local", "/runs/a", 2, 10, 3, 4, "collecting", **told), now)


def test_nothing_is_claimed_before_anything_is_heard(live):
    assert live.learner_says(0.0) == ("no training is under way", "")


def test_where_a_training_stands_is_told_with_the_time_left(live):
    at_work(live, seconds_left=125.0)
    said, tone = live.learner_says(100.5)
    assert said == "collecting: iteration 3 of 10, rollout 3 of 4, 2 min 05 s left"
    assert tone == "good"
    assert live.progress.share == pytest.approx(0.275)


def test_the_paths_that_are_shown_are_those_of_one_policy(live):
    rollout = Rollout(0, 1, *([np.zeros((2, 1))] * 4), np.arange(2), np.zeros(2, int))
    report = CostReport(np.zeros(2), True, 0.0)
    live.take_run(True, "/runs/a", "iteration_000")
    for _ in range(3):
        live.take_rollout(rollout, report)
    assert live.shown.take() == {}
    live.take_iteration(rollout.condition, 3)
    live.take_run(True, "/runs/a", "iteration_001")
    live.take_rollout(rollout, report)
    (shown,) = live.shown.take().values()
    assert len(shown) == 3
    live.take_run(True, "/runs/a", "evaluation")
    live.take_rollout(rollout, report)
    (shown,) = live.shown.take().values()
    assert [one.success for one in shown] == [True]


def test_what_is_waited_for_is_told_instead(live):
    at_work(live, waiting_for="effort_guard does not answer")
    assert live.learner_says(100.0) == ("waiting: effort_guard does not answer", "warning")


def test_a_learner_that_falls_silent_at_work_is_missed(live):
    at_work(live)
    said, tone = live.learner_says(100.0 + SILENCE + 3.0)
    assert f"nothing for {SILENCE + 3.0:.0f} s" in said
    assert tone == "bad"


def test_a_learner_that_has_said_it_is_done_is_not_missed(live):
    at_work(live)
    live.take_run(False, "")
    assert live.learner_says(1e6)[0] == "no training is under way"
    assert live.progress.run_directory == "/runs/a"  # which can go on


def test_another_run_begins_with_empty_curves_and_the_same_one_goes_on(live):
    point = CurvePoint.from_numbers((0, 0), [1.0], [1.0], 0.0)
    assert live.take_run(True, "/runs/a")
    live.take_points([point])
    live.take_run(False, "")
    assert not live.take_run(True, "/runs/a")
    assert live.points == {(0, 0): point}
    assert live.take_run(True, "/runs/b")
    assert live.points == {}


def test_what_has_changed_is_counted_by_part(live):
    live.take_update({"temperature": np.ones(2)})
    live.take_line("a")
    live.take_line("b")
    assert live.changes == {"update": 1, "log": 2}


def test_a_long_log_keeps_its_end(live):
    for number in range(KEPT_LINES + 1):
        live.take_line(str(number))
    assert (live.log[0], live.log[-1]) == ("1", str(KEPT_LINES))


def test_a_late_sign_of_life_does_not_begin_a_training_that_has_ended(live):
    at_work(live)
    live.take_run(False, "")
    live.take_progress(live.progress, 101.0)
    assert live.learner_says(101.0)[0] == "no training is under way"
