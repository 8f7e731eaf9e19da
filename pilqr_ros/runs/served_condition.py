"""In which condition a run's policy is served: that of the local policy, and of resets."""

from __future__ import annotations

from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.tasks import Task


def served_condition(config: RunConfig, task: Task, name: str | None) -> int:
    """Return the index of a condition by its name.

    Args:
        config: What the run was asked to do.
        task: Its task.
        name: Of the condition; None for the first one that was trained in.

    Raises:
        TaskError: There is no such condition, or the name stands for several.
    """
    return config.conditions[0] if name is None else task.condition_index(name)
