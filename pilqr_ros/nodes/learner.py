"""Node `learner`: trains and evaluates policies through the other nodes.

Its actions `train_local`, `train_global` and `evaluate_policy` run one at a time, each in a thread
of its own, so that progress, cancellation and parameters are served meanwhile. Everything finished
is on disk at any time; a cancelled or killed training continues with the goal's `resume`.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any, TypeAlias

from rclpy.action import CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future

from pilqr_msgs.action import EvaluatePolicy, TrainGlobal, TrainLocal
from pilqr_msgs.msg import IterationReport, TVLGPolicy
from pilqr_ros.evaluation.policy_card import write_card
from pilqr_ros.evaluation.policy_evaluation import (
    EvaluatedRollout,
    EvaluationConfig,
    PolicyEvaluator,
    evaluated_conditions,
)
from pilqr_ros.evaluation.policy_tests import run_tests
from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.learning.extension import keep_prolonged
from pilqr_ros.learning.progress import IterationSummary, TrainingProgress
from pilqr_ros.learning.training import Trainer
from pilqr_ros.nodes.errors import BusyError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import policy_to_message
from pilqr_ros.nodes.runtime.action_server import ActionServer
from pilqr_ros.nodes.runtime.failure import Failure, failure_of, tell
from pilqr_ros.nodes.runtime.job import Job
from pilqr_ros.nodes.runtime.parameters import TaskParameters, declare, parameter
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.nodes.runtime.waiting import TRY_TIMEOUT
from pilqr_ros.nodes.training.goal_feedback import GoalFeedback
from pilqr_ros.nodes.training.ros_collector import RosCostEvaluator
from pilqr_ros.nodes.training.ros_robots import RosRobots
from pilqr_ros.nodes.training.run_announcer import RunAnnouncer
from pilqr_ros.nodes.training.stop import GoalStops, Stop
from pilqr_ros.nodes.training.training_goals import TrainingGoal, evaluation_plan, training_plan
from pilqr_ros.nodes.training.training_messages import (
    Training,
    add_rollout,
    feedback_message,
    fill_result,
    fill_tests,
    first_feedback,
    report_message,
)
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_folder import iteration_name
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.runs.transfer import begin_run
from pilqr_ros.tasks import Task

TrainingPlan: TypeAlias = tuple[RunConfig, RunStore | None]
EvaluationPlan: TypeAlias = tuple[EvaluationConfig, RunStore]

END_TIMEOUT = 2.0
"""How long the node waits for its work's thread when it ends [s]."""


@dataclass(frozen=True)
class LearnerParameters(TaskParameters):
    """Parameters of the learner."""

    runs_directory: str = parameter("runs", "where training runs are stored")
    record: bool = parameter(False, "whether to wait for a recorder before a run begins")
    reset_timeout: float = parameter(
        TRY_TIMEOUT,
        "longest duration of a reset [s]; on a robot it may wait for a hand",
        low=1.0,
        high=3600.0,
    )
    robots: tuple[str, ...] = parameter(
        (), "namespaces of the robots that rollouts are spread over; none: the learner's own"
    )


