"""Node `state_estimator`: joint states and motion capture in, one stamped state vector out.

A state is published for each joint state as soon as every input of its stamp has come. In real
time, joint states and poses are not sampled together: there the newest pose serves, if it is not
too old. What cannot be told is published all the same, marked as not valid, with the reason:
whoever acts on states then knows at once why there is none.
"""

from __future__ import annotations

import sys
import time
from array import array
from functools import partial

import numpy as np
from geometry_msgs.msg import PoseStamped, WrenchStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState

from pilqr_msgs.msg import State
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import NANOSECONDS, set_stamp, to_nanoseconds, view_field
from pilqr_ros.nodes.messages.wiring import publish, subscribe
from pilqr_ros.nodes.runtime.control_executor import ControlExecutor
from pilqr_ros.nodes.runtime.diagnostics import Diagnosis, Diagnostics, Level
from pilqr_ros.nodes.runtime.parameters import declare
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.nodes.sensing.estimator_parameters import EstimatorParameters
from pilqr_ros.nodes.sensing.input_diagnosis import diagnose_input
from pilqr_ros.nodes.sensing.mocap_frame import transform_from_tf
from pilqr_ros.nodes.sensing.wrench_messages import sensor_topic, wrench_values
from pilqr_ros.robot.estimation.body_velocity import latency
from pilqr_ros.robot.estimation.input_health import InputHealth
from pilqr_ros.robot.estimation.state_estimation import (
    StateError,
    StateEstimate,
    StateEstimator,
    rigid_transform,
)
from pilqr_ros.robot.frames import base_frame_in
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.typing import Array

WARN_PERIOD = 2.0
"""Least time between two warnings [s]."""

CHECKS_PER_TIMEOUT = 4
MIN_CHECK_PERIOD = 0.005
"""How often silence is looked for at most [s]."""


