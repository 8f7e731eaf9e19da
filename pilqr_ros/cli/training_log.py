"""The log of a training that goes on: whatever goes wrong with it, the training does not end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pilqr_ros.cli import console as show
from pilqr_ros.logs import RunLogger, check_log, open_log
from pilqr_ros.runs.run_description import describe
from pilqr_ros.runs.run_store import open_run


class TrainingLog:
    """Follows a training into a log, if one is asked for; use it as a context manager."""

    def __init__(self, kind: str | None) -> None:
        """Prepare.

        Args:
            kind: Which log; None for none.

        Raises:
            LogError: It cannot be written.
        """
        if kind is not None:
            check_log(kind)
        self._kind = kind
        self._logger: RunLogger | None = None
        self._iteration = 0

    def __enter__(self) -> TrainingLog:
        """Follow nothing yet."""
        return self

    def __exit__(self, *details: object) -> None:
        """Tell the rest, and end the log."""
        logger, self._logger = self._logger, None
        if logger is not None:
            self._guarded(logger.close)

    def begin(self, directory: Path) -> None:
        """Begin the log of a run."""
        self._guarded(lambda: self._begin(directory))

    def on_progress(self, progress: Any) -> None:  # noqa: ANN401
        """Take a `TrainingProgress` or the feedback message of the same fields."""
        if self._logger is None or progress.iteration == self._iteration:
            return
        self._iteration = progress.iteration
        self._guarded(self._logger.update)

    def _begin(self, directory: Path) -> None:
        if self._kind is not None:
            store = open_run(directory)
            begun_as = describe(store.task, store.config, store.begun_with())
            self._logger = RunLogger(store, open_log(self._kind, directory, begun_as))

    def _guarded(self, act: Callable[[], None]) -> None:
        """Do something for the log; a failure ends the log with a warning."""
        try:
            act()
        except Exception as error:  # also a library's own, and the training is worth more
            self._logger = None
            show.warn(f"the log for {self._kind} ends: {error}; `pilqr log` writes it afterwards")
