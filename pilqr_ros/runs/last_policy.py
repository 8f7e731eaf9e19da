"""How a run's last policy does: by its own evaluation, else by the last iteration's rollouts.

An iteration's rollouts are those of the policy before, most of them with noise, and so do worse
than what a training ends with. Of an evaluation the conditions count that were trained in.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pilqr_ros.runs.rollout_files import load_cost
from pilqr_ros.runs.run_folder import RunFolder, iteration_name

NOISY = "_noisy"
"""What the name of an evaluation with noise ends with."""


class LastPolicy(NamedTuple):
    """What rollouts came to.

    Attributes:
        evaluated: Whether they are an evaluation's, of the last policy without noise; else they
            are those of the last iteration.
        successes: How many succeeded.
        of: How many there are.
        cost: Their mean cost.
        distance: Their mean distance to success.
    """

    evaluated: bool
    successes: int
    of: int
    cost: float
    distance: float

    @property
    def told(self) -> str:
        """How many succeeded, as a table has it."""
        return f"{self.successes}/{self.of}" + ("" if self.evaluated else " noisy")


def last_policy(folder: RunFolder, reports: Sequence[dict[str, Any]]) -> LastPolicy | None:
    """Return how a run's last policy does; None before any iteration has a report.

    Args:
        folder: The run.
        reports: Those of its iterations, or of its last one.

    Raises:
        RunError: A file is damaged.
    """
    costs = [load_cost(path) for path in _evaluated(folder)]
    if costs:
        successes = sum(cost.success for cost in costs)
        means = [float(np.mean(values)) for values in
                 ([cost.total for cost in costs], [cost.distance for cost in costs])]  # fmt: skip
        return LastPolicy(True, successes, len(costs), *means)
    if not reports:
        return None
    newest = max(report["iteration"] for report in reports)
    last = [report for report in reports if report["iteration"] == newest]
    pooled = {name: [value for report in last for value in report[name]]
              for name in ("successes", "total_costs", "distances")}  # fmt: skip
    means = [float(np.mean(pooled[name])) for name in ("total_costs", "distances")]
    return LastPolicy(False, sum(pooled["successes"]), len(pooled["successes"]), *means)


def _evaluated(folder: RunFolder) -> list[Path]:
    """Return the costs of the last policy's evaluation: of training's own seed, if there is one."""
    began = f"{iteration_name(folder.iterations_finished)}_seed_"
    own = folder.evaluation_directory(f"{began}{folder.config.seed}")
    others = sorted(own.parent.glob(f"{began}*"))
    for evaluation in (own, *(one for one in others if not one.name.endswith(NOISY))):
        found = [
            path
            for condition in folder.config.conditions
            for path in sorted(evaluation.glob(f"condition_{condition}/rollout_*.cost.npz"))
        ]
        if found:
            return found
    return []
