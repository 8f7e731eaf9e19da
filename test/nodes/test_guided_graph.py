"""Training, testing and serving one neural policy through the nodes."""

from pathlib import Path

import numpy as np
import pytest

from pilqr_msgs.action import EvaluatePolicy, TrainGlobal
from pilqr_msgs.msg import ErrorCode
from pilqr_ros.cli.bars import TrainingBar
from pilqr_ros.clients.learner_client import LearnerClient
from pilqr_ros.clients.short_deployment import execute
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.graph import NODES, DeploymentOptions
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.nodes.errors import RefusedError
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import RunConfig, create_run, open_run
from pilqr_ros.tasks import Task


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def task_file(task, runs):
    """Hockey with a network that is trained at once, and one short test."""
    text = task.source.partition("mdgps:")[0] + (
        "mdgps:\n"
        "  conditions: [left, right]\n"
        "  policy: {state: [joint_positions, joint_velocities, puck], targets: [goal]}\n"
        "  settings: {network: {hidden: [42, 42]}}\n"
        "  tests: {one: {conditions: [middle], rollouts: 2}}\n"
    )
    path = runs / "quick_hockey.yaml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def learner(domain, run_nodes, runs, task_file):
    names = [spec.name for spec in NODES]
    with run_nodes(*names, task=str(task_file), runs_directory=str(runs)) as group:
        with LearnerClient() as client:
            yield client
        group.check()


@pytest.fixture(scope="module")
def trained(learner):
    goal = TrainGlobal.Goal(method="mdgps-pi2", iterations=1, rollouts=2, seed=3, tests=["one"])
    feedback = []
    with TrainingBar("hockey") as bar:  # as the command line shows it

        def on_feedback(told):
            bar.update(told)
            feedback.append(told)

        return learner.train_global(goal, on_feedback), feedback


def test_training_through_the_graph_is_training_in_process(trained, task_file, tmp_path):
    result, feedback = trained
    assert result.success, result.message
    assert (result.iterations, result.rollouts) == (1, 4)
    assert {"collecting", "updating"} <= {each.phase for each in feedback}
    task = Task.from_text(task_file.read_text(), folder=task_file.parent)
    config = RunConfig("hockey", "mdgps-pi2", 1, 2, 3, task.guided.conditions)
    store = create_run(tmp_path, task, config)
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    ours = open_run(Path(result.run_directory))
    for name, array in store.network(1).arrays().items():
        np.testing.assert_allclose(ours.network(1).arrays()[name], array, atol=1e-9)


def test_training_ends_with_the_tests_that_it_is_given(trained):
    result, _ = trained
    assert list(result.test_conditions) == ["one/middle"]
    assert list(result.test_rollouts) == [2]
    assert (Path(result.run_directory) / "policy_card.md").exists()


def test_the_executor_acts_as_the_policy_that_was_trained(trained, learner, task_file):
    goal = EvaluatePolicy.Goal(run=trained[0].run_directory, iteration=-1, test="one", seed=5)
    result = learner.evaluate(goal, lambda _: None)
    assert result.success, result.message
    assert list(result.condition) == [0, 0]
    store = open_run(Path(trained[0].run_directory))
    evaluator = PolicyEvaluator(
        store, InProcessCollector(store.task), TaskCostEvaluator(store.task)
    )
    config = EvaluationConfig(rollouts=2, seed=5, conditions=(0,))
    costs = [one.cost.total for one in evaluator.run(config)]
    np.testing.assert_allclose(result.total_costs, costs, rtol=1e-9)


def test_a_test_that_the_task_does_not_have_is_refused(learner, trained):
    goal = TrainGlobal.Goal(method="mdgps-pilqr", iterations=1, rollouts=2, tests=["all"])
    with pytest.raises(RefusedError, match="test is 'all', expected one of hockey's: one"):
        learner.train_global(goal, print)
    goal = TrainGlobal.Goal(method="pilqr", iterations=1, rollouts=2)
    with pytest.raises(RefusedError, match="trained by the action train_local"):
        learner.train_global(goal, print)


def test_a_served_policy_runs_on_request_without_a_learner(trained, task_file, fresh_domain):
    run, answers = trained[0].run_directory, []
    chosen = DeploymentOptions(task=str(task_file), run=run, condition="middle", respawn=False)
    execute(chosen, 2, answers.append)
    told = [(answer.success, answer.error_code) for answer in answers]
    assert told == [(False, ErrorCode.NONE)] * 2
    for answer in answers:
        assert f"no success: {answer.distance:.3f} m from the goal" in answer.message
