"""Which of a run's policies did best in its own rollouts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilqr_ros.runs.run_store import RunStore


class Best(NamedTuple):
    """A finished iteration and the mean cost of its rollouts, over all conditions."""

    iteration: int
    mean_cost: float


def best_iteration(store: RunStore) -> Best | None:
    """Return the finished iteration whose rollouts cost least; None if none is finished.

    Its policies are those that the iteration began with: they were executed, with their noise.
    """
    costs: dict[int, list[float]] = {}
    finished = store.iterations_finished
    for report in store.reports():
        if report["iteration"] < finished:
            costs.setdefault(report["iteration"], []).extend(report["total_costs"])
    means = [Best(iteration, float(np.mean(values))) for iteration, values in costs.items()]
    return min(means, key=lambda best: best.mean_cost, default=None)
