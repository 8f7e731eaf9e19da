"""Where a training stands, from the reports of its iterations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pilqr_ros.learning.progress import IterationSummary
from pilqr_ros.trajopt.convergence import Course, standing
from pilqr_ros.trajopt.record import StepStatus
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def judged(summary: IterationSummary, reports: Sequence[Mapping[str, Any]]) -> IterationSummary:
    """Return an iteration's summary with the standing of its condition's training.

    Args:
        summary: The newest iteration.
        reports: Those of the run so far, of all conditions, by iteration.
    """
    earlier = [
        report
        for report in reports
        if report["condition"] == summary.condition and report["iteration"] < summary.iteration
    ]
    costs = [*(report["total_costs"] for report in earlier), summary.total_costs]
    successes = [*(report["successes"] for report in earlier), summary.successes]
    status = summary.record["status"]
    course = Course(
        costs=np.array([np.mean(each) for each in costs]),
        successes=np.array([np.mean(each) for each in successes]),
        noise=summary.noise,
        states={str(flag.name).lower(): float(np.mean(status & flag > 0)) for flag in StepStatus},
    )
    return replace(summary, standing=standing(course))


def has_converged(
    reports: Sequence[Mapping[str, Any]], done: int, conditions: Sequence[int]
) -> bool:
    """Tell whether a run has converged in each of its conditions.

    Args:
        reports: Those of the run; one without a standing, of an earlier version, has not.
        done: How many iterations count.
        conditions: Their indices.
    """
    converged = {
        report["condition"]
        for report in reports
        if report["iteration"] == done - 1
        and (report.get("standing") or {}).get("status") == "converged"
    }
    return converged == set(conditions)


def relative_noise(policy: TVLGPolicy, first: TVLGPolicy) -> float:
    """Return the standard deviation of a policy's noise over that of the first.

    It is the geometric mean over the actions.
    """
    return float(np.exp(np.mean(np.log(policy.noise_std / first.noise_std))))
