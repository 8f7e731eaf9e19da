"""The curves of learning."""

import numpy as np
import pytest

pytest.importorskip("viser", reason="viser is not installed")

from pilqr_ros.page.learning_charts import UPDATE_CHARTS, CurvePoint, LearningCurves, UpdateCharts


def point(iteration, condition, costs, success):
    return CurvePoint.from_numbers((iteration, condition), costs, costs, success)


def test_each_condition_has_its_median_range_and_success_over_its_rollouts(gui):
    curves = LearningCurves(gui, ["a", "b"], "distance [m]")
    curves.draw([point(1, 0, [1, 2, 9], 1.0), point(0, 0, [4, 5, 6], 0.5), point(0, 1, [7], 0.0)])
    x, *columns = curves._cost._plot.data
    assert x.tolist() == [3.0, 6.0]
    high, low, median = columns[:3]
    assert (high.tolist(), low.tolist(), median.tolist()) == ([6, 9], [4, 1], [5, 2])
    assert columns[5][0] == 7.0
    assert np.isnan(columns[5][1])  # the second condition has not come so far
    assert curves._success._plot.data[1].tolist() == [50.0, 100.0]


def test_every_quantity_of_an_update_is_drawn_that_its_record_has(gui, run):
    with np.load(run.condition_directory(0, 0) / "update.npz") as record:
        arrays = {name: record[name] for name in record.files}
    charts = UpdateCharts(gui, run.task.joints)
    charts.draw(arrays, run.policy(0, 0)[0])
    for title, names in UPDATE_CHARTS.items():
        drawn = charts._charts[title]
        known = [name for name in names if name in arrays]
        assert drawn._place.visible == (len(known) > 0), title
        if known:
            assert len(drawn._plot.data) == 1 + len(known)
    noise = charts._noise._plot.data[1:]
    L = run.policy(0, 0)[0].L
    assert np.allclose(noise, np.sqrt(np.diagonal(L @ L.swapaxes(1, 2), axis1=1, axis2=2)).T)


def test_a_method_without_a_quantity_has_no_chart_of_it(gui):
    charts = UpdateCharts(gui, ["j"])
    charts.draw({"temperature": np.ones(5)}, None)
    shown = [title for title, chart in charts._charts.items() if chart._place.visible]
    assert shown == ["temperature of PI2"]
