"""What training begins with: a hold about the start, or what another run has learned.

A policy of another run is taken without its noise. That has shrunk to what the other world left to
be gained; the new run has its own first noise, times `Origin.noise_scale`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def first_policy(store: RunStore, condition: int) -> TVLGPolicy:
    """Return the policy that a run begins with.

    Raises:
        RunError: It is to be another run's, and what was taken from there is missing or damaged.
    """
    usual = store.task.initial_policy(condition)
    taken, origin = store.taken(condition), store.config.origin
    if taken is None or origin is None:
        return usual
    return TVLGPolicy(taken.policy.K, taken.policy.k, origin.noise_scale * usual.L)


def prior_batches(store: RunStore, condition: int) -> Sequence[Batch]:
    """Return another run's samples that help to fit the dynamics (errors as `first_policy`)."""
    taken = store.taken(condition)
    return () if taken is None else taken.batches
