"""The guard alone, between a commander and a controller that the test plays."""

import time

import numpy as np
import pytest
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.msg import AppliedTorque, TorqueCommand
from pilqr_ros.nodes import qos
from pilqr_ros.nodes.conversions import to_field

TIMEOUT = 0.1


@pytest.fixture(scope="module", params=[1.0], ids=["real time"])
def bench(request, run_nodes, client, wait_until):
    with run_nodes("effort_guard", real_time_factor=request.param) as group:
        bench = Bench(client)
        wait_until(bench.connected, "effort_guard")
        yield bench
        group.check()


@pytest.fixture
def guard(bench):
    """A guard that has seen the end of a rollout, and a new rollout's number."""
    bench.rollout_id += 1
    bench.answers.clear()
    bench.outputs.clear()
    return bench


class Bench:
    def __init__(self, client):
        self.rollout_id = 0
        self.step = 0
        self.publisher = client.node.create_publisher(TorqueCommand, "torque_command", qos.COMMAND)
        self.answers = client.listen(AppliedTorque, "applied_torque", qos.RECORD)
        self.outputs = client.listen(Float64MultiArray, "effort_controller/commands", qos.COMMAND)
        self.count = client.node.count_publishers

    def connected(self):
        topics = ("applied_torque", "effort_controller/commands")
        found = all(self.count(topic) > 0 for topic in topics)
        return found and self.publisher.get_subscription_count() > 0

    def send(self, effort, last=False):
        command = TorqueCommand(rollout_id=self.rollout_id, step=self.step, last=last)
        command.effort = to_field(effort)
        self.step += 1
        self.publisher.publish(command)

    def exchange(self, wait_until, effort, last=False):
        """Send a command and return the answer and the controller's input."""
        count = len(self.answers)
        self.send(effort, last)
        wait_until(lambda: len(self.answers) > count < len(self.outputs), "an answer")
        return self.answers[count], np.array(self.outputs[count].data)


def test_a_small_torque_passes_and_is_told(guard, wait_until, task):
    effort = 0.1 * task.torque_limits
    answer, output = guard.exchange(wait_until, effort)
    np.testing.assert_array_equal(output, effort)
    np.testing.assert_array_equal(answer.effort, effort)
    assert (answer.rollout_id, answer.interventions) == (guard.rollout_id, AppliedTorque.NONE)
    guard.exchange(wait_until, np.zeros(task.dU), last=True)


def test_torque_and_its_rate_are_limited_and_the_joint_is_named(guard, wait_until, task):
    answer, output = guard.exchange(wait_until, 10 * task.torque_limits)
    np.testing.assert_array_equal(output, task.torque_rate_limits)
    assert answer.interventions == AppliedTorque.EFFORT_LIMIT | AppliedTorque.RATE_LIMIT
    assert task.joints[0] in answer.detail
    for _ in range(5):
        _, output = guard.exchange(wait_until, 10 * task.torque_limits)
    np.testing.assert_array_equal(output, task.torque_limits)
    guard.exchange(wait_until, np.zeros(task.dU), last=True)


def test_the_last_command_means_zero_at_once(guard, wait_until, task):
    for _ in range(3):
        guard.exchange(wait_until, task.torque_limits)
    answer, output = guard.exchange(wait_until, task.torque_limits, last=True)
    np.testing.assert_array_equal(output, np.zeros(task.dU))
    assert answer.interventions == AppliedTorque.NONE
    time.sleep(3 * TIMEOUT)
    assert len(guard.outputs) == 4  # silence after the last command is no fault


@pytest.mark.parametrize("effort", [[np.nan] * 7, [np.inf] + [0.0] * 6, [0.0] * 6, []])
def test_a_torque_that_is_not_finite_or_of_a_wrong_size_becomes_zero(guard, wait_until, effort):
    answer, output = guard.exchange(wait_until, effort)
    np.testing.assert_array_equal(output, np.zeros(7))
    assert answer.interventions == AppliedTorque.NON_FINITE
    guard.exchange(wait_until, np.zeros(7), last=True)


def test_silence_within_a_rollout_sends_zero_once_within_the_timeout(guard, wait_until, task):
    guard.exchange(wait_until, 0.1 * task.torque_limits)
    began = time.monotonic()
    wait_until(lambda: len(guard.answers) == 2 == len(guard.outputs), "the time-out", 2.0)
    assert 0.5 * TIMEOUT < time.monotonic() - began < 4 * TIMEOUT
    assert guard.answers[1].interventions == AppliedTorque.TIMEOUT
    assert "no command for 0.1 s" in guard.answers[1].detail
    np.testing.assert_array_equal(guard.outputs[1].data, np.zeros(task.dU))
    time.sleep(3 * TIMEOUT)
    assert len(guard.outputs) == 2
