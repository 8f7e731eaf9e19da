"""The bridge alone, with a commander that the test plays."""

import time

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String

from pilqr_msgs.srv import Reset
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import to_field, to_nanoseconds
from pilqr_ros.nodes.runtime.waiting import wait_for
from pilqr_ros.simulation.world import World


class Bench:
    def __init__(self, client):
        self.commands = client.node.create_publisher(
            Float64MultiArray, "effort_controller/commands", qos.COMMAND
        )
        self.joints = client.listen(JointState, "joint_states", qos.SENSOR)
        self.poses = client.listen(PoseStamped, "mocap/puck/pose", qos.SENSOR)
        self.clock = client.listen(Clock, "/clock", qos.SENSOR)
        self.faults = client.listen(String, "robot_fault", qos.RECORD)
        self.resets = client.node.create_client(Reset, "reset")

    def connected(self):
        matched = self.commands.get_subscription_count() > 0
        return matched and self.joints and self.poses and self.resets.service_is_ready()

    def reset(self, **request):
        future = self.resets.call_async(Reset.Request(**request))
        return wait_for(future, 10.0, "mujoco_bridge", "reset")

    def command(self, effort):
        self.commands.publish(Float64MultiArray(data=to_field(effort)))

    def stamp(self):
        return to_nanoseconds(self.joints[-1].header.stamp)


@pytest.fixture(scope="module")
def lockstep(run_nodes, client, wait_until):
    with run_nodes("mujoco_bridge") as group:
        bench = Bench(client)
        wait_until(bench.connected, "mujoco_bridge")
        yield bench
        group.check()


def test_a_reset_is_verified_and_moves_the_clock_on(lockstep, wait_until, task):
    before = lockstep.stamp()
    response = lockstep.reset(condition=0, seed=1, jitter=False)
    assert response.success
    assert response.position_error < 1e-9
    assert response.velocity_error == 0.0
    start = to_nanoseconds(response.stamp)
    assert start >= before + 1_000_000_000
    wait_until(lambda: lockstep.stamp() == start, "sensors of the new start")
    message = lockstep.joints[-1]
    positions = dict(zip(message.name, message.position, strict=True))
    start = task.conditions[0].start
    np.testing.assert_allclose([positions[joint] for joint in task.joints], start, atol=1e-9)


def test_an_impossible_reset_is_refused_with_the_reason(lockstep):
    response = lockstep.reset(condition=900)
    assert not response.success
    assert "condition is 900, expected 0 to 102" in response.message


def test_each_command_advances_the_world_by_one_period(lockstep, wait_until, task):
    stamp = to_nanoseconds(lockstep.reset(condition=0, seed=2, jitter=True).stamp)
    world = World(task)
    world.reset(0, 2, True)
    for step in range(1, 6):
        effort = 0.1 * step * np.ones(task.dU)
        lockstep.command(effort)
        world.step(effort)
        due = stamp + step * task.period_ns
        wait_until(lambda due=due: lockstep.stamp() == due, "the next sensors")
        np.testing.assert_array_equal(lockstep.joints[-1].position, world.sense().positions)
    wait_until(lambda: to_nanoseconds(lockstep.clock[-1].clock) == due, "/clock")


def test_idle_sensors_are_published_again_with_an_unchanged_stamp(lockstep, wait_until):
    def repeated():
        last = lockstep.joints[-3:]
        return len(last) == 3 and last[0].header == last[-1].header

    wait_until(repeated, "repetition")
    count, stamp, began = len(lockstep.joints), lockstep.stamp(), time.monotonic()
    wait_until(lambda: len(lockstep.joints) >= count + 10, "ten more")
    assert time.monotonic() - began > 0.3  # a busy machine makes them come later, never sooner
    assert lockstep.stamp() == stamp
    assert lockstep.poses[-1].header.stamp == lockstep.joints[-1].header.stamp


@pytest.mark.parametrize("effort", [[np.nan] * 7, [0.0] * 3])
def test_a_wrong_command_is_refused_and_nothing_moves(lockstep, effort):
    stamp = lockstep.stamp()
    lockstep.command(effort)
    time.sleep(0.2)
    assert lockstep.stamp() == stamp


def test_the_motors_give_no_more_than_their_limits_and_say_so(lockstep, wait_until, task):
    stamp = to_nanoseconds(lockstep.reset(condition=0, seed=3, jitter=False).stamp)
    effort = 0.5 * task.torque_limits
    lockstep.command(effort)
    wait_until(lambda: lockstep.stamp() == stamp + task.period_ns, "the next sensors")
    assert not lockstep.faults
    effort[2], effort[4] = 3.0 * task.torque_limits[2], -1e6
    lockstep.command(effort)
    wait_until(lambda: lockstep.stamp() == stamp + 2 * task.period_ns, "the next sensors")
    effort[2], effort[4] = task.torque_limits[2], -task.torque_limits[4]
    np.testing.assert_array_equal(lockstep.joints[-1].effort, effort)
    wait_until(lambda: lockstep.faults, "the fault")
    assert "command beyond the motors' limits, cut: " in lockstep.faults[0].data
    assert task.joints[2] in lockstep.faults[0].data
    assert task.joints[4] in lockstep.faults[0].data
    assert task.joints[0] not in lockstep.faults[0].data


def test_stamps_never_run_backwards(lockstep, wait_until):
    count = len(lockstep.joints)
    for seed in range(3):
        assert lockstep.reset(condition=0, seed=seed, jitter=True).success
    wait_until(lambda: len(lockstep.joints) >= count + 3, "sensors")
    stamps = [to_nanoseconds(message.header.stamp) for message in lockstep.joints]
    assert stamps == sorted(stamps)
