import shutil
from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.learning import training
from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.learning.first_policy import first_policy, prior_batches
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_store import open_run
from pilqr_ros.runs.transfer import begin_run
from pilqr_ros.trajopt.policy_update import update


@pytest.fixture
def begin(trainer, store, config, task, tmp_path):
    """Return a function that begins a run from a trained one, which is deleted at once."""
    trainer.run()

    def begun(*names, **fields):
        asked = replace(config, seed=8, origin=Origin(str(store.directory), **fields))
        runs = [begin_run(tmp_path / name, task, asked) for name in names]
        shutil.rmtree(store.directory)
        return runs

    return begun


def test_the_first_policy_is_the_task_files_where_nothing_was_taken(store, task):
    first, usual = first_policy(store, 0), task.initial_policy(0)
    for name in ("K", "k", "L"):
        np.testing.assert_array_equal(getattr(first, name), getattr(usual, name))
    assert prior_batches(store, 0) == ()


def test_the_first_policy_is_the_trained_one_with_part_of_the_first_noise(begin, store, task):
    trained, _ = store.policy(2, 0)
    (run,) = begin("new", noise_scale=0.25)
    first = first_policy(run, 0)
    np.testing.assert_array_equal(first.K, trained.K)
    np.testing.assert_array_equal(first.k, trained.k)
    np.testing.assert_allclose(first.L, 0.25 * task.initial_policy(0).L, rtol=1e-15)


def test_a_run_whose_first_policy_is_gone_does_not_begin_with_the_task_files(begin):
    (run,) = begin("new")
    (run.directory / "origin/condition_0.npz").unlink()
    with pytest.raises(RunError, match="condition_0"):
        first_policy(run, 0)


def test_a_resumed_run_that_started_from_another_goes_on_bit_for_bit(
    begin, flaky, task, arrays_of_run
):
    """Neither needs the run that they started from: it is not there any more."""
    whole, stopped = begin("whole", "stopped", prior_iterations=2)
    evaluator = TaskCostEvaluator(task)
    Trainer(whole, flaky(), evaluator).run()
    counted = flaky()
    with pytest.raises(TrainingStopped):
        Trainer(stopped, counted, evaluator, should_stop=lambda: counted.calls >= 6).run()
    shutil.rmtree(stopped.directory / "iteration_001")
    Trainer(open_run(stopped.directory), flaky(), evaluator).run()
    assert arrays_of_run(stopped.directory) == arrays_of_run(whole.directory)


@pytest.mark.parametrize("iterations", [0, 2])
def test_updates_are_given_the_samples_that_were_taken_and_only_for_the_dynamics(
    begin, flaky, task, monkeypatch, iterations
):
    (run,) = begin("new", prior_iterations=iterations)
    given = []

    def spy(method, problem):
        sizes = map(len, (problem.prior_batches, problem.batches, problem.history))
        given.append(tuple(sizes))
        return update(method, problem)

    monkeypatch.setattr(training, "update", spy)
    Trainer(run, flaky(), TaskCostEvaluator(task)).run()
    assert given == [(iterations, 1, 0), (iterations, 2, 1)]
