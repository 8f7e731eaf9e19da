"""The estimator alone, with sensors that the test plays."""

import time
from contextlib import contextmanager

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState

from pilqr_msgs.msg import State
from pilqr_ros.nodes import graph, qos
from pilqr_ros.nodes.conversions import to_field, to_nanoseconds, to_time
from pilqr_ros.nodes.processes import ProcessGroup

PERIOD = 50_000_000


class Bench:
    def __init__(self, client, task):
        self.task = task
        self.joints = client.node.create_publisher(JointState, "joint_states", qos.RELIABLE)
        self.poses = client.node.create_publisher(PoseStamped, "mocap/puck/pose", qos.RELIABLE)
        self.states = client.listen(State, "state", qos.SENSOR)
        self.count = client.node.count_publishers

    def connected(self):
        matched = all(one.get_subscription_count() > 0 for one in (self.joints, self.poses))
        return matched and self.count("state") > 0

    def until(self, send, holds):
        """Send again and again, as sensors do, until something holds."""
        deadline = time.monotonic() + 20.0
        while not holds():
            assert time.monotonic() < deadline, "no answer"
            send()
            time.sleep(0.05)

    def send_joints(self, stamp, positions=None, order=1):
        positions = self.task.conditions[0].start if positions is None else positions
        message = JointState(name=list(self.task.joints)[::order])
        message.position = to_field(np.asarray(positions)[::order])
        message.velocity = to_field(np.zeros(self.task.dU))
        message.header.stamp = to_time(stamp)
        self.joints.publish(message)

    def send_pose(self, stamp, position):
        message = PoseStamped()
        message.header.stamp = to_time(stamp)
        point = message.pose.position
        point.x, point.y, point.z = position
        message.pose.orientation.w = 1.0
        self.poses.publish(message)

    def block(self, name, state=-1):
        block = next(one for one in self.task.layout.blocks if one.name == name)
        return np.array(self.states[state].x)[block.slice]


@pytest.fixture
def estimator(fresh_client, task, wait_until):
    @contextmanager
    def run(*settings):
        spec = next(one for one in graph.NODES if one.name == "state_estimator")
        command = graph.command(spec, graph.GraphOptions())
        for setting in settings:
            command += ["-p", setting]
        lines = []
        with ProcessGroup(
            {"state_estimator": command}, lambda _, line: lines.append(line)
        ) as group:
            bench = Bench(fresh_client, task)
            bench.lines = lines
            wait_until(bench.connected, "state_estimator")
            yield bench
            group.check()

    return run


def test_a_state_comes_when_every_input_of_its_stamp_is_there(estimator, task, wait_until):
    with estimator() as bench:

        def send():
            bench.send_pose(PERIOD, (0.85, -0.2, 0.025))
            bench.send_joints(PERIOD, order=-1)

        bench.until(send, lambda: bench.states)
        assert to_nanoseconds(bench.states[0].header.stamp) == PERIOD
        np.testing.assert_allclose(bench.block("joint_positions"), task.conditions[0].start)
        np.testing.assert_allclose(bench.block("puck"), (0.85, -0.2, 0.025))
        bench.send_joints(2 * PERIOD)
        bench.send_pose(2 * PERIOD, (0.95, -0.2, 0.025))  # late: the state waits for it
        last = 2 * PERIOD
        wait_until(
            lambda: to_nanoseconds(bench.states[-1].header.stamp) == last, "the second state"
        )
        np.testing.assert_allclose(bench.block("puck_velocity"), (2.0, 0.0, 0.0))


def test_poses_are_turned_into_the_bases_frame(estimator):
    turned = ("mocap_xyz:=[1.0, 2.0, 0.0]", f"mocap_rpy:=[0.0, 0.0, {np.pi / 2}]")
    with estimator(*turned) as bench:

        def send():
            bench.send_pose(PERIOD, (1.0, 0.0, 0.5))
            bench.send_joints(PERIOD)

        bench.until(send, lambda: bench.states)
        np.testing.assert_allclose(bench.block("puck"), (1.0, 3.0, 0.5), atol=1e-12)


@pytest.mark.parametrize(
    ("position", "message"), [(np.nan, "position of r_elbow_flex_joint is nan"), (None, "lacks")]
)
def test_a_wrong_joint_state_gives_no_state_and_is_named(estimator, task, position, message):
    with estimator() as bench:
        wrong = task.conditions[0].start.copy()

        def send():
            bench.send_pose(PERIOD, (0.85, -0.2, 0.025))
            if position is None:
                bench.joints.publish(JointState(name=["elbow"]))
            else:
                wrong[task.joints.index("r_elbow_flex_joint")] = position
                bench.send_joints(PERIOD, wrong)

        bench.until(send, lambda: any(message in line for line in bench.lines))
        assert not bench.states
