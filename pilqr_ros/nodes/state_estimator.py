"""Node `state_estimator`: joint states and motion capture in, one stamped state vector out.

A state is published for each joint state as soon as every input of its stamp has come. In real
time, joint states and poses are not sampled together: there the newest pose serves.
"""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from functools import partial

import numpy as np
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from sensor_msgs.msg import JointState

from pilqr_msgs.msg import State
from pilqr_ros.nodes import qos
from pilqr_ros.nodes.control_executor import ControlExecutor
from pilqr_ros.nodes.conversions import set_stamp, to_nanoseconds, view_field
from pilqr_ros.nodes.parameters import NodeParameters, declare, parameter
from pilqr_ros.nodes.running import run
from pilqr_ros.nodes.wiring import publish, subscribe
from pilqr_ros.robot.state_estimation import StateError, StateEstimator, rigid_transform
from pilqr_ros.tasks import load_task

WARN_PERIOD = 2.0
"""Least time between two warnings of the same kind [s]."""


@dataclass(frozen=True)
class EstimatorParameters(NodeParameters):
    """Parameters of the estimator."""

    mocap_xyz: tuple[float, ...] = parameter(
        (0.0, 0.0, 0.0), "origin of motion capture's frame in the robot's base frame [m]"
    )
    mocap_rpy: tuple[float, ...] = parameter(
        (0.0, 0.0, 0.0), "rotation of motion capture's frame about the base's fixed axes [rad]"
    )


class StateEstimatorNode(Node):
    """Wires the sensors' topics to a `StateEstimator`."""

    def __init__(self) -> None:
        """Subscribe to the task's sensors."""
        super().__init__("state_estimator")
        parameters = declare(self, EstimatorParameters)
        task = load_task(parameters.task)
        self._lockstep = parameters.lockstep
        transform = rigid_transform(parameters.mocap_xyz, parameters.mocap_rpy)
        self._estimator = StateEstimator(task, mocap_to_base=transform)
        self._joint_stamp_ns = -1
        self._published_ns = -1
        self._message = State(x=array("d", bytes(8 * task.dX)))
        self._message.header.frame_id = "base"
        self._x = view_field(self._message.x)
        self._publisher = publish(self, State, "state", qos.SENSOR)
        for body in task.bodies:
            receive = partial(self._on_pose, body)
            subscribe(self, PoseStamped, f"mocap/{body}/pose", receive, qos.SENSOR)
        subscribe(self, JointState, "joint_states", self._on_joints, qos.SENSOR)

    def _on_joints(self, message: JointState) -> None:
        self._joint_stamp_ns = to_nanoseconds(message.header.stamp)
        try:
            self._estimator.on_joints(
                self._joint_stamp_ns, message.name, message.position, message.velocity
            )
        except StateError as error:
            self._warn(error)
            return
        if not self._lockstep or self._estimator.complete_at(self._joint_stamp_ns):
            self._publish()

    def _on_pose(self, body: str, message: PoseStamped) -> None:
        position, orientation = message.pose.position, message.pose.orientation
        stamp_ns = to_nanoseconds(message.header.stamp)
        try:
            self._estimator.on_body(
                body,
                stamp_ns,
                np.array((position.x, position.y, position.z)),
                np.array((orientation.w, orientation.x, orientation.y, orientation.z)),
            )
        except StateError as error:
            self._warn(error)
            return
        joints_waited = self._lockstep and self._published_ns < self._joint_stamp_ns
        if joints_waited and self._estimator.complete_at(self._joint_stamp_ns):
            self._publish()

    def _publish(self) -> None:
        try:
            estimate = self._estimator.estimate()
        except StateError as error:
            self._warn(error)
            return
        self._x[:] = estimate.x
        set_stamp(self._message.header.stamp, estimate.stamp_ns)
        self._published_ns = estimate.stamp_ns
        self._publisher.publish(self._message)

    def _warn(self, error: StateError) -> None:
        self.get_logger().warning(f"no state: {error}", throttle_duration_sec=WARN_PERIOD)


def main() -> None:
    """Run the node."""
    sys.exit(run(StateEstimatorNode, executor=ControlExecutor))


if __name__ == "__main__":
    main()
