"""The commands that help to write a task."""

from __future__ import annotations

from typing import Annotated

import typer

from pilqr_ros.authoring.check import check_task, has_faults
from pilqr_ros.authoring.trial import NOISY
from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import Seed, TaskName


def check(
    task: TaskName,
    seed: Seed = 0,
    rollouts: Annotated[int, typer.Option(min=2, max=1000, help="Noisy rollouts.")] = NOISY,
) -> None:
    """Check a task before it is trained: starts, motors, hold, noise, success, cost.

    The exit code is 1 if something must be mended (FAIL).
    """
    with show.console.status("trying the first policy"):
        findings = check_task(task, seed=seed, rollouts=rollouts)
    show.show_findings(findings, title=f"check of {task}")
    if has_faults(findings):
        raise typer.Exit(1)
