"""A served policy that is stopped: by whoever asked for it, and by somebody else."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from pilqr_msgs.msg import AppliedTorque, ErrorCode
from pilqr_ros.cli.command import app
from pilqr_ros.clients import deployment
from pilqr_ros.graph import DEPLOYED, DeploymentOptions, running_graph
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.nodes.errors import RefusedError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import RunConfig, create_run

FACTOR = 0.1
"""A pace at which a rollout lasts for most of a minute, and a busy machine is in time."""

AT_ONCE = 10.0
"""Far less than what is left of a rollout [s]."""

TRIES = 5
"""How often a rollout is begun that a busy machine may end at its start."""


@pytest.fixture(scope="module")
def lines():
    return []


@pytest.fixture(scope="module")
def served(domain, task, tmp_path_factory, lines):
    """Run the nodes that serve a short training's policy, on the clock and slowly."""
    store = create_run(
        tmp_path_factory.mktemp("runs"), task, RunConfig("hockey", "pilqr", 1, 2, 0, (0,))
    )
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    chosen = DeploymentOptions(
        run=str(store.directory), real_time_factor=FACTOR, record=False, respawn=False
    )
    with running_graph(chosen, lambda _, line: lines.append(line), DEPLOYED) as group:
        yield store
        group.check()


@pytest.fixture
def applied(client):
    return client.listen(AppliedTorque, "applied_torque", qos.RECORD)


class Asking(threading.Thread):
    """Lets the policy be executed, as a program would."""

    def __init__(self):
        super().__init__(daemon=True)
        self.results = []
        self.start()

    def run(self):
        deployment.request("", 1, self.results.append)


def begin(ask, applied, wait_until, over):
    """Ask until a rollout applies torques, and return what was asked with."""
    for _ in range(TRIES):
        applied.clear()
        asked = ask()
        wait_until(
            lambda asked=asked: any(np.any(one.effort) for one in applied) or over(asked),
            "a torque",
        )
        if not over(asked):
            return asked
    raise AssertionError("no rollout went on")


def assert_stopped(applied, wait_until):
    """Assert that the rollout has ended with the last command that ends any, and zero torque."""
    wait_until(lambda: not np.any(applied[-1].effort), "zero torque", AT_ONCE)
    assert not applied[-1].interventions & AppliedTorque.TIMEOUT, "commanded, not missed"


def test_an_interrupted_command_stops_the_rollout_that_it_asked_for(served, applied, wait_until):
    def ask():
        command = [sys.executable, "-m", "pilqr_ros.cli", "execute", "--wait", "60"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    process = begin(ask, applied, wait_until, lambda one: one.poll() is not None)
    began = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=AT_ONCE)
    assert process.returncode == 130
    assert "`pilqr guard stop` stops the arm" in " ".join(said.split())
    assert_stopped(applied, wait_until)
    assert time.monotonic() - began < AT_ONCE


def test_somebody_else_stops_it_and_meanwhile_nobody_else_executes_it(served, applied, wait_until):
    asking = begin(Asking, applied, wait_until, lambda one: not one.is_alive())
    with pytest.raises(RefusedError, match="a rollout is under way") as rejected:
        deployment.request("", 1, print)
    assert rejected.value.code == ErrorCode.BUSY
    stopped = CliRunner().invoke(app, ["execute", "--stop", "--wait", "30"])
    assert (stopped.exit_code, stopped.output) == (0, "stopping 1 goal(s)\n")
    asking.join(AT_ONCE)
    (result,) = asking.results
    assert (result.success, result.error_code) == (False, ErrorCode.CANCELLED)
    assert result.message == "stopped before its end"
    assert np.isnan(result.distance)
    assert_stopped(applied, wait_until)
    assert deployment.stop("", 30.0) == "nothing was under way"
