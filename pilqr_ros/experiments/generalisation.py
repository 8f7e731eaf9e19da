"""How a run's networks do in the task's tests as training goes on (the paper's Figures 4 and 5)."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilqr_ros.evaluation.policy_evaluation import PolicyEvaluator, summarise
from pilqr_ros.evaluation.policy_tests import evaluation_by_test
from pilqr_ros.runs.run_store import RunStore

MAX_POINTS = 11
"""A curve has the networks of so many iterations at most, the first and the last among them."""

TestCurve = list[dict[str, Any]]
"""One entry a network, see `curves_over_tests`."""


def curves_over_tests(store: RunStore, evaluator: PolicyEvaluator) -> dict[str, TestCurve]:
    """Try the networks of some iterations, without noise, in all tests of a run's task.

    Returns:
        For each test one entry a network: ``training_rollouts``, those that it was trained on, and
        the figures of `summarise`.

    Raises:
        TrainingError: Too many rollouts in a row were invalid.
    """
    if not store.config.guided or store.task.guided is None:
        return {}
    iterations = _spread(store.iterations_finished)
    return {
        name: [_point(store, evaluator, name, iteration) for iteration in iterations]
        for name in store.task.guided.tests
    }


def _spread(last: int) -> list[int]:
    """Return iterations from 0 to the last, evenly spread."""
    return sorted({round(at) for at in np.linspace(0, last, MAX_POINTS)})


def _point(
    store: RunStore, evaluator: PolicyEvaluator, name: str, iteration: int
) -> dict[str, Any]:
    results, config = evaluator.run(evaluation_by_test(store, name, iteration)), store.config
    trained_on = iteration * config.rollouts * len(config.conditions)
    return {"training_rollouts": trained_on, **summarise(results)}
