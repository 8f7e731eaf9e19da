"""The conditions of a task: those that its file lists, then those that are drawn about one of them.

A drawn condition is a function of the file alone, so that every node, and every run that is opened
again, has the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pilqr_ros.tasks.errors import TaskError, among, refuse_repeated
from pilqr_ros.tasks.orientation import orientation
from pilqr_ros.tasks.schema import AtSite, Behind, Drawn, Placement, Shift, Start, TaskFile
from pilqr_ros.trajopt.typing import Array

_SHIFTED = ("bodies", "other_joints", "targets")
"""Sections of a condition whose entries a shift can be of."""

_MAX_DRAWS = 1000
"""Draws of one shift before `within` is called impossible."""


@dataclass(frozen=True)
class Condition:
    """A start and its targets.

    Attributes:
        name: Name for people.
        group: The name that stands for it in lists of conditions: of its drawn set, or its own.
        key: Path of its section in the task file, for errors.
        start: Start of the actuated joints [rad or m], ``(dU,)``.
        bodies: Position of each body that is placed [m], ``(3,)``.
        orientations: Unit quaternion (w, x, y, z) of those of them that are turned, ``(4,)``.
        other_joints: Start of joints that no motor moves [rad or m].
        targets: Named targets of cost and success.
        sites: The sites that targets are of, by the targets' names.
    """

    name: str
    group: str
    key: str
    start: Array
    bodies: dict[str, Array]
    orientations: dict[str, Array]
    other_joints: dict[str, float]
    targets: dict[str, Array]
    sites: dict[str, AtSite]


def build_conditions(file: TaskFile) -> tuple[Condition, ...]:
    """Return the listed conditions of a task file, then the drawn ones.

    Raises:
        TaskError: A name is unknown or stands twice, or a size does not fit.
    """
    refuse_repeated((start.name for start in file.conditions), "conditions[{}].name")
    listed = {start.name: start for start in file.conditions}
    conditions = [
        _condition(start, start.name, f"conditions[{i}]", len(file.joints))
        for i, start in enumerate(file.conditions)
    ]
    for i, drawn in enumerate(file.drawn_conditions):
        key = f"drawn_conditions[{i}]"
        if any(drawn.name == condition.group for condition in conditions):
            raise TaskError(f"{key}.name", f"{drawn.name!r} is used twice")
        for start in _draw(drawn, listed, key):
            conditions.append(_condition(start, drawn.name, key, len(file.joints)))
    return tuple(conditions)


def condition_indices(
    conditions: Sequence[Condition], names: Sequence[str], key: str
) -> tuple[int, ...]:
    """Return the indices of named conditions.

    The name of a drawn set stands for all of it, that of one of them ("training 3") for itself.

    Raises:
        TaskError: There is no such condition.
    """
    groups = list(dict.fromkeys(condition.group for condition in conditions))
    found: list[int] = []
    for name in names:
        meant = [i for i, one in enumerate(conditions) if name in (one.group, one.name)]
        if not meant:
            raise TaskError(key, f"no condition {name!r}; {among(name, groups)}")
        found += meant
    return tuple(found)


def _condition(start: Start, group: str, key: str, dU: int) -> Condition:
    """Build a condition after checking its number of joints."""
    if len(start.joints) != dU:
        problem = f"has {len(start.joints)} entries, expected {dU} as `joints`"
        raise TaskError(f"{key}.joints", problem)
    placed = {name: _as_placement(one) for name, one in start.bodies.items()}
    bodies = {name: np.array(one.position) for name, one in placed.items()}
    turned = {name: orientation(one) for name, one in placed.items()}
    targets = {
        name: _behind(target, bodies, f"{key}.targets.{name}")
        if isinstance(target, Behind)
        else np.array(target)
        for name, target in start.targets.items()
        if not isinstance(target, AtSite)
    }
    return Condition(
        name=start.name,
        group=group,
        key=key,
        start=np.array(start.joints),
        bodies=bodies,
        orientations={name: one for name, one in turned.items() if one is not None},
        other_joints=dict(start.other_joints),
        targets=targets,
        sites={
            name: target for name, target in start.targets.items() if isinstance(target, AtSite)
        },
    )


def _as_placement(given: tuple[float, ...] | Placement) -> Placement:
    return given if isinstance(given, Placement) else Placement(position=given)


def _behind(target: Behind, bodies: Mapping[str, Array], key: str) -> Array:
    """Return the point behind a body [m], to the nanometre, ``(3,)``."""
    for role, body in (("behind", target.behind), ("facing", target.facing)):
        if body not in bodies:
            problem = f"{body!r} is no body of the condition; bodies: {', '.join(bodies)}"
            raise TaskError(f"{key}.{role}", problem)
    here, there = bodies[target.behind][:2], bodies[target.facing][:2]
    distance = float(np.linalg.norm(there - here))
    if distance == 0.0:
        raise TaskError(f"{key}.facing", f"{target.facing!r} is where {target.behind!r} is")
    x, y = here - target.distance * (there - here) / distance
    return np.round(np.array([x, y, target.height]), 9)


def _draw(drawn: Drawn, listed: Mapping[str, Start], key: str) -> list[Start]:
    """Return the conditions of a drawn set."""
    if drawn.like not in listed:
        problem = f"{drawn.like!r} is no listed condition; there are: {', '.join(listed)}"
        raise TaskError(f"{key}.like", problem)
    rng = np.random.default_rng(drawn.seed)
    starts = []
    for count in range(drawn.count):
        start = listed[drawn.like].model_copy(update={"name": f"{drawn.name} {count}"})
        for i, shift in enumerate(drawn.shifts):
            start = _shifted(start, shift, rng, f"{key}.shifts[{i}]")
        starts.append(start)
    return starts


def _shifted(start: Start, shift: Shift, rng: np.random.Generator, key: str) -> Start:
    """Return a start with one drawn shift added wherever it belongs."""
    offset = _offset(shift, rng, key)
    for i, path in enumerate(shift.of):
        section, _, name = path.partition(".")
        entry = f"{key}.of[{i}]"
        if path == "joints":
            start = start.model_copy(update={"joints": _sum(start.joints, offset, entry)})
            continue
        values = getattr(start, section) if section in _SHIFTED else {}
        if not isinstance(values.get(name), tuple | float | Placement):
            *some, last = (f"{one}.<name>" for one in _SHIFTED)
            allowed = f"joints, {', '.join(some)} or {last}"
            raise TaskError(entry, f"{path!r} is not {allowed} with numbers there")
        changed = {**values, name: _moved(values[name], offset, entry)}
        start = start.model_copy(update={section: changed})
    return start


def _moved(
    value: tuple[float, ...] | float | Placement, offset: Array, key: str
) -> tuple[float, ...] | float | Placement:
    """Add a shift to what a condition has."""
    if isinstance(value, Placement):
        return value.model_copy(update={"position": _sum(value.position, offset, key)})
    if isinstance(value, float):
        return _sum((value,), offset, key)[0]
    return _sum(value, offset, key)


def _offset(shift: Shift, rng: np.random.Generator, key: str) -> Array:
    """Draw a shift."""
    low, high = np.array(shift.low), np.array(shift.high)
    if low.shape != high.shape or np.any(low > high):
        raise TaskError(f"{key}.low", f"{list(low)} must be as long as high and nowhere above it")
    for _ in range(_MAX_DRAWS):
        offset = rng.uniform(low, high)
        if shift.within is None or np.linalg.norm(offset) <= shift.within:
            return offset
    raise TaskError(f"{key}.within", f"{shift.within} was exceeded by {_MAX_DRAWS} draws in a row")


def _sum(values: tuple[float, ...], offset: Array, key: str) -> tuple[float, ...]:
    """Add a shift to as many numbers."""
    if len(values) != len(offset):
        raise TaskError(key, f"has {len(values)} entries, the shift has {len(offset)}")
    return tuple(float(value) for value in np.add(values, offset))
