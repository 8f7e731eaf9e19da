"""Linear expressions z = A x - b of the state: a difference of state blocks and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pilqr_ros.tasks.errors import TaskError, among
from pilqr_ros.tasks.layout import StateBlock, StateLayout
from pilqr_ros.tasks.schema import Expression
from pilqr_ros.trajopt.typing import Array

_LENGTH_TOLERANCE = 1e-3
"""By how much a target of an axis may miss length 1: numbers in files are rounded."""


class LinearMap(NamedTuple):
    """z = A x - b with A ``(dz, dX)`` and b ``(dz,)``."""

    A: Array
    b: Array

    def __call__(self, x: Array) -> Array:
        """Return z of a state, ``(dz,)``."""
        return self.A @ x - self.b


def linear_map(
    expression: Expression,
    layout: StateLayout,
    targets: Mapping[str, Array],
    key: str,
) -> LinearMap:
    """Build the map of an expression; blocks under `of` are stacked, each with its `minus`.

    Args:
        expression: The expression of a task file.
        layout: Layout of the state.
        targets: Named targets of a condition, each as long as the block it is taken from.
        key: Path of the expression in the file, for errors.

    Raises:
        TaskError: A name is unknown or sizes do not match.
    """
    minus = expression.minus
    if minus is not None and len(minus) != len(expression.of):
        raise TaskError(
            f"{key}.minus",
            f"has {len(minus)} names, expected {len(expression.of)} as many as `of`",
        )
    parts = []
    for i, name in enumerate(expression.of):
        if name not in layout.names:
            raise TaskError(f"{key}.of[{i}]", _unknown(name, layout.names))
        block = layout.block(name)
        indices = _indices(block, expression.axes, f"{key}.axes")
        A = layout.selector(block, indices)
        b = np.zeros(len(indices))
        if minus is not None:
            dA, b = _subtrahend(minus[i], block, indices, layout, targets, f"{key}.minus[{i}]")
            A = A - dA
        parts.append(LinearMap(A, b))
    return LinearMap(np.concatenate([p.A for p in parts]), np.concatenate([p.b for p in parts]))


def _indices(block: StateBlock, axes: Sequence[str] | None, key: str) -> list[int]:
    """Return the entries of a block that belong to some axes, or all."""
    if axes is None:
        return list(range(block.size))
    for axis in axes:
        if axis not in block.axes:
            problem = f"{axis!r} is no axis of {block.name!r}; axes: {', '.join(block.axes)}"
            raise TaskError(key, problem)
    return [block.axes.index(axis) for axis in axes]


def _subtrahend(
    name: str,
    block: StateBlock,
    indices: Sequence[int],
    layout: StateLayout,
    targets: Mapping[str, Array],
    key: str,
) -> tuple[Array, Array]:
    """Return what is subtracted from a block: a matrix ``(n, dX)`` and a constant ``(n,)``."""
    zero_matrix = np.zeros((len(indices), layout.dX))
    if name in targets:
        if len(targets[name]) != block.size:
            problem = f"has {len(targets[name])} entries, {block.name!r} has {block.size}"
            raise TaskError(key, f"target {name!r} {problem}")
        target = np.asarray(targets[name], dtype=np.float64)
        _refuse_other_lengths(name, target, block, key)
        return zero_matrix, target[list(indices)]
    if name in layout.names:
        other = layout.block(name)
        others = _indices(other, [block.axes[i] for i in indices], key)
        return layout.selector(other, others), np.zeros(len(indices))
    raise TaskError(key, _unknown(name, (*layout.names, *targets)))


def _refuse_other_lengths(name: str, target: Array, block: StateBlock, key: str) -> None:
    """Refuse what an axis can never be: its length is 1."""
    if block.kind in ("point_axis", "body_axis") and block.size == len(target) == 3:
        length = float(np.linalg.norm(target))
        if abs(length - 1.0) > _LENGTH_TOLERANCE:
            problem = f"target {name!r} is {target.tolist()}, of length {length:.4g}, must be"
            raise TaskError(key, f"{problem} of length 1 as {block.name!r}")


def _unknown(name: str, known: Sequence[str]) -> str:
    """Say that a name is unknown and which there are."""
    return f"{name!r} is neither a state block nor a target; {among(name, known)}"
