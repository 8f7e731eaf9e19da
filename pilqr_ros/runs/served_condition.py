"""In which condition a run's policy is served: that of the local policy, and of resets.

Of a condition that was not trained in there is a global policy, but no local one.
"""

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
        TaskError: There is no such condition, or the name stands for several.
    """
    return config.conditions[0] if name is None else task.condition_index(name)


def check_trained(config: RunConfig, task: Task, condition: int) -> None:
    """Refuse a condition that a run has no local policy of.

    Args:
        config: What the run was asked to do.
        task: Its task.
        condition: Index of the condition.

    Raises:
        TaskError: There is no such condition.
        NotInRunError: The run was not trained in it; the message says in which it was.
    """
    task.check_condition(condition)
    if condition not in config.conditions:
        trained = ", ".join(task.conditions[index].name for index in config.conditions)
        raise NotInRunError(
            f"condition is {condition}, expected one of the run's {config.conditions}: it has no "
            f"policy of {task.conditions[condition].name!r}, but of {trained}"
        )
