"""Node `cost_evaluator`: tells what a finished rollout cost under the task's cost function."""

from __future__ import annotations

import sys

from rclpy.node import Node

from pilqr_msgs.srv import EvaluateCost
from pilqr_ros.errors import PilqrError
from pilqr_ros.learning.costing import CostReport, TaskCostEvaluator
from pilqr_ros.nodes.conversions import rollout_from_message, to_field
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.parameters import TaskParameters, declare
from pilqr_ros.nodes.running import run
from pilqr_ros.robot.rollout import Rollout
from pilqr_ros.tasks import Task, load_task


class CostEvaluatorNode(Node):
    """Offers the service `evaluate_cost`."""

    def __init__(self) -> None:
        """Offer the service."""
        super().__init__("cost_evaluator")
        self._task: Task = load_task(declare(self, TaskParameters).task)
        self._evaluator = TaskCostEvaluator(self._task)
        self.create_service(EvaluateCost, "~/evaluate_cost", self._on_request)

    def _on_request(
        self, request: EvaluateCost.Request, response: EvaluateCost.Response
    ) -> EvaluateCost.Response:
        try:
            rollout = rollout_from_message(request.rollout)
            self._check(request.rollout.task, rollout)
            _fill(response, self._evaluator.evaluate(rollout))
        except PilqrError as error:
            response.ok, response.message = False, str(error)
        return response

    def _check(self, task_name: str, rollout: Rollout) -> None:
        """Raise unless the rollout is one of this task."""
        task = self._task
        if task_name != task.name:
            raise NodeError(f"rollout.task is {task_name!r}, expected {task.name!r}")
        if rollout.condition >= len(task.conditions):
            highest = len(task.conditions) - 1
            raise NodeError(f"rollout.condition is {rollout.condition}, expected 0 to {highest}")
        if rollout.states.shape != (task.T, task.dX) or rollout.applied.shape[1] != task.dU:
            raise NodeError(
                f"rollout has T={rollout.T}, dX={rollout.states.shape[1]}, "
                f"dU={rollout.applied.shape[1]}, expected {task.T}, {task.dX}, {task.dU}"
            )


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
