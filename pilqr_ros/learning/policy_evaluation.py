"""Executing the policies of a run without learning from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pilqr_ros.learning import atomic
from pilqr_ros.learning.collector import Collector
from pilqr_ros.learning.costing import CostEvaluator, CostReport
from pilqr_ros.learning.errors import RunError, TrainingError, TrainingStopped
from pilqr_ros.learning.rollout_files import save_cost, save_rollout
from pilqr_ros.learning.run_store import RunStore
from pilqr_ros.learning.seeds import Stream, rollout_seed
from pilqr_ros.learning.training import MAX_ATTEMPTS
from pilqr_ros.robot.rollout import Rollout
from pilqr_ros.trajopt.tvlg import TVLGPolicy


@dataclass(frozen=True)
class EvaluationConfig:
    """What to evaluate.

    Attributes:
        iteration: Whose policies; -1 for the last ones.
        rollouts: Rollouts of each condition.
        explore: Whether the policy's own noise is on.
        seed: Seed of start jitter and noise.
        conditions: Indices of conditions; empty for all of the run.
    """

    iteration: int = -1
    rollouts: int = 20
    explore: bool = False
    seed: int = 0
    conditions: tuple[int, ...] = ()


@dataclass(frozen=True)
class EvaluatedRollout:
    """One rollout of an evaluation and its cost."""

    rollout: Rollout
    cost: CostReport


@dataclass
class PolicyEvaluator:
    """Evaluates the policies of one run and stores the rollouts beside them."""

    store: RunStore
    collector: Collector
    evaluator: CostEvaluator
    should_stop: Callable[[], bool] = lambda: False

    def run(
        self,
        config: EvaluationConfig,
        on_rollout: Callable[[EvaluatedRollout], None] = lambda evaluated: None,
    ) -> list[EvaluatedRollout]:
        """Execute the policies and return every rollout with its cost.

        Raises:
            RunError: The run has no such policies or conditions.
            TrainingError: Too many rollouts in a row were invalid.
            TrainingStopped: `should_stop` said so.
        """
        iteration = self._iteration(config.iteration)
        name = f"iteration_{iteration:03d}_seed_{config.seed}" + "_noisy" * config.explore
        directory = self.store.evaluation_directory(name)
        results = []
        for condition in self._conditions(config.conditions):
            policy, _ = self.store.policy(iteration, condition)
            for sample in range(config.rollouts):
                place = directory / f"condition_{condition}" / f"rollout_{sample:02d}.npz"
                rollout = self._execute(policy, config, (iteration, condition, sample), place)
                cost = self.evaluator.evaluate(rollout)
                save_cost(place.with_suffix(".cost.npz"), cost)
                results.append(EvaluatedRollout(rollout, cost))
                on_rollout(results[-1])
        atomic.write_json(directory / "summary.json", summarise(results))
        return results

    def _execute(
        self,
        policy: TVLGPolicy,
        config: EvaluationConfig,
        which: tuple[int, int, int],
        place: Path,
    ) -> Rollout:
        """Execute a policy until a rollout is valid, and store every rollout at once."""
        condition, reason = which[1], ""
        for attempt in range(MAX_ATTEMPTS):
            if self.should_stop():
                raise TrainingStopped("evaluation stopped")
            seed = rollout_seed(config.seed, *which, attempt, Stream.EVALUATION)
            rollout = self.collector.collect(
                policy, condition, seed, explore=config.explore, jitter=True
            )
            if rollout.valid:
                save_rollout(place, rollout)
                return rollout
            save_rollout(place.with_suffix(f".invalid_{attempt}.npz"), rollout)
            reason = rollout.reason
        raise TrainingError(
            f"evaluation, condition {condition}, rollout {which[2]}: {MAX_ATTEMPTS} rollouts in a "
            f"row were invalid, the last one because {reason}"
        )

    def _iteration(self, wanted: int) -> int:
        last = self.store.iterations_finished
        if not -1 <= wanted <= last:
            raise RunError(f"iteration is {wanted}, expected -1 (the last) or 0 to {last}")
        return last if wanted == -1 else wanted

    def _conditions(self, wanted: tuple[int, ...]) -> tuple[int, ...]:
        trained = self.store.config.conditions
        for condition in wanted:
            if condition not in trained:
                raise RunError(f"condition is {condition}, expected one of the run's {trained}")
        return wanted or trained


def summarise(results: list[EvaluatedRollout]) -> dict[str, float | int]:
    """Return the figures of an evaluation: rollouts, success rate, distance and cost."""
    costs = [evaluated.cost for evaluated in results]
    return {
        "rollouts": len(costs),
        "successes": sum(cost.success for cost in costs),
        "mean_distance": float(np.mean([cost.distance for cost in costs])),
        "mean_cost": float(np.mean([cost.total for cost in costs])),
    }
