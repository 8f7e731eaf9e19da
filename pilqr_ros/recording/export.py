"""The rollouts of a bag as tables and arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pilqr_ros.errors import PilqrError
from pilqr_ros.recording.recorded_run import RecordedRollout, RecordedRun
from pilqr_ros.robot.execution.rollout_cost import CostReport, TaskCostEvaluator
from pilqr_ros.runs.rollout_files import save_cost, save_rollout


@dataclass(frozen=True)
class ListedRollout:
    """A rollout of a bag and what it cost.

    Attributes:
        recorded: The rollout.
        cost: Its cost by the run's task; None for a rollout that did not run to its end.
    """

    recorded: RecordedRollout
    cost: CostReport | None


def list_rollouts(run: RecordedRun) -> list[ListedRollout]:
    """Return every rollout of a recorded training with its cost."""
    evaluator = TaskCostEvaluator(run.store.task)
    return [ListedRollout(one, _cost(evaluator, one)) for one in run.rollouts]


def _cost(evaluator: TaskCostEvaluator, one: RecordedRollout) -> CostReport | None:
    try:
        return evaluator.evaluate(one.rollout)
    except PilqrError:  # it broke off: the arrays are shorter than a rollout
        return None


def export_rollouts(run: RecordedRun, directory: Path) -> list[Path]:
    """Write every rollout of a recorded training, and its cost, as arrays without pickle.

    Returns:
        The files of the rollouts.
    """
    paths = []
    for number, one in enumerate(list_rollouts(run)):
        path = directory / f"rollout_{number:04d}.npz"
        save_rollout(path, one.recorded.rollout)
        if one.cost is not None:
            save_cost(path.with_suffix(".cost.npz"), one.cost)
        paths.append(path)
    return paths
