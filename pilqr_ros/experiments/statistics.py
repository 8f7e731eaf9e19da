"""What few seeds tell: interquartile means and success rates, with intervals.

As Agarwal et al. 2021 ("Deep reinforcement learning at the edge of the statistical precipice")
propose it: the mean of the middle half of all seeds and places, which one lucky or lost seed does
not move, with a bootstrap that draws seeds again in each place apart; and how many seeds are as
good as each mark, which shows the whole distribution. And, as the paper counts, how many times the
samples of one method another needs to become as good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median_high
from typing import NamedTuple

import numpy as np
from scipy.stats import bootstrap, trim_mean

from pilqr_ros.evaluation.policy_card import wilson
from pilqr_ros.experiments.learning_table import LearningTable, Measured
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


class SamplesTo(NamedTuple):
    """How many samples the networks of a variant need in a test to become as good as a threshold.

    A seed needs as many as its first trained network within the threshold was trained on; one that
    has none needs more than it was given.

    Attributes:
        variant: The variant.
        seeds: How many seeds were tested.
        reached: How many of them become as good.
        samples: The median over the seeds; if that is not known, since too few become as good, what
            it is more than.
        is_known: Whether it is known.
        ratio: `samples` over those of the first method, more than that if they are not known; its
            interval draws the seeds of both again, where all become as good. There is none (nan)
            if those of the first method are not known.
    """

    variant: str
    seeds: int
    reached: int
    samples: float
    is_known: bool
    ratio: Estimate


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

    return _estimate(places, mean)


def final_distance(table: LearningTable, test: str) -> float:
    """Return what most seeds of the first method end within in a test: the median.

    Of the two in the middle it is the larger, so that more than half of the seeds reach it; without
    any seed there is none (nan).
    """
    curves = _trained(table, table.variants[0], test)
    return median_high([curve[-1].distance for curve in curves]) if curves else float("nan")


def samples_to(table: LearningTable, test: str, threshold: float) -> list[SamplesTo]:
    """Return how many samples each variant needs in a test to come within a distance.

    Args:
        table: What was measured; the ratios are to its first method.
        test: The test's name.
        threshold: The distance.
    """
    tried = table.of("test").at([test])
    needed = {
        variant: np.array([_needed(curve, threshold) for curve in curves])
        for variant in tried.variants
        if (curves := _trained(tried, variant, test))
    }
    first = table.variants[0]
    return [_samples(variant, needed, first) for variant in needed]


def _trained(table: LearningTable, variant: str, test: str) -> list[list[Measured]]:
    """Return the curves of a variant's seeds in a test, without networks that are untrained."""
    curves = table.of("test").curves(variant, test).values()
    trained = ([row for row in rows if row.trained_on > 0] for rows in curves)
    return [rows for rows in trained if rows]


def _needed(curve: Sequence[Measured], threshold: float) -> tuple[float, float]:
    """Return the samples that a seed needs, or infinity, and what it needs at least."""
    within = [row.trained_on for row in curve if row.distance <= threshold]
    return (within[0], within[0]) if within else (np.inf, curve[-1].trained_on)


def _samples(variant: str, needed: Mapping[str, Array], first: str) -> SamplesTo:
    """Return the samples of a variant and their ratio to those of the first method.

    Args:
        variant: The variant.
        needed: For each variant what `_needed` tells of its seeds, ``(n, 2)``.
        first: The first method.
    """
    exact, at_least = needed[variant].T
    reached, is_known = np.isfinite(exact), bool(np.isfinite(np.median(exact)))
    samples = float(np.median(exact if is_known else at_least))
    base = needed[first][:, 0] if first in needed else np.array([np.inf])
    none = float("nan")
    if np.isinf(np.median(base)):
        ratio = Estimate(none, none, none)
    elif variant != first and reached.all() and np.isfinite(base).all():
        ratio = _estimate((exact, base), _ratio_of_medians)
    else:
        ratio = Estimate(samples / float(np.median(base)), none, none)
    return SamplesTo(variant, len(exact), int(reached.sum()), samples, is_known, ratio)


def _ratio_of_medians(one: Array, other: Array, axis: int = -1) -> Array:
    return np.asarray(np.median(one, axis=axis) / np.median(other, axis=axis))


def _estimate(samples: Sequence[Array], statistic: Callable[..., Array]) -> Estimate:
    """Return a statistic with its interval, which draws again in each sample apart."""
    value = float(statistic(*samples))
    if min(map(len, samples)) < 2:
        return Estimate(value, float("nan"), float("nan"))
    if all(np.ptp(one) == 0.0 for one in samples):  # nothing to draw
        return Estimate(value, value, value)
    interval = bootstrap(
        samples,
        statistic,
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
