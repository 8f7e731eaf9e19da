"""Which task a node has, by what its file says: one file has many names."""

from __future__ import annotations

from collections.abc import Iterable

from pilqr_ros.runs.executed_task import load_executed_task
from pilqr_ros.tasks import Task, TaskError
from pilqr_ros.tasks.digest import digest


def identity(task: Task) -> str:
    """Return what tells a task from others: its name, and a digest of its file and models."""
    return f"{task.name} {digest(task)}"


def identities(told: Iterable[object]) -> dict[str, str]:
    """Return the identity of each task that is found here, by what nodes call it."""
    found = {}
    for name in {str(one) for one in told}:
        try:
            found[name] = identity(load_executed_task(name))
        except TaskError:  # of another folder or machine, or gone since: the check says so
            continue
    return found
