"""Algorithm 1 as a loop over a run on disk: collect, evaluate, update, report.

Every rollout and every policy is stored before the next step begins, and every random draw is a
function of the run's seed and of where it is used. A run that is opened again therefore continues
with exactly the numbers it would have had without the interruption.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from pilqr_ros.learning import refusal
from pilqr_ros.learning.collector import Collector
from pilqr_ros.learning.errors import PolicyRefused, TrainingError, TrainingStopped
from pilqr_ros.learning.first_policy import first_policy, prior_batches
from pilqr_ros.learning.progress import IterationSummary, TrainingProgress
from pilqr_ros.learning.remaining_time import RemainingTime
from pilqr_ros.learning.sampling import (
    LastPlace,
    TrainingPlace,
    execute_until_valid,
    in_order,
)
from pilqr_ros.learning.stop_rule import Standings, relative_noise
from pilqr_ros.learning.strategy import Strategy, strategy_for
from pilqr_ros.learning.trial import Outcome, check_no_worse
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostEvaluator, CostReport
from pilqr_ros.robot.execution.tick_jitter import judge_ticks
from pilqr_ros.runs.rollout_batch import batch_of
from pilqr_ros.runs.run_config import plan_of
from pilqr_ros.runs.run_lock import only_training
from pilqr_ros.runs.run_presence import check_present, working_in
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.errors import UpdateError
from pilqr_ros.trajopt.policy import Policy
from pilqr_ros.trajopt.policy_update import UpdateResult, update
from pilqr_ros.trajopt.problem import Iteration, Problem
from pilqr_ros.trajopt.tvlg import TVLGPolicy


@dataclass
class Trainer:
    """Trains the policies of one run.

    Attributes:
        store: The run, new or opened again.
        collector: Executes policies.
        evaluator: Tells what a rollout cost.
        on_progress: Called after each rollout and at each change of phase.
        on_summary: Called after each update.
        should_stop: Asked before each rollout and update.
        at_once: How many rollouts are executed at once; the collector must be able to.
        left_out: Tells why each robot takes no part that takes none, by name, for the report.
    """

    store: RunStore
    collector: Collector
    evaluator: CostEvaluator
    on_progress: Callable[[TrainingProgress], None] = lambda progress: None
    on_summary: Callable[[IterationSummary], None] = lambda summary: None
    should_stop: Callable[[], bool] = lambda: False
    at_once: int = 1
    left_out: Callable[[], Mapping[str, str]] = dict
    _batches: dict[int, list[Batch]] = field(default_factory=dict, init=False)
    _outcomes: dict[int, Sequence[Outcome]] = field(default_factory=dict, init=False)
    _prior_batches: dict[int, Sequence[Batch]] = field(default_factory=dict, init=False)
    _first_noise: dict[int, np.ndarray] = field(default_factory=dict, init=False)
    _standings: Standings = field(default_factory=Standings, init=False)
    _strategy: Strategy = field(init=False)
    _remaining: RemainingTime = field(init=False)
    _progress: TrainingProgress = field(init=False)

    def run(self) -> None:
        """Train until the run's last iteration, or until it has converged if the task asks so.

        Raises:
            TrainingStopped: `should_stop` said so.
            TrainingError: An update failed, or too many rollouts in a row were invalid.
            CollectorError: Nobody executes rollouts any more.
            RunError: The run on disk is damaged or gone, or another process is training it.
        """
        with working_in(self.store.directory), only_training(self.store.directory):
            self._train()

    def _train(self) -> None:
        config, first = self.store.config, self.store.iterations_finished
        per_iteration = config.rollouts * len(config.conditions)
        self._strategy = strategy_for(self.store, self._check_stop)
        self._remaining = RemainingTime(per_iteration, len(config.conditions))
        self._progress = TrainingProgress("collecting", first, config.iterations, 0, per_iteration)
        self._start(first)
        for iteration in range(first, config.iterations):
            if self._is_enough(iteration):
                break
            self._run_iteration(iteration)
        if not config.guided:
            self._try_last(self.store.iterations_finished)

    def _try_last(self, iteration: int) -> None:
        """Execute each last policy once, without noise: what nobody executed is no result.

        One that is refused, or worse than the one before, goes half-way back, as in an iteration.
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
        if self._progress.waiting_for:
            self._tell(waiting_for="")

    def _is_enough(self, done: int) -> bool:
        """Tell whether local policies have converged after so many iterations, and may end then."""
        config = self.store.config
        if config.guided or not self.store.task.learning.until_converged:
            return False
        return self._standings.converged(done, config.conditions)

    def _start(self, first: int) -> None:
        self._standings = Standings.of(self.store.reports())
        for condition in self.store.config.conditions:
            self._prior_batches[condition] = prior_batches(self.store, condition)
            if not self.store.started(0, condition):
                policy = first_policy(self.store, condition)
                self.store.save_policy(0, condition, policy, np.ones(policy.T))
            self._first_noise[condition] = self.store.policy(0, condition)[0].noise_std
            self._batches[condition], self._outcomes[condition] = [], []
            for iteration in range(first):
                self._add(condition, self._stored(iteration, condition))

    def _run_iteration(self, iteration: int) -> None:
        collected = self._collect(iteration)
        for condition, samples in collected.items():
            self._add(condition, samples.executed)
        newest = {condition: self._batches[condition][-1] for condition in collected}
        self._tell(phase="updating")
        self._strategy.begin_updates(iteration, newest)
        for condition, samples in collected.items():
            if not self.store.started(iteration + 1, condition):
                self._improve(samples, iteration, condition)
        self._strategy.end_iteration(iteration, newest)
        costs = [cost for samples in collected.values() for _, cost in samples.executed]
        self._tell(
            phase="collecting",
            mean_cost=float(np.mean([cost.total for cost in costs])),
            success_rate=float(np.mean([cost.success for cost in costs])),
        )

    def _collect(self, iteration: int) -> dict[int, Samples]:
        """Collect the rollouts of an iteration; a policy that is refused goes half-way back."""
        for condition in self.store.config.conditions:
            refusal.complete(self.store, iteration, condition)
        while True:
            self._tell(iteration=iteration, rollout=self.store.collected(iteration))
            try:
                return self._execute_all(iteration)
            except PolicyRefused as error:
                self._go_back(iteration, error)

    def _go_back(self, iteration: int, error: PolicyRefused) -> None:
        """Replace a refused policy, or give up.

        Raises:
            PolicyRefused: There is nothing to go back to.
        """
        refusal.go_back(self.store, iteration, error.condition, str(error))
        count = refusal.halvings(self.store, iteration, error.condition)
        self._tell(waiting_for=f"step halved {count} of {refusal.MAX_HALVINGS} times: {error}")

    def _execute_all(self, iteration: int) -> dict[int, Samples]:
        """Collect the rollouts of an iteration's policies, or find them on disk."""
        began, config, found = time.monotonic(), self.store.config, []
        policies = {c: self._strategy.policy_to_sample(iteration, c) for c in config.conditions}
        if not config.guided:
            self._try_first(policies, iteration)
        jobs = [
            partial(self._rollout, policy, TrainingPlace(self.store, iteration, condition, sample))
            for condition, policy in policies.items()
            for sample in range(config.rollouts)
        ]
        with closing(in_order(jobs, self.at_once)) as results:
            for executed in results:
                found.append(executed)
                self._count(len(found))
        seconds, many = (time.monotonic() - began) / len(policies), config.rollouts
        return {
            condition: Samples(found[n * many : (n + 1) * many], seconds)
            for n, condition in enumerate(policies)
        }

    def _try_first(self, policies: Mapping[int, Policy], iteration: int) -> None:
        """Execute each policy without noise, where an iteration has such a rollout: its last."""
        last = self.store.config.rollouts - 1
        places = {c: TrainingPlace(self.store, iteration, c, last) for c in policies}
        jobs = [
            partial(self._try, policies[condition], place)
            for condition, place in places.items()
            if not place.explores
        ]
        with closing(in_order(jobs, self.at_once)) as tried:
            deque(tried, maxlen=0)

    def _try(self, policy: Policy, place: TrainingPlace) -> None:
        """Execute a policy without noise, and refuse it where it is worse than the one before."""
        tried = Outcome.of(*self._rollout(policy, place))
        check_no_worse(place, tried, self._outcomes[place.condition])

    def _count(self, done: int) -> None:
        """Tell that so many rollouts of an iteration are done; more may have been on disk."""
        self._tell(rollout=max(done, self._progress.rollout), waiting_for="")

    def _improve(self, samples: Samples, iteration: int, condition: int) -> None:
        """Update a policy from its rollouts and keep what came of it."""
        began, executed = time.monotonic(), samples.executed
        policy, step_multiplier = self.store.policy(iteration, condition)
        result = self._update(policy, step_multiplier, iteration, condition)
        rollouts = [rollout for rollout, _ in executed]
        summary = IterationSummary(
            iteration=iteration,
            condition=condition,
            rollouts=len(executed),
            rollouts_invalid=self.store.invalid_count(iteration, condition),
            refusals=refusal.reasons(self.store, iteration, condition),
            total_costs=np.array([cost.total for _, cost in executed]),
            successes=np.array([cost.success for _, cost in executed]),
            distances=np.array([cost.distance for _, cost in executed]),
            record=asdict(result.record),
            seconds_collecting=samples.seconds,
            seconds_updating=time.monotonic() - began,
            interventions=sum((Counter(r.intervention_counts) for r in rollouts), Counter()),
            ticks=judge_ticks(r.ticks for r in rollouts),
            noise=relative_noise(policy, self._first_noise[condition]),
            robots=Counter(rollout.robot for rollout in rollouts if rollout.robot),
            left_out=self.left_out(),
        )
        self._keep(result, self._standings.judged(summary))

    def _keep(self, result: UpdateResult, summary: IterationSummary) -> None:
        iteration, condition = summary.iteration, summary.condition
        self.store.save_update(iteration, condition, summary.record)
        if result.samples is not None:
            self.store.save_sample_record(iteration, condition, result.samples)
        self.store.save_report(iteration, condition, summary.to_json())
        self.store.save_policy(iteration + 1, condition, result.policy, result.step_multiplier)
        self._remaining.add_update(summary.seconds_updating)
        self.on_summary(summary)

    def _update(
        self, policy: TVLGPolicy, step_multiplier: np.ndarray, iteration: int, condition: int
    ) -> UpdateResult:
        self._check_stop()
        config, task = self.store.config, self.store.task
        settings = plan_of(task, config.method).settings
        before = len(settings.pi2.history_weights) - 1
        try:
            return update(
                config.local_method,
                Problem(
                    self._strategy.sampled(policy, condition),
                    self._batches[condition],
                    task.cost(condition),
                    settings,
                    step_multiplier,
                    action_limits=task.torque_limits,
                    iteration=Iteration(iteration, config.iterations),
                    reference=self._strategy.reference(policy, condition),
                    history=self.store.sample_records(iteration, condition, before),
                    prior_batches=self._prior_batches[condition],
                ),
            )
        except UpdateError as error:
            raise TrainingError(f"iteration {iteration}, condition {condition}: {error}") from error

    def _rollout(self, policy: Policy, place: TrainingPlace) -> tuple[Rollout, CostReport]:
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
            self.collector, policy, place, explore=place.explores, check_stop=self._check_stop
        )
        self._remaining.add_rollout((time.monotonic() - began) / self.at_once)
        return rollout

    def _add(self, condition: int, executed: Sequence[tuple[Rollout, CostReport]]) -> None:
        """Add the rollouts of a condition's newest policy."""
        self._batches[condition].append(batch_of(executed))
        self._outcomes[condition] = [Outcome.of(*each) for each in executed]

    def _stored(self, iteration: int, condition: int) -> list[tuple[Rollout, CostReport]]:
        """Return the rollouts of an iteration that is finished; what was deleted is done again."""
        policy = self._strategy.policy_to_sample(iteration, condition)
        places = [
            TrainingPlace(self.store, iteration, condition, sample)
            for sample in range(self.store.config.rollouts)
        ]
        return [self._rollout(policy, place) for place in places]

    def _check_stop(self) -> None:
        if self.should_stop():
            raise TrainingStopped(f"stopped; everything until then is in {self.store.directory}")
        check_present(self.store.directory)

    def _tell(self, **changes: object) -> None:
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]
        progress = self._progress
        left = self._remaining.seconds(progress.iterations - progress.iteration, progress.rollout)
        self._progress = replace(progress, seconds_left=left)
        self.on_progress(self._progress)


class Samples(NamedTuple):
    """Rollouts with their costs, and how long they took [s]."""

    executed: list[tuple[Rollout, CostReport]]
    seconds: float
