"""The supervised step: regression of the global policy on the local ones (section 5).

    min_theta  sum_i  0.5 (pi(o_i) - mu_i)' Sigma_i^-1 (pi(o_i) - mu_i)

over all visited states x_i of all conditions, with mu_i = K_t x_i + k_t and Sigma_i from the local
policies. The minimum over the global policy's own covariance is in closed form: its precision is
the mean of the local precisions. Everything is in double precision on one thread and starts from
the given weights, without memory of earlier steps: same data and generator, same result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch

from pilqr_ros.guided.errors import NetworkError
from pilqr_ros.guided.network import Network, renormalised
from pilqr_ros.guided.neural_policy import Observation
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.trajopt.factors import triangular_factor
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


class Guide(NamedTuple):
    """A local policy and the states that it teaches in.

    Attributes:
        policy: The local policy.
        observation: What the global policy sees in its condition.
        states: Visited states, ``(N, T, dX)``.
    """

    policy: TVLGPolicy
    observation: Observation
    states: Array


class Fitted(NamedTuple):
    """The fitted network, and its weighted error before and after, per action's variance."""

    network: Network
    loss_before: float
    loss_after: float


class _Examples(NamedTuple):
    """Examples, one a row: observations, targets, whitening L^-1 times the weight's root."""

    observations: Array
    targets: Array
    whitening: Array


