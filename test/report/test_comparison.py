from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.report.comparison import compare_runs, comparison_figure
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.tasks import load_task


def test_a_row_says_how_a_run_did_over_all_its_conditions(run):
    (row,) = compare_runs([run])
    last = [run.cost(2, c, n) for c in (0, 1) for n in range(5)]
    assert (row.method, row.seed, row.iterations, row.rollouts) == ("pilqr", 0, 3, 30)
    assert not row.last.evaluated
    assert row.last.cost == pytest.approx(np.mean([cost.total for cost in last]))
    assert (row.last.successes, row.last.of) == (sum(cost.success for cost in last), 10)
    assert row.interval[0] <= row.last.successes / row.last.of <= row.interval[1]


def with_successes(reports, counts):
    """Return reports of five rollouts each, of which so many succeeded in each iteration."""
    return [
        {**one, "successes": [n < counts[one["iteration"]] for n in range(5)]} for one in reports
    ]


def test_a_run_has_learned_with_the_first_iteration_of_nine_successes_in_ten(run, monkeypatch):
    reports = with_successes(run.reports(), (0, 4, 5))
    monkeypatch.setattr(run, "reports", lambda: reports)
    assert compare_runs([run])[0].learned_after == 30
    monkeypatch.setattr(run, "reports", lambda: reports[:4])
    assert compare_runs([run])[0].learned_after is None


def test_the_curves_are_drawn_together_over_rollouts(run, pi2_run):
    cost, distance, success = comparison_figure([run, pi2_run]).figure.axes
    for axis in (cost, distance, success):
        first, second = axis.lines
        assert first.get_xdata().tolist() == [10, 20, 30]
        assert second.get_xdata().tolist() == [8, 16, 24]
        assert first.get_color() != second.get_color()
    costs = [[run.cost(i, c, n).total for c in (0, 1) for n in range(5)] for i in range(3)]
    np.testing.assert_allclose(cost.lines[0].get_ydata(), np.median(costs, axis=1))


def test_the_range_of_a_single_iteration_is_drawn_too(own_run, monkeypatch):
    reports = [one for one in own_run.reports() if one["iteration"] == 0]
    monkeypatch.setattr(own_run, "reports", lambda: reports)
    cost = comparison_figure([own_run]).figure.axes[0]
    costs = [own_run.cost(0, c, n).total for c in (0, 1) for n in range(5)]
    spans = [path.vertices[:, 1] for one in cost.collections for path in one.get_paths()]
    assert any(
        np.allclose(sorted(span), [min(costs), max(costs)]) for span in spans if len(span) == 2
    )


def test_each_run_is_named_once(run, pi2_run):
    (legend,) = comparison_figure([run, pi2_run]).figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == [
        f"pilqr, seed 0 ({run.directory.name})",
        f"pi2, seed 0 ({pi2_run.directory.name})",
    ]


def test_runs_of_different_tasks_are_not_compared(run, tmp_path):
    task = load_task("hockey")
    other = create_run(tmp_path, task, replace(run.config, task="hockey", conditions=(0,)))
    with pytest.raises(RunError, match=r"different tasks.*hockey.*reacher"):
        compare_runs([run, other])


def test_a_run_is_not_compared_with_itself(run, pi2_run, tmp_path):
    (tmp_path / "link").symlink_to(run.directory)
    again = open_run(tmp_path / "link")
    with pytest.raises(RunError, match=f"{run.directory} is named 2 times"):
        compare_runs([run, pi2_run, again])


def test_a_run_without_a_finished_iteration_is_named(run, tmp_path):
    empty = create_run(tmp_path, run.task, run.config)
    with pytest.raises(RunError, match=f"{empty.directory} has no finished iteration"):
        comparison_figure([run, empty])
