"""What it costs points to come near an obstacle.

With s the signed distance of a point p to the obstacle and d the distance that it is to keep, a
step costs

    h(s) = max(0, v)^2,    v = 1 - s / d

nothing at d or farther, one (times the weight) at the surface, and more within. With n = s_p, which
points straight out of the obstacle, the derivatives where v > 0 are

    h_p  = -(2 / d) v n
    h_pp = (2 / d^2) n n' - (2 / d) v s_pp

Nothing that keeps points out of somewhere is convex: around a convex obstacle s is, and the last
term is negative. The expansion leaves it out (Gauss-Newton), so that it is positive semidefinite
everywhere with the exact value and gradient. Where v > 0 it lies above the penalty: s lies above
its tangent s_0 + n'(p - p_0), h falls with s, and is a square cut off at zero. So it is the
majorant, too, and lowering it lowers the penalty. Which way to pass the obstacle is no question
that it can answer: it is told to get out where it is nearest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilqr_ros.trajopt.cost import Curvature, Expansion, QuadraticCost, weighted_quadratic
from pilqr_ros.trajopt.errors import SettingError, ShapeError
from pilqr_ros.trajopt.shapes import ConvexShape, SignedDistance
from pilqr_ros.trajopt.typing import Array, frozen


@dataclass(frozen=True)
class ClearanceTerm:
    """One term ``weight_t * sum_i h(s(p_i))`` of the cost, of points p = A x_t - b.

    Attributes:
        name: What reports and errors call it.
        A: Linear maps of the state to the points in the obstacle's frame, stacked, ``(3n, dX)``.
        b: What is subtracted from them [m], ``(3n,)``.
        shape: The obstacle.
        distance: What the points are to keep from its surface [m], > 0.
        weight: Weight per time step, ramps and active interval included, ``(T,)``, >= 0.
    """

    name: str
    A: Array
    b: Array
    shape: ConvexShape
    distance: float
    weight: Array

    def __post_init__(self) -> None:
        """Freeze the arrays; check shapes and signs."""
        for field in ("A", "b", "weight"):
            object.__setattr__(self, field, frozen(getattr(self, field)))
        if self.A.ndim != 2 or len(self.A) == 0 or len(self.A) % 3 != 0:
            raise ShapeError(f"{self.name}.A", self.A.shape, "(3n, dX)")
        if self.b.shape != (self.A.shape[0],):
            raise ShapeError(f"{self.name}.b", self.b.shape, f"({self.A.shape[0]},)")
        if self.weight.ndim != 1:
            raise ShapeError(f"{self.name}.weight", self.weight.shape, "(T,)")
        if not np.all(self.weight >= 0):
            raise SettingError(f"{self.name}.weight", self.weight, "at least 0")
        if not self.distance > 0:
            raise SettingError(f"{self.name}.distance", self.distance, "above 0")

    def clearances(self, states: Array) -> Array:
        """Return the signed distance of each point in states ``(..., dX)`` [m], ``(..., n)``."""
        return self._distances(states @ self.A.T).value

    def clearance(self, states: Array) -> Array:
        """Return that of the nearest point in states ``(..., dX)`` [m], ``(...)``."""
        return self.clearances(states).min(axis=-1)

    def evaluate(self, states: Array) -> Array:
        """Return the weighted penalty per time step, ``(..., T)``."""
        v = self._shortfall(self._distances(states @ self.A.T))
        return self.weight * np.sum(v**2, axis=-1)

    def expand(self, states: Array, curvature: Curvature = "exact") -> QuadraticCost:
        """Expand the weighted penalty about states, as a function of y = A x.

        Args:
            states: ``(..., T, dX)``.
            curvature: Makes no difference: there is one that is positive semidefinite.
        """
        y = states @ self.A.T
        found = self._distances(y)
        v, n = self._shortfall(found), found.gradient
        gradient = (-2.0 / self.distance * v)[..., None] * n
        hessian = np.zeros((*y.shape, y.shape[-1]))
        active = np.where(v > 0.0, 2.0 / self.distance**2, 0.0)
        for i in range(n.shape[-2]):
            outer = n[..., i, :, None] * n[..., i, None, :]
            hessian[..., 3 * i : 3 * i + 3, 3 * i : 3 * i + 3] = active[..., i, None, None] * outer
        expansion = Expansion(np.sum(v**2, axis=-1), gradient.reshape(y.shape), hessian)
        return weighted_quadratic(self.weight, y, expansion)

    def _distances(self, y: Array) -> SignedDistance:
        """Return the signed distance of each point, ``(..., n)``."""
        p = y - self.b
        return self.shape.signed_distance(p.reshape(*p.shape[:-1], -1, 3))

    def _shortfall(self, found: SignedDistance) -> Array:
        """Return what each point lacks of the distance, as a share of it, ``(..., n)``."""
        return np.maximum(1.0 - found.value / self.distance, 0.0)
