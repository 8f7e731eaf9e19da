"""Sensors' readings survive their messages, on the topics that everybody speaks of."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not in this environment")

from geometry_msgs.msg import WrenchStamped

from pilqr_ros.doctor.expectation import expect
from pilqr_ros.nodes.messages.recorded_topics import recorded_topics
from pilqr_ros.nodes.sensing.wrench_messages import fill_wrench, sensor_topic, wrench_values
from pilqr_ros.robot.robot_config import RobotConfig

SENSOR = """<sensor><touch name="press" site="pad"/></sensor><worldbody>
<body name="pad"><site name="pad" size=".1"/><geom size=".01" contype="0" conaffinity="0"/></body>
"""


@pytest.mark.parametrize(
    ("kind", "values", "where"),
    [
        ("touch", [3.0], ("force", [0.0, 0.0, 3.0])),
        ("force", [1.0, 2.0, 3.0], ("force", [1.0, 2.0, 3.0])),
        ("torque", [1.0, 2.0, 3.0], ("torque", [1.0, 2.0, 3.0])),
    ],
)
def test_a_reading_is_in_its_part_of_the_wrench(kind, values, where):
    message = WrenchStamped()
    fill_wrench(message, kind, 1_500_000_000, np.array(values))
    part, numbers = where
    vector = getattr(message.wrench, part)
    assert [vector.x, vector.y, vector.z] == numbers
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (1, 500_000_000)
    assert list(wrench_values(message, kind)) == values


def test_the_robots_file_the_recorder_and_the_doctor_know_the_topic(two_joints):
    task = two_joints(
        scene=("<worldbody>", SENSOR),
        edit=lambda c: c["state"].append({"name": "press", "kind": "sensor", "of": "press"}),
    )
    topic = sensor_topic("press")
    assert topic in RobotConfig(name="robot").topics(task)
    assert topic in [one.name for one in recorded_topics(task)]
    moved = RobotConfig(name="robot", sensors={"press": "/gripper/wrench"})
    wire = expect(task, moved, "").wires["/gripper/wrench"]
    assert (wire.kind, wire.subscriber) == ("geometry_msgs/msg/WrenchStamped", "state_estimator")
