"""The cost of a trajectory: smooth losses of linear functions of the state, and a torque penalty.

A loss term puts z = A x - b through the paper's generic loss (equation 8)

    l(z) = alpha/2 |z|^2 + beta sqrt(gamma + |z|^2)

and weights it per time step. With r = sqrt(gamma + |z|^2) its derivatives are

    l_z  = (alpha + beta / r) z
    l_zz = (alpha + beta / r) I - beta z z' / r^3

and since |z| < r, the Hessian is positive semidefinite for alpha, beta >= 0: the second-order
expansion that LQR-FLM needs is exact and convex, no projection is called for.

Along z that Hessian is next to flat: however far off, the target seems to come nearer at an even
pace, and nothing says where it is. The majorant leaves the last term out: with the same value and
slope, and the curvature alpha + beta / r all round, it lies above the loss everywhere, since a root
is concave, and is least at z = 0, where the loss is. Lowering it lowers the loss (Weiszfeld's step,
iteratively reweighted least squares).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import numpy as np

from pilqr_ros.trajopt.errors import SettingError, ShapeError
from pilqr_ros.trajopt.typing import Array, frozen

Curvature = Literal["exact", "majorant"]
"""Second derivatives of the loss, or those of the quadratic that lies above it."""


class Expansion(NamedTuple):
    """Value ``(...,)``, gradient ``(..., dz)`` and Hessian ``(..., dz, dz)`` of a function of z."""

    value: Array
    gradient: Array
    hessian: Array


class QuadraticCost(NamedTuple):
    """The cost ``0.5 z'C z + c'z + c0`` of z = (x, u), in absolute coordinates.

    Attributes:
        C: Hessians, ``(..., T, dX+dU, dX+dU)``.
        c: Gradients at z = 0, ``(..., T, dX+dU)``.
        c0: Values at z = 0, ``(..., T)``.
    """

    C: Array
    c: Array
    c0: Array


class CostTerm(Protocol):
    """A named, weighted function of A x at each time step: a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def name(self) -> str:
        """What reports and errors call it."""

    @property
    def A(self) -> Array:
        """Linear map of the state, ``(dz, dX)``."""

    @property
    def weight(self) -> Array:
        """Weight per time step, ``(T,)``."""

    def evaluate(self, states: Array) -> Array:
        """Return the weighted cost of states ``(..., T, dX)`` per time step, ``(..., T)``."""

    def expand(self, states: Array, curvature: Curvature = "exact") -> QuadraticCost:
        """Expand it about states ``(..., T, dX)`` as a function of y = A x, convex."""


def weighted_quadratic(weight: Array, y: Array, expansion: Expansion) -> QuadraticCost:
    """Return an expansion about y as a quadratic function of y itself, times a weight a step.

    Args:
        weight: ``(T,)``.
        y: Where the expansion is made, ``(..., T, dz)``.
        expansion: Value, gradient and Hessian there.
    """
    value, gradient, hessian = expansion
    curved = (hessian @ y[..., None])[..., 0]
    return QuadraticCost(
        weight[:, None, None] * hessian,
        weight[:, None] * (gradient - curved),
        weight * (value + np.sum((0.5 * curved - gradient) * y, axis=-1)),
    )


def smooth_loss(
    z: Array, alpha: float, beta: float, gamma: float, curvature: Curvature = "exact"
) -> Expansion:
    """Return equation 8 with its first and second derivatives at z, ``(..., dz)``."""
    squared = np.sum(z * z, axis=-1)
    r = np.sqrt(gamma + squared)
    slope = alpha + beta / r
    hessian = slope[..., None, None] * np.eye(z.shape[-1])
    if curvature == "exact":
        hessian -= (beta / r**3)[..., None, None] * (z[..., :, None] * z[..., None, :])
    return Expansion(0.5 * alpha * squared + beta * r, slope[..., None] * z, hessian)


