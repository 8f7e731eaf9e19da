"""Node `cost_evaluator`: tells what a finished rollout cost under the task's cost function."""

from __future__ import annotations

import sys

from rclpy.node import Node

from pilqr_msgs.srv import EvaluateCost
from pilqr_ros.errors import PilqrError
from pilqr_ros.nodes.messages.conversions import to_field
from pilqr_ros.nodes.runtime.failure import failure_of, tell
from pilqr_ros.nodes.runtime.parameters import TaskParameters, declare
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.robot.execution.fields import rollout_from_message
from pilqr_ros.robot.execution.rollout_cost import CostReport, TaskCostEvaluator
from pilqr_ros.runs.errors import OtherRunError
from pilqr_ros.tasks import Task


class CostEvaluatorNode(Node):
    """Offers the service `evaluate_cost`."""

    def __init__(self) -> None:
        """Offer the service."""
        super().__init__("cost_evaluator")
        self._task: Task = declare(self, TaskParameters).load_task()
        self._evaluator = TaskCostEvaluator(self._task)
        self.create_service(EvaluateCost, "~/evaluate_cost", self._on_request)

    def _on_request(
        self, request: EvaluateCost.Request, response: EvaluateCost.Response
    ) -> EvaluateCost.Response:
        try:
            rollout = rollout_from_message(request.rollout)
            self._check_task(request.rollout.task)
            _fill(response, self._evaluator.evaluate(rollout))
        except PilqrError as error:
            tell(response, failure_of(error))
        return response

    def _check_task(self, name: str) -> None:
        """Raise unless a rollout is one of this task."""
        if name != self._task.name:
            raise OtherRunError(f"rollout.task is {name!r}, expected {self._task.name!r}")


def _fill(response: EvaluateCost.Response, report: CostReport) -> None:
    """Write a report into a response."""
    response.ok = True
    response.costs = to_field(report.costs)
    response.term_names = list(report.terms)
    response.term_costs = to_field(list(report.terms.values()))
    response.success, response.distance = report.success, report.distance


def main() -> None:
    """Run the node."""
    sys.exit(run(CostEvaluatorNode))


if __name__ == "__main__":
    main()
