"""The samples that PI2 weights, of this update and of those before it.

Ten samples say little of some hundred directions. Where the cost changes slowly from one policy
to the next, what noise did to the cost under the last policy it still does under this one. So PI2
weights earlier samples, too, as though they were drawn now: with the noise they had about the
policy that they were drawn from, and their cost relative to the mean of their own batch. Their
prior weight falls with their age.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pilqr_ros.trajopt.factors import solve
from pilqr_ros.trajopt.typing import Array


@dataclass(frozen=True)
class SampleRecord:
    """The samples of one update, as PI2 sees them.

    Attributes:
        noise: Unit noise, ``(N, T, dU)``.
        L: Cholesky factors of the policy that was sampled, ``(T, dU, dU)`` [N m].
        total: Cost-to-go, ``(N, T)``.
        residual: Residual cost-to-go, ``(N, T)``; the total where there is no model.
    """

    noise: Array
    L: Array
    total: Array
    residual: Array


@dataclass(frozen=True)
class SampleHistory:
    """The samples that an update weights, M of all batches.

    Attributes:
        noise: In units of the newest batch's policy, ``(M, T, dU)``.
        unit_noise: In units of the policy that each was drawn from, ``(M, T, dU)``.
        total: Cost-to-go less the mean of the sample's batch, ``(M, T)``.
        residual: The same of the residual, ``(M, T)``.
        prior: Weights before their costs are known, ``(M,)``; they sum to 1.
    """

    noise: Array
    unit_noise: Array
    total: Array
    residual: Array
    prior: Array


def join(
    newest: SampleRecord, history: Sequence[SampleRecord], history_weights: Sequence[float]
) -> SampleHistory:
    """Put the samples of some updates together.

    Args:
        newest: The samples of the present policy.
        history: Those of the policies before it, oldest first.
        history_weights: Prior weight of a sample of the newest batch, of the one before, ...
    """
    batches = [newest, *reversed(history)][: len(history_weights)]
    pairs = zip(batches, history_weights, strict=False)
    prior = np.concatenate([np.full(len(batch.total), weight) for batch, weight in pairs])
    return SampleHistory(
        noise=np.concatenate([newest.noise, *(_rescaled(b, newest.L) for b in batches[1:])]),
        unit_noise=np.concatenate([batch.noise for batch in batches]),
        total=np.concatenate([_centred(batch.total) for batch in batches]),
        residual=np.concatenate([_centred(batch.residual) for batch in batches]),
        prior=prior / prior.sum(),
    )


def _rescaled(batch: SampleRecord, L: Array) -> Array:
    """Return the noise of a batch in units of other factors, ``(N, T, dU)``."""
    explored = batch.L @ batch.noise.transpose(1, 2, 0)
    return solve(L, explored).transpose(2, 0, 1)


def _centred(costs: Array) -> Array:
    return costs - costs.mean(axis=0)
