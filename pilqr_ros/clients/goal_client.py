"""Goals of another node's actions: sent, waited for, and cancelled if the user interrupts.

Everything here blocks; another thread spins the node that asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from action_msgs.msg import GoalInfo
from action_msgs.srv import CancelGoal
from rclpy.action.client import ClientGoalHandle
from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future
from unique_identifier_msgs.msg import UUID

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.nodes.errors import NodeError, SilenceError
from pilqr_ros.nodes.runtime.action_client import ActionClient
from pilqr_ros.nodes.runtime.waiting import wait_for, wait_for_condition, wait_while_alive

ANSWER_TIMEOUT = 10.0
"""Longest wait for an answer to a goal or a cancellation [s]."""

SILENCE_TIMEOUT = 10.0
"""Longest time between two signs of life while a goal is worked on [s]; there is one a second."""

CANCEL_TIMEOUT = 5.0
"""Longest wait for the answer to a cancellation of a node that is silent [s]."""

INTERRUPT_TIMEOUT = 3.0
"""Longest silence of a node that is told to stop [s]. An interrupt often goes to the whole graph,
that node included, and `ros2 launch` gives all of it 5 s."""


class GoalLost(NodeError):
    """A node took a goal, or may have, and then fell silent."""

    code = ErrorCode.NO_ANSWER


class GoalClient:
    """Sends goals to one node, one after the other."""

    def __init__(self, node: Node, who: str) -> None:
        """Ask through a node that another thread spins.

        Args:
            node: The node.
            who: The name of the one that is asked.
        """
        self._node, self._who = node, who
        self._last_sign = 0.0

    def run(
        self,
        client: ActionClient,
        goal: Any,  # noqa: ANN401
        on_feedback: Callable[[Any], None],
        start_timeout: float,
    ) -> Any:  # noqa: ANN401
        """Send a goal and return its result; an interruption cancels it.

        Args:
            client: The action's client.
            goal: The goal.
            on_feedback: Takes what is told meanwhile.
            start_timeout: Longest wait for the action to be offered [s].

        Raises:
            SilenceError: Nobody offers the action.
            RefusedError: The goal was rejected; the message says why.
            GoalLost: The node fell silent.
        """

        def on_message(message: Any) -> None:  # noqa: ANN401
            self._last_sign = time.monotonic()
            on_feedback(message.feedback)

        name, identity = client.name, UUID(uuid=list(uuid4().bytes))
        wait_for_condition(client.server_is_ready, start_timeout, self._who, f"offer {name}")
        try:
            sent = client.send_goal_async(goal, on_message, goal_uuid=identity)
            handle = self._await_answer(sent, name, identity)
            if handle.accepted:
                return self._await_result(handle, name)
        except SilenceError as error:
            self._cancel(name, identity)
            raise GoalLost(str(error)) from error
        raise client.rejection(handle, self._who)

    def _await_answer(self, sent: Future, name: str, identity: UUID) -> ClientGoalHandle:
        """Wait for the answer to a goal; an interruption cancels the goal before it is answered."""
        try:
            handle: ClientGoalHandle = wait_for(sent, ANSWER_TIMEOUT, self._who, f"answer {name}")
        except KeyboardInterrupt:
            self._cancel(name, identity, INTERRUPT_TIMEOUT)
            raise
        return handle

    def _cancel(self, name: str, identity: UUID, timeout: float = CANCEL_TIMEOUT) -> None:
        """Cancel a goal by its identity: it has no handle, or its node seems to be gone."""
        request = CancelGoal.Request(goal_info=GoalInfo(goal_id=identity))
        service = _canceller(self._node, self._who, name)
        with suppress(SilenceError):
            wait_for_condition(service.service_is_ready, timeout, self._who, f"offer {name}")
            wait_for(service.call_async(request), timeout, self._who, f"cancel {name}")
        self._node.destroy_client(service)

    def _await_result(self, handle: ClientGoalHandle, name: str) -> Any:  # noqa: ANN401
        """Wait for a result as long as the node lives."""
        self._last_sign = time.monotonic()
        future, who = handle.get_result_async(), self._who
        try:
            answer = wait_while_alive(
                future, lambda: self._last_sign, SILENCE_TIMEOUT, who, f"go on with {name}"
            )
        except KeyboardInterrupt:
            with suppress(SilenceError):
                wait_for(handle.cancel_goal_async(), INTERRUPT_TIMEOUT, who, f"cancel {name}")
                self._await_end(future, name)
            raise
        return answer.result

    def _await_end(self, future: Any, name: str) -> None:  # noqa: ANN401
        """Wait for the end of a cancelled goal while the node gives signs of life."""
        began = time.monotonic()
        latest = began + ANSWER_TIMEOUT - INTERRUPT_TIMEOUT
        wait_while_alive(
            future,
            lambda: min(max(self._last_sign, began), latest),
            INTERRUPT_TIMEOUT,
            self._who,
            f"end {name}",
        )


class Cancelling:
    """Cancels every goal of another node's actions, whoever sent it."""

    def __init__(self, node: Node, who: str, actions: Iterable[str]) -> None:
        """Create the clients on a node that another thread spins.

        Args:
            node: The node.
            who: The name of the one that is asked.
            actions: Names of its actions.
        """
        self._who = who
        self._clients = {name: _canceller(node, who, name) for name in actions}

    def is_ready(self) -> bool:
        """Tell whether the node is there."""
        return all(client.service_is_ready() for client in self._clients.values())

    def all(self, timeout: float) -> str:
        """Cancel, and say how many goals there were.

        Args:
            timeout: Longest wait for each answer [s].

        Raises:
            SilenceError: The node does not answer.
        """
        cancelled = 0
        for name, client in self._clients.items():
            wait_for_condition(client.service_is_ready, timeout, self._who, f"offer {name}")
            # Neither an identity nor a time: all goals.
            asked = client.call_async(CancelGoal.Request())
            answer = wait_for(asked, timeout, self._who, f"cancel {name}")
            cancelled += len(answer.goals_canceling)
        return f"stopping {cancelled} goal(s)" if cancelled > 0 else "nothing was under way"


def _canceller(node: Node, who: str, name: str) -> Client[Any, Any]:
    return node.create_client(CancelGoal, f"{who}/{name}/_action/cancel_goal")
