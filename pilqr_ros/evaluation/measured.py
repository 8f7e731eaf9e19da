"""The task's measures over the rollouts of an evaluation: a mean hides the worst of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pilqr_ros.runs.rollout_files import load_measures, load_sample
from pilqr_ros.tasks import Task


class Spread(NamedTuple):
    """A measure over several rollouts, in its own unit."""

    mean: float
    least: float
    greatest: float


def spreads(measured: Iterable[Mapping[str, float]]) -> dict[str, Spread]:
    """Return each measure over rollouts, from those of each rollout."""
    values: dict[str, list[float]] = {}
    for rollout in measured:
        for name, value in rollout.items():
            values.setdefault(name, []).append(value)
    return {
        name: Spread(float(np.mean(several)), min(several), max(several))
        for name, several in values.items()
    }


def stored_spreads(task: Task, rollouts: Iterable[tuple[int, Path]]) -> dict[str, Spread]:
    """Return each measure over stored rollouts; of a task without measures none is read.

    What the evaluation has stored of them is taken; else a rollout itself is read and measured.

    Args:
        task: The task.
        rollouts: Condition and file of each; those that are not there are left out.

    Raises:
        RunError: A file is damaged, or not of this task in this condition.
    """
    if not task.measure_names:
        return {}
    return spreads(
        _stored(task, path) or task.measures(condition, load_sample(path, task, condition).states)
        for condition, path in rollouts
        if path.exists()
    )


def _stored(task: Task, path: Path) -> dict[str, float]:
    """Return the measures that are stored of a rollout, if they are those of the task."""
    beside = path.with_suffix(".cost.npz")
    found = load_measures(beside) if beside.exists() else {}
    return found if tuple(found) == task.measure_names else {}
