"""The same nodes on the wall clock."""

import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import to_field, to_nanoseconds

FACTOR = 1.0
CATCH_UP = 0.1
"""What the bridge makes up for at once after a pause of the machine [s]."""


@pytest.fixture(scope="module")
def loop(client, run_nodes, wait_for_loop):
    names = ("mujoco_bridge", "effort_guard", "state_estimator", "trajectory_executor")
    with run_nodes(*names, real_time_factor=FACTOR) as group:
        wait_for_loop(client)
        yield group
        group.check()


def test_a_rollout_in_real_time_takes_its_time_and_tells_of_late_ticks(loop, collector, task, late):
    for seed in range(4):  # a busy machine may make ticks late: then the rollout must say so
        began = time.monotonic()
        rollout = collector.collect(task.initial_policy(0), 0, seed, True, True)
        seconds = time.monotonic() - began
        if rollout.valid:
            break
        assert late.search(rollout.reason), rollout.reason
    if rollout.valid:
        assert seconds > 0.98 * task.T * task.dt
        gaps = np.diff(rollout.stamps) / task.period_ns
        assert np.median(gaps) == pytest.approx(1.0, abs=0.1)
        assert gaps.sum() == pytest.approx(task.T - 1, abs=1.0)
        assert np.abs(rollout.applied).max() > 0.0
        assert np.median(np.diff(rollout.ticks)) == pytest.approx(task.period_ns, rel=0.1)


def test_the_executors_jitter_is_on_diagnostics(loop, client, wait_until):
    told = client.listen(DiagnosticArray, "/diagnostics", qos.RECORD)

    def ticks():
        return [
            {value.key: float(value.value) for value in status.values}
            for message in told
            for status in message.status
            if status.name == "trajectory_executor: ticks"
        ]

    wait_until(lambda: len(ticks()) > 1, "diagnostics of ticks")
    assert ticks()[1]["periods"] > ticks()[0]["periods"] > 0
    assert 0.0 < ticks()[-1]["p50_ms"] <= ticks()[-1]["p99_ms"] <= ticks()[-1]["max_ms"]


def test_sensors_run_at_their_rate_and_the_clock_with_them(loop, client, wait_until):
    joints = client.listen(JointState, "joint_states", qos.SENSOR)
    wait_until(lambda: joints, "joint states")

    def at_their_rate():
        """Look for a moment."""
        count, stamp, began = len(joints), to_nanoseconds(joints[-1].header.stamp), time.monotonic()
        time.sleep(0.25)
        heard, last = len(joints) - count, to_nanoseconds(joints[-1].header.stamp)
        seconds, simulated = time.monotonic() - began, 1e-9 * (last - stamp)
        in_time = 0.5 * FACTOR * seconds < simulated < 1.1 * FACTOR * seconds + CATCH_UP
        return in_time and heard == pytest.approx(100 * simulated, rel=0.1, abs=2)

    wait_until(at_their_rate, "a moment without a pause of the machine")


def test_the_bridge_drops_the_torque_when_commands_stop(loop, client, wait_until, task):
    joints = client.listen(JointState, "joint_states", qos.SENSOR)
    commands = client.node.create_publisher(
        Float64MultiArray, "effort_controller/commands", qos.COMMAND
    )
    wait_until(lambda: joints and commands.get_subscription_count() > 0, "mujoco_bridge")
    effort = np.ones(task.dU)
    commands.publish(Float64MultiArray(data=to_field(effort)))

    def pushed():
        return [np.any(message.effort) for message in joints]

    wait_until(lambda: any(pushed()) and not pushed()[-1], "a torque and its end")
    client.node.destroy_publisher(commands)  # the guard passes nothing while it is there
    assert any(message.effort[0] == 1.0 for message in joints)
    assert sum(pushed()) < 50  # half a second of sensors
