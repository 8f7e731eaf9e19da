from dataclasses import replace

import imageio.v2 as imageio
import numpy as np
import pytest

from pilqr_ros.evaluation.video import (
    count_pictures,
    film,
    film_evaluation,
    learning_rollouts,
    side_by_side,
)
from pilqr_ros.runs.errors import RunError
from pilqr_ros.simulation.errors import RenderError

ARRAYS = ("states", "commanded", "applied", "noise", "stamps", "interventions", "ticks")


def test_rollouts_become_a_video_of_their_length(task, collector, tmp_path):
    whole = collector.collect(task.initial_policy(0), 0, 1, explore=True, jitter=True)
    steps = {name: getattr(whole, name)[:20] for name in ARRAYS}
    try:
        path = film(task, [replace(whole, **steps)] * 2, tmp_path / "shot.mp4")
    except RenderError as error:
        pytest.skip(str(error))
    with imageio.get_reader(path) as reader:
        frames = [frame.mean() for frame in reader]
        assert reader.get_meta_data()["fps"] == round(1 / task.dt)
    assert len(frames) == 2 * (20 + 1)
    assert min(frames) > 5.0  # not black


def test_a_run_that_was_not_evaluated_has_nothing_to_film(store):
    with pytest.raises(RunError, match="no evaluation to film"):
        film_evaluation(store)


def test_pictures_side_by_side_fill_rows_from_the_top_left():
    pictures = [np.full((2, 3, 3), value, np.uint8) for value in (1, 2, 3)]
    whole = side_by_side(pictures)
    assert whole.shape == (4, 6, 3)
    assert (whole[0, 0, 0], whole[0, 3, 0], whole[2, 0, 0], whole[2, 3, 0]) == (1, 2, 3, 0)


def test_two_pictures_stand_in_one_row():
    assert side_by_side([np.zeros((2, 3, 3), np.uint8)] * 2).shape == (2, 6, 3)


def test_rollouts_beside_one_another_take_as_long_as_the_longest(task, collector):
    whole = collector.collect(task.initial_policy(0), 0, 1, explore=True, jitter=True)
    short = replace(whole, **{name: getattr(whole, name)[:20] for name in ARRAYS})
    assert count_pictures([whole, short], beside=True) == task.T + 1
    assert count_pictures([whole, short]) == task.T + 1 + 21


def test_learning_is_filmed_from_the_first_to_the_last_iteration(trainer, store):
    trainer.run()
    rollouts = learning_rollouts(store, 0)
    assert list(rollouts) == [0, 1]
    np.testing.assert_array_equal(rollouts[1].states, store.rollout(1, 0, 0).states)


def test_a_run_that_has_not_begun_has_no_learning_to_film(store):
    with pytest.raises(RunError, match="no finished iteration in condition 'middle'"):
        learning_rollouts(store, 0)
