"""A claim that other machines contest; processes that share no sockets play the machines."""

import json
import subprocess
import sys
from contextlib import contextmanager

import pytest

from pilqr_ros.graph.respawning import CANNOT_START
from pilqr_ros.nodes.runtime.claim import read_claim

CLAIM = {"id": "a", "host": "b", "pid": 1, "since": 2.0, "stands": True}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[" * 10_000,
        json.dumps({**CLAIM, "since": "yesterday"}),
        json.dumps({**CLAIM, "since": 1e300}),
        json.dumps({**CLAIM, "stands": 1}),
        json.dumps({"id": "a"}),
    ],
)
def test_a_message_that_is_no_claim_contests_nothing(text):
    assert read_claim(json.dumps(CLAIM)) == CLAIM
    assert read_claim(text) is None


NODE = """
import contextlib, sys
from rclpy.node import Node
from pilqr_ros.nodes.runtime import claim, running
claim.held = lambda name, namespace: contextlib.nullcontext()
sys.argv[0] = "learner"

class Claimant(Node):
    def __init__(self):
        super().__init__("learner")
        print("begun", flush=True)

sys.exit(running.run(Claimant))
"""


@contextmanager
def claimant(*arguments):
    with subprocess.Popen(
        [sys.executable, "-c", NODE, "--ros-args", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def begins(process):
    return process.stdout.readline() == "begun\n"


@pytest.fixture
def network(fresh_domain, monkeypatch):
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET")


def test_who_holds_a_place_on_the_network_goes_on_and_a_second_one_does_not_begin(network):
    with claimant() as first:
        assert begins(first)
        with claimant() as second, claimant("-r", "__ns:=/left") as elsewhere:
            output, errors = second.communicate(timeout=60.0)
            assert (second.returncode, output) == (CANNOT_START, "")
            assert "another learner is running in ROS domain" in errors
            assert f"(process {first.pid} on " in errors
            assert begins(elsewhere)
        assert first.poll() is None
        first.kill()
        first.wait()
        with claimant() as successor:  # discovery still remembers the killed one
            assert begins(successor)


def test_of_two_that_claim_a_place_at_once_one_begins(network):
    with claimant() as one, claimant() as other:
        assert sorted([begins(one), begins(other)]) == [False, True]
