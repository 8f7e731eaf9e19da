"""Whether a target is where the body of the same name is placed: one is learned, one is seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import mujoco
import numpy as np

from pilqr_ros.authoring.starts import ExaminedStart
from pilqr_ros.doctor.findings import Finding, ok, warn
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.conditions import Condition
from pilqr_ros.tasks.layout import AXES
from pilqr_ros.tasks.models import element_id
from pilqr_ros.tasks.schema import Criterion
from pilqr_ros.trajopt.typing import Array


class _Pair(NamedTuple):
    """A target and the body of the same name.

    Attributes:
        apart: How far they are from each other [m].
        agree: Whether that is no more than success allows, or the body's own size.
        condition: Name of their condition.
    """

    apart: float
    agree: bool
    condition: str


def check_targets(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Judge whether targets and bodies of the same name are together; without any, no row."""
    pairs: dict[str, list[_Pair]] = {}
    for condition in task.conditions:
        for name in condition.targets:
            if name in condition.bodies:
                pairs.setdefault(name, []).extend(_pairs(task, condition, name))
    for name, found in pairs.items():
        apart = [pair for pair in found if not pair.agree]
        subject = f"target {name}: where its body is"
        if apart:
            worst = max(apart, key=lambda pair: pair.apart)
            message = (
                f"apart in {len(apart)} of {len(found)} conditions; {worst.condition}: the body"
                f" {name} is placed {worst.apart:.3g} m from the target, which is what is learned"
            )
            advice = (
                "place both together (a shift of drawn conditions names both in `of`), make a site"
                " of the body the target ({site: NAME}), or call one of them otherwise"
            )
            yield warn(subject, message, advice)
        elif found:
            yield ok(subject, f"together in {len(found)} of {len(found)} conditions")


def _pairs(task: Task, condition: Condition, name: str) -> Iterator[_Pair]:
    """Yield a condition's target and body of a name, once if they can be compared."""
    body, target = condition.bodies[name], condition.targets[name]
    judged = [
        pair
        for criterion in task.criteria.values()
        for pair in _judged(task, criterion, name, body, target)
    ]
    if judged:
        apart = max(float(np.linalg.norm(error)) for error, _ in judged)
        yield _Pair(apart, all(agree for _, agree in judged), condition.name)
    elif target.shape == (3,) and task.target_unit(name, 0) == "m":  # of the cost alone
        apart = float(np.linalg.norm(body - target))
        yield _Pair(apart, apart <= _radius(task.world_model, name), condition.name)


def _judged(
    task: Task, criterion: Criterion, name: str, body: Array, target: Array
) -> Iterator[tuple[Array, bool]]:
    """Yield how far a body is from a target of success, and whether that would be a success."""
    if criterion.within is None:
        return
    places = {b.name: b for b in task.layout.of_kind("point_position", "body_position")}
    for of, minus in zip(criterion.of, criterion.minus or (), strict=False):
        if minus == name and of in places:
            axes = places[of].axes
            counted = [i for i, axis in enumerate(axes) if axis in (criterion.axes or axes)]
            error = np.array([body[AXES.index(axes[i])] - target[i] for i in counted])
            bounds = np.asarray(criterion.within)
            if bounds.ndim == 0 or len(bounds) != len(error):  # of several blocks, the widest
                yield error, bool(np.linalg.norm(error) <= bounds.max())
            else:
                yield error, bool(np.all(np.abs(error) <= bounds))


def _radius(world: mujoco.MjModel, name: str) -> float:
    """Return the radius of a ball about a body's origin that holds its geoms [m]."""
    body = element_id(world, mujoco.mjtObj.mjOBJ_BODY, name, "bodies")
    first, count = world.body_geomadr[body], world.body_geomnum[body]
    geoms = range(first, first + count)
    return max(
        (float(np.linalg.norm(world.geom_pos[g]) + world.geom_rbound[g]) for g in geoms),
        default=0.0,
    )
