"""One update of one condition's policy from its samples, by any method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt import pilqr
from pilqr_ros.trajopt.batch import Batch, require_finite
from pilqr_ros.trajopt.cost import TrajectoryCost
from pilqr_ros.trajopt.errors import SettingError, ShapeError, UpdateError
from pilqr_ros.trajopt.factors import floor_factor
from pilqr_ros.trajopt.model import Problem
from pilqr_ros.trajopt.noise_size import size_factor
from pilqr_ros.trajopt.record import (
    StepStatus,
    UpdateRecord,
    UpdateResult,
    covariance_ratio,
)
from pilqr_ros.trajopt.sample_history import SampleRecord
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

__all__ = ["METHODS", "Iteration", "StepStatus", "UpdateRecord", "UpdateResult", "update"]

METHODS: Mapping[str, Callable[[Problem], UpdateResult]] = {
    "pilqr": pilqr.pilqr,
    "lqr-flm": pilqr.lqr_flm_alone,
    "pi2": pilqr.pi2_alone,
}
"""The methods by name."""


class Iteration(NamedTuple):
    """Which update of a run it is: how many were done before it, and how many there are in all."""

    done: int
    total: int


def update(
    method: str,
    policy: TVLGPolicy,
    batches: Sequence[Batch],
    cost: TrajectoryCost,
    settings: Settings,
    step_multiplier: Array,
    action_limits: Array | None = None,
    reference: TVLGPolicy | None = None,
    iteration: Iteration | None = None,
    history: Sequence[SampleRecord] = (),
) -> UpdateResult:
    """Update a policy from samples of it.

    Args:
        method: A key of `METHODS`.
        policy: The policy that the last batch was sampled from.
        batches: The history of this condition, oldest first; the earlier ones help to fit the
            dynamics, and tell what the noise cost.
        cost: The cost that the samples were given.
        settings: Options of every method.
        step_multiplier: Multipliers of LQR-FLM's KL step, ``(T,)``; ones at first.
        action_limits: Actions simulated by the fitted model are clipped to +- these, ``(dU,)``
            [N m]; None clips none.
        reference: The policy that the new one is constrained against (section 5: the linearised
            global policy); None: `policy`.
        iteration: Which update of the run this is; None if that is not known, and then the calendar
            shrinks no noise.
        history: What the updates before this one returned as `samples`, oldest first.

    Raises:
        SettingError: The method is unknown.
        ShapeError: The arguments do not fit together.
        UpdateError: There is no valid outcome; the message names the reason and the time step.
    """
    if method not in METHODS:
        raise SettingError("method", method, " | ".join(METHODS))
    _check_shapes(policy, batches, cost, step_multiplier, action_limits, history)
    _check_numbers(policy, step_multiplier)
    problem = Problem(
        policy, batches, cost, settings, step_multiplier, action_limits, reference, history
    )
    _check_reference(problem)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        result = METHODS[method](problem)
    for name in ("K", "k", "L"):
        require_finite(f"the new policy's {name}", getattr(result.policy, name))
    factor = _noise_factor(batches, settings, iteration)
    L = floor_factor(factor * result.policy.L, settings.covariance.min_action_std)
    result = _with_noise(result, problem.anchor, L)
    _require_definite(result.policy, "the new policy's covariance is singular")
    return result


def _noise_factor(
    batches: Sequence[Batch], settings: Settings, iteration: Iteration | None
) -> float:
    """Return what the noise's standard deviation is multiplied with, whatever the method did."""
    if settings.annealing.rule == "evidence":
        return size_factor(batches)
    if iteration is None:
        return 1.0
    annealed = round(settings.annealing.share * iteration.total)
    late = iteration.done >= iteration.total - annealed
    return float(settings.annealing.to ** (1.0 / annealed)) if late and annealed > 0 else 1.0


def _with_noise(result: UpdateResult, anchor: TVLGPolicy, L: Array) -> UpdateResult:
    """Return an update's result with these factors of the covariance."""
    policy = TVLGPolicy(result.policy.K, result.policy.k, L)
    ratio = covariance_ratio(policy, anchor)
    return replace(result, policy=policy, record=replace(result.record, covariance_ratio=ratio))


def _check_shapes(
    policy: TVLGPolicy,
    batches: Sequence[Batch],
    cost: TrajectoryCost,
    step_multiplier: Array,
    action_limits: Array | None,
    history: Sequence[SampleRecord],
) -> None:
    T, dX, dU = policy.T, policy.dX, policy.dU
    if len(batches) == 0:
        raise ShapeError("batches", (0,), "at least one batch")
    for batch in batches:
        if batch.states.shape[1:] != (T, dX):
            raise ShapeError("states", batch.states.shape, f"(N, {T}, {dX})")
        if batch.actions.shape[2] != dU:
            raise ShapeError("actions", batch.actions.shape, f"(N, {T}, {dU})")
    if (cost.T, cost.dX, cost.dU) != (T, dX, dU):
        raise ShapeError("(T, dX, dU) of the cost", (cost.T, cost.dX, cost.dU), f"{(T, dX, dU)}")
    if step_multiplier.shape != (T,):
        raise ShapeError("step_multiplier", step_multiplier.shape, f"({T},)")
    for each in history:
        if each.noise.shape[1:] != (T, dU):
            raise ShapeError("noise of an earlier batch", each.noise.shape, f"(N, {T}, {dU})")
    if action_limits is not None and action_limits.shape != (dU,):
        raise ShapeError("action_limits", action_limits.shape, f"({dU},)")


def _check_reference(problem: Problem) -> None:
    policy, anchor = problem.policy, problem.anchor
    if anchor.K.shape != policy.K.shape:
        raise ShapeError("the reference's K", anchor.K.shape, str(policy.K.shape))
    for name in ("K", "k", "L"):
        require_finite(f"the reference's {name}", getattr(anchor, name))
    _require_definite(anchor, "the reference's covariance is singular")


def _check_numbers(policy: TVLGPolicy, step_multiplier: Array) -> None:
    for name in ("K", "k", "L"):
        require_finite(f"the policy's {name}", getattr(policy, name))
    _require_definite(policy, "the policy's covariance is singular")
    if not np.all((step_multiplier > 0) & np.isfinite(step_multiplier)):
        raise SettingError("step_multiplier", step_multiplier, "finite and above 0")


def _require_definite(policy: TVLGPolicy, reason: str) -> None:
    diagonal = np.diagonal(policy.L, axis1=1, axis2=2)
    singular = np.any(diagonal**2 <= 0.0, axis=1)
    if singular.any():
        raise UpdateError(reason, int(np.argmax(singular)))
