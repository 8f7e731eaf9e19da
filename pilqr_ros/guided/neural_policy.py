"""A neural policy over a rollout: what it observes of the state, and how it acts.

o_t = (x_t at the observed entries, constants of the condition, t / T if timed)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilqr_ros.guided.errors import NetworkError
from pilqr_ros.guided.network import Network
from pilqr_ros.trajopt.typing import Array, Indices


@dataclass(frozen=True)
class Observation:
    """What a policy sees in one condition.

    Attributes:
        dX: Dimension of the state.
        T: Number of time steps.
        entries: Observed entries of the state, ``(n,)``.
        constants: What the condition adds, such as the goal's position, ``(m,)``.
        timed: Whether the share of the rollout that is over is observed, too.

    Raises:
        NetworkError: An entry is not one of the state's, or is observed twice.
    """

    dX: int
    T: int
    entries: Indices
    constants: Array
    timed: bool = False

    def __post_init__(self) -> None:
        """Check the entries."""
        seen = self.entries.tolist()
        if len(set(seen)) < len(seen) or not all(0 <= entry < self.dX for entry in seen):
            raise NetworkError(
                f"observed entries are {self.entries}, expected 0 to {self.dX - 1} once"
            )
        if not np.all(np.isfinite(self.constants)):
            raise NetworkError(f"observed constants are {self.constants}, expected finite numbers")

    @property
    def dO(self) -> int:
        """Dimension of the observation."""
        return self.entries.size + self.constants.size + self.timed

    def at(self, t: int, x: Array) -> Array:
        """Return the observation of state ``(dX,)`` at step t, ``(dO,)``."""
        time = (t / self.T,) if self.timed else ()
        return np.concatenate([x[self.entries], self.constants, time])

    def of(self, states: Array) -> Array:
        """Return the observations of whole rollouts ``(..., T, dX)``, ``(..., T, dO)``."""
        shape = states.shape[:-1]
        parts = [
            states[..., self.entries],
            np.broadcast_to(self.constants, (*shape, self.constants.size)),
        ]
        if self.timed:
            time = np.arange(self.T) / self.T
            parts.append(np.broadcast_to(time[:, None], (*shape, 1)))
        return np.concatenate(parts, axis=-1)


@dataclass(frozen=True)
class NeuralPolicy:
    """A network that acts on the observation of a condition.

    Raises:
        NetworkError: The network takes observations of another size.
    """

    network: Network
    observation: Observation

    def __post_init__(self) -> None:
        """Check that network and observation fit."""
        wanted, found = self.network.sizes[0], self.observation.dO
        if wanted != found:
            raise NetworkError(f"the observation has {found} entries, the network takes {wanted}")

    @property
    def T(self) -> int:
        """Number of time steps."""
        return self.observation.T

    @property
    def dX(self) -> int:
        """Dimension of the state."""
        return self.observation.dX

    @property
    def dU(self) -> int:
        """Dimension of the action."""
        return self.network.dU

    def act(self, t: int, x: Array, xi: Array) -> Array:
        """Return the action at step t in state x under unit noise xi, ``(dU,)``."""
        return self.network(self.observation.at(t, x)) + self.network.L @ xi
