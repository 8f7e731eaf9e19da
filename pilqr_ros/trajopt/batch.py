"""The samples that an update learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pilqr_ros.trajopt.errors import ShapeError, UpdateError
from pilqr_ros.trajopt.typing import Array, frozen


@dataclass(frozen=True)
class Batch:
    """The valid samples of one condition in one iteration.

    Attributes:
        states: ``(N, T, dX)``.
        actions: The applied actions, ``(N, T, dU)`` [N m].
        noise: The recorded unit noise xi of equation 7, ``(N, T, dU)``.
        costs: Cost per time step, ``(N, T)``.

    Raises:
        ShapeError: The arrays do not fit together, or there is no sample.
        UpdateError: A number is not finite; the message names array and time step.
    """

    states: Array
    actions: Array
    noise: Array
    costs: Array

    def __post_init__(self) -> None:
        """Freeze copies of the arrays; check shapes and numbers."""
        for name in ("states", "actions", "noise", "costs"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        if self.states.ndim != 3 or 0 in self.states.shape:
            raise ShapeError("states", self.states.shape, "(N, T, dX), none of them 0")
        N, T, _ = self.states.shape
        if self.actions.ndim != 3 or self.actions.shape[:2] != (N, T):
            raise ShapeError("actions", self.actions.shape, f"({N}, {T}, dU)")
        if self.noise.shape != self.actions.shape:
            raise ShapeError("noise", self.noise.shape, str(self.actions.shape))
        if self.costs.shape != (N, T):
            raise ShapeError("costs", self.costs.shape, f"({N}, {T})")
        for name in ("states", "actions", "noise", "costs"):
            require_finite(name, getattr(self, name).swapaxes(0, 1))

    @property
    def N(self) -> int:
        """Number of samples."""
        return self.states.shape[0]

    @property
    def cost_to_go(self) -> Array:
        """Sampled cost-to-go ``S_t = sum_{j >= t} c_j``, ``(N, T)``."""
        return to_go(self.costs)

    @cached_property
    def transitions(self) -> Array:
        """Transitions z = (x, u, x'), time first, ``(T-1, N, dX + dU + dX)``."""
        x, u = self.states.swapaxes(0, 1), self.actions.swapaxes(0, 1)
        return np.concatenate([x[:-1], u[:-1], x[1:]], axis=-1)


def to_go(costs: Array) -> Array:
    """Sum costs ``(..., T)`` from each time step to the last, ``(..., T)``."""
    return np.cumsum(costs[..., ::-1], axis=-1)[..., ::-1]


def require_finite(name: str, array: Array) -> None:
    """Raise UpdateError with the first time step at which an array ``(T, ...)`` is not finite."""
    if not np.all(np.isfinite(array)):
        finite = np.isfinite(array).reshape(len(array), -1).all(axis=1)
        raise UpdateError(f"{name} is not finite", int(np.argmin(finite)))


def weighted_newest(
    batches: Sequence[Batch], history: Sequence[float]
) -> tuple[list[Batch], Array]:
    """Return the newest batches, newest first, and the weight of each of their samples.

    Args:
        batches: Oldest first.
        history: Weight of the newest batch's samples, of those of the one before, and so on.
    """
    newest = list(batches[: -len(history) - 1 : -1])
    weights = [np.full(batch.N, weight) for batch, weight in zip(newest, history, strict=False)]
    return newest, np.concatenate(weights)
