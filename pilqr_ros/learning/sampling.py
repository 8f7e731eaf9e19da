"""Executing a policy until a rollout is valid, with every attempt stored at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pilqr_ros.learning.collector import Collector
from pilqr_ros.learning.errors import TrainingError
from pilqr_ros.learning.run_store import RunStore
from pilqr_ros.learning.seeds import rollout_seed
from pilqr_ros.robot.rollout import Rollout
from pilqr_ros.trajopt.policy import Policy

MAX_ATTEMPTS = 5
"""Invalid rollouts in a row that are drawn again before it is given up."""


class Place(Protocol):
    """A place on disk where one valid rollout is wanted; as text, it names itself in errors."""

    @property
    def condition(self) -> int:
        """Index of the condition."""

    def seed(self) -> int:
        """Return the seed of the next attempt: a function of the invalid ones kept so far."""

    def keep(self, rollout: Rollout) -> None:
        """Store an attempt."""


@dataclass(frozen=True)
class TrainingPlace:
    """The place of one rollout of a training."""

    store: RunStore
    iteration: int
    condition: int
    sample: int

    def __str__(self) -> str:
        """Return where in the run this is."""
        return f"iteration {self.iteration}, condition {self.condition}, rollout {self.sample}"

    def seed(self) -> int:
        """Return the seed of the next attempt."""
        which = (self.iteration, self.condition, self.sample)
        return rollout_seed(self.store.config.seed, *which, self.store.attempts(*which))

    def keep(self, rollout: Rollout) -> None:
        """Store an attempt."""
        self.store.save_rollout(self.iteration, self.condition, self.sample, rollout)


def execute_until_valid(
    collector: Collector,
    policy: Policy,
    place: Place,
    *,
    explore: bool,
    check_stop: Callable[[], None],
) -> Rollout:
    """Execute a policy until a rollout is valid, and store every attempt.

    Args:
        collector: Executes the policy.
        policy: The policy.
        place: Where the rollout belongs.
        explore: Whether the policy's noise is on.
        check_stop: Called before each attempt; raises `TrainingStopped` to stop.

    Raises:
        TrainingError: Too many attempts in a row were invalid.
        CollectorError: Nobody executes rollouts any more.
    """
    reason = ""
    for _ in range(MAX_ATTEMPTS):
        check_stop()
        rollout = collector.collect(
            policy, place.condition, place.seed(), explore=explore, jitter=True
        )
        place.keep(rollout)
        if rollout.valid:
            return rollout
        reason = rollout.reason
    raise TrainingError(
        f"{place}: {MAX_ATTEMPTS} rollouts in a row were invalid, the last one because {reason}"
    )
