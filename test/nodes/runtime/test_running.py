"""How a node's process begins and ends."""

import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture
def node(fresh_client, wait_until):
    process = subprocess.Popen(
        [sys.executable, "-m", "pilqr_ros.nodes.effort_guard"], stderr=subprocess.PIPE, text=True
    )
    names = fresh_client.node.get_node_names
    wait_until(lambda: "effort_guard" in names(), "the node")
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.2])
def test_a_node_that_is_interrupted_over_and_over_ends_with_0(node, pause, wait_until):
    def ended():
        node.send_signal(signal.SIGINT)
        time.sleep(pause)
        return node.poll() is not None

    wait_until(ended, "the node's end")
    assert node.returncode == 0, node.stderr.read()
