"""Training and evaluation through the learner's actions."""

import shutil
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from pilqr_msgs.action import EvaluatePolicy, TrainGlobal, TrainLocal
from pilqr_msgs.msg import ErrorCode, IterationReport, TrainingRun, TVLGPolicy
from pilqr_ros.clients.learner_client import LearnerClient
from pilqr_ros.graph import NODES
from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.nodes.errors import RefusedError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.action_client import ActionClient
from pilqr_ros.nodes.runtime.waiting import wait_for
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_store import RunConfig, create_run, open_run
from pilqr_ros.runs.transfer import begin_run

EVERY_NODE = tuple(spec.name for spec in NODES)
RUNS = QoSProfile(
    depth=10,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
GOAL = {"method": "pilqr", "iterations": 2, "rollouts": 4, "seed": 3}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def whole_graph(domain, run_nodes, runs):
    with run_nodes(*EVERY_NODE, runs_directory=str(runs)) as group:
        yield group
        group.check()


@pytest.fixture(scope="module")
def learner(whole_graph):
    with LearnerClient() as client:
        yield client


@pytest.fixture(scope="module")
def told(whole_graph, client):
    """Everything that is told of runs."""
    return client.listen(TrainingRun, "learner/run", RUNS)


@pytest.fixture(scope="module")
def trained(learner, told):
    """A short training, its result and its feedback."""
    feedback = []
    result = learner.train(TrainLocal.Goal(**GOAL), feedback.append)
    return result, feedback


def in_process_run(task, directory):
    config = RunConfig("hockey", "pilqr", 2, 4, 3, (0,))
    store = create_run(directory, task, config)
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    return store


def test_training_through_the_graph_is_training_in_process(trained, task, tmp_path):
    result, _ = trained
    assert result.success, result.message
    assert (result.iterations, result.rollouts) == (2, 8)
    ours = open_run(Path(result.run_directory))
    theirs = in_process_run(task, tmp_path)
    for iteration in range(3):
        policy, expected = ours.policy(iteration, 0)[0], theirs.policy(iteration, 0)[0]
        np.testing.assert_allclose(policy.K, expected.K, atol=1e-9)
        np.testing.assert_allclose(policy.k, expected.k, atol=1e-9)


def test_feedback_tells_the_progress(trained, wait_until):
    result, feedback = trained
    wait_until(lambda: feedback[-1].rollout == 4, "the last feedback")
    assert feedback[0].phase == "collecting"
    assert {one.phase for one in feedback} == {"collecting", "updating"}
    last = feedback[-1]
    assert (last.iteration, last.iterations, last.rollouts) == (1, 2, 4)
    assert last.run_directory == result.run_directory
    assert np.isfinite(last.mean_cost)


def test_a_late_joiner_gets_the_last_report_and_policy(trained, client, wait_until, task):
    reports = client.listen(IterationReport, "learner/iteration_report", qos.LATCHED)
    policies = client.listen(TVLGPolicy, "learner/policy", qos.LATCHED)
    wait_until(lambda: reports and policies, "report and policy")
    assert (reports[-1].iteration, reports[-1].rollouts) == (1, 4)
    assert len(reports[-1].total_costs) == 4
    assert len(reports[-1].step_multipliers) == task.T
    assert policies[-1].steps == task.T


def test_the_run_under_way_is_told_part_by_part_with_its_files(trained, told, wait_until):
    result, _ = trained
    wait_until(lambda: told and not told[-1].active, "the end")
    assert [one.part for one in told] == ["iteration_000", "iteration_001", ""]
    for one in told[:-1]:
        assert one.run_directory == result.run_directory
        for file in one.files:
            assert Path(one.run_directory, file.name).read_bytes() == bytes(file.content)
        assert {"run.json", "task.yaml"} < {file.name for file in one.files}


def test_an_evaluation_gives_each_rollout(learner, trained, wait_until):
    result, _ = trained
    feedback = []
    goal = EvaluatePolicy.Goal(run=result.run_directory, iteration=-1, rollouts=3)
    evaluation = learner.evaluate(goal, feedback.append)
    assert evaluation.success, evaluation.message
    assert list(evaluation.condition) == [0, 0, 0]
    assert len(evaluation.successes) == len(evaluation.total_costs) == 3
    # A result may overtake the last feedback.
    wait_until(lambda: feedback[-1].rollout == feedback[-1].rollouts == 3, "the last feedback")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"method": "sarsa"}, "method is 'sarsa', expected one of pilqr, lqr-flm, pi2"),
        ({"iterations": 0}, "iterations is 0, expected 1 to"),
        ({"iterations": 2**32 - 1}, "iterations is 4294967295"),
        ({"rollouts": 1}, "rollouts is 1, expected 2 to"),
        ({"conditions": [103]}, "condition is 103, expected 0 to 102"),
        ({"conditions": [0, 0]}, "expected each index once"),
        ({"conditions": [0] * 100_000}, "conditions has 100000 entries, expected at most"),
        ({"method": "x" * 1_000_000}, "method is 'xxx"),
        ({"resume": "x" * 100_000}, "a run's path has 100000 characters"),
    ],
)
def test_a_goal_that_does_not_fit_is_rejected_with_the_reason(learner, change, reason):
    with pytest.raises(RefusedError) as rejected:
        learner.train(TrainLocal.Goal(**{**GOAL, **change}), lambda _: None)
    assert reason in str(rejected.value)
    assert rejected.value.code == ErrorCode.INVALID_REQUEST
    assert len(str(rejected.value)) < 3000


