"""Time-varying linear-Gaussian (TVLG) policies.

The paper's local policy class (section 3): at each time step t

    p(u_t | x_t) = N(K_t x_t + k_t, Sigma_t),    Sigma_t = L_t L_t',

executed as equation 7 writes it, ``u_t = K_t x_t + k_t + L_t xi_t`` with recorded unit noise xi_t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.typing import Array


@dataclass(frozen=True)
class TVLGPolicy:
    """A time-varying linear-Gaussian policy ``u = K x + k + L xi``.

    Attributes:
        K: Feedback gains, ``(T, dU, dX)``.
        k: Feedforward actions, ``(T, dU)``.
        L: Lower-triangular factors of the action covariance, ``(T, dU, dU)``.

    Raises:
        ShapeError: The three arrays do not fit together.
    """

    K: Array
    k: Array
    L: Array

    def __post_init__(self) -> None:
        """Freeze copies of the arrays and check that their shapes agree."""
        for name in ("K", "k", "L"):
            array = np.array(getattr(self, name), dtype=np.float64)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if self.K.ndim != 3:
            raise ShapeError("K", self.K.shape, "(T, dU, dX)")
        T, dU, _ = self.K.shape
        if self.k.shape != (T, dU):
            raise ShapeError("k", self.k.shape, f"({T}, {dU})")
        if self.L.shape != (T, dU, dU):
            raise ShapeError("L", self.L.shape, f"({T}, {dU}, {dU})")

    @property
    def T(self) -> int:
        """Number of time steps."""
        return self.K.shape[0]

    @property
    def dU(self) -> int:
        """Dimension of the action."""
        return self.K.shape[1]

    @property
    def dX(self) -> int:
        """Dimension of the state."""
        return self.K.shape[2]

    @property
    def covariance(self) -> Array:
        """Action covariances ``Sigma = L L'``, ``(T, dU, dU)``."""
        return self.L @ self.L.transpose(0, 2, 1)

    @property
    def noise_std(self) -> Array:
        """Standard deviation of each action's noise, mean over time [N m], ``(dU,)``."""
        found: Array = np.sqrt(np.square(self.L).sum(axis=2)).mean(axis=0)
        return found

    def mean(self, t: int, x: Array) -> Array:
        """Return the mean action at step t in state x, ``(dU,)``."""
        return self.K[t].dot(x) + self.k[t]  # for vectors far quicker than numpy's @

    def act(self, t: int, x: Array, xi: Array) -> Array:
        """Return the action at step t in state x under unit noise xi, ``(dU,)`` (equation 7)."""
        return self.mean(t, x) + self.L[t].dot(xi)
