"""Loading a task by its name or by the path of its file."""

from __future__ import annotations

from pathlib import Path

from pilqr_ros.tasks.config_files import find_config
from pilqr_ros.tasks.errors import ConfigError, TaskError
from pilqr_ros.tasks.task import Task
from pilqr_ros.tasks.yaml_text import read_text


def load_task(name_or_path: str | Path, *, any_start: bool = False, of_run: bool = False) -> Task:
    """Load a task by name (``hockey``) or by the path of its file (``my_tasks/door.yaml``).

    Args:
        name_or_path: Its name or path.
        any_start: Whether starts may lie outside the joints' bounds (see `Task`).
        of_run: Whether it is a run's copy, which may be of an earlier schema.

    Raises:
        TaskError: There is no such file, or it is not valid.
    """
    try:
        path = find_config(str(name_or_path), "task")
        text = read_text(path)
    except ConfigError as error:
        raise TaskError.naming(error, "") from error
    return Task.from_text(
        text, folder=path.parent, origin=str(path), any_start=any_start, of_run=of_run
    )
