"""Node `policy_server`: executes a trained policy on request, without a learner.

The service `execute` (std_srvs/Trigger) resets, runs the policy once through `trajectory_executor`,
with the guard and all its limits behind it, and answers with the outcome. Nothing is learned.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from std_srvs.srv import Trigger

from pilqr_ros.errors import PilqrError
from pilqr_ros.evaluation.policy_evaluation import policy_of
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.runtime.job import Job
from pilqr_ros.nodes.runtime.parameters import TaskParameters, declare, parameter
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.nodes.runtime.waiting import TRY_TIMEOUT
from pilqr_ros.nodes.training.ros_collector import RosCollector
from pilqr_ros.robot.execution.policy_execution import check_policy
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.runs.policy_kind import POLICY_KINDS
from pilqr_ros.runs.run_store import open_run
from pilqr_ros.runs.same_files import ON_A_ROBOT, check_files

END_TIMEOUT = 2.0
"""How long the node waits for a rollout's thread when it ends [s]."""


@dataclass(frozen=True)
class ServerParameters(TaskParameters):
    """Parameters of the server."""

    run: str = parameter("", "directory of the run whose policy is served")
    policy: str = parameter("best", "which one: best, local or global", choices=POLICY_KINDS)
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


class PolicyServerNode(Node):
    """Wires the service to one rollout at a time."""

    _job: Job | None = None

    def __init__(self) -> None:
        """Load the policy and offer the service.

        Raises:
            PilqrError: There is no such run, policy or condition, the policy cannot be executed, or
                it is for a real arm, and the run's files are not as they were.
        """
        super().__init__("policy_server")
        chosen = declare(self, ServerParameters)
        if not chosen.run:
            raise NodeError("run is empty, expected a run's directory")
        self._store = open_run(Path(chosen.run))
        for warning in check_files(self._store, ON_A_ROBOT) if chosen.hardware else ():
            self.get_logger().warning(warning)
        self._condition = self._store.config.conditions[0]
        if chosen.condition:
            self._condition = self._store.task.condition_indices([chosen.condition])[0]
        self._policy = policy_of(self._store, chosen.policy, -1, self._condition)
        check_policy(self._policy, self._store.task)
        self._collector = RosCollector(self, chosen.reset_timeout)
        self._count = 0
        self.create_service(
            Trigger, "~/execute", self._on_request, callback_group=ReentrantCallbackGroup()
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

    async def _on_request(
        self, _request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        if self._job is not None:
            response.success, response.message = False, "a rollout is under way"
            return response
        self._job = Job(self, self._execute)
        try:
            rollout = cast(Rollout, await self._job.outcome)
            response.success, response.message = self._judge(rollout)
        except PilqrError as error:
            response.success, response.message = False, str(error)
        finally:
            self._job = None
        self.get_logger().info(response.message)
        return response

    def _execute(self) -> Rollout:
        """Run the policy's mean once."""
        self._count += 1
        return self._collector.collect(
            self._policy, self._condition, self._count, explore=False, jitter=True
        )

    def _judge(self, rollout: Rollout) -> tuple[bool, str]:
        """Return whether the task's criterion is met, and a line for people."""
        if not rollout.valid:
            return False, f"the rollout ended early or may not be trusted: {rollout.reason}"
        task = self._store.task
        outcome = task.success(rollout.condition, rollout.states)
        what = "success" if outcome.success else "no success"
        when = "" if task.judged_at_end else "at best "
        where = f"{when}{outcome.distance:.3f} {task.distance_unit} from the goal"
        return outcome.success, f"{what}: {where}"


def main() -> None:
    """Run the node."""
    sys.exit(run(PolicyServerNode))


if __name__ == "__main__":
    main()