@pytest.mark.parametrize(
    ("run", "reason"), [("/no/such/run", "/no/such/run"), ("/dev", "no run: it has no run.json")]
)
def test_a_goal_of_a_run_that_is_none_is_rejected(learner, run, reason):
    goals = ((learner.train, TrainLocal.Goal(resume=run)),
             (learner.evaluate, EvaluatePolicy.Goal(run=run, rollouts=1)))  # fmt: skip
    for send, goal in goals:
        with pytest.raises(RefusedError, match=reason) as rejected:
            send(goal, lambda _: None)
        assert rejected.value.code == ErrorCode.UNKNOWN_RUN


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"run": ""}, "run is empty"),
        ({"rollouts": 0}, "rollouts is 0, expected 1 to"),
        ({"iteration": 9}, "iteration is 9, expected -1"),
        ({"conditions": [4]}, "condition is 4, expected one of"),
        ({"conditions": [0, 0]}, "conditions names one more than once"),
        ({"policy": "global"}, "policy is 'global', but pilqr trains local ones only"),
        ({"test": "gaols"}, "test is 'gaols', expected one of hockey's"),
    ],
)
def test_an_evaluation_that_does_not_fit_is_rejected_with_the_reason(
    learner, trained, change, reason
):
    goal = {"run": trained[0].run_directory, "iteration": -1, "rollouts": 2, **change}
    with pytest.raises(RefusedError) as rejected:
        learner.evaluate(EvaluatePolicy.Goal(**goal), lambda _: None)
    assert reason in str(rejected.value)
    assert rejected.value.code == ErrorCode.INVALID_REQUEST


def test_a_policy_that_no_motor_could_follow_is_refused_with_the_entry(learner, trained, tmp_path):
    run = Path(shutil.copytree(trained[0].run_directory, tmp_path / "run"))
    policy, step_multiplier = open_run(run).policy(2, 0)
    K = policy.K.copy()
    K[5, 0, 1] = 1e300
    open_run(run).save_policy(2, 0, replace(policy, K=K), step_multiplier)
    goal = EvaluatePolicy.Goal(run=str(run), iteration=-1, rollouts=1, seed=77)
    with pytest.raises(RefusedError) as rejected:
        learner.evaluate(goal, print)
    assert str(rejected.value).startswith("policy.K[5, 0, 1] is 1e+300, expected ")
    assert rejected.value.code == ErrorCode.INVALID_POLICY
    assert not list(run.glob("evaluations/*_77/**/*.npz"))


def test_a_run_of_another_task_is_refused(learner, whole_graph, task, runs):
    other = type(task).from_text(task.source.replace("name: hockey", "name: door", 1))
    store = create_run(runs, other, RunConfig("door", "pilqr", 2, 4, 0, (0,)))
    with pytest.raises(RefusedError, match="task is 'hockey', but the run has 'door'") as rejected:
        learner.train(TrainLocal.Goal(resume=str(store.directory)), lambda _: None)
    assert rejected.value.code == ErrorCode.OTHER_RUN


def test_a_run_is_neither_continued_nor_evaluated_by_nodes_of_an_edited_task(
    learner, whole_graph, task, runs
):
    text = task.source.replace("joint_jitter: 0.003", "joint_jitter: 0.004")
    edited = type(task).from_text(text, folder=task.folder)
    run = create_run(runs, edited, RunConfig("hockey", "pilqr", 2, 4, 0, (0,))).directory
    goals = (
        (learner.train, TrainLocal.Goal(resume=str(run))),
        (learner.evaluate, EvaluatePolicy.Goal(run=str(run), rollouts=1)),
    )
    for send, goal in goals:
        with pytest.raises(RefusedError) as rejected:
            send(goal, lambda _: None)
        assert "reset.joint_jitter is 0.003, but the run has 0.004" in str(rejected.value)
        assert rejected.value.code == ErrorCode.OTHER_RUN


