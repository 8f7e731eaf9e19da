"""Hears what a running graph says, and tells a `LiveState`.

What comes with every control step is not handled message by message, which would cost the machine
that trains: the newest is fetched when the page is drawn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import Log
from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

from pilqr_msgs.action import EvaluatePolicy, TrainGlobal, TrainLocal
from pilqr_msgs.msg import (
    AppliedTorque,
    GuardState,
    IterationReport,
    State,
    TrainingRun,
    TVLGPolicy,
)
from pilqr_msgs.msg import Rollout as RolloutMessage
from pilqr_ros.dashboard.live_state import GuardNews, Health, LiveState, Progress
from pilqr_ros.errors import PilqrError
from pilqr_ros.graph.robot_names import ALONE
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import policy_from_message
from pilqr_ros.nodes.messages.wiring import Unwatched
from pilqr_ros.page.learning_charts import CurvePoint
from pilqr_ros.robot.execution.fields import rollout_from_message
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import open_run
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.typing import Array

NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
FEW = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
LOG = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)

SEVERITY = {GuardState.ENABLED: 0, GuardState.DISABLED: 1, GuardState.STOPPED: 2}
"""How bad a guard's state is; what this version does not know is as bad as the worst."""

LEVELS = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "fatal"}
"""What a line of the log is called by its level."""

_UPDATE = {
    "kl_divergences": "kl_got",
    "temperatures": "temperature",
    "effective_samples": "effective_samples",
    "residual_ratios": "residual_ratio",
    "step_multipliers": "step_multiplier",
}
"""Fields of a report by the names that an update's record has for them."""


