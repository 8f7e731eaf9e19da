"""What is drawn, read back from the axes."""

import math

import numpy as np
import pytest
from matplotlib.axes import Axes

from pilqr_ros.experiments.figures import draw_comparison, draw_profile, draw_tests
from pilqr_ros.experiments.learning_table import LearningTable, Measured


def row(variant, seed, trained_on, distance, phase="training", place="here"):
    return Measured(variant, seed, phase, place, trained_on, 10, distance / 10.0, distance, 0.0)


ROWS = tuple(
    row(variant, seed, 10 * (i + 1), scale * (seed + 1) / (i + 1))
    for variant, scale in (("pilqr", 1.0), ("pi2", 4.0))
    for seed in range(3)
    for i in range(2)
)


@pytest.fixture
def drawn(monkeypatch):
    """The axes that were drawn into."""
    axes = []
    original = Axes.set_xlabel
    monkeypatch.setattr(
        Axes, "set_xlabel", lambda axis, *rest: (axes.append(axis), original(axis, *rest))
    )
    return axes


def lines(axis, label):
    return [line.get_xydata().tolist() for line in axis.lines if line.get_label() == label]


def test_a_comparison_has_the_median_and_each_seed(drawn, tmp_path):
    draw_comparison(LearningTable("t", "gap [m]", ROWS), "distance", tmp_path / "a.png")
    (axis,) = drawn
    assert lines(axis, "pilqr (3)") == [[[10, 2.0], [20, 1.0]]]
    assert lines(axis, "pi2 (3)") == [[[10, 8.0], [20, 4.0]]]
    thin = [line.get_ydata()[0] for line in axis.lines if line.get_linewidth() < 1]
    assert thin == [1.0, 2.0, 3.0, 4.0, 8.0, 12.0]
    assert axis.get_ylabel() == "mean gap [m]"


def test_a_run_of_one_iteration_is_to_be_seen(drawn, tmp_path):
    single = tuple(one for one in ROWS if one.trained_on == 10)
    draw_comparison(LearningTable("t", "gap [m]", single), "distance", tmp_path / "a.png")
    (axis,) = drawn
    (middle,) = [line for line in axis.lines if line.get_label() == "pi2 (3)"]
    assert middle.get_marker() == "."


def test_tests_are_on_a_logarithmic_scale_if_asked(drawn, tmp_path):
    tried = tuple(one._replace(phase="test", place="goals") for one in ROWS)
    draw_tests(LearningTable("t", "gap [m]", tried), "goals", tmp_path / "a.png", logarithmic=True)
    distance, success = drawn
    assert lines(distance, "pilqr (3)") == [[[10, 2.0], [20, 1.0]]]
    np.testing.assert_allclose(lines(success, "pilqr (3)"), [[[10, 0.2], [20, 0.1]]])
    assert distance.get_xscale() == "symlog"


def test_the_logarithmic_scale_begins_below_the_first_trained_network(drawn, tmp_path):
    tried = [row("mdgps-pilqr", 0, 48 * i, 1.0, "test", "goals") for i in range(3)]
    tried += [row("trpo", 0, 517 * i, 1.0, "test", "goals") for i in range(1, 90)]
    table = LearningTable("t", "gap [m]", tuple(tried))
    draw_tests(table, "goals", tmp_path / "a.png", logarithmic=True)
    assert drawn[0].xaxis.get_transform().linthresh == 10.0
    draw_tests(table, "goals", tmp_path / "a.png")
    assert drawn[2].get_xscale() == "linear"


def test_the_median_is_where_all_seeds_have_been_whatever_their_checkpoints(drawn, tmp_path):
    seeds = ({10: 1.0, 30: 3.0, 40: 0.0}, {20: 4.0, 30: 4.0})
    rows = [row("trpo", n, at, far) for n, seed in enumerate(seeds) for at, far in seed.items()]
    rows += [row("ddpg", 0, 15, 7.0), row("ddpg", 1, 25, 7.0)]  # never at the same place
    draw_comparison(LearningTable("t", "gap [m]", tuple(rows)), "distance", tmp_path / "a.png")
    (axis,) = drawn
    assert lines(axis, "trpo (2)") == [[[20, 3.0], [30, 3.5]]]
    assert lines(axis, "ddpg (2)") == [[]]


def test_a_peer_none_of_whose_rollouts_ran_to_its_end_leaves_a_gap(drawn, tmp_path):
    far = (math.nan, 2.0, 1.0)
    rows = [row("ddpg", 0, 10 * (i + 1), far[i], "test", "goals") for i in range(3)]
    draw_tests(LearningTable("t", "gap [m]", tuple(rows)), "goals", tmp_path / "a.png")
    (line,) = lines(drawn[0], "ddpg (1)")
    np.testing.assert_array_equal(line, [[10, math.nan], [20, 2.0], [30, 1.0]])


def test_a_profile_rises_by_a_seed_at_each_final_distance(drawn, tmp_path):
    rows = tuple(row("pilqr", seed, 10, seed + 1.0, "final") for seed in range(4))
    draw_profile(LearningTable("t", "gap [m]", rows), tmp_path / "a.png")
    (axis,) = drawn
    assert lines(axis, "pilqr (4)") == [[[0, 0], [1, 0.25], [2, 0.5], [3, 0.75], [4, 1.0]]]
    assert axis.get_xlabel() == "gap [m]"
