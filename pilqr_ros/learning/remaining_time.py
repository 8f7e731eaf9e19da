"""How long a training still takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan

import numpy as np


@dataclass
class RemainingTime:
    """Estimates it from the mean duration of rollouts and updates.

    Attributes:
        rollouts_per_iteration: Rollouts of an iteration, over all conditions.
        updates_per_iteration: Updates of an iteration.
    """

    rollouts_per_iteration: int
    updates_per_iteration: int
    _rollouts: list[float] = field(default_factory=list)
    _updates: list[float] = field(default_factory=list)

    def add_rollout(self, seconds: float) -> None:
        """Count a rollout that took so long [s]."""
        self._rollouts.append(seconds)

    def add_update(self, seconds: float) -> None:
        """Count an update that took so long [s]."""
        self._updates.append(seconds)

    def seconds(self, iterations_left: int, rollouts_done: int) -> float:
        """Return the time that is left [s]; nan before the first rollout.

        Args:
            iterations_left: Iterations that are not finished.
            rollouts_done: Rollouts of the present one that are.
        """
        if not self._rollouts:
            return nan
        rollouts = iterations_left * self.rollouts_per_iteration - rollouts_done
        updates = iterations_left * self.updates_per_iteration
        update_seconds = np.mean(self._updates) if self._updates else 0.0
        return float(rollouts * np.mean(self._rollouts) + updates * update_seconds)
