"""Two robots in two namespaces and one learner: numbers of one robot, whatever becomes of one."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from pilqr_msgs.action import TrainLocal
from pilqr_ros.clients.guard_client import GuardSwitch
from pilqr_ros.clients.learner_client import LearnerClient
from pilqr_ros.graph import NODES
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.recording.recorded_run import read_run
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import RunConfig, create_run, open_run

EVERY_NODE = tuple(spec.name for spec in NODES)
ITERATIONS, ROLLOUTS, SEED = 4, 4, 5
GOAL = {"method": "pilqr", "iterations": ITERATIONS, "rollouts": ROLLOUTS, "seed": SEED}


@pytest.fixture
def graph(fresh_domain, run_nodes, tmp_path):
    """Everything for two robots; no node is started again."""
    with run_nodes(*EVERY_NODE, runs_directory=str(tmp_path), robots="2") as group:
        yield group
        group.check()


@pytest.fixture
def alone(task, tmp_path):
    """The same training in one process."""
    config = RunConfig("hockey", "pilqr", ITERATIONS, ROLLOUTS, SEED, (0,))
    store = create_run(tmp_path / "alone", task, config)
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    return store


def assert_equal(found, expected):
    """Every sample and policy of a run is another's, bit for bit."""
    for iteration in range(ITERATIONS):
        for sample in range(ROLLOUTS):
            mine, theirs = (one.rollout(iteration, 0, sample) for one in (found, expected))
            assert mine.seed == theirs.seed
            np.testing.assert_array_equal(mine.states, theirs.states)
            np.testing.assert_array_equal(mine.applied, theirs.applied)
    for name in ("K", "k", "L"):
        mine, theirs = (getattr(one.policy(ITERATIONS, 0)[0], name) for one in (found, expected))
        np.testing.assert_array_equal(mine, theirs)


class Fate:
    """What becomes of robot_2: its guard is stopped and released; once it is back, it is killed."""

    def __init__(self, graph, node):
        self.guard, self.steps = GuardSwitch(node, "robot_2"), ["stop", "reset", "enable"]
        self.victims = [pid for name, pid in graph.pids.items() if name.startswith("robot_2/")]
        self.back_since = None

    def on_feedback(self, feedback):
        left_out = "without robot_2" in feedback.phase
        if len(self.steps) == 3 and feedback.rollout > 0:
            self.guard.do(self.steps.pop(0))
        while left_out and self.steps:
            self.guard.do(self.steps.pop(0))
        if self.back_since is None and not self.steps and not left_out:
            self.back_since = feedback.iteration
        while self.back_since is not None and feedback.iteration > self.back_since and self.victims:
            os.kill(self.victims.pop(), signal.SIGKILL)


def test_a_robot_is_left_out_while_its_guard_is_stopped_and_when_it_dies(
    graph, fresh_client, alone, wait_until
):
    fate = Fate(graph, fresh_client.node)
    with LearnerClient() as learner:
        result = learner.train(TrainLocal.Goal(**GOAL), fate.on_feedback)
    assert result.success, result.message
    run = open_run(Path(result.run_directory))
    assert_equal(run, alone)
    reports = run.reports()
    reasons = [report["left_out"]["robot_2"] for report in reports if report["left_out"]]
    assert "lets no torque pass: emergency stop" in reasons[0]
    assert "did not" in reports[-1]["left_out"]["robot_2"]
    back = reports[fate.back_since]
    assert (set(back["robots"]), back["left_out"]) == ({"robot_1", "robot_2"}, {})
    end = ("robot_2/mujoco_bridge", "ended with code -9; the others go on")
    wait_until(lambda: end in graph.lines, "the end in the log")
    recorded = read_run(run.directory / "bag")
    places = [one.place for one in recorded.rollouts if one.rollout.valid and one.place]
    expected = {(i, n) for i in range(ITERATIONS) for n in range(ROLLOUTS)}
    assert {(place.iteration, place.sample) for place in places} >= expected
