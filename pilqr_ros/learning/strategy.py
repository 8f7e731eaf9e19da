"""What trainings of local policies and of a global one differ in, for one loop over iterations.

In each iteration the trainer samples every condition, updates its local policy against a reference,
and lets the strategy end the iteration.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Protocol

from pilqr_ros.learning.errors import RequestError
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.policy import Policy
from pilqr_ros.trajopt.tvlg import TVLGPolicy


class Strategy(Protocol):
    """What is sampled, what an update is constrained against, and what ends an iteration."""

    def policy_to_sample(self, iteration: int, condition: int) -> Policy:
        """Return the policy whose rollouts an iteration learns from in a condition."""

    def begin_updates(self, iteration: int, batches: Mapping[int, Batch]) -> None:
        """Get ready for the updates of an iteration.

        Args:
            iteration: Counted from 0.
            batches: Its rollouts, by condition.
        """

    def sampled(self, policy: TVLGPolicy, condition: int) -> TVLGPolicy:
        """Return the linear-Gaussian policy that the rollouts of a condition count as drawn from.

        Args:
            policy: The condition's local policy.
            condition: Index of the condition.
        """

    def reference(self, policy: TVLGPolicy, condition: int) -> TVLGPolicy | None:
        """Return what the update of a local policy is constrained against; None: itself."""

    def end_iteration(self, iteration: int, batches: Mapping[int, Batch]) -> None:
        """Do what follows on the updates of all conditions (arguments as `begin_updates`)."""


class LocalStrategy:
    """Each condition learns for itself: PILQR, LQR-FLM or PI2 (Algorithm 1)."""

    def __init__(self, store: RunStore) -> None:
        """Train the local policies of a run."""
        self._store = store

    def policy_to_sample(self, iteration: int, condition: int) -> Policy:
        """Return the condition's local policy."""
        return self._store.policy(iteration, condition)[0]

    def begin_updates(self, iteration: int, batches: Mapping[int, Batch]) -> None:
        """Nothing is needed."""

    def sampled(self, policy: TVLGPolicy, condition: int) -> TVLGPolicy:
        """Return the local policy."""
        return policy

    def reference(self, policy: TVLGPolicy, condition: int) -> None:
        """Let the update be constrained against the local policy."""

    def end_iteration(self, iteration: int, batches: Mapping[int, Batch]) -> None:
        """The updates are all there is."""


def strategy_for(store: RunStore, check_stop: Callable[[], None]) -> Strategy:
    """Return how the policies of a run are trained.

    Args:
        store: The run.
        check_stop: Called amid long work; raises `TrainingStopped` to stop.

    Raises:
        RequestError: A global policy is to be trained, and torch is not installed or the task
            file has no section for it.
    """
    if not store.config.guided:
        return LocalStrategy(store)
    check_torch(store.config)
    from pilqr_ros.learning.guided_strategy import GuidedStrategy  # torch takes long to import

    return GuidedStrategy(store, check_stop)


def check_torch(config: RunConfig) -> None:
    """Check that what learns a global policy is installed, if one is to be trained.

    Raises:
        RequestError: It is not.
    """
    if config.guided and importlib.util.find_spec("torch") is None:
        raise RequestError(f"{config.method} needs torch: pip install 'pilqr_ros[torch]'")
