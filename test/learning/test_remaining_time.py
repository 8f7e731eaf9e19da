from math import isnan

from pilqr_ros.learning.remaining_time import RemainingTime


def test_it_counts_rollouts_and_updates_of_every_condition():
    remaining = RemainingTime(rollouts_per_iteration=20, updates_per_iteration=2)
    assert isnan(remaining.seconds(5, 0))
    for seconds in (1.0, 3.0):
        remaining.add_rollout(seconds)
    assert remaining.seconds(iterations_left=5, rollouts_done=10) == 90 * 2.0
    remaining.add_update(7.0)
    assert remaining.seconds(iterations_left=5, rollouts_done=10) == 90 * 2.0 + 10 * 7.0
