"""The cost of a task: trajopt's terms from the terms of a task file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pilqr_ros.tasks.errors import TaskError, refuse_repeated
from pilqr_ros.tasks.expression import linear_map
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.schema import Cost, Term, Weighted
from pilqr_ros.trajopt.clearance import ClearanceTerm
from pilqr_ros.trajopt.cost import LossTerm, TrajectoryCost
from pilqr_ros.trajopt.typing import Array

_RAMP_POWER = {"constant": 0, "linear": 1, "quadratic": 2}


def build_cost(
    cost: Cost,
    layout: StateLayout,
    targets: Mapping[str, Array],
    T: int,
    dU: int,
    clearances: Sequence[ClearanceTerm] = (),
) -> TrajectoryCost:
    """Build the cost of one condition.

    Args:
        cost: The cost of a task file.
        layout: Layout of the state.
        targets: Named targets of the condition.
        T: Number of time steps.
        dU: Number of actuated joints.
        clearances: The terms of its obstacles.

    Raises:
        TaskError: A term names an unknown block, a name is used twice, or a size does not match.
    """
    terms = tuple(
        _loss_term(term, layout, targets, T, f"cost.terms[{i}]")
        for i, term in enumerate(cost.terms)
    )
    refuse_repeated((term.name for term in terms), "cost.terms[{}].name")
    taken = {term.name for term in terms}
    for i, term in enumerate(clearances):
        _refuse_penalty(term.name, f"cost.obstacles[{i}].name")
        if term.name in taken:
            raise TaskError(f"cost.obstacles[{i}].name", f"{term.name!r} is used twice")
        taken.add(term.name)
    return TrajectoryCost((*terms, *clearances), _torque_weights(cost.torque_weights, dU))


def step_weights(term: Weighted, T: int, key: str) -> Array:
    """Return a term's weight at each step, ``(T,)``: weight * ramp, zero where it is not active.

    The ramp is ((t + 1) / T) ** n with n = 0 (constant), 1 (linear) or 2 (quadratic).
    """
    t = np.arange(T)
    weights = term.weight * ((t + 1) / T) ** _RAMP_POWER[term.ramp]
    if term.active is None:
        return weights
    first, last = term.active
    if not first <= last < T:
        problem = f"[{first}, {last}] must satisfy first <= last < control.steps = {T}"
        raise TaskError(f"{key}.active", problem)
    return np.where((t >= first) & (t <= last), weights, 0.0)


def _loss_term(
    term: Term, layout: StateLayout, targets: Mapping[str, Array], T: int, key: str
) -> LossTerm:
    """Build one term."""
    _refuse_penalty(term.name, f"{key}.name")
    z = linear_map(term, layout, targets, key)
    return LossTerm(
        name=term.name,
        A=z.A,
        b=z.b,
        alpha=term.alpha,
        beta=term.beta,
        gamma=term.gamma,
        weight=step_weights(term, T, key),
    )


def _refuse_penalty(name: str, key: str) -> None:
    """Refuse the name of the torque penalty."""
    if name == "torque":
        raise TaskError(key, "'torque' is the name of the penalty of torque_weights")


def _torque_weights(weights: float | tuple[float, ...], dU: int) -> Array:
    """Return one weight for each joint, ``(dU,)``."""
    if isinstance(weights, tuple) and len(weights) != dU:
        problem = f"has {len(weights)} entries, expected 1 or {dU} (one for each joint)"
        raise TaskError("cost.torque_weights", problem)
    return np.broadcast_to(np.asarray(weights, dtype=np.float64), (dU,)).copy()
