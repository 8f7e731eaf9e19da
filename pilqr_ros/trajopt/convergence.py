"""Whether a training still improves, has converged, or has stalled, and why.

Of the iterations of one condition: with M_i the mean cost of iteration i's rollouts and S_i the
share that succeeded, each averaged over some iterations and over as many before them,

    converged   S >= ENOUGH, and M fell by less than FLAT of all that it has fallen,
                over the last `SETTLED` iterations
    stalled     S < ENOUGH, M did not fall and S did not rise, over the last `STUCK` iterations;
                or there is no noise left to improve by
    improving   else, or there are too few iterations to tell

The rollouts are those of training, noise included, so that a converged policy does not depend on
its noise being taken away. Costs of contacts jump from one iteration to the next, hence the
averages; many a training rests for some iterations before it finds the aim, hence the longer ones
for a stall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from pilqr_ros.trajopt.typing import Array

ENOUGH = 0.95
"""Share of successes from which a task counts as learned."""

FLAT = 0.05
"""Share of the whole fall of the cost, below which it no longer falls."""

SETTLED, STUCK = 3, 5
"""Iterations that tell of a convergence and of a stall, compared with as many before them."""

GONE = 0.02
"""Share of the first noise below which nothing is explored."""

MOST = 0.5
"""Share of the time steps from which a state of the update is a reason."""

_REASONS = {
    "constant_cost": "all rollouts cost the same",
    "temperature_at_bound": "the best rollouts share all weight",
}
"""What states of an update mean, by their names in a report."""


class Standing(NamedTuple):
    """Where a training stands, and what tells so; empty while it improves."""

    status: Literal["improving", "converged", "stalled"]
    because: str = ""


IMPROVING = Standing("improving")


@dataclass(frozen=True)
class Course:
    """The iterations of one condition so far, oldest first.

    Attributes:
        costs: Mean cost of each iteration's rollouts, ``(n,)``.
        successes: Share of them that succeeded, ``(n,)``.
        noise: Standard deviation of the newest noise, relative to the first.
        states: At what share of the time steps a `StepStatus` held in the newest update, by its
            name in a report.
    """

    costs: Array
    successes: Array
    noise: float
    states: Mapping[str, float]


def standing(course: Course) -> Standing:
    """Return where a training stands."""
    recent = _recent(course.successes, SETTLED)
    if recent is None:
        return IMPROVING
    if recent[1] >= ENOUGH:
        return _converged(course, recent[1])
    if course.noise < GONE:
        return Standing("stalled", f"the noise is {course.noise:.1%} of the first")
    return _stalled(course)


def _converged(course: Course, rate: float) -> Standing:
    costs = _recent(course.costs, SETTLED)
    if costs is None or costs[0] - costs[1] > FLAT * (np.max(course.costs) - costs[1]):
        return IMPROVING
    return Standing("converged", f"{rate:.0%} of the last {SETTLED} iterations' rollouts succeed")


def _stalled(course: Course) -> Standing:
    costs, rates = _recent(course.costs, STUCK), _recent(course.successes, STUCK)
    if costs is None or rates is None or costs[1] < costs[0] or rates[1] > rates[0]:
        return IMPROVING
    known = [why for name, why in _REASONS.items() if course.states.get(name, 0.0) > MOST]
    reason = known[0] if known else f"with {course.noise:.0%} of the first noise nothing better"
    return Standing("stalled", f"the cost has not fallen for {STUCK} iterations: {reason}")


def _recent(values: Array, many: int) -> tuple[float, float] | None:
    """Return the means before the last iterations and over them; None if there are too few."""
    if len(values) < 2 * many:
        return None
    return float(values[-2 * many : -many].mean()), float(values[-many:].mean())
