"""Executing policies and evaluating costs through the graph: what learning calls, nodes answer.

Everything here blocks, so it runs in a thread of its own while another one spins the node.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

from rclpy.action.client import ClientGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.client import Client
from rclpy.node import Node
from std_srvs.srv import Trigger

from pilqr_msgs.action import ExecuteRollout
from pilqr_msgs.srv import EvaluateCost, Reset
from pilqr_ros.error_code import ErrorCode
from pilqr_ros.learning.errors import CollectorError, RolloutInterrupted
from pilqr_ros.nodes.errors import NodeError, RefusedError, SilenceError
from pilqr_ros.nodes.messages.conversions import rollout_to_message
from pilqr_ros.nodes.messages.policy_messages import put_policy
from pilqr_ros.nodes.runtime.action_client import ActionClient
from pilqr_ros.nodes.runtime.waiting import (
    TRY_TIMEOUT,
    Patience,
    ask,
    wait_for,
    wait_for_condition,
    wait_while_alive,
)
from pilqr_ros.nodes.training.stop import Stop
from pilqr_ros.robot.execution.errors import MessageError
from pilqr_ros.robot.execution.fields import from_field, rollout_from_message
from pilqr_ros.robot.execution.policy_execution import check_policy
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.policy import Policy

ANSWER_TIMEOUT = 5.0
"""Longest wait for an answer, or between two signs of life of a rollout [s]."""

EXECUTOR = "trajectory_executor"


class RosCollector:
    """Executes policies through `reset` and `execute_rollout`.

    Attributes:
        stop: Ends the rollout under way and lets none follow; other work brings another one.
    """

    def __init__(
        self,
        node: Node,
        reset_timeout: float = TRY_TIMEOUT,
        on_silence: Callable[[str], None] = lambda reason: None,
        task: Task | None = None,
        namespace: str = "",
        at_most: Callable[[], float] = lambda: inf,
    ) -> None:
        """Create the clients.

        Args:
            node: A node that another thread spins.
            reset_timeout: Longest duration of a reset [s]; on a robot it may wait for a hand.
            on_silence: Told who does not answer, while it is waited for.
            task: The task; given, a policy that cannot be executed is refused before the reset.
            namespace: Where the robot's nodes are, as seen from the node; empty: where it is.
            at_most: Tells how long the silence of a reset is borne at most, as things are [s].
        """
        self.stop = Stop()
        self._task = task
        self._patience = Patience(
            on_silence=on_silence, check_stop=lambda: self.stop.check(), at_most=at_most
        )
        group = ReentrantCallbackGroup()
        self._reset_timeout = reset_timeout
        place = f"{namespace}/" if namespace else ""
        self._reset: Client[Any, Any] = node.create_client(
            Reset, f"{place}reset", callback_group=group
        )
        self._execute = ActionClient(
            node, ExecuteRollout, f"{place}{EXECUTOR}/execute_rollout", callback_group=group
        )
        self._end_reset: Client[Any, Any] = node.create_client(
            Trigger, f"{place}robot_reset/cancel", callback_group=group
        )
        self._last_sign = 0.0

    def is_present(self) -> bool:
        """Tell whether reset and executor have been found; a killed one is for a while, too."""
        return bool(self._reset.service_is_ready() and self._execute.server_is_ready())

    def collect(
        self, policy: Policy, condition: int, seed: int, explore: bool, jitter: bool
    ) -> Rollout:
        """Reset the world and execute a policy once.

        Raises:
            RolloutInterrupted: A node fell silent during the rollout, or another rollout is under
                way; the message names it.
            CollectorError: A node refused or is not there; the message names it.
            PolicyError: The policy cannot be executed.
            TrainingStopped: `stop` was requested.
        """
        if self._task is not None:
            check_policy(policy, self._task)
        try:
            goal = ExecuteRollout.Goal(condition=condition, seed=seed, explore=explore)
            put_policy(goal, policy)
            goal.not_before = self._reset_world(condition, seed, jitter).stamp
            self.stop.check()
            rollout = self._run(goal)
        except (NodeError, MessageError) as error:
            raise CollectorError(str(error)) from error
        if not rollout.valid:
            self.stop.check()
        return rollout

    def _reset_world(self, condition: int, seed: int, jitter: bool) -> Reset.Response:
        """Bring the world to a start and return the verified answer."""
        who = "the reset service (mujoco_bridge or robot_reset)"
        request = Reset.Request(condition=condition, seed=seed, jitter=jitter)
        with self.stop.acting(self._cancel_reset):
            response: Reset.Response = ask(
                self._reset, request, who, self._patience, self._reset_timeout
            )
        if not response.success:
            self.stop.check()
            raise RefusedError(f"reset failed: {response.message}", response.error_code)
        return response

    def _cancel_reset(self) -> None:
        """Let an arm stop that moves to its start; a simulated one is there at once."""
        if self._end_reset.service_is_ready():
            self._end_reset.call_async(Trigger.Request())

    def _run(self, goal: ExecuteRollout.Goal) -> Rollout:
        """Send a goal and wait for its rollout."""
        handle = self._send(goal)
        try:
            with self.stop.acting(handle.cancel_goal_async):
                answer = wait_while_alive(
                    handle.get_result_async(),
                    lambda: self._last_sign,
                    ANSWER_TIMEOUT,
                    EXECUTOR,
                    "go on with a rollout",
                )
        except SilenceError as error:
            raise self._interrupted(error) from error
        code = ErrorCode(answer.result.error_code)
        rollout = replace(rollout_from_message(answer.result.rollout), code=code)
        if rollout.interrupted:
            self._patience.on_silence(rollout.reason)
        return rollout

    def _send(self, goal: ExecuteRollout.Goal) -> ClientGoalHandle:
        """Send a goal and return the handle of what the executor began."""
        try:
            wait_for_condition(
                self._execute.server_is_ready, ANSWER_TIMEOUT, EXECUTOR, "offer execute_rollout"
            )
            self._last_sign = time.monotonic()
            sent = self._execute.send_goal_async(goal, feedback_callback=self._on_feedback)
            handle: ClientGoalHandle = wait_for(sent, ANSWER_TIMEOUT, EXECUTOR, "answer a goal")
        except SilenceError as error:
            raise self._interrupted(error) from error
        if not handle.accepted:
            raise self._rejected(self._execute.rejection(handle, EXECUTOR))
        return handle

    def _rejected(self, error: RefusedError) -> RefusedError | RolloutInterrupted:
        """Tell that no rollout began; if another one is under way, this one may come after it."""
        why = f"{EXECUTOR} rejected the rollout: {error}"
        if error.code is not ErrorCode.BUSY:
            return RefusedError(why, error.code)
        self._patience.on_silence(why)
        return RolloutInterrupted(why, error.code)

    def _interrupted(self, error: SilenceError) -> RolloutInterrupted:
        """Tell that the executor is silent."""
        self.stop.check()
        self._patience.on_silence(str(error))
        return RolloutInterrupted(str(error))

    def _on_feedback(self, _feedback: object) -> None:
        self._last_sign = time.monotonic()


class RosCostEvaluator:
    """Asks `cost_evaluator` what rollouts cost.

    Attributes:
        stop: Ends the wait for a node that is silent; other work brings another one.
    """

    def __init__(
        self, node: Node, task_name: str, on_silence: Callable[[str], None] = lambda reason: None
    ) -> None:
        """Create the client on a node that another thread spins.

        Args:
            node: The node.
            task_name: The rollouts' task.
            on_silence: Told that the evaluator does not answer, while it is waited for.
        """
        self._task_name = task_name
        self.stop = Stop()
        self._patience = Patience(on_silence=on_silence, check_stop=lambda: self.stop.check())
        self._client: Client[Any, Any] = node.create_client(
            EvaluateCost, "cost_evaluator/evaluate_cost", callback_group=ReentrantCallbackGroup()
        )

    def evaluate(self, rollout: Rollout) -> CostReport:
        """Return the cost of a rollout.

        Raises:
            CollectorError: The node did not answer or refused.
            TrainingStopped: `stop` was requested while it did not answer.
        """
        try:
            return self._evaluate(rollout)
        except (NodeError, MessageError) as error:
            raise CollectorError(str(error)) from error

    def _evaluate(self, rollout: Rollout) -> CostReport:
        who = "cost_evaluator"
        request = EvaluateCost.Request(rollout=rollout_to_message(rollout, self._task_name))
        response: EvaluateCost.Response = ask(self._client, request, who, self._patience)
        if not response.ok:
            why = f"{who} refused a rollout: {response.message}"
            raise RefusedError(why, response.error_code)
        return CostReport(
            costs=from_field("costs", response.costs, (rollout.T,), "T"),
            success=response.success,
            distance=response.distance,
            terms=dict(zip(response.term_names, response.term_costs, strict=True)),
        )
