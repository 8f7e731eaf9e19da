"""What the fitted dynamics miss: by time step and block of the state.

As the update does, the dynamics are fitted to all rollouts but those of a fold, and asked for the
next state of these. With e the errors and s the variance of the next state, each summed over the
rollouts and over the entries of a block, each entry in units of its own spread over the whole time,

    share missed = sum e^2 / sum s^2

is 0 where the model knows what comes, 1 where it knows no more than the mean, and above 1 where it
misleads.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pilqr_ros.runs.run_config import plan_of
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.dynamics import fit_with_folds
from pilqr_ros.trajopt.homogeneous import append_one
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.typing import Array

STILL = 1e-4
"""Variance below which a block stands still, as a share of that over time and rollouts."""

MIN_VARIANCE = 1e-8
"""Least variance over time and rollouts that counts: the square of a tenth of a millimetre."""


def model_error(store: RunStore, iteration: int, condition: int) -> Array | None:
    """Return the share that the model of an iteration misses, ``(T-1, blocks)``.

    Args:
        store: The run.
        iteration: One that has finished.
        condition: Index of the condition.

    Returns:
        nan where a block stands still in all rollouts; None where there is a single rollout, of
        which nothing can be left out, or where rollouts were deleted.

    Raises:
        RunError: A file of the run is damaged.
    """
    settings = plan_of(store.task, store.config.method).settings
    found = [stored_batch(store, i, condition) for i in range(iteration + 1)]
    batches = [batch for batch in found if batch is not None]
    if found[-1] is None or found[-1].N < 2:
        return None
    return one_step_error(batches, settings, store.task.layout)


def stored_batch(store: RunStore, iteration: int, condition: int) -> Batch | None:
    """Return the rollouts of an iteration that are on disk with their cost; None if none is."""
    places = ((iteration, condition, sample) for sample in range(store.config.rollouts))
    pairs = [(store.rollout(*place), store.cost(*place)) for place in places]
    both = [(rollout, cost) for rollout, cost in pairs if rollout is not None and cost is not None]
    if not both:
        return None
    return Batch(
        states=np.stack([rollout.states for rollout, _ in both]),
        actions=np.stack([rollout.applied for rollout, _ in both]),
        noise=np.stack([rollout.noise for rollout, _ in both]),
        costs=np.stack([cost.costs for _, cost in both]),
    )


def one_step_error(batches: Sequence[Batch], settings: Settings, layout: StateLayout) -> Array:
    """Return the share that the newest batch's model misses (arguments and result as above)."""
    newest = batches[-1]
    folds = max(2, min(settings.dynamics.cross_fit_folds, newest.N))
    _, without = fit_with_folds(batches, settings, folds)
    assert without is not None, "there are two folds at least"
    z = np.concatenate([append_one(newest.states), newest.actions], axis=-1)[:, :-1]
    missed = np.empty_like(newest.states[:, 1:])
    for i in range(newest.N):
        F = without.F[:, i % folds, : newest.states.shape[-1]]
        missed[i] = newest.states[i, 1:] - np.einsum("tij,tj->ti", F, z[i])
    return _by_block(missed, newest.states[:, 1:], layout)


def _by_block(missed: Array, following: Array, layout: StateLayout) -> Array:
    """Return squared errors over the variance of what followed, ``(T-1, blocks)``."""
    unit = np.maximum(following.var(axis=(0, 1)), MIN_VARIANCE)
    errors = np.square(missed).mean(axis=0) / unit
    spread = following.var(axis=0) / unit
    sums = [
        (errors[:, block.slice].sum(axis=1), spread[:, block.slice].sum(axis=1))
        for block in layout.blocks
    ]
    shares = [
        np.where(size > STILL, error / np.maximum(size, STILL), np.nan) for error, size in sums
    ]
    return np.stack(shares, axis=1)