@dataclass(frozen=True)
class LossTerm:
    """One term ``weight_t * l(A x_t - b)`` of the cost.

    Attributes:
        name: What reports and errors call it.
        A: Linear map of the state, ``(dz, dX)``.
        b: Target of the mapped state, ``(dz,)``.
        alpha: Weight of the squared loss, >= 0.
        beta: Weight of the norm-like loss, >= 0.
        gamma: Rounds the tip of the norm-like loss off, > 0.
        weight: Weight per time step, ramps and active interval included, ``(T,)``, >= 0.
    """

    name: str
    A: Array
    b: Array
    alpha: float
    beta: float
    weight: Array
    gamma: float = 1e-5

    def __post_init__(self) -> None:
        """Freeze the arrays; check shapes and signs."""
        for field in ("A", "b", "weight"):
            object.__setattr__(self, field, frozen(getattr(self, field)))
        if self.A.ndim != 2:
            raise ShapeError(f"{self.name}.A", self.A.shape, "(dz, dX)")
        if self.b.shape != (self.A.shape[0],):
            raise ShapeError(f"{self.name}.b", self.b.shape, f"({self.A.shape[0]},)")
        if self.weight.ndim != 1:
            raise ShapeError(f"{self.name}.weight", self.weight.shape, "(T,)")
        for field in ("alpha", "beta", "weight"):
            if not np.all(np.asarray(getattr(self, field)) >= 0):
                raise SettingError(f"{self.name}.{field}", getattr(self, field), "at least 0")
        if not self.gamma > 0:
            raise SettingError(f"{self.name}.gamma", self.gamma, "above 0")

    def evaluate(self, states: Array) -> Array:
        """Return the weighted loss per time step, ``(..., T)``."""
        squared = np.sum((states @ self.A.T - self.b) ** 2, axis=-1)
        loss = 0.5 * self.alpha * squared + self.beta * np.sqrt(self.gamma + squared)
        return self.weight * loss

    def expand(self, states: Array, curvature: Curvature = "exact") -> QuadraticCost:
        """Expand the weighted loss to second order about states, as a function of y = A x.

        Args:
            states: ``(..., T, dX)``.
            curvature: Of the loss itself, or of its majorant.
        """
        y = states @ self.A.T
        loss = smooth_loss(y - self.b, self.alpha, self.beta, self.gamma, curvature)
        return weighted_quadratic(self.weight, y, loss)


@dataclass(frozen=True)
class TrajectoryCost:
    """The sum of its terms and of the torque penalty ``0.5 sum_j w_j u_j^2``.

    Attributes:
        terms: Losses, and clearances from obstacles; at least one term.
        torque_weights: Weight of each squared torque, ``(dU,)``, >= 0 [1/(N m)^2].
    """

    terms: tuple[CostTerm, ...]
    torque_weights: Array

    def __post_init__(self) -> None:
        """Freeze the arrays and check that the terms fit together."""
        object.__setattr__(self, "terms", tuple(self.terms))
        object.__setattr__(self, "torque_weights", frozen(self.torque_weights))
        if len(self.terms) == 0:
            raise SettingError("terms", self.terms, "at least one term")
        if self.torque_weights.ndim != 1:
            raise ShapeError("torque_weights", self.torque_weights.shape, "(dU,)")
        if not np.all(self.torque_weights >= 0):
            raise SettingError("torque_weights", self.torque_weights, "at least 0")
        for term in self.terms:
            if (term.A.shape[1], term.weight.size) != (self.dX, self.T):
                shape = (term.weight.size, term.A.shape[1])
                raise ShapeError(f"(T, dX) of {term.name}", shape, f"({self.T}, {self.dX})")

    @property
    def T(self) -> int:
        """Number of time steps."""
        return self.terms[0].weight.size

    @property
    def dX(self) -> int:
        """Dimension of the state."""
        return self.terms[0].A.shape[1]

    @property
    def dU(self) -> int:
        """Dimension of the action."""
        return self.torque_weights.size

    def evaluate_terms(self, states: Array, actions: Array) -> dict[str, Array]:
        """Return each term per time step by name, ``(..., T)``; the penalty is ``torque``."""
        named = {term.name: term.evaluate(states) for term in self.terms}
        named["torque"] = 0.5 * (actions**2 @ self.torque_weights)
        return named

    def evaluate(self, states: Array, actions: Array) -> Array:
        """Return the cost per time step, ``(..., T)``.

        Args:
            states: ``(..., T, dX)``.
            actions: ``(..., T, dU)`` [N m].
        """
        return sum(self.evaluate_terms(states, actions).values(), np.zeros(()))

    def expand(self, states: Array, curvature: Curvature = "exact") -> QuadraticCost:
        """Expand the cost to second order about states, in absolute coordinates.

        The torque penalty is quadratic: its expansion is the same about all actions.

        Args:
            states: ``(..., T, dX)``.
            curvature: Of the terms themselves, or of their majorants.
        """
        return self._assemble([term.expand(states, curvature) for term in self.terms])

    def expand_average(self, states: Array, curvature: Curvature = "exact") -> QuadraticCost:
        """Average the expansions about samples ``(N, T, dX)``, ``(T, ...)``."""
        expansions = [term.expand(states, curvature) for term in self.terms]
        return self._assemble(
            [QuadraticCost(*(part.mean(axis=0) for part in parts)) for parts in expansions]
        )

    def _assemble(self, expansions: Sequence[QuadraticCost]) -> QuadraticCost:
        """Add up the terms' expansions, each a function of its own A x, and the penalty."""
        lead, dX, dZ = expansions[0].c0.shape, self.dX, self.dX + self.dU
        C, c, c0 = np.zeros((*lead, dZ, dZ)), np.zeros((*lead, dZ)), np.zeros(lead)
        C[..., dX:, dX:] = np.diag(self.torque_weights)
        for term, part in zip(self.terms, expansions, strict=True):
            C[..., :dX, :dX] += term.A.T @ part.C @ term.A
            c[..., :dX] += part.c @ term.A
            c0 += part.c0
        return QuadraticCost(C, c, c0)