class LearnerNode(Node):
    """Wires the actions to `Trainer` and `PolicyEvaluator`."""

    _job: Job | None = None

    def __init__(self) -> None:
        """Offer the actions."""
        super().__init__("learner")
        parameters = declare(self, LearnerParameters)
        self._task: Task = parameters.load_task()
        self._runs = Path(parameters.runs_directory).absolute()
        self._feedback = GoalFeedback(self)
        on_silence = self._feedback.tell_silence
        self._robots = RosRobots(
            self, parameters.robots, self._task, parameters.reset_timeout, on_silence
        )
        self._evaluator = RosCostEvaluator(self, self._task.name, on_silence)
        self._announcer = RunAnnouncer(self, parameters.record)
        self._stops = GoalStops()
        self._working: Stop | None = None
        self._free: Future[None] = Future()
        self._reports = self.create_publisher(IterationReport, "~/iteration_report", qos.LATCHED)
        self._policies = self.create_publisher(TVLGPolicy, "~/policy", qos.LATCHED)
        self._servers = [
            self._serve(TrainLocal, "train_local", self._plan_training, self._train_local),
            self._serve(TrainGlobal, "train_global", self._plan_training, self._train_global),
            self._serve(EvaluatePolicy, "evaluate_policy", self._plan_evaluation, self._evaluate),
        ]

    def destroy_node(self) -> None:
        """Stop the work, then the node."""
        if self._job is not None and self._working is not None:
            self._announcer.close()
            self._working.request()
            self._job.join(END_TIMEOUT)
        super().destroy_node()

    def _serve(
        self, kind: type, name: str, plan: Callable[..., Any], execute: Callable[..., Any]
    ) -> ActionServer:
        """Offer an action; a goal that cannot be done is rejected, with the reason."""
        return ActionServer(self, kind, f"~/{name}", plan, execute, self._on_cancel)

    def _plan_training(self, goal: TrainingGoal) -> TrainingPlan:
        """Return what a training goal asks for, or raise unless it can be done."""
        self._check_free()
        return training_plan(goal, self._task, self.get_logger().warning)

    def _plan_evaluation(self, goal: EvaluatePolicy.Goal) -> EvaluationPlan:
        """Return what an evaluation goal asks for, or raise unless it can be done."""
        self._check_free()
        return evaluation_plan(goal, self._task)

    def _check_free(self) -> None:
        """Check that no other work is under way, but for one that was told to stop.

        Raises:
            BusyError: One is.
        """
        if self._working is not None and not self._working.requested():
            raise BusyError("a training or evaluation is under way, one at a time is possible")

    async def _wait_until_free(self) -> None:
        """Wait for work that was told to stop.

        Raises:
            BusyError: Other work has begun.
        """
        while self._working is not None and self._working.requested():
            await self._free
        self._check_free()

    def _on_cancel(self, goal: ServerGoalHandle) -> CancelResponse:
        self._stops.of(goal).request()
        return CancelResponse.ACCEPT

    async def _pursue(
        self,
        goal: ServerGoalHandle,
        result: Any,  # noqa: ANN401
        work: Callable[[Stop], Awaitable[None]],
    ) -> None:
        """Do a goal's work to the end, a failure or its cancellation; the result says which.

        A goal whose cancellation was accepted is cancelled, at whatever moment that was.
        """
        with self._stops.during(goal) as stop:
            try:
                await self._wait_until_free()
                stop.check()
                await work(stop)
                stop.check()
                result.success = True
                goal.succeed()
            except Exception as error:
                tell(result, self._fail(goal, error))

    async def _train_local(self, goal: ServerGoalHandle, plan: TrainingPlan) -> TrainLocal.Result:
        """Train local policies."""
        return await self._train(goal, plan, TrainLocal, lambda result, store, stop: None)

    async def _train_global(self, goal: ServerGoalHandle, plan: TrainingPlan) -> TrainGlobal.Result:
        """Train a global policy, test it and write its card."""

        def finish(result: TrainGlobal.Result, store: RunStore, stop: Stop) -> None:
            evaluator = self._policy_evaluator(store, stop)
            fill_tests(result, run_tests(evaluator, goal.request.tests))
            stop.check()
            write_card(store)

        return await self._train(goal, plan, TrainGlobal, finish)

    async def _train(
        self,
        goal: ServerGoalHandle,
        plan: TrainingPlan,
        action: Training,
        finish: Callable[[Any, RunStore, Stop], None],
    ) -> Any:  # noqa: ANN401
        """Train and return the result.

        Args:
            goal: The goal.
            plan: What it asks for, and the run that it continues.
            action: Its action.
            finish: Called with result, run and stop when the training has ended well.
        """
        result = action.Result()
        config, store = plan

        async def train(stop: Stop) -> None:
            nonlocal store
            if store is None:
                store = begin_run(self._runs, self._task, config)
            else:
                keep_prolonged(store)
            self.get_logger().info(f"training {config.method} in {store.directory}")
            self._feedback.tell(goal, first_feedback(action, store))
            trained = store

            def work() -> None:
                # In the thread, too: what learns a global policy takes seconds to be imported.
                self._trainer(trained, goal, action, stop).run()
                finish(result, trained, stop)

            await self._work(work, store, iteration_name(store.iterations_finished), stop)

        await self._pursue(goal, result, train)
        if store is not None:
            with suppress(Exception):  # why the training failed counts more
                fill_result(result, store)
        return result

    def _trainer(
        self, store: RunStore, goal: ServerGoalHandle, action: Training, stop: Stop
    ) -> Trainer:
        """Return what trains a run and tells its progress."""

        def on_progress(progress: TrainingProgress) -> None:
            self._robots.begin_iteration(progress.iteration)
            self._announcer.tell(store, iteration_name(progress.iteration))
            told = feedback_message(action, progress, store, self._robots.left_out())
            self._feedback.tell(goal, told)

        def on_summary(summary: IterationSummary) -> None:
            policy, step_multiplier = store.policy(summary.iteration + 1, summary.condition)
            report = report_message(summary, step_multiplier, store)
            report.header.stamp = self.get_clock().now().to_msg()
            self._reports.publish(report)
            self._policies.publish(policy_to_message(policy))

        return Trainer(
            store,
            self._robots,
            self._evaluator,
            on_progress=on_progress,
            on_summary=on_summary,
            should_stop=stop.requested,
            at_once=self._robots.size,
            left_out=self._robots.left_out,
        )

    async def _evaluate(
        self, goal: ServerGoalHandle, plan: EvaluationPlan
    ) -> EvaluatePolicy.Result:
        """Evaluate and return the result."""
        result = EvaluatePolicy.Result()
        config, store = plan

        async def evaluate(stop: Stop) -> None:
            total = config.rollouts * len(evaluated_conditions(store, config))

            def on_rollout(evaluated: EvaluatedRollout) -> None:
                add_rollout(result, evaluated)
                done, rate = len(result.successes), sum(result.successes) / len(result.successes)
                told = EvaluatePolicy.Feedback(rollout=done, rollouts=total, success_rate=rate)
                self._feedback.tell(goal, told)

            self._feedback.tell(goal, EvaluatePolicy.Feedback(rollouts=total, success_rate=nan))
            evaluator = self._policy_evaluator(store, stop)
            await self._work(lambda: evaluator.run(config, on_rollout), store, "evaluation", stop)

        await self._pursue(goal, result, evaluate)
        return result

    def _policy_evaluator(self, store: RunStore, stop: Stop) -> PolicyEvaluator:
        at_once = self._robots.size
        return PolicyEvaluator(store, self._robots, self._evaluator, stop.requested, at_once)

    async def _work(self, work: Callable[[], Any], store: RunStore, part: str, stop: Stop) -> None:
        """Do long work on a run in a thread and wait for its end."""

        def announced() -> None:
            try:
                self._announcer.begin(store, part, stop)
                work()
            finally:
                self._announcer.end()

        self._working = self._evaluator.stop = stop
        self._robots.begin(stop)
        self._free = Future()
        self._job = Job(self, announced)
        try:
            await self._job.outcome
        finally:
            self._job = self._working = None
            self._feedback.end()
            self._free.set_result(None)

    def _fail(self, goal: ServerGoalHandle, error: Exception) -> Failure:
        """End a goal that did not succeed and return why."""
        failure = failure_of(error)
        for line in failure.lines:
            if isinstance(error, TrainingStopped):
                self.get_logger().info(line)
            else:
                self.get_logger().error(line)
        goal.canceled() if goal.is_cancel_requested else goal.abort()
        return failure


def main() -> None:
    """Run the node."""
    sys.exit(run(LearnerNode))


if __name__ == "__main__":
    main()
