"""Executing the policies of a run without learning from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pilqr_ros.evaluation.measured import spreads
from pilqr_ros.guided.neural_policy import NeuralPolicy
from pilqr_ros.learning.collector import Collector
from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.learning.sampling import execute_until_valid, in_order
from pilqr_ros.learning.seeds import Stream, rollout_seed
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostEvaluator, CostReport
from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import NotInRunError
from pilqr_ros.runs.last_policy import NOISY
from pilqr_ros.runs.policy_kind import POLICY_KINDS, means_global
from pilqr_ros.runs.rollout_files import save_attempt, save_cost
from pilqr_ros.runs.run_config import MAX_SEED
from pilqr_ros.runs.run_folder import iteration_name
from pilqr_ros.runs.run_presence import check_present, working_in
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.runs.served_condition import check_trained
from pilqr_ros.tasks.schema import MAX_ITERATIONS, MAX_ROLLOUTS
from pilqr_ros.trajopt.policy import Policy


@dataclass(frozen=True)
class EvaluationConfig:
    """What to evaluate.

    Attributes:
        iteration: Whose policies; -1 for the last ones.
        rollouts: Rollouts of each condition.
        explore: Whether the policy's own noise is on.
        seed: Seed of start jitter and noise.
        conditions: Indices of conditions; empty for all of the run. The global policy can be tried
            in conditions that it was not trained in.
        policy: The local policies, or the global one; by default the global one where there is one.
    """

    BOUNDS: ClassVar[dict[str, tuple[int, int]]] = {
        "iteration": (-1, MAX_ITERATIONS),
        "rollouts": (1, MAX_ROLLOUTS),
        "seed": (0, MAX_SEED),
    }
    """Least and largest value of each number; options of the command line have the same."""

    iteration: int = -1
    rollouts: int = 20
    explore: bool = False
    seed: int = 0
    conditions: tuple[int, ...] = ()
    policy: str = "best"


@dataclass(frozen=True)
class EvaluatedRollout:
    """One rollout of an evaluation, its cost and the task's measures of it."""

    rollout: Rollout
    cost: CostReport
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass
class PolicyEvaluator:
    """Evaluates the policies of one run and stores the rollouts beside them.

    Attributes:
        store: The run.
        collector: Executes policies.
        evaluator: Tells what a rollout cost.
        should_stop: Asked before each rollout.
        at_once: How many rollouts are executed at once; the collector must be able to.
    """

    store: RunStore
    collector: Collector
    evaluator: CostEvaluator
    should_stop: Callable[[], bool] = lambda: False
    at_once: int = 1

    def run(
        self,
        config: EvaluationConfig,
        on_rollout: Callable[[EvaluatedRollout], None] = lambda evaluated: None,
    ) -> list[EvaluatedRollout]:
        """Execute the policies and return every rollout with its cost.

        Raises:
            RunError: The run has no such policies or conditions, or is gone.
            TrainingError: Too many rollouts in a row were invalid.
            TrainingStopped: `should_stop` said so.
        """
        with working_in(self.store.directory):
            return self._run(config, on_rollout)

    def _run(
        self, config: EvaluationConfig, on_rollout: Callable[[EvaluatedRollout], None]
    ) -> list[EvaluatedRollout]:
        iteration = _finished(self.store, config.iteration)
        directory = _directory(self.store, config)
        jobs = []
        for condition in evaluated_conditions(self.store, config):
            policy = policy_of(self.store, config.policy, iteration, condition)
            for sample in range(config.rollouts):
                path = _path(directory, condition, sample)
                place = _EvaluationPlace(path, config.seed, iteration, condition, sample)
                jobs.append(partial(self._execute, policy, place, config.explore))
        results = []
        with closing(in_order(jobs, self.at_once)) as evaluated:
            for each in evaluated:
                results.append(each)
                on_rollout(each)
        atomic.write_json(directory / "summary.json", summarise(results))
        return results

    def _execute(self, policy: Policy, place: _EvaluationPlace, explore: bool) -> EvaluatedRollout:
        """Execute a policy until a rollout is valid, and store it with its cost."""
        rollout = execute_until_valid(
            self.collector, policy, place, explore=explore, check_stop=self._check_stop
        )
        cost = self.evaluator.evaluate(rollout)
        measures = self.store.task.measures(rollout.condition, rollout.states)
        save_cost(place.path.with_suffix(".cost.npz"), cost, measures)
        return EvaluatedRollout(rollout, cost, measures)

    def _check_stop(self) -> None:
        if self.should_stop():
            raise TrainingStopped("evaluation stopped")
        check_present(self.store.directory)


