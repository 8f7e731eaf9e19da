import numpy as np
import pytest
from matplotlib.figure import Figure

from pilqr_ros.evaluation.curves import plot_learning_curve
from pilqr_ros.runs.errors import RunError


def test_a_finished_iteration_can_be_plotted(trainer, store):
    trainer.run()
    path = plot_learning_curve(store)
    assert path == store.directory / "learning_curve.png"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_curves_are_those_of_the_rollouts(trainer, store, monkeypatch):
    trainer.run()
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **style: drawn.append(figure))
    plot_learning_curve(store)
    cost, distance, success = (axis.lines[0].get_xydata() for axis in drawn[0].axes)
    costs = np.array([[store.cost(i, 0, n).total for n in range(4)] for i in range(2)])
    np.testing.assert_allclose(cost, np.column_stack([[4, 8], np.median(costs, axis=1)]))
    found = [[store.cost(i, 0, n) for n in range(4)] for i in range(2)]
    np.testing.assert_allclose(distance[:, 1], [np.median([c.distance for c in r]) for r in found])
    np.testing.assert_allclose(success[:, 1], [25 * sum(c.success for c in r) for r in found])


def test_a_single_iteration_can_be_seen(trainer, store, monkeypatch):
    trainer.run()
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **style: drawn.append(figure))
    monkeypatch.setattr(store, "reports", lambda every=store.reports: every()[:1])
    plot_learning_curve(store)
    for axis in drawn[0].axes:
        (line,) = axis.lines
        assert len(line.get_xdata()) == 1
        assert line.get_marker() not in ("", "None")


def test_a_run_without_iterations_cannot(store):
    with pytest.raises(RunError, match="no finished iteration"):
        plot_learning_curve(store)