class StateEstimatorNode(Node):
    """Wires the sensors' topics to a `StateEstimator`."""

    def __init__(self) -> None:
        """Subscribe to the task's sensors."""
        super().__init__("state_estimator")
        self._given = declare(self, EstimatorParameters)
        task = self._given.load_task()
        self._base_frame = self._given.base_frame or base_frame_in(self.get_namespace())
        self._tracking = self._given.tracking(task.period_ns)
        self._estimator = StateEstimator(
            task,
            mocap_to_base=self._mocap_to_base(),
            tracking=self._tracking,
            joint_names=self._given.robot_joints,
            joint_jumps=not self._given.lockstep,
        )
        self._timeout_ns = self._given.timeout_ns(task.period_ns)
        self._joints_health = self._health("joint_states", self._timeout_ns)
        self._poses_health = {
            body: self._health(f"mocap/{body}/pose", self._tracking.max_age_ns)
            for body in task.bodies
        }
        self._sensor_health = {
            name: self._health(sensor_topic(name), self._tracking.max_age_ns)
            for name in task.sensors
        }
        self._sensor_kinds = {name: task.sensor_kind(name) for name in task.sensors}
        self._joint_stamp_ns = self._published_ns = -1
        self._prepare_message(task)
        self._publisher = publish(self, State, "state", qos.SENSOR)
        for body in task.bodies:
            receive = partial(self._on_pose, body)
            subscribe(self, PoseStamped, f"mocap/{body}/pose", receive, qos.SENSOR)
        for name in task.sensors:
            receive = partial(self._on_wrench, name)
            subscribe(self, WrenchStamped, sensor_topic(name), receive, qos.SENSOR)
        subscribe(self, JointState, "joint_states", self._on_joints, qos.SENSOR)
        check_period = self._timeout_ns / NANOSECONDS / CHECKS_PER_TIMEOUT
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(max(check_period, MIN_CHECK_PERIOD), self._check, clock=steady)
        self._diagnostics = Diagnostics(self, self._diagnose)

    def _mocap_to_base(self) -> Array:
        given = self._given
        if given.mocap_frame_source == "tf":
            return transform_from_tf(self, self._base_frame, given.mocap_frame)
        return rigid_transform(given.mocap_xyz, given.mocap_rpy)

    def _health(self, name: str, timeout_ns: int) -> InputHealth:
        """Return what watches an input; in lock-step the world waits, and its stamps with it."""
        lockstep = self._given.lockstep
        max_silence_ns = max(timeout_ns, self._timeout_ns) if lockstep else timeout_ns
        return InputHealth(name, max_silence_ns, time.monotonic_ns(), must_advance=not lockstep)

    def _prepare_message(self, task: Task) -> None:
        """Create the message that every state reuses."""
        self._message = State(
            x=array("d", bytes(8 * task.dX)), valid=[True] * len(task.layout.blocks)
        )
        self._message.header.frame_id = self._base_frame
        self._x = view_field(self._message.x)

    def _on_joints(self, message: JointState) -> None:
        if not self._estimator.reads(message.name):
            return
        stamp_ns = to_nanoseconds(message.header.stamp)
        self._joints_health.on_message(stamp_ns, time.monotonic_ns())
        try:
            self._check_clock(stamp_ns)
            self._estimator.on_joints(stamp_ns, message.name, message.position, message.velocity)
        except StateError as error:
            self._refuse(self._joints_health, error)
            self._publish(self._estimator.invalid(str(error)))
            return
        self._joint_stamp_ns = stamp_ns
        if not self._given.lockstep or self._estimator.complete_at(stamp_ns):
            self._publish_estimate()

    def _on_pose(self, body: str, message: PoseStamped) -> None:
        stamp_ns = to_nanoseconds(message.header.stamp)
        health = self._poses_health[body]
        health.on_message(stamp_ns, time.monotonic_ns())
        point, turn = message.pose.position, message.pose.orientation
        try:
            self._check_frame(body, message.header.frame_id)
            place = np.array((point.x, point.y, point.z))
            self._estimator.on_body(body, stamp_ns, place, (turn.w, turn.x, turn.y, turn.z))
        except StateError as error:
            self._refuse(health, error)
        self._publish_if_complete()

    def _on_wrench(self, sensor: str, message: WrenchStamped) -> None:
        stamp_ns = to_nanoseconds(message.header.stamp)
        health = self._sensor_health[sensor]
        health.on_message(stamp_ns, time.monotonic_ns())
        try:
            values = wrench_values(message, self._sensor_kinds[sensor])
            self._estimator.on_sensor(sensor, stamp_ns, values)
        except StateError as error:
            self._refuse(health, error)
        self._publish_if_complete()

    def _publish_if_complete(self) -> None:
        """Publish the state that was waited with in lock-step, if this was what it waited for."""
        joints_waited = self._given.lockstep and self._published_ns < self._joint_stamp_ns
        if joints_waited and self._estimator.complete_at(self._joint_stamp_ns):
            self._publish_estimate()

    def _check_clock(self, stamp_ns: int) -> None:
        """Refuse a joint state whose stamp is far from the node's clock."""
        allowed = self._given.stamp_age
        if allowed > 0.0:
            age = (self.get_clock().now().nanoseconds - stamp_ns) / NANOSECONDS
            if abs(age) > allowed:
                raise StateError(
                    f"joint state is {age:.3f} s old by its stamp, allowed: {allowed:g} s"
                )

    def _check_frame(self, body: str, frame: str) -> None:
        """Refuse a pose in another frame than motion capture's."""
        wanted = self._given.mocap_frame
        if wanted and frame != wanted:
            raise StateError(f"pose of {body} is in frame '{frame}', expected '{wanted}'")

    def _check(self) -> None:
        """Tell what is missing: the joint states, or in lock-step a pose of their stamp."""
        now_ns = time.monotonic_ns()
        silence = self._joints_health.silence(now_ns)
        if silence:
            self._publish(self._estimator.invalid(f"{silence}{self._estimator.strangers}"))
            return
        pose_missing = self._given.lockstep and self._published_ns < self._joint_stamp_ns
        if pose_missing and now_ns - self._joints_health.advanced_ns > self._timeout_ns:
            self._publish(self._estimator.estimate())

    def _publish_estimate(self) -> None:
        """Publish the state, unless a joint state of the present time is yet to come."""
        if not self._estimator.outdated:
            self._publish(self._estimator.estimate())

    def _publish(self, estimate: StateEstimate) -> None:
        """Publish a state and remember which one it was."""
        if estimate.reason:
            self._warn(estimate.reason)
        if estimate.reason != self._message.reason:
            self._message.reason, self._message.valid = estimate.reason, list(estimate.valid)
        self._x[:] = estimate.x
        set_stamp(self._message.header.stamp, estimate.stamp_ns)
        self._published_ns = estimate.stamp_ns
        self._publisher.publish(self._message)

    def _refuse(self, health: InputHealth, error: StateError) -> None:
        """Note that an input was not used."""
        health.on_refused(str(error))
        self._warn(str(error))

    def _warn(self, reason: str) -> None:
        self.get_logger().warning(f"not valid: {reason}", throttle_duration_sec=WARN_PERIOD)

    def _diagnose(self) -> list[Diagnosis]:
        now_ns = time.monotonic_ns()
        late = {"velocity latency [s]": latency(self._tracking.window_ns)}
        diagnoses = [diagnose_input(self._joints_health.report(now_ns), {})]
        diagnoses += [diagnose_input(h.report(now_ns), late) for h in self._poses_health.values()]
        diagnoses += [diagnose_input(h.report(now_ns), {}) for h in self._sensor_health.values()]
        reason = self._message.reason
        level = Level.ERROR if reason else Level.OK
        return [*diagnoses, Diagnosis("state", level, reason or "every block is valid")]


def main() -> None:
    """Run the node."""
    sys.exit(run(StateEstimatorNode, executor=ControlExecutor))


if __name__ == "__main__":
    main()
