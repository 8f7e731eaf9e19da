"""A network of rectified linear units in numpy: what is executed, stored and linearised.

    h_0 = (o - mean) * scale,   h_{l+1} = max(0, W_l h_l + b_l),   u = W_n h_n + b_n + L xi

No output non-linearity (appendix 8.3). Between two kinks the network is affine, so its Jacobian is
a product of the weights of the active units, exact. Training is in `supervised`; here is no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pilqr_ros.guided.errors import NetworkError
from pilqr_ros.trajopt.typing import Array, frozen

MAX_LAYERS, MAX_WIDTH = 8, 4096
"""Largest network that is accepted from a file or a message."""


@dataclass(frozen=True)
class Network:
    """A network from observations to actions, with constant Gaussian noise.

    Attributes:
        weights: ``(width of layer l + 1, width of layer l)`` each.
        biases: ``(width of layer l + 1,)`` each.
        mean: Subtracted from the observation, ``(dO,)``.
        scale: Then multiplies it, ``(dO,)``.
        L: Lower-triangular factor of the action's covariance, ``(dU, dU)`` [N m].

    Raises:
        NetworkError: The arrays do not fit together, or hold a number that is not finite.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    mean: Array
    scale: Array
    L: Array

    def __post_init__(self) -> None:
        """Freeze copies of the arrays and check them."""
        for name in ("weights", "biases"):
            object.__setattr__(self, name, tuple(frozen(a) for a in getattr(self, name)))
        for name in ("mean", "scale", "L"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        if not 0 < len(self.weights) <= MAX_LAYERS or len(self.biases) != len(self.weights):
            found = f"{len(self.weights)} weights and {len(self.biases)} biases"
            raise NetworkError(f"network has {found}, expected 1 to {MAX_LAYERS} of both")
        if self.mean.ndim != 1:
            raise NetworkError(f"mean has shape {self.mean.shape}, expected (dO,)")
        self._check_shapes()
        for name, array in self.arrays().items():
            if not np.all(np.isfinite(array)):
                raise NetworkError(f"{name} of the network is not finite")

    def _check_shapes(self) -> None:
        width = self.mean.size
        wanted = {"scale": (width,), "L": (self.dU, self.dU)}
        for layer, weight in enumerate(self.weights):
            height = weight.shape[0] if weight.ndim == 2 else 0
            wanted |= {f"weight_{layer}": (height, width), f"bias_{layer}": (height,)}
            width = height
        for name, array in self.arrays().items():
            shape = wanted.get(name, array.shape)
            if array.shape != shape or 0 in shape or max(shape) > MAX_WIDTH:
                raise NetworkError(f"{name} of the network has shape {array.shape}, not {shape}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Widths of all layers, input and output included."""
        return (self.mean.size, *(bias.size for bias in self.biases))

    @property
    def dU(self) -> int:
        """Dimension of the action."""
        return self.biases[-1].size

    def arrays(self) -> dict[str, Array]:
        """Return every array by the name that it is stored under."""
        named = {"mean": self.mean, "scale": self.scale, "L": self.L}
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            named |= {f"weight_{layer}": weight, f"bias_{layer}": bias}
        return named

    def __call__(self, observations: Array) -> Array:
        """Return the mean actions for observations ``(..., dO)``, ``(..., dU)`` [N m]."""
        h = (observations - self.mean) * self.scale
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = np.maximum(h @ weight.T + bias, 0.0)
        return np.asarray(h @ self.weights[-1].T + self.biases[-1])

    def jacobian(self, observations: Array) -> Array:
        """Return the derivative of the mean actions at ``(..., dO)``, ``(..., dU, dO)``."""
        h = (observations - self.mean) * self.scale
        J = np.broadcast_to(np.diag(self.scale), (*h.shape, h.shape[-1]))
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = h @ weight.T + bias
            J = (h > 0.0)[..., None] * (weight @ J)
            h = np.maximum(h, 0.0)
        return np.asarray(self.weights[-1] @ J)


def from_arrays(arrays: dict[str, Array]) -> Network:
    """Return the network whose `arrays` were stored.

    Raises:
        NetworkError: One is missing, or they do not fit together.
    """
    layers = sum(name.startswith("weight_") for name in arrays)
    try:
        return Network(
            weights=tuple(arrays[f"weight_{layer}"] for layer in range(layers)),
            biases=tuple(arrays[f"bias_{layer}"] for layer in range(layers)),
            mean=arrays["mean"],
            scale=arrays["scale"],
            L=arrays["L"],
        )
    except KeyError as error:
        raise NetworkError(f"the network lacks the array {error}") from error


def initial_network(dO: int, hidden: Sequence[int], L: Array, rng: np.random.Generator) -> Network:
    """Return a network of random weights, of the size that keeps rectified signals alike (He).

    Args:
        dO: Dimension of the observation.
        hidden: Widths of the hidden layers.
        L: Factor of the action's covariance, ``(dU, dU)`` [N m].
        rng: Where the weights are drawn from.
    """
    sizes = (dO, *hidden, len(L))
    weights = [rng.standard_normal((b, a)) * np.sqrt(2.0 / a) for a, b in pairwise(sizes)]
    biases = [np.zeros(b) for b in sizes[1:]]
    return Network(tuple(weights), tuple(biases), np.zeros(dO), np.ones(dO), L)


def renormalised(network: Network, mean: Array, scale: Array) -> Network:
    """Return the same function with another normalisation of its inputs, ``(dO,)`` each."""
    first = network.weights[0] * (network.scale / scale)
    bias = network.biases[0] + network.weights[0] @ ((mean - network.mean) * network.scale)
    weights, biases = (first, *network.weights[1:]), (bias, *network.biases[1:])
    return Network(weights, biases, mean, scale, network.L)
