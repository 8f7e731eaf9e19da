import numpy as np
import pytest

from pilqr_ros.experiments.learning_table import LearningTable, Measured
from pilqr_ros.experiments.statistics import (
    figures_of,
    final_distance,
    interquartile_mean,
    profile,
    samples_to,
)


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


def in_test(**curves):
    """A table of tests: for each variant a curve a seed, distances by the samples trained on."""
    return LearningTable(
        "task",
        "distance [m]",
        tuple(
            Measured(variant, seed, "test", "goals", trained_on, 20, 0.0, distance, 0.0)
            for variant, seeds in curves.items()
            for seed, curve in enumerate(seeds)
            for trained_on, distance in curve.items()
        ),
    )


def test_the_first_method_ends_at_the_median_or_the_larger_of_two_in_the_middle():
    seeds = [{0: 0.0, 10: 9.0, 20: end} for end in (3.0, 1.0, 2.0)]
    assert final_distance(in_test(first=seeds, other=[{10: 0.0}]), "goals") == 2.0
    assert final_distance(in_test(first=[*seeds, {10: 2.5}]), "goals") == 2.5
    assert np.isnan(final_distance(in_test(first=[{0: 1.0}]), "goals"))  # untrained


def test_samples_are_those_of_the_first_network_within_the_threshold():
    table = in_test(
        first=[{0: 1.0, 10: 1.0, 20: 3.0}, {10: 1.5, 20: 1.0}, {30: 1.0}],
        other=[{0: 0.5, 100: 1.1, 200: 1.0}, {400: 0.0}, {400: 0.9, 500: 0.8}],
    )
    first, other = samples_to(table, "goals", 1.0)
    assert (first.variant, first.seeds, first.reached, first.samples) == ("first", 3, 3, 20.0)
    assert first.ratio.value == 1.0
    assert (other.samples, other.is_known, other.ratio.value) == (400.0, True, 20.0)


def test_the_interval_of_a_ratio_draws_seeds_again():
    """Of three, both ends are drawn at least twice of three times in 26 % of the draws each."""
    table = in_test(first=[{10: 0.0}] * 3, other=[{100: 0.0}, {200: 0.0}, {300: 0.0}])
    assert samples_to(table, "goals", 1.0)[1].ratio == (20.0, 10.0, 30.0)
    same = in_test(first=[{10: 0.0}] * 3, other=[{100: 0.0}] * 2)
    assert samples_to(same, "goals", 1.0)[1].ratio == (10.0, 10.0, 10.0)


def test_what_too_few_seeds_reach_needs_more_than_it_was_given():
    table = in_test(
        first=[{10: 1.0}, {10: 1.0}],
        never=[{100: 2.0, 300: 2.0}, {100: 2.0, 200: np.nan}],
        half=[{100: 1.0}, {300: 2.0}],
        most=[{100: 1.0}, {300: 2.0}, {200: 1.0}],
    )
    first, never, half, most = samples_to(table, "goals", 1.0)
    assert (never.reached, never.is_known, never.samples, never.ratio.value) == (0, False, 250, 25)
    assert (half.reached, half.is_known, half.samples, half.ratio.value) == (1, False, 200, 20)
    assert (most.reached, most.is_known, most.samples, most.ratio.value) == (2, True, 200, 20)
    for one in (first, never, half, most):
        assert np.isnan([one.ratio.low, one.ratio.high]).all()


def test_there_is_no_ratio_to_a_first_method_that_does_not_reach_the_threshold():
    table = in_test(first=[{10: 2.0}, {10: 1.0}], other=[{100: 1.0}])
    first, other = samples_to(table, "goals", 1.0)
    assert (first.is_known, other.samples) == (False, 100.0)
    assert np.isnan([first.ratio.value, other.ratio.value]).all()
