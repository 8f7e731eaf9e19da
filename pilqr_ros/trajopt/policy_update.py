"""One update of one condition's policy from its samples, by any method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from pilqr_ros.trajopt import pilqr
from pilqr_ros.trajopt.batch import require_finite
from pilqr_ros.trajopt.errors import SettingError
from pilqr_ros.trajopt.factors import floor_factor
from pilqr_ros.trajopt.noise_size import missed, size_factor
from pilqr_ros.trajopt.problem import Problem, require_definite
from pilqr_ros.trajopt.record import (
    StepStatus,
    UpdateRecord,
    UpdateResult,
    covariance_ratio,
)
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

__all__ = ["METHODS", "StepStatus", "UpdateRecord", "UpdateResult", "update"]

METHODS: Mapping[str, Callable[[Problem], UpdateResult]] = {
    "pilqr": pilqr.pilqr,
    "lqr-flm": pilqr.lqr_flm_alone,
    "pi2": pilqr.pi2_alone,
}
"""The methods by name."""


def update(method: str, problem: Problem) -> UpdateResult:
    """Update a policy from samples of it.

    Args:
        method: A key of `METHODS`.
        problem: The samples, their cost, and what was learned before.

    Raises:
        SettingError: The method is unknown.
        ShapeError: The parts of the problem do not fit together.
        UpdateError: There is no valid outcome; the message names the reason and the time step.
    """
    if method not in METHODS:
        raise SettingError("method", method, " | ".join(METHODS))
    problem.check()
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        result = METHODS[method](problem)
        factor = _noise_factor(problem)
    for name in ("K", "k", "L"):
        require_finite(f"the new policy's {name}", getattr(result.policy, name))
    L = floor_factor(factor * result.policy.L, problem.settings.covariance.min_action_std)
    result = _with_noise(result, problem.anchor, L)
    require_definite(result.policy, "the new policy's covariance is singular")
    return result


def _noise_factor(problem: Problem) -> float:
    """Return what the noise's standard deviation is multiplied with, whatever the method did."""
    least = missed(problem.policy, problem.anchor, problem.batch.states)
    return max(_annealed(problem), min(least, 1.0))


def _annealed(problem: Problem) -> float:
    """Return how the size of the noise falls, by evidence or by the calendar."""
    annealing, iteration = problem.settings.annealing, problem.iteration
    if annealing.rule == "evidence":
        return size_factor(problem.batches)
    if iteration is None:
        return 1.0
    annealed = round(annealing.share * iteration.total)
    late = iteration.done >= iteration.total - annealed
    return float(annealing.to ** (1.0 / annealed)) if late and annealed > 0 else 1.0


def _with_noise(result: UpdateResult, anchor: TVLGPolicy, L: Array) -> UpdateResult:
    """Return an update's result with these factors of the covariance."""
    policy = TVLGPolicy(result.policy.K, result.policy.k, L)
    ratio = covariance_ratio(policy, anchor)
    return replace(result, policy=policy, record=replace(result.record, covariance_ratio=ratio))
