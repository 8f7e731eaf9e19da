"""One node of a kind in a place."""

import subprocess
import sys

import pytest

from pilqr_ros.graph import exclusive
from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.respawning import CANNOT_START

HOLD = """
import signal
from pilqr_ros.graph.exclusive import held
with held("effort_guard", "{namespace}"):
    print("held", flush=True)
    signal.pause()
"""


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(exclusive, "PATIENCE", 0.3)


def holding(namespace):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(namespace=namespace)], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    return process


@pytest.mark.parametrize("namespace", ["", "/left", "a" * 200])
def test_a_place_is_refused_as_long_as_its_holder_lives(fresh_domain, impatient, namespace):
    with holding(namespace) as other:
        expected = rf"another effort_guard is running in ROS domain \d+, .*\(process {other.pid} of"
        with pytest.raises(GraphError, match=expected), exclusive.held("effort_guard", namespace):
            pass
        with pytest.raises(GraphError, match=expected):
            exclusive.check_free(["learner", "effort_guard"], namespace)
        exclusive.check_free(["learner"], namespace)
        exclusive.check_free(["effort_guard"], "right")
        other.kill()
    exclusive.check_free(["effort_guard"], namespace)
    with exclusive.held("effort_guard", namespace):
        pass


def test_a_holder_that_is_ending_is_waited_for(fresh_domain):
    with holding("") as other:
        subprocess.Popen(["/bin/sh", "-c", f"sleep 0.5; kill -KILL {other.pid}"])
        with exclusive.held("effort_guard", ""):
            pass


def test_another_domain_is_another_place(fresh_domain, impatient, monkeypatch):
    with exclusive.held("effort_guard", ""):
        monkeypatch.setenv("ROS_DOMAIN_ID", "231")
        exclusive.check_free(["effort_guard"], "")


@pytest.mark.parametrize(
    ("variables", "local"),
    [
        ({}, True),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}, False),
        ({"ROS_STATIC_PEERS": "192.168.0.2"}, False),
        ({"ROS_DISCOVERY_SERVER": "192.168.0.2:11811"}, False),
    ],
)
def test_it_is_known_whether_other_machines_are_found(fresh_domain, variables, local, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert exclusive.is_local() is local


def test_a_second_graph_in_the_same_place_is_refused_before_any_node_starts(
    fresh_client, run_nodes, wait_until, impatient
):
    def running(namespace=""):
        return exclusive.holder("cost_evaluator", namespace)

    with run_nodes("cost_evaluator") as first:
        wait_until(running, "the first")
        with (
            pytest.raises(GraphError, match=r"another cost_evaluator is running in ROS domain \d+"),
            run_nodes("cost_evaluator"),
        ):
            pass
        # Nor a node that somebody else starts.
        other = [sys.executable, "-m", "pilqr_ros.nodes.cost_evaluator"]
        refused = subprocess.run(other, capture_output=True, text=True, timeout=60.0)
        assert refused.returncode == CANNOT_START
        assert f"process {first.pids['cost_evaluator']} of" in refused.stderr
        with run_nodes("cost_evaluator", namespace="left"):
            wait_until(lambda: running("left"), "another one elsewhere")
        first.check()
