"""Where a training stands, from the reports of its iterations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from pilqr_ros.learning.progress import IterationSummary
from pilqr_ros.trajopt.convergence import Course, standing
from pilqr_ros.trajopt.record import steps_by_state
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


class _Told(NamedTuple):
    """Mean cost, success rate and standing of one iteration and condition."""

    cost: float
    success: float
    status: str


@dataclass
class Standings:
    """What the iterations of a run tell of its standing, kept while it goes on."""

    _told: dict[tuple[int, int], _Told] = field(default_factory=dict)
    """By condition and iteration."""

    @classmethod
    def of(cls, reports: Iterable[Mapping[str, Any]]) -> Standings:
        """Return those of reports; one of an earlier version may have no standing."""
        standings = cls()
        for report in reports:
            status = (report.get("standing") or {}).get("status", "")
            cost, success = np.mean(report["total_costs"]), np.mean(report["successes"])
            key = report["condition"], report["iteration"]
            standings._told[key] = _Told(float(cost), float(success), status)
        return standings

    def judged(self, summary: IterationSummary) -> IterationSummary:
        """Return an iteration's summary with the standing of its condition's training; keep it."""
        earlier = [
            self._told[summary.condition, iteration]
            for iteration in range(summary.iteration)
            if (summary.condition, iteration) in self._told
        ]
        newest = _Told(float(np.mean(summary.total_costs)), summary.success_rate, "")
        steps = steps_by_state(summary.record["status"])
        course = Course(
            costs=np.array([each.cost for each in (*earlier, newest)]),
            successes=np.array([each.success for each in (*earlier, newest)]),
            noise=summary.noise,
            states={name: n / len(summary.record["status"]) for name, n in steps.items()},
        )
        summary = replace(summary, standing=standing(course))
        key = summary.condition, summary.iteration
        self._told[key] = newest._replace(status=summary.standing.status)
        return summary

    def converged(self, done: int, conditions: Iterable[int]) -> bool:
        """Tell whether a run has converged in each of its conditions after so many iterations."""
        last = [self._told.get((condition, done - 1)) for condition in conditions]
        return all(told is not None and told.status == "converged" for told in last)


def relative_noise(policy: TVLGPolicy, first: Array) -> float:
    """Return the standard deviation of a policy's noise over that of the first.

    It is the geometric mean over the actions.

    Args:
        policy: The policy.
        first: Standard deviations of the first policy's noise [N m], ``(T, dU)``.
    """
    return float(np.exp(np.mean(np.log(policy.noise_std / first))))