def policy_of(store: RunStore, kind: str, iteration: int, condition: int) -> Policy:
    """Return a run's policy in a condition.

    Args:
        store: The run.
        kind: Which of its policies.
        iteration: Whose; -1 for the last one.
        condition: Index of the condition.

    Raises:
        TaskError: The task has no such condition.
        NotInRunError: There is no such policy.
    """
    iteration = store.iterations_finished if iteration == -1 else iteration
    if not is_global(store, kind):
        check_trained(store.config, store.task, condition)
        return store.policy(iteration, condition)[0]
    network = store.network(iteration)
    if network is None:
        raise NotInRunError(f"{store.directory} has no global policy of iteration {iteration}")
    return NeuralPolicy(network, store.task.observation(condition))


def is_global(store: RunStore, kind: str) -> bool:
    """Tell whether the global policy of a run is meant.

    Raises:
        NotInRunError: It is, and the run has none.
    """
    if kind not in POLICY_KINDS:
        raise NotInRunError(f"policy is {kind!r}, expected one of {', '.join(POLICY_KINDS)}")
    if kind == "global" and not store.config.guided:
        raise NotInRunError(f"policy is 'global', but {store.config.method} trains local ones only")
    return means_global(kind, guided=store.config.guided)


def evaluated_conditions(store: RunStore, config: EvaluationConfig) -> tuple[int, ...]:
    """Return the conditions that an evaluation goes through.

    Raises:
        TaskError: The task has no such condition.
        NotInRunError: One is not the run's, which the global policy need not mind, or comes twice.
    """
    whole = is_global(store, config.policy)
    for condition in config.conditions:
        if whole:
            store.task.check_condition(condition)
        else:
            check_trained(store.config, store.task, condition)
    if len(set(config.conditions)) < len(config.conditions):
        raise NotInRunError("conditions names one more than once, expected each index once")
    return config.conditions or store.config.conditions


def evaluated_rollouts(store: RunStore, config: EvaluationConfig) -> list[tuple[int, Path]]:
    """Return condition and file of each rollout of an evaluation (errors as its own)."""
    directory = _directory(store, config)
    return [
        (condition, _path(directory, condition, sample))
        for condition in evaluated_conditions(store, config)
        for sample in range(config.rollouts)
    ]


def _finished(store: RunStore, wanted: int) -> int:
    last = store.iterations_finished
    if not -1 <= wanted <= last:
        raise NotInRunError(f"iteration is {wanted}, expected -1 (the last) or 0 to {last}")
    return last if wanted == -1 else wanted


def _directory(store: RunStore, config: EvaluationConfig) -> Path:
    kind = "local_" if store.config.guided and config.policy == "local" else ""
    iteration = iteration_name(_finished(store, config.iteration))
    return store.evaluation_directory(
        f"{kind}{iteration}_seed_{config.seed}" + NOISY * config.explore
    )


def _path(directory: Path, condition: int, sample: int) -> Path:
    return directory / f"condition_{condition}" / f"rollout_{sample:02d}.npz"


@dataclass
class _EvaluationPlace:
    """The place of one rollout of an evaluation; what an earlier evaluation left is replaced."""

    path: Path
    run_seed: int
    iteration: int
    condition: int
    sample: int
    failed: int = 0
    reason: str = ""

    def __str__(self) -> str:
        return f"evaluation, condition {self.condition}, rollout {self.sample}"

    def seed(self) -> int:
        """Return the seed of the next attempt."""
        which = (self.iteration, self.condition, self.sample)
        return rollout_seed(self.run_seed, *which, self.failed, Stream.EVALUATION)

    def failures(self) -> tuple[int, str]:
        """Return how many attempts failed in a row, and why the last one did."""
        return self.failed, self.reason

    def keep(self, rollout: Rollout) -> None:
        """Store an attempt."""
        save_attempt(self.path, rollout)
        if not (rollout.valid or rollout.interrupted):
            self.failed, self.reason = self.failed + 1, rollout.reason


def summarise(results: list[EvaluatedRollout]) -> dict[str, Any]:
    """Return the figures of an evaluation: rollouts, success rate, distance, cost, measures."""
    costs = [evaluated.cost for evaluated in results]
    measured = spreads(evaluated.measures for evaluated in results)
    return {
        "rollouts": len(costs),
        "successes": sum(cost.success for cost in costs),
        "mean_distance": float(np.mean([cost.distance for cost in costs])),
        "mean_cost": float(np.mean([cost.total for cost in costs])),
        "mean_measures": {name: spread.mean for name, spread in measured.items()},
        "least_measures": {name: spread.least for name, spread in measured.items()},
        "greatest_measures": {name: spread.greatest for name, spread in measured.items()},
    }
