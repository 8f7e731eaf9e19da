"""In which condition a run's policy is served: that of the local policy, and of resets."""

from __future__ import annotations

from pilqr_ros.runs.errors import NotInRunError
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.tasks import Task


def served_condition(config: RunConfig, task: Task, name: str | None) -> int:
    """Return the index of a condition by its name.

    Args:
        config: What the run was asked to do.
        task: Its task.
        name: Of the condition; None for the first one that was trained in.

    Raises:
        TaskError: There is no such condition.
        NotInRunError: The name stands for several.
    """
    if name is None:
        return config.conditions[0]
    found = task.condition_indices([name])
    if len(found) > 1:
        first, last = (task.conditions[index].name for index in (found[0], found[-1]))
        several = f"condition {name} is a set of {len(found)}"
        raise NotInRunError(f"{several}, expected one of them: {first!r} to {last!r}")
    return found[0]
