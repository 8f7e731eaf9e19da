"""The supervised step: regression of the global policy on the local ones (section 5).

    min_theta  sum_i  0.5 (pi(o_i) - mu_i)' Sigma_i^-1 (pi(o_i) - mu_i)

over all visited states x_i of all conditions, with mu_i = K_t x_i + k_t and Sigma_i from the local
policies. The minimum over the global policy's own covariance is in closed form: its precision is
the mean of the local precisions. Everything is in double precision on one thread and starts from
the given weights, without memory of earlier steps: same data and generator, same result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch

from pilqr_ros.guided.errors import NetworkError
from pilqr_ros.guided.examples import Examples, Teacher, augmented, examples_of
from pilqr_ros.guided.network import Network, renormalised
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.trajopt.factors import triangular_factor
from pilqr_ros.trajopt.typing import Array


class Fitted(NamedTuple):
    """The fitted network, and its weighted error before and after, per action's variance."""

    network: Network
    loss_before: float
    loss_after: float


def fit(
    network: Network,
    teachers: Sequence[Teacher],
    settings: GuidedSettings,
    rng: np.random.Generator,
    check_stop: Callable[[], None] = lambda: None,
) -> Fitted:
    """Fit a network to the local policies' actions.

    Args:
        network: Where the fit starts from.
        teachers: The local policies of all conditions.
        settings: Options.
        rng: Draws the order of examples and the augmentation.
        check_stop: Called before each pass over the data; raises to end the fit.

    Raises:
        NetworkError: The fit diverged.
    """
    data = examples_of(teachers, settings)
    spread = np.maximum(data.observations.std(axis=0), settings.supervised.min_std)
    start = renormalised(network, data.observations.mean(axis=0), 1.0 / spread)
    start = Network(
        start.weights, start.biases, start.mean, start.scale, covariance_factor(teachers)
    )
    unit = np.maximum(data.targets.std(axis=0), 1e-6)
    model = _Model(start, unit)
    with _one_thread():
        optimiser = torch.optim.Adam(
            model.parameters(),
            settings.supervised.learning_rate,
            weight_decay=settings.supervised.weight_decay,
            fused=True,
        )
        before = _evaluate(start, data)
        for epoch in range(settings.supervised.epochs):
            check_stop()
            share = epoch / settings.supervised.epochs
            for group in optimiser.param_groups:
                group["lr"] = settings.supervised.learning_rate * (1.0 - 0.9 * share)
            _epoch(model, optimiser, augmented(teachers, data, settings, rng), settings, rng)
    fitted = model.network(start)
    return Fitted(fitted, before, _evaluate(fitted, data))


def covariance_factor(teachers: Sequence[Teacher]) -> Array:
    """Return L of the covariance whose inverse is the mean local precision, ``(dU, dU)``."""
    inverse = np.concatenate([np.linalg.inv(guide.policy.L) for guide in teachers])
    precision = np.mean(inverse.swapaxes(-1, -2) @ inverse, axis=0)
    values, vectors = np.linalg.eigh(precision)
    return triangular_factor(vectors / np.sqrt(values))


def _epoch(
    model: _Model,
    optimiser: torch.optim.Optimizer,
    data: Examples,
    settings: GuidedSettings,
    rng: np.random.Generator,
) -> None:
    """Go once through the examples in random order."""
    order = rng.permutation(len(data.targets))
    inputs, targets, whitening = (torch.from_numpy(array[order]) for array in data)
    for first in range(0, len(order), settings.supervised.batch_size):
        rows = slice(first, first + settings.supervised.batch_size)
        optimiser.zero_grad()
        error = (model(inputs[rows]) - targets[rows]).unsqueeze(-1)
        loss = 0.5 * torch.bmm(whitening[rows], error).square().sum((1, 2)).mean()
        if not torch.isfinite(loss):
            raise NetworkError("the supervised step diverged: lower learning_rate")
        loss.backward()
        optimiser.step()


def _evaluate(network: Network, data: Examples) -> float:
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
