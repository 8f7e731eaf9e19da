"""The cost and the outcome of a finished rollout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.typing import Array


@dataclass(frozen=True)
class CostReport:
    """What a rollout cost.

    Attributes:
        costs: Cost of each step, ``(T,)``.
        terms: Sum over time of each cost term, by name.
        success: Whether the task's criterion is met.
        distance: Distance to success, at the last or the best step [m or rad].
    """

    costs: Array
    success: bool
    distance: float
    terms: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Cost of the whole rollout."""
        return float(self.costs.sum())


class CostEvaluator(Protocol):
    """Whoever tells what a rollout cost: this process, or a node."""

    def evaluate(self, rollout: Rollout) -> CostReport:
        """Return the cost of a rollout."""


@dataclass(frozen=True)
class TaskCostEvaluator:
    """Evaluates rollouts of a task in this process."""

    task: Task

    def evaluate(self, rollout: Rollout) -> CostReport:
        """Return the cost of a rollout.

        Raises:
            TaskError: The rollout's condition is not one of the task's.
            ShapeError: The rollout's arrays do not fit the task.
        """
        self._check_shapes(rollout)
        terms = self.task.cost(rollout.condition).evaluate_terms(rollout.states, rollout.applied)
        outcome = self.task.success(rollout.condition, rollout.states)
        return CostReport(
            costs=np.sum(list(terms.values()), axis=0),
            success=outcome.success,
            distance=outcome.distance,
            terms={name: float(values.sum()) for name, values in terms.items()},
        )

    def _check_shapes(self, rollout: Rollout) -> None:
        """Check that a rollout is as long and as wide as the task says."""
        task = self.task
        for name, width in (("states", task.dX), ("applied", task.dU)):
            shape = getattr(rollout, name).shape
            if shape != (task.T, width):
                raise ShapeError(name, shape, f"({task.T}, {width})")
