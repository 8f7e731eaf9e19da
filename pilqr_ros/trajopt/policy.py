"""What every policy can do, whatever it is made of."""

from __future__ import annotations

from typing import Protocol

from pilqr_ros.trajopt.typing import Array


class Policy(Protocol):
    """A policy ``u = mean(t, x) + L_t xi`` over T steps, of states ``(dX,)``, actions ``(dU,)``."""

    @property
    def T(self) -> int:
        """Number of time steps."""

    @property
    def dX(self) -> int:
        """Dimension of the state."""

    @property
    def dU(self) -> int:
        """Dimension of the action."""

    def act(self, t: int, x: Array, xi: Array) -> Array:
        """Return the action at step t in state x under unit noise xi, ``(dU,)`` (equation 7)."""
