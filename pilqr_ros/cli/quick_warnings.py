"""What a training says of its task before it begins."""

from __future__ import annotations

from pilqr_ros.authoring.check import quick_warnings
from pilqr_ros.cli import console as show
from pilqr_ros.tasks import Task


def warn_of(task: Task) -> None:
    """Print what is not well with a task and can be said without a rollout."""
    for finding in quick_warnings(task):
        advice = f"; {finding.advice}" if finding.advice else ""
        show.warn(f"{finding.subject}: {finding.message}{advice}")
