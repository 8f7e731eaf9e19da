"""How a node's process begins and ends."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pilqr_ros.lifetime import ENDING

EVERY_NODE = {
    "effort_guard": [],
    "state_estimator": [],
    "mujoco_bridge": [],
    "trajectory_executor": [],
    "learner": [],
    "recorder": [],
    "scene_publisher": [],
    "cost_evaluator": [],
    "robot_reset": ["real_time_factor:=1.0"],
}

LAST_WORDS = """
import sys
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import String
from pilqr_ros.nodes.runtime import ending
from pilqr_ros.nodes.runtime.control_executor import ControlExecutor
from pilqr_ros.nodes.runtime.running import run

class Quiet(Node):
    def __init__(self):
        super().__init__("quiet")
        self.publisher = self.create_publisher(String, "words", 1)
    async def wait():
        print("waits", flush=True)
        await Future()
    def destroy_node(self):
        self.publisher.publish(String(data="farewell"))
        print("said", flush=True)
        {last}
        super().destroy_node()

def executor():
    made = {executor}()
    made.create_task(Quiet.wait)
    return made

ending.DEADLINE = {deadline}
sys.exit(run(Quiet, executor=executor))
"""
"""A node that nothing wakes, under the executor that it says."""
EXECUTORS = ("SingleThreadedExecutor", "ControlExecutor")


def started(*command):
    return subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.fixture
def program():
    """Return what runs a program until it says that it waits."""
    processes = []

    def run(executor, last="pass", deadline=30.0):
        text = LAST_WORDS.replace("{executor}", executor).replace("{last}", last)
        processes.append(started("-c", text.replace("{deadline}", str(deadline))))
        assert processes[-1].stdout.readline() == "waits\n"
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def every_node(fresh_client, wait_until):
    """Run every node of a task, each by itself."""
    processes = {}
    for name, parameters in EVERY_NODE.items():
        given = [word for parameter in parameters for word in ("-p", parameter)]
        processes[name] = started("-m", f"pilqr_ros.nodes.{name}", "--ros-args", *given)
    names = fresh_client.node.get_node_names
    wait_until(lambda: set(EVERY_NODE) <= set(names()), "every node")
    yield processes
    for process in processes.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", ENDING)
def test_every_node_ends_quietly_when_it_is_told_to(every_node, number):
    for process in every_node.values():
        process.send_signal(number)
    for name, process in every_node.items():
        output, _ = process.communicate(timeout=30.0)
        assert process.returncode == 0, f"{name}: {output}"
        assert "Traceback" not in output, f"{name}: {output}"


def blocked(process):
    """Tell whether a process holds back every signal that would end it."""
    held = re.search(r"SigBlk:\s*(\w+)", Path(f"/proc/{process.pid}/status").read_text())
    return all(int(held[1], 16) >> (number - 1) & 1 for number in ENDING)


@pytest.mark.parametrize("number", ENDING)
def test_a_node_that_is_told_to_end_amid_its_imports_ends_quietly(fresh_domain, number, wait_until):
    process = started("-m", "pilqr_ros.nodes.effort_guard")
    wait_until(lambda: blocked(process), "the beginning of its imports")
    process.send_signal(number)
    output, _ = process.communicate(timeout=60.0)
    assert (process.returncode, output) == (0, "")


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("number", ENDING)
def test_a_node_can_publish_when_it_ends_even_while_a_request_waits(
    fresh_domain, program, executor, number
):
    process = program(executor)
    process.send_signal(number)
    output, _ = process.communicate(timeout=30.0)
    assert (process.returncode, output) == (0, "said\n")


def test_a_node_that_hangs_while_it_ends_is_ended_and_says_where(fresh_domain, program):
    process = program("ControlExecutor", "import time; time.sleep(600.0)", 0.5)
    for number in ENDING:
        process.send_signal(number)
    output, _ = process.communicate(timeout=30.0)
    assert process.returncode == 1
    assert "in destroy_node" in output


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.2])
def test_a_node_that_is_told_to_end_over_and_over_ends_with_0(fresh_domain, program, pause):
    process = program("SingleThreadedExecutor", "import time; time.sleep(0.5)")
    while process.poll() is None:
        for number in ENDING:
            process.send_signal(number)
        time.sleep(pause)
    assert (process.returncode, process.stdout.read()) == (0, "said\n")
