"""A client of the learner's actions for programs that are not nodes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.action import ActionClient
from rclpy.action.client import ClientGoalHandle

from pilqr_msgs.action import EvaluatePolicy, TrainLocal
from pilqr_ros.nodes.client_node import ClientNode
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.waiting import wait_for, wait_for_condition, wait_while_alive

START_TIMEOUT = 30.0
"""Longest wait for the learner to offer its actions [s]."""

ANSWER_TIMEOUT = 10.0
"""Longest wait for an answer to a goal or a cancellation [s]."""

SILENCE_TIMEOUT = 60.0
"""Longest time between two signs of life while the learner works [s]."""

WHO = "learner"


class ClientError(NodeError):
    """The learner did not answer, or rejected a goal."""


class LearnerClient(ClientNode):
    """Sends goals to the learner and waits for their results; use it as a context manager."""

    def __init__(self, namespace: str = "") -> None:
        """Start a node in the learner's namespace and the thread that spins it."""
        super().__init__("pilqr_client", namespace)
        self._last_sign = 0.0
        self._train = ActionClient(self.node, TrainLocal, "learner/train_local")
        self._evaluate = ActionClient(self.node, EvaluatePolicy, "learner/evaluate_policy")

    def __enter__(self) -> LearnerClient:
        """Return this."""
        return self

    def train(
        self, goal: TrainLocal.Goal, on_feedback: Callable[[TrainLocal.Feedback], None]
    ) -> TrainLocal.Result:
        """Train and return the result; an interruption cancels the goal.

        Raises:
            ClientError: The learner did not answer, or rejected the goal.
        """
        return self._run(self._train, goal, on_feedback, "train_local")

    def evaluate(
        self, goal: EvaluatePolicy.Goal, on_feedback: Callable[[EvaluatePolicy.Feedback], None]
    ) -> EvaluatePolicy.Result:
        """Evaluate and return the result; an interruption cancels the goal.

        Raises:
            ClientError: The learner did not answer, or rejected the goal.
        """
        return self._run(self._evaluate, goal, on_feedback, "evaluate_policy")

    def _run(
        self,
        client: ActionClient,
        goal: Any,  # noqa: ANN401
        on_feedback: Callable[[Any], None],
        name: str,
    ) -> Any:  # noqa: ANN401
        """Send a goal and return its result."""

        def on_message(message: Any) -> None:  # noqa: ANN401
            self._last_sign = time.monotonic()
            on_feedback(message.feedback)

        try:
            wait_for_condition(client.server_is_ready, START_TIMEOUT, WHO, f"offer {name}")
            sent = client.send_goal_async(goal, feedback_callback=on_message)
            handle: ClientGoalHandle = wait_for(sent, ANSWER_TIMEOUT, WHO, f"answer {name}")
            if not handle.accepted:
                raise ClientError(f"{WHO} rejected {name}; its log says why")
            return self._await_result(handle, name)
        except NodeError as error:
            raise ClientError(str(error)) from error

    def _await_result(self, handle: ClientGoalHandle, name: str) -> Any:  # noqa: ANN401
        """Wait for a result as long as the learner lives."""
        self._last_sign = time.monotonic()
        future = handle.get_result_async()
        try:
            answer = wait_while_alive(
                future, lambda: self._last_sign, SILENCE_TIMEOUT, WHO, f"go on with {name}"
            )
        except KeyboardInterrupt:
            wait_for(handle.cancel_goal_async(), ANSWER_TIMEOUT, WHO, f"cancel {name}")
            wait_for(future, ANSWER_TIMEOUT, WHO, f"end {name}")
            raise
        return answer.result
