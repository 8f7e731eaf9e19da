"""Whether starts and targets are clear of the obstacles that the cost keeps points away from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from pilqr_ros.authoring.starts import ExaminedStart
from pilqr_ros.doctor.findings import Finding, fail, ok, warn
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.obstacles import moves_unseen
from pilqr_ros.trajopt.clearance import ClearanceTerm


class _Nearness(NamedTuple):
    """How far a point is from an obstacle at some place.

    Attributes:
        clearance: To its surface, negative within [m].
        what: The place, in words.
        room: How far from the place the point may be [m].
    """

    clearance: float
    what: str
    room: float = 0.0


def check_obstacles(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Judge how far starts and targets are from each obstacle; a task without any has no row."""
    for i, (name, obstacle) in enumerate(task.obstacles.items()):
        subject, keep = f"obstacle {name}", obstacle.distance
        found = [place for start in starts for place in _places(task, start, i)]
        if not found:
            continue
        nearest = min(found, key=lambda place: place.clearance + place.room)
        if nearest.clearance + nearest.room < 0.0:
            yield fail(subject, _said(nearest, keep), "move it out, or take a smaller geom")
        elif nearest.clearance < keep:
            advice = "lower its `distance`, or move one of the two: there is a cost at rest there"
            yield warn(subject, _said(nearest, keep), advice)
        else:
            yield ok(subject, f"nearest: {_said(nearest, keep)}")
        if axes := moves_unseen(obstacle, task.layout, task.world_model):
            along = (
                f"{obstacle.geom} can move along {', '.join(axes)}, which the state does not hold"
            )
            message = f"{along}; it is taken to stay where the start has it"
            advice = (
                "add a state block of kind body_position of its body, with these axes, or fix it in"
                " the scene"
            )
            yield warn(subject, message, advice)


def _places(task: Task, start: ExaminedStart, obstacle: int) -> Iterator[_Nearness]:
    """Yield where a condition has the points that stay away: at its start, and at success."""
    if start.refusal:  # nothing is where it should be
        return
    name = task.conditions[start.condition].name
    term = task.clearances(start.condition)[obstacle]
    yield _Nearness(float(term.clearance(start.x)), f"the start of condition {name}")
    yield from _targets(task, start, term)


def _targets(task: Task, start: ExaminedStart, term: ClearanceTerm) -> Iterator[_Nearness]:
    """Yield the targets of success that the points have in a condition."""
    condition, points = task.conditions[start.condition], task.obstacles[term.name].of
    for criterion in task.criteria.values():
        if criterion.within is None:
            continue
        for block, target in zip(criterion.of, criterion.minus or (), strict=False):
            if block not in points or target not in condition.targets:
                continue
            x = start.x.copy()
            axes = task.layout.block(block).axes
            counted = [axis in (criterion.axes or axes) for axis in axes]
            x[task.layout[block]] = np.where(
                counted, condition.targets[target], x[task.layout[block]]
            )
            clearance = float(term.clearances(x)[points.index(block)])
            what = f"target {target} of condition {condition.name}"
            yield _Nearness(clearance, what, float(np.linalg.norm(criterion.within)))


def _said(place: _Nearness, distance: float) -> str:
    where = "from it" if place.clearance >= 0.0 else "inside it"
    return f"{place.what} is {abs(place.clearance):.3g} m {where}, to keep: {distance:g} m"
