"""Algorithm 1 as a loop over a run on disk: collect, evaluate, update, report.

Every rollout and every policy is stored before the next step begins, and every random draw is a
function of the run's seed and of where it is used. A run that is opened again therefore continues
with exactly the numbers it would have had without the interruption.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from pilqr_ros.learning import refusal
from pilqr_ros.learning.collection import Collection, Executed, Samples
from pilqr_ros.learning.collector import Collector
from pilqr_ros.learning.errors import TrainingError, TrainingStopped
from pilqr_ros.learning.first_policy import first_policy, prior_batches
from pilqr_ros.learning.progress import IterationSummary, TrainingProgress
from pilqr_ros.learning.progress_reporter import ProgressReporter
from pilqr_ros.learning.stop_rule import Standings, relative_noise
from pilqr_ros.learning.strategy import Strategy, strategy_for
from pilqr_ros.robot.execution.rollout_cost import CostEvaluator
from pilqr_ros.robot.execution.tick_jitter import judge_ticks
from pilqr_ros.runs.rollout_batch import batch_of
from pilqr_ros.runs.run_config import plan_of
from pilqr_ros.runs.run_lock import only_training
from pilqr_ros.runs.run_presence import check_present, working_in
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.errors import UpdateError
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
    _prior_batches: dict[int, Sequence[Batch]] = field(default_factory=dict, init=False)
    _first_noise: dict[int, np.ndarray] = field(default_factory=dict, init=False)
    _standings: Standings = field(default_factory=Standings, init=False)
    _strategy: Strategy = field(init=False)
    _progress: ProgressReporter = field(init=False)
    _collection: Collection = field(init=False)

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
        self._strategy = strategy_for(self.store, self._check_stop)
        self._progress = ProgressReporter(config, first, self.on_progress)
        self._collection = Collection(
            self.store,
            self.collector,
            self.evaluator,
            self._strategy,
            self._progress,
            self._check_stop,
            self.at_once,
        )
        self._start(first)
        for iteration in range(first, config.iterations):
            if self._is_enough(iteration):
                break
            self._run_iteration(iteration)
        if not config.guided:
            self._collection.try_last(self.store.iterations_finished)

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
            self._batches[condition] = []
            for iteration in range(first):
                self._add(condition, self._collection.finished(iteration, condition))

    def _run_iteration(self, iteration: int) -> None:
        collected = self._collection.iteration(iteration)
        for condition, samples in collected.items():
            self._add(condition, samples.executed)
        newest = {condition: self._batches[condition][-1] for condition in collected}
        self._progress.tell(phase="updating")
        self._strategy.begin_updates(iteration, newest)
        for condition, samples in collected.items():
            if not self.store.started(iteration + 1, condition):
                self._improve(samples, iteration, condition)
        self._strategy.end_iteration(iteration, newest)
        costs = [cost for samples in collected.values() for _, cost in samples.executed]
        self._progress.tell(
            phase="collecting",
            mean_cost=float(np.mean([cost.total for cost in costs])),
            success_rate=float(np.mean([cost.success for cost in costs])),
        )

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
        self._progress.remaining.add_update(summary.seconds_updating)
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

    def _add(self, condition: int, executed: Sequence[Executed]) -> None:
        """Add the rollouts of a condition's newest policy."""
        self._batches[condition].append(batch_of(executed))
        self._collection.learned_from(condition, executed)

    def _check_stop(self) -> None:
        if self.should_stop():
            raise TrainingStopped(f"stopped; everything until then is in {self.store.directory}")
        check_present(self.store.directory)
