from dataclasses import replace

import imageio.v2 as imageio
import pytest

from pilqr_ros.evaluation.video import film, film_evaluation
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
