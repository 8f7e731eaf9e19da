"""Which task a node has, by what its file says: one file has many names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pilqr_ros.tasks import Task, TaskError, load_task


def identity(task: Task) -> str:
    """Return what tells a task from others: its name, and a digest of its file and models."""
    digest = hashlib.sha256(task.source.encode())
    for name, content in sorted(task.model_files.items()):
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return f"{task.name} {digest.hexdigest()}"


def identities(told: Iterable[object]) -> dict[str, str]:
    """Return the identity of each task that is found here, by what nodes call it."""
    found = {}
    for name in {str(one) for one in told}:
        try:
            found[name] = identity(load_task(name))
        except TaskError:  # of another folder or machine, or gone since: the check says so
            continue
    return found
