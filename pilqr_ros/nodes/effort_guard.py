"""Node `effort_guard`: the only one that talks to the robot's controller.

It applies the last limits to each torque command, tells what it let through, and sends zero torque
when a rollout ends, when a command is not finite, and when the next command does not come in time.
Zero torque is never delayed by the limit of the torque's rate.
"""

from __future__ import annotations

import sys
import time
from array import array

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.msg import AppliedTorque, TorqueCommand
from pilqr_ros.nodes import qos
from pilqr_ros.nodes.command_stream import CommandStream
from pilqr_ros.nodes.control_executor import ControlExecutor
from pilqr_ros.nodes.conversions import NANOSECONDS, view_field
from pilqr_ros.nodes.parameters import ListenerParameters, declare
from pilqr_ros.nodes.running import run
from pilqr_ros.nodes.wiring import count_listeners, publish, subscribe
from pilqr_ros.robot.torque_limits import TorqueLimiter
from pilqr_ros.tasks import load_task

CHECKS_PER_TIMEOUT = 5
SEARCH_PERIOD = 0.05
"""How often the guard looks for a controller until there is one [s]."""
WAITING_PERIOD = 5.0
"""Least time between two messages that there is none [s]."""


class EffortGuardNode(Node):
    """Wires a `TorqueLimiter` and a `CommandStream` between commands and controller."""

    def __init__(self) -> None:
        """Publish to the controller and listen for commands."""
        super().__init__("effort_guard")
        parameters = declare(self, ListenerParameters)
        task = load_task(parameters.task)
        self._limiter = TorqueLimiter(task.torque_limits, task.torque_rate_limits, task.joints)
        self._stream = CommandStream(parameters.timeout_ns(task.period_ns))
        self._zero = np.zeros(task.dU)
        self._rollout_id: int | None = None
        self._applied = AppliedTorque(effort=array("d", bytes(8 * task.dU)))
        self._applied_effort = view_field(self._applied.effort)
        self._output = Float64MultiArray(data=array("d", bytes(8 * task.dU)))
        self._output_data = view_field(self._output.data)
        self._controller = publish(
            self, Float64MultiArray, "effort_controller/commands", qos.COMMAND
        )
        self._report = publish(self, AppliedTorque, "applied_torque", qos.RECORD)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._search = self.create_timer(SEARCH_PERIOD, self._find_controller, clock=steady)
        check_period = self._stream.timeout_ns / NANOSECONDS / CHECKS_PER_TIMEOUT
        self.create_timer(check_period, self._check_silence, clock=steady)

    def _find_controller(self) -> None:
        """Listen to commands only when a controller hears the torques: none shall be lost."""
        if count_listeners(self, self._controller) <= 0:
            waiting = f"waiting for a controller on {self._controller.topic_name}"
            self.get_logger().info(waiting, throttle_duration_sec=WAITING_PERIOD)
            return
        subscribe(self, TorqueCommand, "torque_command", self._on_command, qos.COMMAND)
        self._search.cancel()

    def _on_command(self, command: TorqueCommand) -> None:
        self._stream.on_command(time.monotonic_ns(), command.last)
        if command.rollout_id != self._rollout_id:
            self._rollout_id = command.rollout_id
            self._limiter.reset()
        self._applied.header.stamp = command.header.stamp
        self._applied.rollout_id, self._applied.step = command.rollout_id, command.step
        if command.last:
            self._stop(AppliedTorque.NONE, "")
            return
        limited = self._limiter.apply(view_field(command.effort))
        self._send(limited.effort, limited.interventions, limited.detail)

    def _check_silence(self) -> None:
        if self._stream.fell_silent(time.monotonic_ns()):
            detail = f"no command for {self._stream.timeout_ns / NANOSECONDS:g} s"
            self.get_logger().warning(f"{detail}, zero torque sent")
            self._stop(AppliedTorque.TIMEOUT, detail)

    def _stop(self, interventions: int, detail: str) -> None:
        self._limiter.reset()
        self._send(self._zero, interventions, detail)

    def _send(self, effort: np.ndarray, interventions: int, detail: str) -> None:
        self._output_data[:] = effort
        self._controller.publish(self._output)
        self._applied_effort[:] = effort
        self._applied.interventions, self._applied.detail = interventions, detail
        self._report.publish(self._applied)


def main() -> None:
    """Run the node."""
    sys.exit(run(EffortGuardNode, executor=ControlExecutor))


if __name__ == "__main__":
    main()
