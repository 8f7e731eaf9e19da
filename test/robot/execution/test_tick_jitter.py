import numpy as np
import pytest

from pilqr_ros.robot.execution.tick_jitter import TickJitter, TickMeter, judge_ticks

MS = 1_000_000
PERIOD = 50 * MS


def meter_of(times_ms, **options):
    meter = TickMeter(PERIOD, **options)
    for time in times_ms:
        meter.note(round(time * MS))
    return meter


def test_an_even_loop_has_no_jitter():
    assert meter_of(range(0, 1000, 50)).judge() == TickJitter(19, 0, 0.0, 0.0, 0.0)


def test_jitter_is_the_deviation_from_the_period_either_way():
    jitter = meter_of([0, 50, 103, 150, 200]).judge()
    assert jitter.p50_ms == pytest.approx(1.5)  # of 0, 3, 3, 0
    assert jitter.max_ms == pytest.approx(3.0)
    assert jitter.missed == 0


@pytest.mark.parametrize(("gap_ms", "missed"), [(74, 0), (76, 1), (100, 1), (149, 2), (500, 9)])
def test_ticks_that_did_not_come_are_counted(gap_ms, missed):
    assert meter_of([0, 50, 50 + gap_ms]).judge().missed == missed


def test_only_the_last_ticks_count():
    jitter = meter_of([0, 500, 550, 600, 650], max_gaps=3).judge()
    assert jitter == TickJitter(3, 0, 0.0, 0.0, 0.0)


def test_before_the_second_tick_there_is_nothing_to_tell():
    assert meter_of([]).judge() is None
    assert meter_of([7]).judge() is None


def test_series_are_judged_together_and_not_across_their_ends():
    series = [PERIOD * np.arange(3), 10**12 + PERIOD * np.array([0, 1, 2, 4])]
    assert judge_ticks(series) == pytest.approx((5, 1, 0.0, 48.0, 50.0))


def test_the_period_of_rollouts_is_their_own():
    assert judge_ticks([4 * PERIOD * np.arange(9)]) == TickJitter(8, 0, 0.0, 0.0, 0.0)


def test_rollouts_in_lockstep_have_no_jitter():
    assert judge_ticks([np.zeros(0, np.int64)]) is None
    assert judge_ticks([]) is None
