"""Executing a policy until a rollout is valid, with every attempt stored at once.

What makes a rollout invalid is either of the policy and the robot (a limit, a torque that is not
finite, a simulation that diverges): it would come again with the same noise, so the next attempt
has another seed. Or it is of the graph around them (a node that died, a late tick, a lost message):
then the rollout was interrupted, and the same one is executed again, with the same seed. So a
training that was interrupted a hundred times ends with the policies of one that never was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pilqr_ros.learning.collector import Collector
from pilqr_ros.learning.errors import RolloutInterrupted, TrainingError
from pilqr_ros.learning.run_store import RunStore
from pilqr_ros.learning.seeds import rollout_seed
from pilqr_ros.robot.rollout import Rollout
from pilqr_ros.trajopt.policy import Policy

MAX_ATTEMPTS = 5
"""Rollouts in a row that may fail for the policy's or the robot's reasons."""

MAX_INTERRUPTIONS = 25
"""Interruptions in a row after which something is broken for good."""

LONGEST_PAUSE = 2.0
"""Pauses after interruptions double from a hundredth of this to this [s]."""


def training_seed(
    store: RunStore, iteration: int, condition: int, sample: int, attempt: int
) -> int:
    """Return the seed of an attempt at a rollout of a training; arguments as in `rollout_seed`."""
    plan = store.task.global_plan
    if store.config.guided and plan is not None and plan.settings.common_random_numbers:
        condition = store.config.conditions[0]
    return rollout_seed(store.config.seed, iteration, condition, sample, attempt)


class Place(Protocol):
    """A place on disk where one valid rollout is wanted; as text, it names itself in errors."""

    @property
    def condition(self) -> int:
        """Index of the condition."""

    def seed(self) -> int:
        """Return the seed of the next attempt: a function of how many failed before."""

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
        return training_seed(self.store, *which, self.store.attempts(*which))

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
        TrainingError: Too many attempts in a row failed or were interrupted.
        CollectorError: Nobody executes rollouts any more.
    """
    failures = interruptions = 0
    reason = ""
    while failures < MAX_ATTEMPTS and interruptions < MAX_INTERRUPTIONS:
        check_stop()
        try:
            rollout = collector.collect(
                policy, place.condition, place.seed(), explore=explore, jitter=True
            )
        except RolloutInterrupted as error:
            reason, interrupted = str(error), True
        else:
            place.keep(rollout)
            if rollout.valid:
                return rollout
            reason, interrupted = rollout.reason, rollout.interrupted
        if interrupted:
            interruptions += 1
            time.sleep(min(LONGEST_PAUSE, LONGEST_PAUSE / 200 * 2**interruptions))
        else:
            failures += 1
    raise TrainingError(
        f"{place}: {failures} rollouts failed and {interruptions} were interrupted in a row, the "
        f"last one because {reason}"
    )
