"""The named tests of a task: conditions, trained or not, that a policy is tried in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.learning.errors import RequestError
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.task import PolicyTestPlan


@dataclass(frozen=True)
class Tested:
    """What came of a test in one group of conditions.

    Attributes:
        name: ``test/condition``.
        rollouts: Number of rollouts.
        successes: How many of them met the task's criterion.
    """

    name: str
    rollouts: int
    successes: int


def named_test(task: Task, name: str) -> PolicyTestPlan:
    """Return a test of a task by its name.

    Raises:
        RequestError: The task has no such test; the message lists those that it has.
    """
    tests = {} if task.guided is None else task.guided.tests
    if name not in tests:
        known = ", ".join(tests) or "none"
        raise RequestError(f"test is {name!r}, expected one of {task.name}'s: {known}")
    return tests[name]


def evaluation_by_test(store: RunStore, name: str, iteration: int = -1) -> EvaluationConfig:
    """Return how a test tries the policy of an iteration of a run, -1 for the last: without noise.

    Raises:
        RequestError: The task has no such test.
    """
    test = named_test(store.task, name)
    return EvaluationConfig(
        iteration, test.rollouts, seed=store.config.seed, conditions=test.conditions
    )


def run_tests(evaluator: PolicyEvaluator, names: Iterable[str]) -> list[Tested]:
    """Try a run's last policy, without noise, in the conditions of some tests.

    Raises:
        TrainingError: There is no such test, or too many rollouts in a row were invalid.
        TrainingStopped: The evaluator was told to stop.
    """
    store, found = evaluator.store, []
    for name in names:
        results = evaluator.run(evaluation_by_test(store, name))
        groups = groupby(results, lambda one: store.task.conditions[one.rollout.condition].group)
        for group, members in groups:
            outcomes = [member.cost.success for member in members]
            found.append(Tested(f"{name}/{group}", len(outcomes), sum(outcomes)))
    return found
