"""One training at a time in a run's directory: two would overwrite each other's rollouts."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilqr_ros.learning.errors import RunError


@contextmanager
def only_training(directory: Path) -> Iterator[None]:
    """Hold a run's directory; the hold ends with the process that has it, however it ends.

    Raises:
        RunError: Another process is training there.
    """
    with Path(directory, "training.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RunError(
                f"{directory} is being trained by another process: wait for it, or end it"
            ) from error
        yield
