"""An action server that rejects a goal which cannot be done, and tells its sender why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rclpy import action
from rclpy.action import CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from pilqr_msgs.msg import GoalRejection
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.failure import failure_of, tell


class ActionServer(action.ActionServer):
    """Plans each goal before it is accepted, and rejects those of which no plan can be made.

    ROS's own answer to a goal has no place for a reason: that is published before it, on the topic
    `<action>/rejection`, with the goal's identity, so that `ActionClient` finds it.

    For the identity it uses what rclpy does not promise: `_execute_goal_request`, which calls the
    goal's callback, is the same in Jazzy, Kilted and its development in 2026.
    """

    def __init__(
        self,
        node: Node,
        kind: type,
        name: str,
        plan: Callable[[Any], Any],
        execute: Callable[[ServerGoalHandle, Any], Awaitable[Any]],
        cancel: Callable[[ServerGoalHandle], CancelResponse],
    ) -> None:
        """Offer the action.

        Args:
            node: The node.
            kind: The action's type.
            name: Its name.
            plan: Returns what the execution of a goal needs; raises if it cannot be done.
            execute: Awaited with an accepted goal's handle and its plan; returns the result.
            cancel: Called for each goal that is to be cancelled.
        """
        self._planning, self._executing = plan, execute
        self._plans: dict[int, Any] = {}
        self._asked: Any = None
        self._clock, self._log = node.get_clock(), node.get_logger()
        self._rejections = node.create_publisher(GoalRejection, f"{name}/rejection", qos.REJECTIONS)
        super().__init__(
            node, kind, name, self._on_accepted, goal_callback=self._on_goal, cancel_callback=cancel
        )

    async def _execute_goal_request(self, request_header_and_message: Any) -> None:  # noqa: ANN401
        """Note whose goal is asked for, and go on as rclpy does."""
        self._asked = request_header_and_message[1].goal_id
        await super()._execute_goal_request(request_header_and_message)

    def _on_goal(self, goal: Any) -> GoalResponse:  # noqa: ANN401
        try:
            # The handle of an accepted goal holds this very message.
            self._plans[id(goal)] = self._planning(goal)
        except Exception as error:
            self._reject(error)
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    def _reject(self, error: Exception) -> None:
        """Tell why a goal is rejected."""
        failure = failure_of(error)
        for line in failure.lines:
            self._log.error(f"goal rejected: {line}")
        rejection = GoalRejection(goal_id=self._asked.uuid)
        rejection.header.stamp = self._clock.now().to_msg()
        tell(rejection, failure)
        self._rejections.publish(rejection)

    async def _on_accepted(self, goal: ServerGoalHandle) -> Any:  # noqa: ANN401
        return await self._executing(goal, self._plans.pop(id(goal.request)))
