"""An action client that may be created while another thread spins its node, and hears rejections.

A goal that cannot be done is rejected, and ROS's answer does not say why: `ActionServer` tells it
on a topic beside the action.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from rclpy import action
from rclpy.action.client import ClientGoalHandle
from rclpy.node import Node

from pilqr_msgs.msg import GoalRejection
from pilqr_ros.error_code import ErrorCode
from pilqr_ros.nodes.errors import RefusedError, SilenceError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.waiting import wait_for_condition

REJECTION_TIMEOUT = 3.0
"""Longest wait for the reason after a goal was rejected [s]; it is told before the answer."""

REMEMBERED = 20
"""So many rejections are remembered, of other clients' goals, too."""


class ActionClient(action.ActionClient):
    """Has a lock from the beginning, and knows why goals were rejected.

    rclpy's own joins its node's wait set first and creates its lock afterwards: a thread that spins
    the node in between ends with an error, and no answer is ever heard again.
    """

    _lock = threading.Lock()

    def __init__(self, node: Node, kind: type, name: str, **options: Any) -> None:  # noqa: ANN401
        """Listen to the action's rejections, too (arguments as of rclpy's)."""
        self._rejected: deque[GoalRejection] = deque(maxlen=REMEMBERED)
        self._rejections = node.create_subscription(
            GoalRejection, f"{name}/rejection", self._on_rejection, qos.REJECTIONS
        )
        super().__init__(node, kind, name, **options)

    def _on_rejection(self, rejection: GoalRejection) -> None:
        self._rejected.append(rejection)

    @property
    def name(self) -> str:
        """The action, without namespaces."""
        return str(self._action_name.rpartition("/")[2])

    def rejection(self, handle: ClientGoalHandle, who: str) -> RefusedError:
        """Return why a goal was not accepted; another thread spins the node.

        Args:
            handle: The goal's.
            who: Who rejected it.
        """
        identity = bytes(handle.goal_id.uuid)

        def told() -> list[GoalRejection]:
            return [one for one in tuple(self._rejected) if bytes(one.goal_id) == identity]

        try:
            wait_for_condition(lambda: bool(told()), REJECTION_TIMEOUT, who, "say why")
        except SilenceError:
            return RefusedError(f"{who} rejects {self.name}; its log says why", ErrorCode.INTERNAL)
        found = told()[-1]
        return RefusedError(found.message, found.error_code)

    def destroy(self) -> None:
        """Listen no more."""
        self._node.destroy_subscription(self._rejections)
        super().destroy()
