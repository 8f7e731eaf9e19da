"""Telling where a training stands, with the time that it still takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pilqr_ros.learning.progress import TrainingProgress
from pilqr_ros.learning.remaining_time import RemainingTime
from pilqr_ros.runs.run_config import RunConfig


class ProgressReporter:
    """Keeps where a training stands, and tells each change of it.

    Attributes:
        remaining: What rollouts and updates take, to be told how long they do.
    """

    def __init__(
        self, config: RunConfig, first: int, on_progress: Callable[[TrainingProgress], None]
    ) -> None:
        """Begin before the rollouts of an iteration.

        Args:
            config: What the run is to do.
            first: Its first iteration that is not finished.
            on_progress: Called at each change.
        """
        rollouts = config.rollouts * len(config.conditions)
        self.remaining = RemainingTime(rollouts, len(config.conditions))
        self._progress = TrainingProgress("collecting", first, config.iterations, 0, rollouts)
        self._on_progress = on_progress

    def tell(self, **changes: object) -> None:
        """Tell what has changed, by the fields of `TrainingProgress`."""
        progress = replace(self._progress, **changes)  # type: ignore[arg-type]
        left = self.remaining.seconds(progress.iterations - progress.iteration, progress.rollout)
        self._progress = replace(progress, seconds_left=left)
        self._on_progress(self._progress)

    def count(self, done: int) -> None:
        """Tell that so many rollouts of an iteration are done; more may have been on disk."""
        self.tell(rollout=max(done, self._progress.rollout), waiting_for="")

    def wait_no_longer(self) -> None:
        """Tell that nothing is waited for, if something was."""
        if self._progress.waiting_for:
            self.tell(waiting_for="")
