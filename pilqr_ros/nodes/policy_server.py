"""Node `policy_server`: executes a trained policy on request, without a learner.

The action `execute` resets, runs the policy once through `trajectory_executor`, with the guard and
all its limits behind it, and answers with the outcome. Nothing is learned. A goal that is cancelled
ends the reset or the rollout at once, with zero torque, as any rollout ends.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import cast

from rclpy.action import CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from pilqr_msgs.action import ExecutePolicy
from pilqr_ros.evaluation.policy_evaluation import policy_of
from pilqr_ros.nodes.errors import BusyError, NodeError, RefusedError
from pilqr_ros.nodes.runtime.action_server import ActionServer
from pilqr_ros.nodes.runtime.failure import failure_of, tell
from pilqr_ros.nodes.runtime.job import Job
from pilqr_ros.nodes.runtime.parameters import TaskParameters, declare, parameter
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.nodes.runtime.waiting import TRY_TIMEOUT
from pilqr_ros.nodes.training.goal_feedback import GoalFeedback
from pilqr_ros.nodes.training.ros_collector import RosCollector
from pilqr_ros.nodes.training.stop import GoalStops, Stop
from pilqr_ros.robot.execution.policy_execution import check_policy
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.runs.policy_digest import policy_digest
from pilqr_ros.runs.policy_kind import POLICY_KINDS
from pilqr_ros.runs.run_store import RunStore, open_run
from pilqr_ros.runs.same_files import ON_A_ROBOT, check_files
from pilqr_ros.runs.served_condition import served_condition

END_TIMEOUT = 2.0
"""How long the node waits for a rollout's thread when it ends [s]."""


STOPPED = "stopped before its end"
"""What is said of a goal that was cancelled."""


@dataclass(frozen=True)
class ServerParameters(TaskParameters):
    """Parameters of the server."""

    run: str = parameter("", "directory of the run whose policy is served")
    policy: str = parameter("best", "which one: best, local or global", choices=POLICY_KINDS)
    policy_digest: str = parameter(
        "", "SHA-256 of the policy's file, which must be that one; empty: any"
    )
    condition: str = parameter("", "name of the condition; empty: the first trained one")
    hardware: bool = parameter(
        False, "whether a real arm executes it: not if the run's files were edited since"
    )
    reset_timeout: float = parameter(
        TRY_TIMEOUT,
        "longest duration of a reset [s]; on a robot it may wait for a hand",
        low=1.0,
        high=3600.0,
    )

    def check_policy(self, store: RunStore, condition: int) -> None:
        """Check that a run's newest policy is the one that the graph was started with.

        Raises:
            NodeError: It is not: a node that is started again executes no other policy.
        """
        if self.policy_digest not in ("", policy_digest(store, self.policy, condition)):
            raise NodeError(
                f"the policy of {self.run} is another one than when the nodes were started: end "
                "them all, and start them again"
            )


class PolicyServerNode(Node):
    """Wires the action to one rollout at a time."""

    _job: Job | None = None

    def __init__(self) -> None:
        """Load the policy and offer the action.

        Raises:
            PilqrError: There is no such run, policy or condition, the policy cannot be executed, or
                it is for a real arm, and the run's files are not as they were.
        """
        super().__init__("policy_server")
        chosen = declare(self, ServerParameters)
        if not chosen.run:
            raise NodeError("run is empty, expected a run's directory")
        self._store = open_run(Path(chosen.run))
        chosen.check_task(self._store.task)
        for warning in check_files(self._store, ON_A_ROBOT) if chosen.hardware else ():
            self.get_logger().warning(warning)
        self._condition = served_condition(
            self._store.config, self._store.task, chosen.condition or None
        )
        self._policy = policy_of(self._store, chosen.policy, -1, self._condition)
        chosen.check_policy(self._store, self._condition)
        check_policy(self._policy, self._store.task)
        self._feedback, self._stops = GoalFeedback(self), GoalStops(STOPPED)
        self._collector = RosCollector(self, chosen.reset_timeout, self._feedback.tell_silence)
        self._count = 0
        self._server = ActionServer(
            self, ExecutePolicy, "~/execute", self._check_free, self._execute, self._on_cancel
        )
        self.get_logger().info(
            f"serves {type(self._policy).__name__} of {self._store.directory} in condition "
            f"{self._store.task.conditions[self._condition].name}"
        )

    def destroy_node(self) -> None:
        """Stop a rollout under way, then the node."""
        if self._job is not None:
            self._collector.stop.request()
            self._job.join(END_TIMEOUT)
        super().destroy_node()

    def _check_free(self, _goal: ExecutePolicy.Goal) -> None:
        """Raise if a rollout is under way."""
        if self._job is not None:
            raise BusyError("a rollout is under way")

    def _on_cancel(self, goal: ServerGoalHandle) -> CancelResponse:
        self._stops.of(goal).request()
        return CancelResponse.ACCEPT

    async def _execute(self, goal: ServerGoalHandle, _plan: None) -> ExecutePolicy.Result:
        """Execute the policy once and return what came of it.

        A goal whose cancellation was accepted is cancelled, at whatever moment that was.
        """
        result = ExecutePolicy.Result(distance=nan)
        with self._stops.during(goal) as stop:
            try:
                self._check_free(goal.request)  # another may have been accepted at the same time
                stop.check()
                self._judge(await self._run(goal, stop), result)
                stop.check()
                goal.succeed()
            except Exception as error:
                failure = failure_of(error)
                result = ExecutePolicy.Result(distance=nan)
                tell(result, failure)
                goal.canceled() if goal.is_cancel_requested else goal.abort()
        self.get_logger().info(result.message)
        return result

    async def _run(self, goal: ServerGoalHandle, stop: Stop) -> Rollout:
        """Run the policy's mean once, in a thread, and wait for its end."""
        self._count += 1
        seed, self._collector.stop = self._count, stop
        self._feedback.tell(goal, ExecutePolicy.Feedback())
        self._job = Job(
            self,
            lambda: self._collector.collect(
                self._policy, self._condition, seed, explore=False, jitter=True
            ),
        )
        try:
            return cast(Rollout, await self._job.outcome)
        finally:
            self._job = None
            self._feedback.end()

    def _judge(self, rollout: Rollout, result: ExecutePolicy.Result) -> None:
        """Write into a result whether the task's criterion is met, and a line for people.

        Raises:
            RefusedError: The rollout did not run to its end, or may not be trusted.
        """
        if not rollout.valid:
            why = f"the rollout ended early or may not be trusted: {rollout.reason}"
            raise RefusedError(why, rollout.code)
        task = self._store.task
        outcome = task.success(rollout.condition, rollout.states)
        what = "success" if outcome.success else "no success"
        when = "" if task.judged_at_end else "at best "
        where = f"{when}{outcome.distance:.3f} {task.distance_unit} from the goal"
        result.success, result.distance = outcome.success, outcome.distance
        result.message = f"{what}: {where}"


def main() -> None:
    """Run the node."""
    sys.exit(run(PolicyServerNode))


if __name__ == "__main__":
    main()
