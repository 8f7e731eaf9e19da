"""What a training tells, as messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pilqr_msgs.action import EvaluatePolicy, TrainGlobal, TrainLocal
from pilqr_msgs.msg import IterationReport
from pilqr_ros.evaluation.policy_evaluation import EvaluatedRollout
from pilqr_ros.evaluation.policy_tests import Tested
from pilqr_ros.learning.progress import IterationSummary, TrainingProgress
from pilqr_ros.nodes.messages.conversions import to_field
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.typing import Array

Training = type[TrainLocal] | type[TrainGlobal]
"""The actions that train; their feedback and most of their results have the same fields."""


def feedback_message(
    action: Training, progress: TrainingProgress, store: RunStore, left_out: Iterable[str] = ()
) -> object:
    """Return a training's progress as feedback of its action.

    Args:
        action: The action.
        progress: The progress.
        store: The run.
        left_out: Names of the robots that take no part.
    """
    without = ", ".join(left_out)
    return action.Feedback(
        iteration=progress.iteration,
        iterations=progress.iterations,
        rollout=progress.rollout,
        rollouts=progress.rollouts,
        mean_cost=progress.mean_cost,
        success_rate=progress.success_rate,
        seconds_left=progress.seconds_left,
        phase=f"{progress.phase} without {without}" if without else progress.phase,
        run_directory=str(store.directory),
        waiting_for=progress.waiting_for,
    )


def first_feedback(action: Training, store: RunStore) -> object:
    """Return the feedback of a training that begins, or goes on."""
    config = store.config
    per_iteration = config.rollouts * len(config.conditions)
    finished = store.iterations_finished
    progress = TrainingProgress("collecting", finished, config.iterations, 0, per_iteration)
    return feedback_message(action, progress, store)


def report_message(
    summary: IterationSummary, step_multiplier: Array, store: RunStore
) -> IterationReport:
    """Return what an iteration found in one condition.

    Args:
        summary: The iteration.
        step_multiplier: Multipliers of the KL step for the next iteration, ``(T,)``.
        store: The run.
    """
    record = summary.record
    return IterationReport(
        task=store.config.task,
        method=store.config.method,
        run_directory=str(store.directory),
        iteration=summary.iteration,
        condition=summary.condition,
        rollouts=summary.rollouts,
        rollouts_invalid=summary.rollouts_invalid,
        total_costs=to_field(summary.total_costs),
        success_rate=summary.success_rate,
        distances=to_field(summary.distances),
        step_multipliers=to_field(step_multiplier),
        temperatures=_optional_field(record.get("temperature")),
        effective_samples=_optional_field(record.get("effective_samples")),
        residual_ratios=_optional_field(record.get("residual_ratio")),
        kl_divergences=_optional_field(record.get("kl_got")),
        seconds_collecting=summary.seconds_collecting,
        seconds_updating=summary.seconds_updating,
    )


def fill_tests(result: TrainGlobal.Result, tested: Sequence[Tested]) -> None:
    """Write what came of the tests into a result."""
    result.test_conditions = [each.name for each in tested]
    result.test_rollouts = [each.rollouts for each in tested]
    result.test_successes = [each.successes for each in tested]


def fill_result(result: TrainLocal.Result | TrainGlobal.Result, store: RunStore) -> None:
    """Write into a result how far a run has come."""
    config, reports = store.config, store.reports()
    result.run_directory = str(store.directory)
    result.iterations = store.iterations_finished
    result.rollouts = sum(report["rollouts"] for report in reports)
    last = [r["successes"] for r in reports if r["iteration"] == result.iterations - 1]
    outcomes = [success for successes in last for success in successes]
    result.success_rate = sum(outcomes) / len(outcomes) if outcomes else 0.0
    if not result.message:
        result.message = f"{config.method} finished {result.iterations} iterations"


def add_rollout(result: EvaluatePolicy.Result, evaluated: EvaluatedRollout) -> None:
    """Add one rollout to an evaluation's result."""
    result.condition.append(evaluated.rollout.condition)
    result.successes.append(evaluated.cost.success)
    result.total_costs.append(evaluated.cost.total)
    result.distances.append(evaluated.cost.distance)


def _optional_field(values: Array | None) -> object:
    """Return an array per time step as a field, empty where there is none."""
    return to_field([] if values is None else values)
