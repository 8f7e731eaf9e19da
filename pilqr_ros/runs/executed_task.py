"""The task of what is executed: a user's file, or the copy in a run."""

from __future__ import annotations

from pathlib import Path

from pilqr_ros.runs.file_names import DESCRIPTION_FILE, TASK_FILE
from pilqr_ros.tasks import Task, load_task


def load_executed_task(name_or_path: str) -> Task:
    """Load a task as `load_task` does; a run's copy may be of an earlier schema.

    Settings that are gone decide nothing of what a policy does that is learned. Whether the run can
    be continued without them is judged where that is asked for.

    Raises:
        TaskError: There is no such file, or it is not valid.
    """
    path = Path(name_or_path)
    is_copy = path.name == TASK_FILE and path.with_name(DESCRIPTION_FILE).is_file()
    return load_task(name_or_path, of_run=is_copy)