def fit(
    network: Network, guides: Sequence[Guide], settings: GuidedSettings, rng: np.random.Generator
) -> Fitted:
    """Fit a network to the local policies' actions.

    Args:
        network: Where the fit starts from.
        guides: The local policies of all conditions.
        settings: Options.
        rng: Draws the order of examples and the augmentation.

    Raises:
        NetworkError: The fit diverged.
    """
    data = _examples(guides, guides, settings)
    spread = np.maximum(data.observations.std(axis=0), settings.least_spread)
    start = renormalised(network, data.observations.mean(axis=0), 1.0 / spread)
    start = Network(start.weights, start.biases, start.mean, start.scale, covariance_factor(guides))
    unit = np.maximum(data.targets.std(axis=0), 1e-6)
    model = _Model(start, unit)
    with _one_thread():
        optimiser = torch.optim.Adam(
            model.parameters(),
            settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        before = _evaluate(start, data)
        for epoch in range(settings.epochs):
            share = epoch / settings.epochs
            for group in optimiser.param_groups:
                group["lr"] = settings.learning_rate * (1.0 - 0.9 * share)
            _epoch(model, optimiser, _augmented(guides, data, settings, rng), settings, rng)
    fitted = model.network(start)
    return Fitted(fitted, before, _evaluate(fitted, data))


def covariance_factor(guides: Sequence[Guide]) -> Array:
    """Return L of the covariance whose inverse is the mean local precision, ``(dU, dU)``."""
    inverse = np.concatenate([np.linalg.inv(guide.policy.L) for guide in guides])
    precision = np.mean(inverse.swapaxes(-1, -2) @ inverse, axis=0)
    values, vectors = np.linalg.eigh(precision)
    return triangular_factor(vectors / np.sqrt(values))


def _examples(
    guides: Sequence[Guide], origins: Sequence[Guide], settings: GuidedSettings
) -> _Examples:
    """Return the examples of guides; weights are relative to those of the origins' policies."""
    inverses = [np.linalg.inv(guide.policy.L) for guide in origins]
    sizes = [np.sum(inverse**2, axis=(1, 2)) for inverse in inverses]
    median = float(np.median(np.concatenate(sizes)))
    parts: list[list[Array]] = [[], [], []]
    for guide, inverse, size in zip(guides, inverses, sizes, strict=True):
        N, policy = len(guide.states), guide.policy
        too_large = np.sqrt(np.minimum(size, settings.weight_limit * median) / size)
        whitening = np.broadcast_to(
            inverse * too_large[:, None, None] / np.sqrt(median), (N, *inverse.shape)
        )
        targets = np.einsum("tij,ntj->nti", policy.K, guide.states) + policy.k
        for part, array in zip(
            parts, (guide.observation.of(guide.states), targets, whitening), strict=True
        ):
            part.append(array.reshape(-1, *array.shape[2:]))
    return _Examples(*(np.concatenate(part) for part in parts))


def _augmented(
    guides: Sequence[Guide], data: _Examples, settings: GuidedSettings, rng: np.random.Generator
) -> _Examples:
    """Return the examples with noise: of states, whose targets follow, and of observations."""
    if settings.state_noise > 0:
        moved = []
        for guide in guides:
            spread = guide.states.std(axis=0)
            noise = rng.standard_normal(guide.states.shape) * spread * settings.state_noise
            moved.append(guide._replace(states=guide.states + noise))
        data = _examples(moved, guides, settings)
    if settings.mixing > 0 and len(guides) > 1:
        data = _mixed(guides, data, settings.mixing, rng)
    spread = settings.observation_noise * data.observations.std(axis=0)
    noise = rng.standard_normal(data.observations.shape) * spread
    return data._replace(observations=data.observations + noise)


def _mixed(
    guides: Sequence[Guide], data: _Examples, part: float, rng: np.random.Generator
) -> _Examples:
    """Add examples between those of two conditions at the same time step."""
    T, counts = guides[0].policy.T, np.array([len(guide.states) for guide in guides])
    first = np.concatenate([[0], np.cumsum(counts * T)[:-1]])
    count = round(part * len(data.targets))
    one = rng.integers(len(guides), size=count)
    other = (one + rng.integers(1, len(guides), size=count)) % len(guides)
    step, share = rng.integers(T, size=count), rng.random(count)
    rows = [first[g] + rng.integers(counts[g]) * T + step for g in (one, other)]
    mixed = []
    for array in data:
        weight = share.reshape(-1, *(1,) * (array.ndim - 1))
        between = weight * array[rows[0]] + (1.0 - weight) * array[rows[1]]
        mixed.append(np.concatenate([array, between]))
    return _Examples(*mixed)


def _epoch(
    model: _Model,
    optimiser: torch.optim.Optimizer,
    data: _Examples,
    settings: GuidedSettings,
    rng: np.random.Generator,
) -> None:
    """Go once through the examples in random order."""
    order = rng.permutation(len(data.targets))
    inputs, targets, whitening = (torch.from_numpy(array[order]) for array in data)
    for first in range(0, len(order), settings.batch_size):
        rows = slice(first, first + settings.batch_size)
        optimiser.zero_grad()
        error = (model(inputs[rows]) - targets[rows]).unsqueeze(-1)
        loss = 0.5 * torch.bmm(whitening[rows], error).square().sum((1, 2)).mean()
        if not torch.isfinite(loss):
            raise NetworkError("the supervised step diverged: lower learning_rate")
        loss.backward()
        optimiser.step()


def _evaluate(network: Network, data: _Examples) -> float:
    """Return the mean weighted squared error of an action's entry."""
    error = network(data.observations) - data.targets
    return float(np.mean(np.einsum("nij,nj->ni", data.whitening, error) ** 2))


class _Model(torch.nn.Module):
    """A network in torch; the last layer's output is in units of the targets' spread."""

    def __init__(self, network: Network, unit: Array) -> None:
        """Copy the weights."""
        super().__init__()
        self._mean, self._scale = torch.tensor(network.mean), torch.tensor(network.scale)
        self._unit = torch.tensor(unit)
        weights = [*network.weights[:-1], network.weights[-1] / unit[:, None]]
        biases = [*network.biases[:-1], network.biases[-1] / unit]
        self._weights = torch.nn.ParameterList([torch.tensor(weight) for weight in weights])
        self._biases = torch.nn.ParameterList([torch.tensor(bias) for bias in biases])

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the mean actions ``(n, dU)``."""
        h = (observations - self._mean) * self._scale
        last = len(self._weights) - 1
        for layer, (weight, bias) in enumerate(zip(self._weights, self._biases, strict=True)):
            h = torch.addmm(bias, h, weight.T)
            h = torch.relu(h) if layer < last else h * self._unit
        return h

    def network(self, like: Network) -> Network:
        """Return the weights as they are now, with the other arrays of a network."""
        unit = self._unit.numpy()
        weights = [weight.detach().numpy() for weight in self._weights]
        biases = [bias.detach().numpy() for bias in self._biases]
        weights[-1], biases[-1] = weights[-1] * unit[:, None], biases[-1] * unit
        return Network(tuple(weights), tuple(biases), like.mean, like.scale, like.L)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch use one thread, so that sums have one order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
