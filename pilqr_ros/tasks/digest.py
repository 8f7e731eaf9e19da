"""What tells a task from others, and from itself before an edit: one file has many names."""

from __future__ import annotations

import hashlib

from pilqr_ros.tasks.task import Task


def digest(task: Task) -> str:
    """Return the SHA-256 of a task's file and of its models' files, as they were loaded."""
    found = hashlib.sha256(task.source.encode())
    for name, content in sorted(task.model_files.items()):
        found.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()
