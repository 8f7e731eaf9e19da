"""What a goal's client is told while the work goes on."""

from __future__ import annotations

from typing import Any

from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

HEARTBEAT_PERIOD = 1.0
"""Feedback is repeated after this time [s], so that clients see that the work goes on."""


class GoalFeedback:
    """Publishes the feedback of the goal that is worked on, at once and with every heartbeat."""

    def __init__(self, node: Node) -> None:
        """Start the heartbeat."""
        self._node = node
        self._told: tuple[ServerGoalHandle, Any] | None = None
        node.create_timer(HEARTBEAT_PERIOD, self.repeat)

    def tell(self, goal: ServerGoalHandle, feedback: Any) -> None:  # noqa: ANN401
        """Publish the feedback of a goal, now and with every heartbeat."""
        self._told = goal, feedback
        goal.publish_feedback(feedback)

    def tell_silence(self, reason: str) -> None:
        """Tell whom the work waits for."""
        self._node.get_logger().warning(f"waiting: {reason}")
        if self._told is not None:
            self._told[1].waiting_for = reason
            self.repeat()

    def repeat(self) -> None:
        """Repeat the last feedback."""
        told = self._told
        if told is not None:
            told[0].publish_feedback(told[1])

    def end(self) -> None:
        """Repeat nothing any longer."""
        self._told = None
