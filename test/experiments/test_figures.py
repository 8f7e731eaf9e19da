"""What is drawn, read back from the axes."""

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


def test_a_profile_rises_by_a_seed_at_each_final_distance(drawn, tmp_path):
    rows = tuple(row("pilqr", seed, 10, seed + 1.0, "final") for seed in range(4))
    draw_profile(LearningTable("t", "gap [m]", rows), tmp_path / "a.png")
    (axis,) = drawn
    assert lines(axis, "pilqr (4)") == [[[0, 0], [1, 0.25], [2, 0.5], [3, 0.75], [4, 1.0]]]
    assert axis.get_xlabel() == "gap [m]"
