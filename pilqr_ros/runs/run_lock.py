"""One training at a time in a run's directory: two would overwrite each other's rollouts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilqr_ros.runs.errors import RunBusyError
from pilqr_ros.runs.file_lock import held


@contextmanager
def only_training(directory: Path) -> Iterator[None]:
    """Hold a run's directory; the hold ends with the process that has it, however it ends.

    Raises:
        RunBusyError: Another process is training there.
    """
    refusal = RunBusyError(
        f"{directory} is being trained by another process: wait for it, or end it"
    )
    with held(directory / "training.lock", refusal):
        yield
