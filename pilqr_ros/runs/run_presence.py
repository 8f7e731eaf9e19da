"""Saying that a run was taken away while it was worked on, not which file of it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilqr_ros.runs.errors import RunError


def is_present(directory: Path) -> bool:
    """Tell whether a run is where it was."""
    return (directory / "run.json").is_file()


def check_present(directory: Path) -> None:
    """Check that a run is where it was: what is written to it would make a new directory.

    Raises:
        RunError: It is not.
    """
    if not is_present(directory):
        raise _gone(directory)


@contextmanager
def working_in(directory: Path) -> Iterator[None]:
    """Let an error within the block name the run's directory if that is what is missing.

    Raises:
        RunError: Something could not be read or written because the run is gone.
    """
    try:
        yield
    except (RunError, OSError) as error:
        if is_present(directory):
            raise
        raise _gone(directory) from error


def _gone(directory: Path) -> RunError:
    return RunError(f"{directory} is gone: the run was deleted or moved while it was worked on")
