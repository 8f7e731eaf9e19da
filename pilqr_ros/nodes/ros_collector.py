"""Executing policies and evaluating costs through the graph: what learning calls, nodes answer.

Everything here blocks, so it runs in a thread of its own while another one spins the node.
"""

from __future__ import annotations

import threading
import time

from rclpy.action import ActionClient
from rclpy.action.client import ClientGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from pilqr_msgs.action import ExecuteRollout
from pilqr_msgs.srv import EvaluateCost, Reset
from pilqr_ros.learning.costing import CostReport
from pilqr_ros.learning.errors import CollectorError, TrainingStopped
from pilqr_ros.nodes.conversions import policy_to_message, rollout_to_message
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.waiting import wait_for, wait_for_condition, wait_while_alive
from pilqr_ros.robot.errors import MessageError
from pilqr_ros.robot.fields import from_field, rollout_from_message
from pilqr_ros.robot.rollout import Rollout
from pilqr_ros.trajopt.tvlg import TVLGPolicy

DISCOVERY_TIMEOUT = 20.0
"""Longest wait for a server to appear [s]; a process's start and discovery take up to 5 s."""

ANSWER_TIMEOUT = 10.0
"""Longest wait for an answer, or between two signs of life of a rollout [s]."""


class RosCollector:
    """Executes policies through `reset` and `execute_rollout`."""

    def __init__(self, node: Node, reset_timeout: float = ANSWER_TIMEOUT) -> None:
        """Create the clients.

        Args:
            node: A node that another thread spins.
            reset_timeout: Longest wait for a reset [s]; on a robot it may wait for a hand.
        """
        group = ReentrantCallbackGroup()
        self._reset_timeout = reset_timeout
        self._reset = node.create_client(Reset, "reset", callback_group=group)
        self._execute = ActionClient(
            node, ExecuteRollout, "trajectory_executor/execute_rollout", callback_group=group
        )
        self._lock = threading.Lock()
        self._goal: ClientGoalHandle | None = None
        self._cancelled = False
        self._last_sign = 0.0

    def collect(
        self, policy: TVLGPolicy, condition: int, seed: int, explore: bool, jitter: bool
    ) -> Rollout:
        """Reset the world and execute a policy once.

        Raises:
            CollectorError: A node did not answer or refused; the message names it.
            TrainingStopped: The rollout was broken off by `cancel`.
        """
        try:
            goal = ExecuteRollout.Goal(
                policy=policy_to_message(policy), condition=condition, seed=seed, explore=explore
            )
            goal.not_before = self._reset_world(condition, seed, jitter).stamp
            rollout = self._run(goal)
        except (NodeError, MessageError) as error:
            raise CollectorError(str(error)) from error
        if self._cancelled and not rollout.valid:
            raise TrainingStopped("stopped within a rollout; every finished one is kept")
        return rollout

    def cancel(self) -> None:
        """Stop the rollout under way, if there is one, and any that would follow."""
        with self._lock:
            self._cancelled = True
            if self._goal is not None:
                self._goal.cancel_goal_async()

    def allow(self) -> None:
        """Execute rollouts again after a `cancel`."""
        with self._lock:
            self._cancelled = False

    def _reset_world(self, condition: int, seed: int, jitter: bool) -> Reset.Response:
        """Bring the world to a start and return the verified answer."""
        who = "the reset service (mujoco_bridge or robot_reset)"
        wait_for_condition(self._reset.service_is_ready, DISCOVERY_TIMEOUT, who, "appear")
        request = Reset.Request(condition=condition, seed=seed, jitter=jitter)
        response: Reset.Response = wait_for(
            self._reset.call_async(request), self._reset_timeout, who, "answer"
        )
        if not response.success:
            raise NodeError(f"reset failed: {response.message}")
        return response

    def _run(self, goal: ExecuteRollout.Goal) -> Rollout:
        """Send a goal and wait for its rollout."""
        who = "trajectory_executor"
        wait_for_condition(
            self._execute.server_is_ready, DISCOVERY_TIMEOUT, who, "offer execute_rollout"
        )
        self._last_sign = time.monotonic()
        sent = self._execute.send_goal_async(goal, feedback_callback=self._on_feedback)
        handle: ClientGoalHandle = wait_for(sent, ANSWER_TIMEOUT, who, "answer a goal")
        if not handle.accepted:
            raise NodeError(f"{who} rejected the rollout; its log says why")
        with self._lock:
            self._goal = handle
            if self._cancelled:
                handle.cancel_goal_async()
        try:
            answer = wait_while_alive(
                handle.get_result_async(),
                lambda: self._last_sign,
                ANSWER_TIMEOUT,
                who,
                "go on with a rollout",
            )
        finally:
            with self._lock:
                self._goal = None
        return rollout_from_message(answer.result.rollout)

    def _on_feedback(self, _feedback: object) -> None:
        self._last_sign = time.monotonic()


class RosCostEvaluator:
    """Asks `cost_evaluator` what rollouts cost."""

    def __init__(self, node: Node, task_name: str) -> None:
        """Create the client on a node that another thread spins."""
        self._task_name = task_name
        self._client = node.create_client(
            EvaluateCost, "cost_evaluator/evaluate_cost", callback_group=ReentrantCallbackGroup()
        )

    def evaluate(self, rollout: Rollout) -> CostReport:
        """Return the cost of a rollout.

        Raises:
            CollectorError: The node did not answer or refused.
        """
        try:
            return self._evaluate(rollout)
        except (NodeError, MessageError) as error:
            raise CollectorError(str(error)) from error

    def _evaluate(self, rollout: Rollout) -> CostReport:
        who = "cost_evaluator"
        wait_for_condition(
            self._client.service_is_ready, DISCOVERY_TIMEOUT, who, "offer evaluate_cost"
        )
        request = EvaluateCost.Request(rollout=rollout_to_message(rollout, self._task_name))
        response: EvaluateCost.Response = wait_for(
            self._client.call_async(request), ANSWER_TIMEOUT, who, "answer evaluate_cost"
        )
        if not response.ok:
            raise NodeError(f"{who} refused a rollout: {response.message}")
        return CostReport(
            costs=from_field("costs", response.costs, (rollout.T,), "T"),
            success=response.success,
            distance=response.distance,
            terms=dict(zip(response.term_names, response.term_costs, strict=True)),
        )
