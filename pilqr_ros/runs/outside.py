"""What is made of a run and lies elsewhere: the run's folder is the run's alone."""

from __future__ import annotations

from pathlib import Path

from pilqr_ros.runs.errors import NotInRunError


def check_outside(directory: Path, run: Path) -> None:
    """Check that a folder that is to be written is no part of a run.

    Args:
        directory: The folder; it need not be there yet.
        run: The run's directory, or its bag.

    Raises:
        NotInRunError: It is the run's, or lies in it.
    """
    if directory.resolve().is_relative_to(run.resolve()):
        raise NotInRunError(f"{directory} lies in {run} itself: give a folder elsewhere")
