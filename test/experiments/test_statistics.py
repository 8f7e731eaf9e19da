import numpy as np
import pytest

from pilqr_ros.experiments.learning_table import LearningTable, Measured
from pilqr_ros.experiments.statistics import figures_of, interquartile_mean, profile


def final(seed, place, rate, distance, phase="final", variant="pilqr"):
    return Measured(variant, seed, phase, place, 250, 20, rate, distance, 0.0)


def test_the_interquartile_mean_is_that_of_the_middle_half():
    values = np.array([100.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -50.0])
    assert interquartile_mean([values]).value == np.mean([2.0, 3.0, 4.0, 5.0])
    assert interquartile_mean([values[:4], values[4:]]).value == np.mean([2.0, 3.0, 4.0, 5.0])


def test_its_interval_covers_the_true_value_about_as_often_as_it_says():
    rng, covered = np.random.default_rng(1), 0
    for _ in range(60):
        found = interquartile_mean([rng.normal(size=20), rng.normal(size=20)])
        assert found.low <= found.value <= found.high
        covered += found.low <= 0.0 <= found.high
    assert covered >= 50  # of 57 expected


def test_seeds_are_drawn_in_each_place_apart():
    """Were places mixed, the mean of 0s and 1s would vary; within a place nothing does."""
    found = interquartile_mean([np.zeros(10), np.ones(10)])
    assert found == (0.5, 0.5, 0.5)
    varied = interquartile_mean([np.zeros(10), np.ones(10) + 1e-6 * np.arange(10)])
    assert varied.high - varied.low < 1e-5


def test_one_seed_has_no_interval():
    found = interquartile_mean([np.array([2.0])])
    assert found.value == 2.0
    assert np.isnan([found.low, found.high]).all()


def test_a_seed_is_solved_where_all_its_rollouts_succeed_everywhere():
    rows = [final(s, p, 1.0, 0.1) for s in range(4) for p in ("a", "b")]
    rows[3] = rows[3]._replace(success_rate=0.95)  # seed 1 in b
    rows += [final(s, "a", 0.5, 0.1, "final-noisy") for s in range(4)]
    rows += [final(9, "a", 1.0, 0.1)]  # not done in b
    (found,) = figures_of(LearningTable("task", "distance [m]", tuple(rows)))
    assert (found.seeds, found.solved.value, found.noisy) == (4, 0.75, 0.5)
    assert found.solved.low == pytest.approx(0.3006, abs=1e-3)  # Wilson's, of 3 of 4
    assert found.solved.high == pytest.approx(0.9544, abs=1e-3)


def test_a_variant_without_a_result_has_no_figures():
    rows = (final(0, "a", 1.0, 0.1), final(0, "a", 1.0, 0.1, "training", "pi2"))
    assert [one.variant for one in figures_of(LearningTable("t", "d", rows))] == ["pilqr"]


def test_a_profile_counts_what_is_within_each_mark():
    marks = np.array([0.0, 1.0, 1.5, 2.0, 9.0])
    assert profile([2.0, 1.0, 1.0, 3.0], marks).tolist() == [0.0, 0.5, 0.5, 0.75, 1.0]