def test_cancelling_keeps_everything_and_resuming_ends_as_if_nothing_had_been(
    whole_graph, client, learner, trained, wait_until
):
    action = ActionClient(client.node, TrainLocal, "learner/train_local")
    wait_until(action.server_is_ready, "train_local")
    third = threading.Event()

    def on_feedback(message):
        if message.feedback.iteration == 1 and message.feedback.rollout == 1:
            third.set()

    sent = action.send_goal_async(TrainLocal.Goal(**GOAL), on_feedback)
    handle = wait_for(sent, 10.0, "learner", "accept")
    assert third.wait(60.0)
    wait_for(handle.cancel_goal_async(), 5.0, "learner", "cancel")
    answer = wait_for(handle.get_result_async(), 10.0, "learner", "finish")
    assert answer.status == GoalStatus.STATUS_CANCELED
    assert not answer.result.success
    assert "stopped" in answer.result.message
    assert answer.result.error_code == ErrorCode.CANCELLED
    run = answer.result.run_directory
    resumed = learner.train(TrainLocal.Goal(resume=run), lambda _: None)
    assert resumed.success, resumed.message
    assert resumed.run_directory == run
    policy = open_run(Path(run)).policy(2, 0)[0]
    expected = open_run(Path(trained[0].run_directory)).policy(2, 0)[0]
    np.testing.assert_array_equal(policy.k, expected.k)


BROKEN = """
from pilqr_ros.nodes import learner

def broken(*_):
    raise ZeroDivisionError("by a bug")

learner.evaluation_plan = broken
learner.RunAnnouncer.begin = broken
learner.main()
"""


def test_an_error_that_nobody_expected_is_told_and_the_learner_goes_on(fresh_domain, tmp_path):
    command = [sys.executable, "-c", BROKEN, "--ros-args", "-p", f"runs_directory:={tmp_path}"]
    lines = []
    with (
        ProcessGroup({"learner": command}, lambda _, line: lines.append(line)),
        LearnerClient() as client,
    ):
        results = [client.train(TrainLocal.Goal(**GOAL), print)]
        with pytest.raises(RefusedError) as rejected:
            client.evaluate(EvaluatePolicy.Goal(), print)
        results.append(client.train(TrainLocal.Goal(**GOAL), print))
    told = "unexpected ZeroDivisionError: by a bug"
    assert (str(rejected.value), rejected.value.code) == (told, ErrorCode.INTERNAL)
    for result in results:
        assert not result.success
        assert (result.message, result.error_code) == (told, ErrorCode.INTERNAL)
    assert results[0].run_directory.startswith(str(tmp_path))
    assert any("Traceback" in line for line in lines), "where it came from"


@pytest.mark.parametrize(
    ("kind", "name", "goal"),
    [
        (TrainLocal, "train_local", GOAL),
        (TrainGlobal, "train_global", GOAL | {"method": "mdgps-pilqr", "conditions": [0]}),
        (EvaluatePolicy, "evaluate_policy", {"iteration": -1, "rollouts": 3}),
    ],
)
def test_a_goal_cancelled_before_its_own_answer_does_nothing(
    kind, name, goal, client, trained, runs, send_and_cancel
):
    if kind is EvaluatePolicy:
        goal = goal | {"run": trained[0].run_directory}
    before = set(runs.rglob("rollout_*"))
    ends = [send_and_cancel(client.node, kind, f"learner/{name}", goal) for _ in range(3)]
    for accepted, end in ends:
        expected = GoalStatus.STATUS_CANCELED if accepted else GoalStatus.STATUS_SUCCEEDED
        assert end.status == expected, end.result.message
    assert any(accepted for accepted, _ in ends), "a cancellation before the end"
    if all(accepted for accepted, _ in ends):
        assert set(runs.rglob("rollout_*")) == before
        assert not any(end.result.success for _, end in ends)


def test_one_training_at_a_time(whole_graph, client, learner, wait_until, send_and_cancel):
    action = ActionClient(client.node, TrainLocal, "learner/train_local")
    wait_until(action.server_is_ready, "train_local")
    goal = TrainLocal.Goal(**{**GOAL, "iterations": 100})
    feedback = []
    handle = wait_for(action.send_goal_async(goal, feedback.append), 10.0, "learner", "accept")
    assert handle.accepted
    for _ in range(2):
        with pytest.raises(RefusedError, match="one at a time is possible") as rejected:
            learner.train(TrainLocal.Goal(**GOAL), lambda _: None)
        assert rejected.value.code == ErrorCode.BUSY
    went_on = len(feedback)
    wait_until(lambda: len(feedback) > went_on + 3, "the first training going on")
    wait_for(handle.cancel_goal_async(), 5.0, "learner", "cancel")
    answer = wait_for(handle.get_result_async(), 10.0, "learner", "finish")
    assert answer.status == GoalStatus.STATUS_CANCELED


def test_a_training_through_the_graph_starts_from_another_as_in_process(
    learner, trained, task, tmp_path
):
    first = trained[0].run_directory
    goal = TrainLocal.Goal(method="pilqr", iterations=1, rollouts=2, seed=5)
    goal.origin.run = first
    result = learner.train(goal, lambda _: None)
    assert result.success, result.message
    ours = open_run(Path(result.run_directory))
    assert ours.config.origin == Origin(first, iteration=2)
    theirs = begin_run(tmp_path, task, ours.config)
    Trainer(theirs, InProcessCollector(task), TaskCostEvaluator(task)).run()
    for iteration in range(2):
        policy, expected = ours.policy(iteration, 0)[0], theirs.policy(iteration, 0)[0]
        np.testing.assert_allclose(policy.k, expected.k, atol=1e-9)
