"""What charts draw."""

import numpy as np
import pytest

pytest.importorskip("viser", reason="viser is not installed")

from pilqr_ros.page.charts import MAX_POINTS, Chart, Line, thinned


@pytest.fixture
def chart(gui):
    return Chart(gui, "title", "x")


def test_a_long_line_is_drawn_with_few_points_and_both_its_ends(chart):
    x = np.arange(100_000.0)
    chart.draw(x, [Line("line", x)])
    drawn = chart._plot.data[0]
    assert len(drawn) <= MAX_POINTS
    assert drawn[[0, -1]].tolist() == [0.0, 99_999.0]
    assert thinned(3).tolist() == [0, 1, 2]


def test_what_is_not_finite_leaves_a_gap(chart):
    chart.draw(np.arange(3.0), [Line("line", np.array([1.0, np.inf, 2.0]))])
    assert np.isnan(chart._plot.data[1]).tolist() == [False, True, False]


def test_a_band_lies_between_its_own_bounds(chart):
    y = np.array([1.0, 2.0])
    chart.draw(y, [Line("plain", y), Line("banded", y, y - 1, y + 1)])
    (band,) = chart._plot.bands
    upper, lower = (chart._plot.data[column] for column in band["series"])
    assert upper.tolist() == [2.0, 3.0]
    assert lower.tolist() == [0.0, 1.0]
    assert len(chart._plot.series) == len(chart._plot.data)


@pytest.mark.parametrize(("low", "scale"), [(1.0, 3), (0.0, 1), (900.0, 1)])
def test_the_axis_is_logarithmic_where_values_differ_by_orders_of_magnitude(chart, low, scale):
    chart.draw(np.arange(2.0), [Line("line", np.array([low, 1000.0]))])
    assert chart._plot.scales["y"]["distr"] == scale


def test_a_chart_without_lines_is_hidden_until_it_has_some(chart):
    assert not chart._place.visible
    chart.draw(np.arange(2.0), [Line("line", np.ones(2))])
    assert chart._place.visible
    chart.draw(np.zeros(0), [])
    assert not chart._place.visible