class LiveListener:
    """Subscriptions of a node that another thread spins."""

    def __init__(
        self, node: Node, task: Task, state: LiveState, robots: Sequence[str] = ALONE
    ) -> None:
        """Subscribe.

        Args:
            node: The node.
            task: What the graph executes.
            state: Is told what is heard.
            robots: Names of its robots; the first one's arm and torques are shown.
        """
        self._node, self._task, self._live = node, task, state
        self._evaluator = TaskCostEvaluator(task)
        self._guards: dict[str, GuardNews] = {}
        places = [f"{robot}/" if robot else "" for robot in robots]
        group = Unwatched()
        self._states = self._fetch(State, f"{places[0]}state", NEWEST, group)
        self._torques = self._fetch(AppliedTorque, f"{places[0]}applied_torque", FEW, group)
        self._guard_topics = [f"{place}guard_state" for place in places]
        for robot, place in zip(robots, places, strict=True):
            on_guard = partial(self._on_guard, robot)
            self._hear(GuardState, f"{place}guard_state", on_guard, qos.LATCHED)
            self._hear(RolloutMessage, f"{place}rollout", self._on_rollout, qos.ROLLOUTS)
        self._hear(TrainingRun, "learner/run", self._on_run, qos.LATCHED)
        self._hear(IterationReport, "learner/iteration_report", self._on_report, qos.LATCHED)
        self._hear(TVLGPolicy, "learner/policy", self._on_policy, qos.LATCHED)
        self._hear(DiagnosticArray, "/diagnostics", self._on_health, qos.RECORD)
        self._hear(Log, "/rosout", self._on_log, LOG)
        for action, name in (
            (TrainLocal, "train_local"),
            (TrainGlobal, "train_global"),
            (EvaluatePolicy, "evaluate_policy"),
        ):
            self._hear_progress(action, name)

    def newest_state(self) -> Array | None:
        """Return the newest state ``(dX,)`` since the last call; None if there is none."""
        newest = None
        while (taken := _take(self._states)) is not None:
            newest = taken
        if newest is None or len(newest.x) != self._task.dX:
            return None
        return np.array(newest.x)

    def fetch_torques(self) -> None:
        """Take the torques that were applied since the last call."""
        limits = self._task.torque_limits
        while (taken := _take(self._torques)) is not None:
            if len(taken.effort) == len(limits):
                self._live.torques.append(np.array(taken.effort) / limits)

    def guard_is_present(self) -> bool:
        """Tell whether a guard is there."""
        return any(self._node.count_publishers(topic) > 0 for topic in self._guard_topics)

    def _fetch(
        self, kind: type, topic: str, profile: QoSProfile, group: CallbackGroup
    ) -> Subscription:
        return self._node.create_subscription(
            kind, topic, lambda _: None, profile, callback_group=group
        )

    def _hear(
        self, kind: type, topic: str, callback: Callable[[Any], None], profile: QoSProfile
    ) -> None:
        """Subscribe; what a message says that does not fit is a line of the log."""

        def on_message(message: Any) -> None:  # noqa: ANN401
            try:
                callback(message)
            except PilqrError as error:
                self._live.take_line(f"warning dashboard: {topic}: {error}")

        self._node.create_subscription(kind, topic, on_message, profile)

    def _hear_progress(self, action: Any, name: str) -> None:  # noqa: ANN401
        kind = action.Impl.FeedbackMessage
        topic = f"learner/{name}/_action/feedback"

        def on_feedback(message: Any) -> None:  # noqa: ANN401
            # Not that work is under way: this may be heard after the word that it has ended.
            self._live.take_progress(progress_of(name, message.feedback), time.monotonic())

        self._hear(kind, topic, on_feedback, qos.RELIABLE)

    def _on_guard(self, robot: str, message: GuardState) -> None:
        """Take a guard's state; of several the one is shown that lets least pass."""
        reason = f"{robot}: {message.reason}" if robot and message.reason else message.reason
        self._guards[robot] = GuardNews(message.state, reason)
        self._live.guard = max(self._guards.values(), key=lambda one: SEVERITY.get(one.state, 2))

    def _on_run(self, message: TrainingRun) -> None:
        """Take a run, and what it has on this machine's disk of earlier iterations."""
        if not self._live.take_run(message.active, message.run_directory, message.part):
            return
        with suppress(PilqrError, OSError):
            reports = open_run(Path(message.run_directory)).reports()
            self._live.take_points(CurvePoint.from_report(report) for report in reports)

    def _on_report(self, message: IterationReport) -> None:
        self._task.check_condition(message.condition)
        self._live.take_iteration(message.condition, message.rollouts)
        if not len(message.total_costs) or not len(message.distances):
            return
        self._live.take_points(
            [
                CurvePoint.from_numbers(
                    (message.iteration, message.condition),
                    message.total_costs,
                    message.distances,
                    message.success_rate,
                )
            ]
        )
        arrays = {_UPDATE[name]: np.array(getattr(message, name)) for name in _UPDATE}
        self._live.take_update(arrays)

    def _on_policy(self, message: TVLGPolicy) -> None:
        self._live.take_policy(policy_from_message(message))

    def _on_rollout(self, message: RolloutMessage) -> None:
        if message.task != self._task.name or not message.valid:
            return
        rollout = rollout_from_message(message)
        self._live.take_rollout(rollout, self._evaluator.evaluate(rollout))

    def _on_health(self, message: DiagnosticArray) -> None:
        now = time.monotonic()
        for status in message.status:
            values = {one.key: one.value for one in status.values}
            level = int.from_bytes(status.level, "little")
            self._live.take_health(status.name, Health(level, status.message, values, now))

    def _on_log(self, message: Log) -> None:
        level = LEVELS.get(message.level, str(message.level))
        self._live.take_line(f"{level} {message.name}: {message.msg}")


def progress_of(action: str, feedback: Any) -> Progress:  # noqa: ANN401
    """Return the feedback of one of the learner's actions as progress."""
    if action == "evaluate_policy":
        return Progress(action, rollout=feedback.rollout, rollouts=feedback.rollouts)
    return Progress(
        action,
        feedback.run_directory,
        feedback.iteration,
        feedback.iterations,
        feedback.rollout,
        feedback.rollouts,
        feedback.phase,
        feedback.seconds_left,
        feedback.waiting_for,
    )


def _take(subscription: Subscription) -> Any:  # noqa: ANN401
    """Return the oldest message that has come and was not taken; None if there is none."""
    taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
    return None if taken is None else taken[0]
