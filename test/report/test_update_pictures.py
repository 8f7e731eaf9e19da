import numpy as np

from pilqr_ros.report.update_pictures import update_picture
from pilqr_ros.runs.atomic import read_arrays


def maps(picture):
    return {
        axis.get_title(): axis.images[0].get_array() for axis in picture.figure.axes if axis.images
    }


def test_each_row_of_a_map_is_an_iteration(run):
    shown = maps(update_picture(run, 1))
    stored = [read_arrays(run.condition_directory(i, 1) / "update.npz") for i in range(3)]
    ratio = shown["share of the cost that the model misses"]
    np.testing.assert_array_equal(ratio, [one["residual_ratio"] for one in stored])
    step = shown["KL step of LQR-FLM [nat]"]
    np.testing.assert_array_equal(step, [one["kl_got"] for one in stored])


def test_a_method_is_drawn_with_what_it_has(pi2_run):
    titles = set(maps(update_picture(pi2_run, 0)))
    assert titles == {"samples that share PI2's weight", "noise variance, new to old"}


def test_an_update_that_was_deleted_leaves_a_gap(own_run):
    (own_run.condition_directory(1, 0) / "update.npz").unlink()
    for values in maps(update_picture(own_run, 0)).values():
        assert np.isnan(np.ma.filled(values, np.nan)).all(axis=1).tolist() == [False, True, False]
