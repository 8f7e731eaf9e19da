"""The launch file under the real `launch`; skipped where that is not installed."""

import time
import unittest

import pytest

pytest.importorskip("launch_ros", reason="ROS 2's launch is not in this environment")
pytest.importorskip("launch_testing", reason="launch_testing is not in this environment")

import launch_testing
import launch_testing.actions
import launch_testing.asserts
import rclpy
from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

from pilqr_ros import graph

NAMESPACE = "launch_test"


@pytest.mark.launch_test
def generate_test_description():
    path = f"{get_package_share_directory('pilqr_ros')}/launch/hockey.launch.py"
    arguments = {"namespace": NAMESPACE, "real_time_factor": "0", "log_level": "info"}
    return LaunchDescription(
        [
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(path), launch_arguments=arguments.items()
            ),
            launch_testing.actions.ReadyToTest(),
        ]
    )


class TestGraph(unittest.TestCase):
    def setUp(self):
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = rclpy.create_node("launch_test_client", context=self.context)

    def tearDown(self):
        self.node.destroy_node()
        self.context.try_shutdown()

    def wait_until(self, holds, what):
        deadline = time.monotonic() + 30.0
        while not holds():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)

    def test_every_node_starts(self):
        starts = graph.starts(graph.GraphOptions())
        expected = {(start.name, f"/{NAMESPACE}") for start in starts}
        self.wait_until(
            lambda: expected <= set(self.node.get_node_names_and_namespaces()), "every node"
        )

    def test_sensors_and_states_are_published(self):
        def published(topic):
            return len(self.node.get_publishers_info_by_topic(f"/{NAMESPACE}/{topic}")) > 0

        for topic in ("joint_states", "mocap/puck/pose", "state", "effort_controller/commands"):
            self.wait_until(lambda topic=topic: published(topic), topic)


@launch_testing.post_shutdown_test()
class TestEnd(unittest.TestCase):
    def test_every_node_exits_with_0(self, proc_info):
        launch_testing.asserts.assertExitCodes(proc_info)
