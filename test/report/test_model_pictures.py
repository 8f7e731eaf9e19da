import numpy as np

from pilqr_ros.diagnosis.model_error import model_error
from pilqr_ros.report.model_pictures import MAX_SHOWN, model_picture


def test_each_rollout_is_drawn_at_what_was_predicted_and_what_it_cost(run):
    left, _ = model_picture(run, 1).figure.axes
    drawn = np.concatenate([dots.get_offsets() for dots in left.collections])
    costs = [run.cost(i, 1, n).total for i in range(3) for n in range(5)]
    np.testing.assert_allclose(drawn[:, 1], costs)
    records = [run.sample_records(i + 1, 1, 1)[0] for i in range(3)]
    residual = np.concatenate([one.residual[:, 0] for one in records])
    np.testing.assert_allclose(drawn[:, 1] - drawn[:, 0], residual, atol=1e-9)


def test_what_is_missed_is_drawn_by_block_over_time(run):
    _, right = model_picture(run, 0).figure.axes
    lines = {line.get_label(): line.get_ydata() for line in right.lines}
    error = model_error(run, 2, 0)
    for name, column in zip(run.task.layout.names, error.T, strict=True):
        np.testing.assert_array_equal(lines[name], np.minimum(column, MAX_SHOWN))


def test_a_method_without_a_model_has_no_such_picture(pi2_run):
    assert model_picture(pi2_run, 0) is None
