"""What the task asks for: success, cost terms, and the bodies that it is about."""

from __future__ import annotations

import numpy as np

from pilqr_ros.diagnosis.evidence import Evidence
from pilqr_ros.trajopt.typing import Array

STILL = 1e-3
"""A body that moved less than this in every rollout was not touched [m]."""

NO_GAIN = 0.05
"""Share by which the distance must have fallen to count as progress."""

ALIKE = 1e-3
"""A cost term whose rollouts differ by less than this share is constant."""

DROWNED = 1e-4
"""A cost term with less than this share of the cost is not heard."""

MIN_ITERATIONS = 5
"""Before so many iterations nothing is said of progress."""


def met_at_reset(evidence: Evidence) -> tuple[str, str] | None:
    """Success is met before anything is done."""
    starts = [rollout.states[:1] for rollout in evidence.rollouts]
    met = sum(evidence.task.success(evidence.condition, start).success for start in starts)
    if met == 0 or met < len(starts) / 2:
        return None
    return (
        f"{met} of {len(starts)} rollouts meet success at their first step",
        "make `success` stricter, or begin elsewhere: there is nothing to learn here",
    )


def untouched(evidence: Evidence) -> tuple[str, str] | None:
    """A body that success or the cost is about never moves."""
    if evidence.learned or not evidence.rollouts:
        return None
    layout, states = evidence.task.layout, evidence.states
    still = [
        block.source
        for block in layout.of_kind("body_position")
        if np.ptp(states[:, :, block.slice], axis=1).max() < STILL
    ]
    if not still or len(still) < len(layout.of_kind("body_position")):
        return None
    return (
        f"{', '.join(still)} moved less than {STILL * 1e3:g} mm in each of "
        f"{len(states)} rollouts of the last iteration",
        "larger noise (`initial_policy.position_spread`), a start nearer to it, or a cost term "
        "that leads the arm there",
    )


def no_progress(evidence: Evidence) -> tuple[str, str] | None:
    """The best distance to success has not fallen over the run."""
    if evidence.learned or len(evidence.reports) < MIN_ITERATIONS:
        return None
    first, last = (
        min(report["distances"]) for report in (evidence.reports[0], evidence.reports[-1])
    )
    if last < (1.0 - NO_GAIN) * first:
        return None
    label = evidence.task.distance_unit
    return (
        f"the best distance to success was {first:.3g} {label} in the first iteration and is "
        f"{last:.3g} {label} in the last",
        "see whether success can be met at all (`pilqr check`), and whether the cost falls on the "
        "way to it",
    )


def constant_term(evidence: Evidence) -> tuple[str, str] | None:
    """A cost term is the same in every rollout: nothing can be learned from it."""
    terms = _terms(evidence)
    total = sum(np.mean(values) for values in terms.values())
    flat = [
        name
        for name, values in terms.items()
        if np.mean(values) > 0.01 * total and np.ptp(values) < ALIKE * np.mean(values)
    ]
    if not flat or evidence.learned:
        return None
    return (
        f"the cost of {', '.join(flat)} is the same in all {len(evidence.costs)} rollouts of the "
        f"last iteration to within {ALIKE:.1%}",
        "the noise does not reach what it measures: larger noise, or a term that does change",
    )


def drowned_term(evidence: Evidence) -> tuple[str, str] | None:
    """A cost term is so small beside another that it steers nothing, while nothing is learned."""
    if evidence.success_rate > 0:
        return None
    terms = {name: float(np.mean(values)) for name, values in _terms(evidence).items()}
    total, loudest = sum(terms.values()), max(terms, key=lambda name: terms[name])
    leading = [name for name in terms if name != "torque" and name not in evidence.task.obstacles]
    drowned = [name for name in leading if 0 < terms[name] < DROWNED * total]
    if not drowned:
        return None
    return (
        f"{loudest} is {terms[loudest] / total:.1%} of the cost, {', '.join(drowned)} less than "
        f"{DROWNED:.2%}",
        "if they are to lead the way, give them more `weight`",
    )


def through_obstacle(evidence: Evidence) -> tuple[str, str] | None:
    """Rollouts go through what they are to stay away from."""
    terms = evidence.task.clearances(evidence.condition)
    if not terms or not evidence.rollouts:
        return None
    least = {term.name: term.clearance(evidence.states).min(axis=1) for term in terms}
    worst = min(least, key=lambda name: least[name].min())
    through = np.count_nonzero(least[worst] < 0.0)
    if through == 0:
        return None
    return (
        f"{through} of {len(evidence.rollouts)} rollouts of the last iteration go through {worst}, "
        f"by up to {-least[worst].min():.3g} m",
        "a larger `distance` of that obstacle, then more `weight`; with less noise rollouts stay "
        "nearer to their mean",
    )


def _terms(evidence: Evidence) -> dict[str, Array]:
    """Return each cost term of the last rollouts, summed over time."""
    names = evidence.costs[0].terms if evidence.costs else {}
    return {name: np.array([cost.terms[name] for cost in evidence.costs]) for name in names}
