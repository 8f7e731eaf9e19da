"""What few seeds tell: interquartile means and success rates, with intervals.

As Agarwal et al. 2021 ("Deep reinforcement learning at the edge of the statistical precipice")
propose it: the mean of the middle half of all seeds and places, which one lucky or lost seed does
not move, with a bootstrap that draws seeds again in each place apart; and how many seeds are as
good as each mark, which shows the whole distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import bootstrap, trim_mean

from pilqr_ros.evaluation.policy_card import wilson
from pilqr_ros.experiments.learning_table import LearningTable
from pilqr_ros.trajopt.typing import Array

CONFIDENCE = 0.95
RESAMPLES = 2000


class Estimate(NamedTuple):
    """A number with its interval."""

    value: float
    low: float
    high: float


class Figures(NamedTuple):
    """What the last policies of a variant come to, over its seeds.

    Attributes:
        variant: The variant.
        seeds: How many seeds are done.
        distance: Interquartile mean of the distance without noise, over seeds and places.
        solved: Share of the seeds whose rollouts without noise all succeed, in all places.
        noisy: Share of all rollouts with noise that succeed (no interval: rollouts of one seed are
            not independent).
    """

    variant: str
    seeds: int
    distance: Estimate
    solved: Estimate
    noisy: float


def figures_of(table: LearningTable) -> list[Figures]:
    """Return the figures of each variant that has a seed with a result."""
    final, noisy = table.of("final"), table.of("final-noisy")
    found = []
    for variant in final.variants:
        curves = [final.curves(variant, place) for place in final.places]
        done = set.intersection(*(set(curve) for curve in curves))
        if not done:
            continue
        distances = [np.array([curve[seed][-1].distance for seed in done]) for curve in curves]
        solved = [all(curve[seed][-1].success_rate == 1.0 for curve in curves) for seed in done]
        rates = [row.success_rate for row in noisy.rows if row.variant == variant]
        found.append(
            Figures(
                variant,
                len(done),
                interquartile_mean(distances),
                Estimate(float(np.mean(solved)), *wilson(sum(solved), len(solved))),
                float(np.mean(rates)) if rates else float("nan"),
            )
        )
    return found


def interquartile_mean(places: Sequence[Array]) -> Estimate:
    """Return the interquartile mean over all values, with its stratified bootstrap interval.

    Args:
        places: The values of the seeds in each place, ``(n,)`` each; seeds are drawn again in each
            place apart. With fewer than two seeds there is no interval (nan).
    """

    def mean(*values: Array, axis: int = -1) -> Array:
        return np.asarray(trim_mean(np.concatenate(values, axis=axis), 0.25, axis=axis))

    value = float(mean(*places))
    if min(map(len, places)) < 2:
        return Estimate(value, float("nan"), float("nan"))
    if all(np.ptp(one) == 0.0 for one in places):  # nothing to draw
        return Estimate(value, value, value)
    interval = bootstrap(
        places,
        mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        vectorized=True,
        random_state=0,
    ).confidence_interval
    return Estimate(value, float(interval.low), float(interval.high))


def profile(values: Sequence[float], marks: Array) -> Array:
    """Return the share of values at or below each mark, ``(m,)``: a performance profile."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    return np.searchsorted(ordered, marks, side="right") / len(ordered)
