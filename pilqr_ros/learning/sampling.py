"""Executing a policy until a rollout is valid, with every attempt stored at once.

What makes a rollout invalid is either of the policy and the robot (a limit, a torque that is not
finite, a simulation that diverges): it would come again with the same noise, so the next attempt
has another seed; after `MAX_ATTEMPTS` of them the policy is refused (see `refusal`). Or it is of
the graph around them (a node that died, a late tick, a lost message):
then the rollout was interrupted, and the same one is executed again, with the same seed. So a
training that was interrupted a hundred times ends with the policies of one that never was.

A collector that can may execute several rollouts at once, each in a thread. What comes of a place
depends on its own attempts alone, so that is the same in whatever order they end. (Where a policy
is refused, more of its later places may have been tried: counted, and never learned from.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from pilqr_ros.learning.collector import Collector
from pilqr_ros.learning.errors import PolicyRefused, RolloutInterrupted, TrainingInterrupted
from pilqr_ros.learning.refusal import can_go_back, halvings
from pilqr_ros.learning.seeds import rollout_seed
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.runs.run_config import plan_of
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.policy import Policy

MAX_ATTEMPTS = 5
"""Rollouts in a row that may fail for the policy's or the robot's reasons."""

MAX_INTERRUPTIONS = 25
"""Interruptions in a row after which something is broken for good."""

MAX_PAUSE = 2.0
"""Pauses after interruptions double from a hundredth of this to this [s]."""


_Result = TypeVar("_Result")


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

    def failures(self) -> tuple[int, str]:
        """Return how many attempts failed in a row, and why the last one did."""

    def keep(self, rollout: Rollout) -> None:
        """Store an attempt."""


@dataclass
class TrainingPlace:
    """The place of one rollout of a training.

    Attempts of an earlier session count, as long as another policy can be tried instead. Where
    there is none, somebody has looked after it: then so many may fail again.

    Attributes:
        store: The run.
        iteration: Counted from 0.
        condition: Index of the condition.
        sample: Number of the rollout.
        halved: How many policies of the iteration were refused before the present one.
    """

    store: RunStore
    iteration: int
    condition: int
    sample: int
    halved: int = field(init=False)
    _forgiven: int = field(init=False)

    def __post_init__(self) -> None:
        """Look at what was tried before."""
        self.halved = halvings(self.store, self.iteration, self.condition)
        given_up = self.store.attempts(*self.which) // MAX_ATTEMPTS * MAX_ATTEMPTS
        self._forgiven = 0 if can_go_back(self.iteration, self.halved) else given_up

    @property
    def which(self) -> tuple[int, int, int]:
        """Iteration, condition and sample."""
        return self.iteration, self.condition, self.sample

    @property
    def explores(self) -> bool:
        """Whether the rollout has noise; with `annealing.rule: evidence` the last one has none."""
        settings = plan_of(self.store.task, self.store.config.method).settings
        last = self.sample + 1 == self.store.config.rollouts
        return settings.annealing.rule == "calendar" or not last

    def __str__(self) -> str:
        """Return where in the run this is."""
        return f"iteration {self.iteration}, condition {self.condition}, rollout {self.sample}"

    def seed(self) -> int:
        """Return the seed of the next attempt: no two policies of an iteration share one."""
        attempt = self.halved * MAX_ATTEMPTS + self.store.attempts(*self.which)
        return training_seed(self.store, *self.which, attempt)

    def failures(self) -> tuple[int, str]:
        """Return how many attempts failed in a row, and why the last one did."""
        failed = self.store.attempts(*self.which) - self._forgiven
        return failed, self.store.failure(*self.which) if failed >= MAX_ATTEMPTS else ""

    def keep(self, rollout: Rollout) -> None:
        """Store an attempt."""
        self.store.save_rollout(*self.which, rollout)


class LastPlace(TrainingPlace):
    """The place of the one rollout of a run's last policy, which has no noise."""

    @property
    def explores(self) -> bool:
        """Nothing is learned from it."""
        return False


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
        PolicyRefused: Too many attempts in a row failed for the policy's or the robot's reasons.
        TrainingInterrupted: Too many attempts in a row were.
        CollectorError: Nobody executes rollouts any more.
    """
    interruptions = 0
    while True:
        failures, why = place.failures()
        if failures >= MAX_ATTEMPTS:
            raise PolicyRefused(
                f"{place}: {failures} rollouts failed in a row, the last one because {why}",
                place.condition,
            )
        check_stop()
        try:
            rollout = collector.collect(
                policy, place.condition, place.seed(), explore=explore, jitter=True
            )
        except RolloutInterrupted as error:
            reason, code = str(error), error.code
        else:
            place.keep(rollout)
            if rollout.valid:
                return rollout
            if not rollout.interrupted:
                continue
            reason, code = rollout.reason, rollout.code
        interruptions += 1
        if interruptions == MAX_INTERRUPTIONS:
            raise TrainingInterrupted(
                f"{place}: {interruptions} rollouts were interrupted in a row, the last one "
                f"because {reason}",
                code,
            )
        time.sleep(min(MAX_PAUSE, MAX_PAUSE / 200 * 2**interruptions))


def in_order(jobs: Sequence[Callable[[], _Result]], at_once: int) -> Generator[_Result, None, None]:
    """Do jobs, several at once, and yield what comes of each, in their order.

    What a job raises is raised in its turn. Then, or if the iterator is closed, those that have not
    begun never do, and those under way come to their end first.

    Args:
        jobs: What to do.
        at_once: How many at a time; one at a time they are done in this thread, when they are due.
    """
    if at_once == 1:
        yield from (job() for job in jobs)
        return
    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(lambda job: job(), jobs)
