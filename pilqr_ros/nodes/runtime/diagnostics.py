"""What a node tells about its health, once a second on /diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.wiring import publish

PERIOD = 1.0
"""Seconds between two reports, on the wall: simulated time may stand still."""


class Level(Enum):
    """How well something is."""

    OK = DiagnosticStatus.OK
    WARN = DiagnosticStatus.WARN
    ERROR = DiagnosticStatus.ERROR
    STALE = DiagnosticStatus.STALE


class Diagnosis(NamedTuple):
    """The health of one thing that a node looks after.

    Attributes:
        name: The thing, for example ``input joint_states``.
        level: How well it is.
        message: The same in words.
        values: Figures, with their units in the names.
    """

    name: str
    level: Level
    message: str
    values: Mapping[str, object] = {}


class Diagnostics:
    """Publishes a node's diagnoses."""

    def __init__(self, node: Node, diagnose: Callable[[], list[Diagnosis]]) -> None:
        """Start to publish.

        Args:
            node: The node.
            diagnose: Called once a period; must be quick.
        """
        self._node, self._diagnose = node, diagnose
        self._publisher = publish(node, DiagnosticArray, "/diagnostics", qos.RECORD)
        node.create_timer(PERIOD, self.report, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def report(self) -> None:
        """Publish now, without waiting for the period's end."""
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.status = [self._status(diagnosis) for diagnosis in self._diagnose()]
        self._publisher.publish(message)

    def _status(self, diagnosis: Diagnosis) -> DiagnosticStatus:
        """Return the message of one diagnosis."""
        return DiagnosticStatus(
            level=diagnosis.level.value,
            name=f"{self._node.get_name()}: {diagnosis.name}",
            hardware_id=self._node.get_fully_qualified_name(),
            message=diagnosis.message,
            values=[KeyValue(key=k, value=str(v)) for k, v in diagnosis.values.items()],
        )
