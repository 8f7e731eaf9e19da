"""How far LQR-FLM may step: the more of the cost its model explains, the farther (line 5).

The KL bound of time step t is a base step times a multiplier, which follows from the ratio r_t of
the residual cost-to-go to the cost-to-go over the samples. By standard deviations, r^2 is the share
of the cost's variance that the model does not explain, and the rule is

    multiplier = 5 (1 - r^2)                          within its bounds        (`ratio`)

The paper's rule remembers the last multiplier: above one ratio it is halved, below another doubled
(`memory`). A contact's first touch makes the model useless for an iteration or two; the memory of
them then holds the step back for as many doublings as there were halvings.

What is kept from one update to the next is with `memory` the multiplier itself, with `ratio` a
factor on it: 1, unless the robot refused the policy that a step led to. Whoever shortens the step
because of that makes the kept numbers smaller; the factor doubles with each update until it is 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.typing import Array

GAIN = 5.0
"""Multiplier of a model that explains all of the cost."""


class Steps(NamedTuple):
    """Multipliers of the KL step, ``(T,)``: this update's, and what the next is given."""

    multiplier: Array
    kept: Array


def residual_ratio(total: Array, residual: Array, settings: Settings) -> Array:
    """Compare residual and cost, cost-to-go of each sample ``(N, T)``, per time step ``(T,)``."""
    if settings.step_rule.measure == "std":
        size, of = residual.std(axis=0), total.std(axis=0)
    else:
        size, of = np.abs(residual).mean(axis=0), np.abs(total).mean(axis=0)
    ratio = np.where(size > 0, np.inf, 0.0)
    return np.divide(size, of, out=ratio, where=of > 0)


def choose_steps(kept: Array, ratio: Array, settings: Settings) -> Steps:
    """Return the multipliers of an update.

    Args:
        kept: What the update before returned as such, ``(T,)``; ones at first.
        ratio: Residual over cost, ``(T,)``.
        settings: Options `step_*`.
    """
    if settings.step_rule.kind == "memory":
        adjusted = adjust_steps(kept, ratio, settings)
        return Steps(adjusted, adjusted)
    multiplier = steps_from_ratio(ratio, settings)
    return Steps(kept * multiplier, np.minimum(2.0 * kept, 1.0))


def steps_from_ratio(ratio: Array, settings: Settings) -> Array:
    """Return multipliers by the share of the cost that the model explains, ``(T,)``."""
    explained = GAIN * (1.0 - ratio**2)
    return np.clip(explained, settings.step_rule.multiplier_min, settings.step_rule.multiplier_max)


def adjust_steps(multiplier: Array, ratio: Array, settings: Settings) -> Array:
    """Halve the multipliers where the model is bad, double them where it is good, ``(T,)``."""
    factor = np.where(ratio > settings.step_rule.decrease_above, 0.5, 1.0)
    factor = np.where(ratio < settings.step_rule.increase_below, 2.0, factor)
    return np.clip(
        multiplier * factor,
        settings.step_rule.multiplier_min,
        settings.step_rule.multiplier_max,
    )
