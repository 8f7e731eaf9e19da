"""Collecting the rollouts of a run's policies: found on disk, or executed and evaluated.

Where an iteration has a rollout without noise, those are executed first, and a policy that is worse
there than the one before is refused; so is one that cannot be executed, or has lost what was
learned (see `trial`). It goes half-way back (see `refusal`), and its rollouts are collected anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from pilqr_ros.learning import refusal
from pilqr_ros.learning.collector import Collector
from pilqr_ros.learning.errors import PolicyRefused
from pilqr_ros.learning.progress_reporter import ProgressReporter
from pilqr_ros.learning.sampling import LastPlace, TrainingPlace, execute_until_valid, in_order
from pilqr_ros.learning.strategy import Strategy
from pilqr_ros.learning.trial import Trials
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostEvaluator, CostReport
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.policy import Policy

Executed = tuple[Rollout, CostReport]
"""A rollout and what it cost."""

NOTHING: Mapping[int, Executed] = {}
"""No rollouts."""


class Samples(NamedTuple):
    """Rollouts of a policy with their costs, and how long they took [s]."""

    executed: list[Executed]
    seconds: float


@dataclass
class Collection:
    """Collects the rollouts of one run.

    Attributes:
        store: The run; every rollout and cost is stored in it at once.
        collector: Executes policies.
        evaluator: Tells what a rollout cost.
        strategy: Tells which policies are executed.
        progress: Is told of each rollout, and of each policy that is refused.
        check_stop: Called before each rollout; raises `TrainingStopped` to stop.
        at_once: How many rollouts are executed at once; the collector must be able to.
    """

    store: RunStore
    collector: Collector
    evaluator: CostEvaluator
    strategy: Strategy
    progress: ProgressReporter
    check_stop: Callable[[], None]
    at_once: int = 1
    _trials: Trials = field(default_factory=Trials, init=False)

    def learned_from(self, condition: int, executed: Sequence[Executed]) -> None:
        """Take the rollouts of a policy, which the next one of the condition is tried against."""
        self._trials.add(condition, executed)

    def iteration(self, iteration: int) -> dict[int, Samples]:
        """Return an iteration's rollouts by condition; a refused policy goes half-way back.

        Raises:
            PolicyRefused: There is nothing to go back to.
            TrainingStopped: `check_stop` said so.
            CollectorError: Nobody executes rollouts any more.
        """
        for condition in self.store.config.conditions:
            refusal.complete(self.store, iteration, condition)
        while True:
            self.progress.tell(iteration=iteration, rollout=self.store.collected(iteration))
            try:
                collected = self._execute_all(iteration)
                self._check_kept(iteration, collected)
                return collected
            except PolicyRefused as error:
                self._go_back(iteration, error)

    def finished(self, iteration: int, condition: int) -> list[Executed]:
        """Return the rollouts of an iteration that is finished; what was deleted is done again."""
        policy = self.strategy.policy_to_sample(iteration, condition)
        return [self._rollout(policy, place) for place in self._places(iteration, condition)]

    def try_last(self, iteration: int) -> None:
        """Execute each last policy once, without noise: what nobody executed is no result.

        One that is refused, or worse than the one before, goes half-way back, as in an iteration
        (errors as `iteration`).
        """
        for condition in self.store.config.conditions:
            refusal.complete(self.store, iteration, condition)
            while True:
                policy, _ = self.store.policy(iteration, condition)
                try:
                    self._try(policy, LastPlace(self.store, iteration, condition, 0))
                    break
                except PolicyRefused as error:
                    self._go_back(iteration, error)
        self.progress.wait_no_longer()

    def _execute_all(self, iteration: int) -> dict[int, Samples]:
        """Collect the rollouts of an iteration's policies, or find them on disk."""
        began, config, found = time.monotonic(), self.store.config, []
        policies = {c: self.strategy.policy_to_sample(iteration, c) for c in config.conditions}
        tried = NOTHING if config.guided else self._try_first(policies, iteration)
        jobs = [
            partial(self._tried_or_executed, tried, policy, place)
            for condition, policy in policies.items()
            for place in self._places(iteration, condition)
        ]
        with closing(in_order(jobs, self.at_once)) as results:
            for executed in results:
                found.append(executed)
                self.progress.count(len(found))
        seconds, many = (time.monotonic() - began) / len(policies), config.rollouts
        return {
            condition: Samples(found[n * many : (n + 1) * many], seconds)
            for n, condition in enumerate(policies)
        }

    def _try_first(self, policies: Mapping[int, Policy], iteration: int) -> dict[int, Executed]:
        """Execute each policy without noise, where an iteration has such a rollout."""
        last = {condition: self._last_place(iteration, condition) for condition in policies}
        places = {condition: place for condition, place in last.items() if not place.explores}
        jobs = [partial(self._try, policies[c], place) for c, place in places.items()]
        with closing(in_order(jobs, self.at_once)) as tried:
            return dict(zip(places, tried, strict=True))

    def _try(self, policy: Policy, place: TrainingPlace) -> Executed:
        """Execute a policy without noise, and refuse it where it is worse than the one before."""
        executed = self._rollout(policy, place)
        self._trials.check_first(place, *executed)
        return executed

    def _tried_or_executed(
        self, tried: Mapping[int, Executed], policy: Policy, place: TrainingPlace
    ) -> Executed:
        """Return the rollout of a place: what was tried there, or as `_rollout` does."""
        if not place.explores and place.condition in tried:
            return tried[place.condition]
        return self._rollout(policy, place)

    def _check_kept(self, iteration: int, collected: Mapping[int, Samples]) -> None:
        """Refuse a policy that has lost what the one before had learned, where one is tried."""
        if self.store.config.guided:
            return
        for condition, samples in collected.items():
            place = self._last_place(iteration, condition)
            if not place.explores:
                self._trials.check_all(place, samples.executed)

    def _go_back(self, iteration: int, error: PolicyRefused) -> None:
        """Replace a refused policy, or give up.

        Raises:
            PolicyRefused: There is nothing to go back to.
        """
        refusal.go_back(self.store, iteration, error.condition, str(error))
        count = refusal.halvings(self.store, iteration, error.condition)
        told = f"step halved {count} of {refusal.MAX_HALVINGS} times: {error}"
        self.progress.tell(waiting_for=told)

    def _places(self, iteration: int, condition: int) -> list[TrainingPlace]:
        """Return the places of an iteration's rollouts."""
        return [
            TrainingPlace(self.store, iteration, condition, sample)
            for sample in range(self.store.config.rollouts)
        ]

    def _last_place(self, iteration: int, condition: int) -> TrainingPlace:
        """Return the last of them: that of the rollout without noise, if there is one."""
        return TrainingPlace(self.store, iteration, condition, self.store.config.rollouts - 1)

    def _rollout(self, policy: Policy, place: TrainingPlace) -> Executed:
        """Return a rollout and its cost, executed now unless it is on disk."""
        which = place.which
        rollout, cost = self.store.rollout(*which), self.store.cost(*which)
        if rollout is None:
            rollout, cost = self._execute(policy, place), None
        if cost is None:
            cost = self.evaluator.evaluate(rollout)
            self.store.save_cost(*which, cost)
        return rollout, cost

    def _execute(self, policy: Policy, place: TrainingPlace) -> Rollout:
        began = time.monotonic()
        rollout = execute_until_valid(
            self.collector, policy, place, explore=place.explores, check_stop=self.check_stop
        )
        self.progress.remaining.add_rollout((time.monotonic() - began) / self.at_once)
        return rollout
