"""Paths through rollouts, their mean and spread, against numpy's own statistics."""

import mujoco
import numpy as np

from pilqr_ros.page.paths import (
    FAILURE_COLOR,
    SIGMAS,
    SUCCESS_COLOR,
    colors_by_cost,
    colors_by_success,
    path_blocks,
    places,
    segment_colors,
    segments,
    tube,
)
from pilqr_ros.tasks import load_task


def test_points_of_the_robot_come_before_bodies_and_absent_axes_are_zero():
    pusher = load_task("pusher")
    assert list(path_blocks(pusher)) == ["left_tip", "right_tip", "block"]
    block = path_blocks(pusher)["block"]
    state = np.arange(pusher.dX, dtype=float)
    assert places(block, state).tolist() == [block.slice.start, 0.0, block.slice.start + 1]


def test_a_path_is_drawn_from_its_first_to_its_last_place_without_gaps():
    paths = np.random.default_rng(0).normal(size=(2, 500, 3))
    pieces = segments(paths).reshape(2, -1, 2, 3)
    assert pieces.shape[1] <= 60
    assert np.array_equal(pieces[:, 0, 0], paths[:, 0])
    assert np.array_equal(pieces[:, -1, 1], paths[:, -1])
    assert np.array_equal(pieces[:, 1:, 0], pieces[:, :-1, 1])


def test_every_piece_has_the_colour_of_its_rollout():
    paths = np.zeros((2, 5, 3))
    colors = segment_colors(np.array([[1, 2, 3], [4, 5, 6]]), paths)
    assert colors.shape == segments(paths).shape
    assert colors.reshape(2, -1, 3).min(axis=1).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_ellipsoids_have_the_covariance_of_the_rollouts():
    generator = np.random.default_rng(1)
    mixing = generator.normal(size=(3, 3))
    paths = generator.normal(size=(50, 10, 3)) @ mixing + 1.0
    found = tube(paths)
    assert np.allclose(found.mean, paths.mean(axis=0))
    for step in range(10):
        rotation = np.empty(9)
        mujoco.mju_quat2Mat(rotation, found.wxyz[step])
        R = rotation.reshape(3, 3)
        covariance = R @ np.diag((found.axes[step] / SIGMAS) ** 2) @ R.T
        assert np.allclose(covariance, np.cov(paths[:, step].T), atol=1e-9)


def test_rollouts_that_are_all_alike_have_a_path_without_spread():
    found = tube(np.ones((4, 10, 3)))
    assert np.allclose(found.axes, 0.0)
    assert np.isfinite(found.wxyz).all()


def test_colours_tell_success_and_the_order_of_costs():
    assert colors_by_success([True, False]).tolist() == [list(SUCCESS_COLOR), list(FAILURE_COLOR)]
    colors = colors_by_cost(np.array([1e9, 1.0, 2.0])).astype(int)
    yellow, violet = colors[1], colors[0]
    assert yellow[0] > 200 > 100 > violet[1]
    assert len(np.unique(colors, axis=0)) == 3
