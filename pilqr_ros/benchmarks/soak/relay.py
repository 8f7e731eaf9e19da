"""Node that stands between other nodes and delays or drops their messages when told to.

It reads each topic ``<name>`` of `RELAYED` and passes it on as ``soak/<name>``; the node that is to
be disturbed reads that one by remapping.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.node import Node
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.msg import AppliedTorque, State, TorqueCommand
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.wiring import publish, subscribe
from pilqr_ros.nodes.runtime.control_executor import ControlExecutor
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.robot.guard.interventions import GUARD

RELAYED = {
    "state": (State, qos.SENSOR, "trajectory_executor"),
    "applied_torque": (AppliedTorque, qos.RECORD, "trajectory_executor"),
    "torque_command": (TorqueCommand, qos.COMMAND, GUARD),
}
"""Type, profile and disturbed reader of each topic."""

FAULTS = "soak/faults"
"""Topic of the faults: share of messages dropped, delay of the others [s]."""


def remappings(node: str) -> dict[str, str]:
    """Return what a node reads instead of some topics: what the relay passes on."""
    return {name: f"soak/{name}" for name, (_, _, reader) in RELAYED.items() if reader == node}


class RelayNode(Node):
    """Passes messages on, all of them at once unless told otherwise."""

    def __init__(self) -> None:
        """Stand between."""
        super().__init__("soak_relay")
        self._drop, self._delay = 0.0, 0.0
        self._random = random.Random(0)
        for name, (kind, profile, _) in RELAYED.items():
            sender = publish(self, kind, f"soak/{name}", profile)
            subscribe(self, kind, name, partial(self._pass_on, sender.publish), profile)
        subscribe(self, Float64MultiArray, FAULTS, self._on_faults, qos.RELIABLE)

    def _on_faults(self, message: Float64MultiArray) -> None:
        self._drop, self._delay = message.data

    def _pass_on(self, send: Callable[[Any], None], message: Any) -> None:  # noqa: ANN401
        if self._drop > 0.0 and self._random.random() < self._drop:
            return
        if self._delay > 0.0:
            time.sleep(self._delay)
        send(message)


def main() -> None:
    """Run the node."""
    sys.exit(run(RelayNode, executor=ControlExecutor))


if __name__ == "__main__":
    main()
