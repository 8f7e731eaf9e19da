import numpy as np
import pytest

from pilqr_ros.datasets.episodes import count_left_out, episodes_of
from pilqr_ros.datasets.errors import DataSetError
from pilqr_ros.runs.run_store import create_run
from pilqr_ros.tasks import TaskError


def test_every_valid_rollout_is_an_episode_of_its_iteration_and_condition(run):
    found = episodes_of(run)
    places = [(one.iteration, one.condition) for one in found.episodes]
    training = [place for place in ((0, 0), (0, 1), (1, 0), (1, 1)) for _ in range(3)]
    last, evaluated = [(2, 0), (2, 1)], [(1, 0), (1, 1)]
    assert places == training + last + evaluated
    assert not found.episodes[0].noise_free
    assert all(one.noise_free for one in found.episodes[len(training) :])
    assert found.joints == ("j1", "j2")
    assert found.state_names[:2] == ("q.j1", "q.j2")
    assert found.episodes[0].instruction == "Reach for the target (c)"
    assert found.episodes[3].instruction == "Reach for the target (low)"


def test_an_episode_has_what_its_rollout_and_its_cost_have(run):
    episode = next(
        one for one in episodes_of(run).episodes if (one.iteration, one.condition) == (1, 1)
    )
    rollout, cost = run.rollout(1, 1, 0), run.cost(1, 1, 0)
    assert (run.directory / episode.source).name == "rollout_00.npz"
    for name in ("states", "commanded", "applied", "noise"):
        np.testing.assert_array_equal(getattr(episode, name), getattr(rollout, name))
    np.testing.assert_array_equal(episode.costs, cost.costs)
    assert (episode.success, episode.distance) == (cost.success, cost.distance)


def test_what_failed_or_was_set_aside_is_no_episode(run):
    before = len(episodes_of(run).episodes)
    assert count_left_out(run) == 1
    aside = run.condition_directory(0, 0) / "refused_0"
    aside.mkdir()
    (run.condition_directory(0, 0) / "rollout_02.npz").rename(aside / "rollout_02.npz")
    assert len(episodes_of(run).episodes) == before - 1


def test_a_cost_that_was_not_stored_is_evaluated(run):
    known = episodes_of(run).episodes[0]
    (run.directory / known.source).with_suffix(".cost.npz").unlink()
    again = episodes_of(run).episodes[0]
    np.testing.assert_allclose(again.costs, known.costs)
    assert again.success == known.success


def test_a_run_without_rollouts_is_refused(run, tmp_path):
    empty = create_run(tmp_path / "empty", run.task, run.config)
    with pytest.raises(DataSetError, match="has no rollout yet"):
        episodes_of(empty)


def test_a_strangers_folder_of_a_condition_that_the_task_lacks_is_refused(run):
    run.condition_directory(0, 1).rename(run.condition_directory(0, 7))
    with pytest.raises(TaskError, match="condition"):
        episodes_of(run)
