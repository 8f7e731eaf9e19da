"""Node `mujoco_bridge`: a simulated robot and motion-capture system in place of real ones.

In lock-step the world advances by exactly one control period for each torque command and then
publishes its sensors. In real time it runs freely with the last command, and drops it to zero when
commands stop, as a robot must. Its motors give no more than their limits; who asks for more is told
on `robot_fault`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from geometry_msgs.msg import PoseStamped, WrenchStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String

from pilqr_msgs.srv import PlaceBody, Reset
from pilqr_ros.errors import PilqrError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import NANOSECONDS, set_stamp, view_field
from pilqr_ros.nodes.messages.wiring import publish, subscribe
from pilqr_ros.nodes.runtime.control_executor import ControlExecutor
from pilqr_ros.nodes.runtime.failure import failure_of, tell
from pilqr_ros.nodes.runtime.parameters import declare
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.nodes.sensing.bridge_parameters import BridgeParameters
from pilqr_ros.nodes.sensing.sensor_messages import SensorMessages
from pilqr_ros.nodes.sensing.wrench_messages import sensor_topic
from pilqr_ros.robot.estimation.joint_reader import names_on_robot
from pilqr_ros.robot.frames import base_frame_in
from pilqr_ros.robot.guard.command_stream import CommandStream
from pilqr_ros.robot.guard.naming import named_values
from pilqr_ros.simulation.errors import EffortError, SimulationDiverged
from pilqr_ros.simulation.imperfect_sensors import ImperfectSensors
from pilqr_ros.simulation.viewer import open_viewer
from pilqr_ros.simulation.world import World

IDLE_PERIOD = 0.05
"""In lock-step, silent sensors are published again after this time [s], so that a reader that
missed them or has just come does not wait for ever."""

WARN_PERIOD = 2.0
"""Least time between two messages about commands beyond the motors' limits [s]."""

MAX_PERIODS_AT_ONCE = 10
"""In real time, sensor periods made up for after the process was held up."""


