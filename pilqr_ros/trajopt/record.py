"""What an update returns: the new policy, the step multipliers, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilqr_ros.trajopt.sample_history import SampleRecord
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


class StepStatus(IntFlag):
    """What happened at a time step; several can hold."""

    CONVERGED = 0
    """Every bound was met with equality."""
    LQR_SLACK = 1
    """LQR-FLM's optimum lies within its KL bound."""
    LQR_INDEFINITE = 2
    """Quu had no minimum; the multiplier was raised until it had one."""
    TEMPERATURE_AT_BOUND = 4
    """PI2's KL step cannot be reached: at the least temperature, the rounding error of the costs,
    the best samples share all weight."""
    CONSTANT_COST = 8
    """All samples cost the same: at an infinite temperature PI2 weighted them equally."""
    FELL_BACK_TO_COST = 16
    """The residual varied more than the cost: PI2 weighted by the cost."""
    TEMPERATURE_UNSOLVED = 32
    """No temperature was found for PI2's KL step, though there is one."""


@dataclass(frozen=True)
class UpdateRecord:
    """One update, per time step; None where a method has no such quantity.

    Attributes:
        method: `pilqr`, `lqr-flm` or `pi2`.
        status: `StepStatus` flags, ``(T,)``.
        kl_wanted: LQR-FLM's KL bounds, ``(T,)``.
        kl_got: LQR-FLM's KL divergences by its model, which are what is bounded, ``(T,)``.
        kl_sampled: LQR-FLM's KL divergences over the samples' own states, ``(T,)``; more than
            `kl_got` where the states spread further than the model says, see `divergence`.
        multiplier: LQR-FLM's Lagrange multipliers eta, ``(T,)``.
        lqr_passes: Backward passes of LQR-FLM.
        residual_ratio: Residual over cost, as the step rule sees them, ``(T,)``.
        direct_step: The step from which a direct model took the place of the chained one-step
            models; None where they predicted as well.
        temperature: PI2's temperatures, ``(T,)``; infinite where all samples cost the same.
        pi2_kl_wanted: PI2's KL step epsilon.
        pi2_kl_got: KL divergence of the weights from the prior ones, ``(T,)``.
        effective_samples: ``1 / sum w^2``, ``(T,)``.
        covariance_ratio: Trace of the new covariance over that of the old, ``(T,)``.
    """

    method: str
    status: NDArray[np.int64]
    covariance_ratio: Array
    kl_wanted: Array | None = None
    kl_got: Array | None = None
    kl_sampled: Array | None = None
    multiplier: Array | None = None
    lqr_passes: int | None = None
    residual_ratio: Array | None = None
    direct_step: int | None = None
    temperature: Array | None = None
    pi2_kl_wanted: float | None = None
    pi2_kl_got: Array | None = None
    effective_samples: Array | None = None


def steps_by_state(status: NDArray[np.int64]) -> dict[str, int]:
    """Return at how many time steps each `StepStatus` held, by its name, of ``(T,)`` states."""
    return {str(flag.name).lower(): int(np.sum(status & flag > 0)) for flag in StepStatus}


def in_short(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a report says of an update, in plain numbers.

    Args:
        record: The fields of an `UpdateRecord` by name.

    Returns:
        ``steps``: at how many time steps each `StepStatus` held. ``direct_step``: as in the
        record. ``lqr_kl``: LQR-FLM's KL divergences summed over time, as bounded (``wanted``), by
        the model (``got``) and over the samples' own states (``sampled``), and ``largest_excess``,
        the largest ratio of the last to the first at a time step, ``at_step``; None where LQR-FLM
        was not used.
    """
    short = {"steps": steps_by_state(record["status"]), "direct_step": record["direct_step"]}
    if record["kl_sampled"] is None:
        return {**short, "lqr_kl": None}
    sums = {name: float(np.sum(record[f"kl_{name}"])) for name in ("wanted", "got", "sampled")}
    excess = record["kl_sampled"] / record["kl_wanted"]
    worst = {"largest_excess": float(excess.max()), "at_step": int(excess.argmax())}
    return {**short, "lqr_kl": sums | worst}


@dataclass(frozen=True)
class UpdateResult:
    """The outcome of an update.

    Attributes:
        policy: The new policy.
        step_multiplier: Multipliers of LQR-FLM's KL step for the next update, ``(T,)``.
        record: How the update came about.
        samples: What later updates are given of this one's samples; None without PI2.
    """

    policy: TVLGPolicy
    step_multiplier: Array
    record: UpdateRecord
    samples: SampleRecord | None = None


def covariance_ratio(policy: TVLGPolicy, old: TVLGPolicy) -> Array:
    """Return the trace of one policy's action covariance over that of another, ``(T,)``."""
    traces = [np.sum(each.L**2, axis=(1, 2)) for each in (policy, old)]
    return traces[0] / traces[1]
