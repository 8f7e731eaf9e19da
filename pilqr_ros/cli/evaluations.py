"""Evaluations of a run, with a bar and a table of what came of them."""

from __future__ import annotations

from collections.abc import Sequence

from pilqr_ros.cli import bars, tables
from pilqr_ros.cli import console as show
from pilqr_ros.cli.sessions import Session, TrainingEndedEarly, resuming
from pilqr_ros.error_code import ErrorCode, code_of
from pilqr_ros.errors import PilqrError
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, evaluated_rollouts
from pilqr_ros.evaluation.policy_tests import evaluation_by_test
from pilqr_ros.learning.errors import TrainingError, TrainingStopped
from pilqr_ros.runs.best_iteration import best_iteration
from pilqr_ros.runs.run_store import RunStore


class EvaluationEndedEarly(TrainingError):
    """The evaluation of a trained run failed; the message says why, and how it is done again."""

    def __init__(self, message: str, code: ErrorCode) -> None:
        """Say why, and what it is."""
        super().__init__(message)
        self.code = code


def best_of(store: RunStore, failure: TrainingEndedEarly) -> int:
    """Return the iteration whose policies did best before a training failed, and say which.

    Raises:
        TrainingEndedEarly: None is finished.
    """
    best = best_iteration(store)
    if best is None:
        raise failure
    show.warn(
        f"training ended early; its best policy so far is that of iteration {best.iteration + 1} "
        f"(evaluate --iteration {best.iteration}), whose rollouts cost {best.mean_cost:.4g}"
    )
    return best.iteration


def final_evaluations(store: RunStore, rollouts: int, iteration: int) -> list[EvaluationConfig]:
    """Return how a run is evaluated: where there are tests of a global policy, by them.

    Args:
        store: The run.
        rollouts: Rollouts of each condition where there are no tests.
        iteration: Whose policies; -1 for the last.
    """
    guided = store.task.guided
    if not store.config.guided or guided is None or not guided.tests:
        return [EvaluationConfig(iteration, rollouts, seed=store.config.seed)]
    return [evaluation_by_test(store, name, iteration) for name in guided.tests]


def evaluate_all(
    work: Session, store: RunStore, planned: Sequence[EvaluationConfig]
) -> PilqrError | None:
    """Evaluate a run that was trained, and return what ended that early; None if nothing did.

    So what there is of the run can still be told.
    """
    try:
        for config in planned:
            evaluate_with_bar(work, store, config)
    except KeyboardInterrupt:
        return TrainingStopped("interrupted")
    except PilqrError as error:
        return error
    return None


def unevaluated(store: RunStore, why: PilqrError, again: str) -> PilqrError:
    """Return the error of a run that is trained, but not evaluated to the end.

    Args:
        store: The run.
        why: What ended its evaluation.
        again: The options with which it is evaluated as it was to be (see `Where.again`).
    """
    goes_on = f"`{resuming(str(store.directory), again)}` evaluates it"
    text = f"{store.directory} is trained, its evaluation ended early: {why}; {goes_on}"
    if isinstance(why, TrainingStopped):
        return TrainingStopped(text)
    return EvaluationEndedEarly(text, code_of(why))


def evaluate_with_bar(work: Session, store: RunStore, config: EvaluationConfig) -> None:
    """Evaluate a run and print what came of it."""
    total = config.rollouts * len(config.conditions or store.config.conditions)
    with bars.counting_bar("evaluation", total) as advance:
        outcomes = work.evaluate(store.directory, config, advance)
    tables.show_evaluation(store.task, outcomes)
    tables.show_measures(store.task, evaluated_rollouts(store, config))