class MujocoBridgeNode(Node):
    """Wires a `World` to the topics of a robot."""

    def __init__(self) -> None:
        """Create the world at the start of the first condition and publish its sensors."""
        super().__init__("mujoco_bridge")
        self._given = declare(self, BridgeParameters)
        task = self._given.load_task()
        self._world = World(task)
        self._world.reset(0, seed=0, jitter=False)
        self._effort = np.zeros(task.dU)
        self._motors = task.torque_limits
        self._stream = CommandStream(self._given.timeout_ns(task.period_ns))
        self._diverged = False
        self._published_ns = 0
        self._viewer = open_viewer(self._world) if self._given.viewer else None
        self._imperfect = ImperfectSensors(self._given.imperfections())
        self._sensors = SensorMessages(
            self._world.sense(),
            self._given.mocap_frame
            or self._given.base_frame
            or base_frame_in(self.get_namespace()),
            names=names_on_robot(task, self._given.robot_joints),
            base_to_frame=self._given.base_to_mocap,
            sensors={name: task.sensor_kind(name) for name in task.sensors},
        )
        self._clock_message = ClockMessage()
        self._create_publishers()
        self._create_timers()
        if self._given.offer_reset:
            self.create_service(Reset, "reset", self._on_reset)
        self.create_service(PlaceBody, "~/place_body", self._on_place_body)
        subscribe(
            self, Float64MultiArray, "effort_controller/commands", self._on_command, qos.COMMAND
        )
        self._publish()

    def _create_publishers(self) -> None:
        self._fault_publisher = publish(self, String, "robot_fault", qos.RECORD)
        self._clock_publisher = publish(self, ClockMessage, "/clock", qos.COMMAND)
        self._joint_publisher = publish(self, JointState, "joint_states", qos.RELIABLE)
        self._body_publishers = {
            body: publish(self, PoseStamped, f"mocap/{body}/pose", qos.RELIABLE)
            for body in self._sensors.bodies
        }
        self._sensor_publishers = {
            name: publish(self, WrenchStamped, sensor_topic(name), qos.RELIABLE)
            for name in self._sensors.sensors
        }

    def _create_timers(self) -> None:
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        if self._given.lockstep:
            self.create_timer(IDLE_PERIOD, self._publish_if_idle, clock=steady)
        else:
            rate = self._given.sensor_rate * self._given.real_time_factor
            self._due = DuePeriods(round(NANOSECONDS / rate), time.monotonic_ns())
            self.create_timer(1.0 / rate, self._run_freely, clock=steady)
        if self._viewer is not None:
            self.create_timer(1.0 / 30.0, self._viewer.sync, clock=steady)

    def _on_command(self, command: Float64MultiArray) -> None:
        effort = view_field(command.data)
        try:
            self._world.check_effort(effort)
        except EffortError as error:
            self.get_logger().error(f"command refused: {error}")
            return
        self._effort[:] = self._within_motors(effort)
        self._stream.on_command(time.monotonic_ns(), last=not effort.any())
        if self._given.lockstep:
            self._advance(self._world.step)
            self._publish()

    def _within_motors(self, effort: np.ndarray) -> np.ndarray:
        """Return what the motors give of a torque; more than that is a fault of who asks for it."""
        excess = np.abs(effort) > self._motors
        if not excess.any():
            return effort
        task = self._world.task
        asked = named_values(task.joints, excess, effort, task.joint_units.effort)
        fault = f"command beyond the motors' limits, cut: {asked}"
        self._fault_publisher.publish(String(data=fault))
        self.get_logger().error(fault, throttle_duration_sec=WARN_PERIOD)
        return np.clip(effort, -self._motors, self._motors)

    def _run_freely(self) -> None:
        now_ns = time.monotonic_ns()
        if self._stream.fell_silent(now_ns):
            self._effort[:] = 0.0
            self.get_logger().warning("commands stopped, zero torque")
        for _ in range(self._due.take(now_ns)):
            self._advance(self._advance_sensor_period)
        self._publish()

    def _advance_sensor_period(self, effort: np.ndarray) -> None:
        self._world.advance(effort, 1.0 / self._given.sensor_rate)

    def _advance(self, advance: Callable[[np.ndarray], object]) -> None:
        """Advance the world unless it has diverged since the last reset."""
        if self._diverged:
            return
        try:
            advance(self._effort)
        except SimulationDiverged as error:
            self._diverged = True
            self._fault_publisher.publish(String(data=str(error)))
            self.get_logger().error(f"{error}; silent until the next reset")

    def _on_reset(self, request: Reset.Request, response: Reset.Response) -> Reset.Response:
        try:
            report = self._world.reset(request.condition, request.seed, request.jitter)
        except PilqrError as error:
            tell(response, failure_of(error))
            return response
        self._effort[:] = 0.0
        self._stream.on_command(time.monotonic_ns(), last=True)
        self._diverged = False
        self._imperfect.reset()
        response.success = True
        response.position_error = report.position_error
        response.velocity_error = report.velocity_error
        set_stamp(response.stamp, report.stamp_ns)
        self._publish()
        return response

    def _on_place_body(
        self, request: PlaceBody.Request, response: PlaceBody.Response
    ) -> PlaceBody.Response:
        """Play a person's hand."""
        try:
            self._world.place(request.body, np.array([request.x, request.y, request.z]))
        except PilqrError as error:
            tell(response, failure_of(error))
            return response
        response.success = True
        return response

    def _publish_if_idle(self) -> None:
        if time.monotonic_ns() - self._published_ns > IDLE_PERIOD / 2 * NANOSECONDS:
            self._publish()

    def _publish(self) -> None:
        if self._diverged:
            return
        readings = self._world.sense()
        output = self._imperfect.output(readings)
        if output is not None:
            self._sensors.fill(output)
            for body in output.bodies:
                self._body_publishers[body].publish(self._sensors.bodies[body])
            for name, publisher in self._sensor_publishers.items():
                publisher.publish(self._sensors.sensors[name])
            self._joint_publisher.publish(self._sensors.joints)
        set_stamp(self._clock_message.clock, readings.stamp_ns)
        self._clock_publisher.publish(self._clock_message)
        self._published_ns = time.monotonic_ns()


class DuePeriods:
    """Counts the periods that the clock has completed."""

    def __init__(self, period_ns: int, now_ns: int) -> None:
        """Start counting now."""
        self._period_ns = period_ns
        self._taken_until_ns = now_ns

    def take(self, now_ns: int) -> int:
        """Return the periods completed since the last call, at most `MAX_PERIODS_AT_ONCE`."""
        periods = (now_ns - self._taken_until_ns) // self._period_ns
        self._taken_until_ns += periods * self._period_ns
        return min(periods, MAX_PERIODS_AT_ONCE)


def main() -> None:
    """Run the node."""
    sys.exit(run(MujocoBridgeNode, executor=ControlExecutor))


if __name__ == "__main__":
    main()
