"""A run that is deleted, moved or replaced while it is worked on."""

import shutil

import pytest

from pilqr_ros.cli.sessions import InProcessSession
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.learning.errors import TrainingError
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_presence import working_in


def delete(run):
    shutil.rmtree(run)


def move(run):
    run.rename(run.with_name("elsewhere"))


def replace_by_a_file(run):
    move(run)
    run.write_text("a file")


def when_second(take, run):
    """Return what takes a run away when it is told of its second rollout."""
    told = []

    def on_rollout(_progress):
        told.append(None)
        if len(told) == 2:
            take(run)

    return on_rollout


@pytest.mark.parametrize("take", [delete, move, replace_by_a_file])
def test_a_training_whose_run_is_taken_away_ends_and_names_it_and_makes_no_other(
    trainer, store, take
):
    trainer.on_progress = when_second(take, store.directory)
    with pytest.raises(RunError, match=f"{store.directory} is gone: the run was deleted or moved"):
        trainer.run()
    assert not store.directory.is_dir()


def test_an_evaluation_whose_run_is_taken_away_ends_and_names_it(trainer, store, collector, task):
    trainer.run()
    evaluator = PolicyEvaluator(store, collector, TaskCostEvaluator(task))
    take = when_second(delete, store.directory)
    with pytest.raises(RunError, match=f"{store.directory} is gone"):
        evaluator.run(EvaluationConfig(rollouts=3), take)
    assert not store.directory.exists()


def test_an_error_of_a_run_that_is_there_stays_what_it_is(store):
    with pytest.raises(RunError, match=r"^damaged$"), working_in(store.directory):
        raise RunError("damaged")


def test_a_run_that_is_gone_is_not_said_to_continue(task, config, tmp_path):
    session = InProcessSession(task, tmp_path)

    def take(_progress):
        for run in tmp_path.glob("*/*"):
            delete(run)

    with pytest.raises(TrainingError, match="is gone: the run was deleted or moved") as raised:
        session.train(config, None, take)
    assert "--resume" not in str(raised.value)
