import pytest

from pilqr_ros.learning.curves import plot_learning_curve
from pilqr_ros.learning.errors import RunError


def test_a_finished_iteration_can_be_plotted(trainer, store):
    trainer.run()
    path = plot_learning_curve(store)
    assert path == store.directory / "learning_curve.png"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_run_without_iterations_cannot(store):
    with pytest.raises(RunError, match="no finished iteration"):
        plot_learning_curve(store)
