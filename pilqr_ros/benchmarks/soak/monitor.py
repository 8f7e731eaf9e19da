"""Node that watches the robot's torques, independent of the graph; it tells in lines of JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from pilqr_ros.benchmarks.soak.strangers import STRANGER, STRANGERS_OFFSET
from pilqr_ros.benchmarks.soak.watch import TorqueWatch
from pilqr_ros.nodes.messages.conversions import to_nanoseconds
from pilqr_ros.nodes.messages.wiring import subscribe
from pilqr_ros.nodes.runtime.control_executor import ControlExecutor
from pilqr_ros.nodes.runtime.parameters import NodeParameters, declare
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.tasks import load_task

SENSOR_PERIOD_NS = 10_000_000
"""Time between two joint states of the simulated robot in real time [ns]."""

EVERY = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)


@dataclass(frozen=True)
class MonitorParameters(NodeParameters):
    """Parameters of the monitor."""


class MonitorNode(Node):
    """Wires the robot's topics to a `TorqueWatch`."""

    def __init__(self) -> None:
        """Listen to what the controller is sent and what the robot says it applies."""
        super().__init__("soak_monitor")
        parameters = declare(self, MonitorParameters)
        task = load_task(parameters.task)
        self._watch = TorqueWatch(task, 0 if parameters.lockstep else SENSOR_PERIOD_NS)
        self._dU = task.dU
        subscribe(self, JointState, "joint_states", self._on_joints, EVERY)
        subscribe(self, Float64MultiArray, "effort_controller/commands", self._on_command, EVERY)
        self.create_timer(1.0, self._tell)

    def _on_joints(self, message: JointState) -> None:
        if message.header.frame_id == STRANGER:
            return
        effort = np.array(message.effort[: self._dU])
        self._report(self._watch.on_applied(to_nanoseconds(message.header.stamp), effort))

    def _on_command(self, message: Float64MultiArray) -> None:
        if message.layout.data_offset == STRANGERS_OFFSET:
            return
        self._report(self._watch.on_command(np.array(message.data)))

    def _report(self, problem: str) -> None:
        if problem:
            print(json.dumps({"unsafe": problem}), flush=True)

    def _tell(self) -> None:
        watch = self._watch
        counts = {"ticks": watch.ticks, "commands": watch.commands, "kinds": dict(watch.unsafe)}
        print(json.dumps(counts), flush=True)


def main() -> None:
    """Run the node."""
    sys.exit(run(MonitorNode, executor=ControlExecutor))


if __name__ == "__main__":
    main()
