"""Nodes that are killed and a disk that is full: training goes on, as if nothing had been."""

import os
import resource
import signal
from pathlib import Path

import numpy as np
import pytest

from pilqr_msgs.action import TrainLocal
from pilqr_ros.clients.learner_client import LearnerClient
from pilqr_ros.error_code import ErrorCode
from pilqr_ros.graph import NODES
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import RunConfig, create_run, open_run

EVERY_NODE = tuple(spec.name for spec in NODES)
VICTIMS = ("state_estimator", "trajectory_executor", "mujoco_bridge", "effort_guard")
VICTIMS += ("cost_evaluator", "learner")
GOAL = {"method": "pilqr", "iterations": 2, "rollouts": 3, "seed": 5, "conditions": [0]}


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def graph(fresh_domain, run_nodes, runs):
    """The whole graph, in which nodes that die are started again."""
    with run_nodes(*EVERY_NODE, runs_directory=str(runs), respawn=True) as group:
        yield group
        group.check()


@pytest.fixture
def learner(graph):
    with LearnerClient() as one:
        yield one


@pytest.fixture
def undisturbed(task, tmp_path):
    """The same training in one process, without faults."""
    config = RunConfig("hockey", "pilqr", 2, 3, 5, (0,))
    store = create_run(tmp_path / "undisturbed", task, config)
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    return store


def assert_equal(run, expected):
    """Every sample and policy of a run is another's, bit for bit."""
    found = open_run(Path(run))
    for iteration in range(2):
        for sample in range(3):
            mine = found.rollout(iteration, 0, sample)
            theirs = expected.rollout(iteration, 0, sample)
            assert mine.seed == theirs.seed
            np.testing.assert_array_equal(mine.states, theirs.states)
            np.testing.assert_array_equal(mine.applied, theirs.applied)
    for name in ("K", "k", "L"):
        mine, theirs = (getattr(one.policy(2, 0)[0], name) for one in (found, expected))
        np.testing.assert_array_equal(mine, theirs)


def test_whatever_node_is_killed_training_goes_on_by_itself_bit_for_bit(
    graph, learner, undisturbed
):
    victims, told = list(VICTIMS), []

    def on_feedback(feedback):
        if feedback.waiting_for:
            told.append(feedback.waiting_for)
        place = (feedback.iteration, feedback.rollout)
        if victims and place not in seen:
            seen.add(place)
            os.kill(graph.pids[victims.pop(0)], signal.SIGKILL)

    seen = set()
    result = learner.train(TrainLocal.Goal(**GOAL), on_feedback)
    assert result.success, result.message
    assert not victims
    assert any("within" in reason for reason in told)
    assert_equal(result.run_directory, undisturbed)


def test_without_room_training_ends_with_the_file_named_and_resumes_later(
    graph, learner, undisturbed
):
    limit = resource.prlimit(graph.pids["learner"], resource.RLIMIT_FSIZE)
    full = []

    def on_feedback(feedback):
        if feedback.rollout == 2 and not full:
            full.append(graph.pids["learner"])
            resource.prlimit(full[0], resource.RLIMIT_FSIZE, (0, limit[1]))

    result = learner.train(TrainLocal.Goal(**GOAL), on_feedback)
    resource.prlimit(full[0], resource.RLIMIT_FSIZE, limit)
    assert not result.success
    assert ".npz cannot be written: File too large; everything stored before" in result.message
    assert result.error_code == ErrorCode.STORAGE
    finished = set(Path(result.run_directory).rglob("rollout_??.npz"))
    assert finished
    resumed = learner.train(TrainLocal.Goal(resume=result.run_directory), lambda _: None)
    assert resumed.success, resumed.message
    assert_equal(result.run_directory, undisturbed)
