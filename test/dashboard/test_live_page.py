"""The live page of a running graph in a real browser."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress

import pytest

pytest.importorskip("viser", reason="viser is not installed")

from browser_fixtures import Visit
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.action import TrainLocal
from pilqr_msgs.msg import GuardState
from pilqr_ros.clients.learner_client import LearnerClient
from pilqr_ros.dashboard.live_page import LivePage, graph_client
from pilqr_ros.dashboard.live_state import SILENCE
from pilqr_ros.nodes.messages import qos
from pilqr_ros.page.server import address, open_server

NODES = (
    "mujoco_bridge",
    "effort_guard",
    "state_estimator",
    "trajectory_executor",
    "cost_evaluator",
    "learner",
)
LONG = 500
"""Iterations of a training that a test ends."""


@pytest.fixture(scope="module")
def graph(client, run_nodes, wait_for_loop, tmp_path_factory):
    runs = str(tmp_path_factory.mktemp("runs"))
    with run_nodes(*NODES, runs_directory=runs, respawn=True) as group:
        wait_for_loop(client)
        yield group


@pytest.fixture(scope="module")
def page(graph, task):
    """The live page, which a thread keeps up to date."""
    server, ended = open_server(0, title="pilqr"), threading.Event()
    with graph_client() as node:
        live = LivePage(server, node.node, task, "")

        def work():
            while not ended.is_set():
                live.work()

        thread = threading.Thread(target=work)
        thread.start()
        live.address = address(server)
        yield live
        ended.set()
        thread.join()
        server.stop()


@pytest.fixture(scope="module")
def training(graph):
    """A training that goes on until the module ends."""
    with LearnerClient() as learner:
        goal = TrainLocal.Goal(method="pilqr", iterations=LONG, rollouts=2, conditions=[0])
        thread = threading.Thread(target=trained, args=(learner, goal), daemon=True)
        thread.start()
        yield thread


def trained(learner, goal):
    """Train until the training or the test ends."""
    with suppress(Exception):
        learner.train(goal, lambda feedback: None)


@pytest.fixture(scope="module")
def seen(page, training, browser):
    return Visit(browser, page.address)


def points(page):
    plot = page._curves._cost._plot
    return 0 if plot is None else len(plot.data[0])


def test_the_curve_grows_while_a_training_goes_on(page, seen, wait_until):
    seen.read(re.compile("collecting: iteration [0-9]+ of 500"))
    seen.read("torque may pass")
    wait_until(lambda: points(page) > 0, "the first point of the curve")
    before = points(page)
    assert seen.colors(".uplot canvas") > 5
    wait_until(lambda: points(page) > before, "the next point of the curve")
    assert seen.hosts == {"127.0.0.1"}
    assert seen.errors == []


def test_inputs_torques_and_the_log_are_shown(page, seen):
    seen.tab("Robot")
    seen.read("joint_states")
    seen.read("mocap/puck/pose")
    seen.read("applied torque / limit of each joint")
    assert seen.colors(".uplot canvas") > 5
    seen.tab("Update")
    seen.read("noise of each joint")
    seen.tab("Log")


def test_a_learner_that_is_killed_is_missed_and_then_seen_again(page, graph, seen, wait_until):
    learner = graph.pids["learner"]
    os.kill(learner, signal.SIGSTOP)  # a quick machine starts it again before it is missed
    seen.read("the learner has said nothing")
    os.kill(learner, signal.SIGKILL)
    at = page.state.progress_at
    wait_until(lambda: page.state.progress_at > at + SILENCE, "the learner, started again")
    seen.read(re.compile("collecting: iteration [0-9]+ of 500"))


def test_the_page_can_be_left_while_the_graph_goes_on(graph, page, wait_until):
    command = [sys.executable, "-m", "pilqr_ros.cli", "dashboard", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        where = re.search("http://[0-9.:]+", process.stdout.readline())[0]
        assert urllib.request.urlopen(where, timeout=10.0).status == 200
        time.sleep(1.0)  # it hears the graph
        process.send_signal(signal.SIGTERM)
        assert process.wait(20.0) == 0


def test_the_emergency_stop_is_one_press_and_two_to_reset(page, seen, client, wait_until):
    order = []
    client.node.create_subscription(GuardState, "guard_state", order.append, qos.LATCHED)
    client.node.create_subscription(
        Float64MultiArray, "effort_controller/commands", order.append, qos.RELIABLE
    )
    wait_until(lambda: len(order) > 20, "torques")
    seen.page.get_by_role("button", name="EMERGENCY STOP").click()
    seen.read("EMERGENCY STOP: torque is zero")
    stops = [n for n, m in enumerate(order) if getattr(m, "state", None) == GuardState.STOPPED]
    torques = [(n > stops[0], any(m.data)) for n, m in enumerate(order) if hasattr(m, "data")]
    assert sum(later and moves for later, moves in torques) <= 2
    assert not torques[-1][1]

    seen.tab("Control")
    reset = seen.page.get_by_role("button", name="reset the emergency stop")
    reset.click()
    seen.read("press again")
    assert page.state.guard.state == GuardState.STOPPED
    seen.page.get_by_role("button", name="press again").click()
    wait_until(lambda: page.state.guard.state == GuardState.DISABLED, "the reset")
    seen.page.get_by_role("button", name="enable").click()
    seen.read("torque may pass")


def test_a_training_is_stopped_and_goes_on(page, seen, training, wait_until):
    seen.tab("Control")
    progress = page.state.progress
    if page.state.active:
        seen.page.get_by_role("button", name="stop", exact=True).click()
    seen.read("no training is under way")
    training.join(20.0)
    seen.page.get_by_role("button", name="resume the last run").click()
    seen.read(re.compile("collecting: iteration [0-9]+ of 500"))
    assert page.state.progress.run_directory == progress.run_directory
    seen.page.get_by_role("button", name="stop", exact=True).click()
    seen.read("no training is under way")
