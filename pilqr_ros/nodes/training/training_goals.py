"""From the learner's goals to what learning is asked to do, checked before a goal is accepted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from pilqr_msgs.action import EvaluatePolicy, TrainGlobal, TrainLocal
from pilqr_ros.learning.errors import TrainingError
from pilqr_ros.learning.policy_evaluation import EvaluationConfig, evaluated_conditions
from pilqr_ros.learning.policy_tests import named_test
from pilqr_ros.learning.run_store import RunConfig, RunStore, open_run
from pilqr_ros.learning.training import MAX_ROLLOUTS, check_config, plan_of
from pilqr_ros.tasks import Task

MAX_PATH = 4095
"""Characters of the longest path that Linux knows."""

TrainingGoal: TypeAlias = TrainLocal.Goal | TrainGlobal.Goal


def training_plan(goal: TrainingGoal, task: Task) -> tuple[RunConfig, RunStore | None]:
    """Return what a training goal asks for, and the run that it continues.

    Raises:
        TrainingError: A value is not allowed, or the run is of another task.
        RunError: There is no such run.
    """
    if goal.resume:
        store = open_run_of(task, goal.resume)
        _check_resumed(goal, store.config)
        _check_kind(goal, store.config, task)
        return store.config, store
    config = RunConfig(
        task=task.name,
        method=goal.method,
        iterations=goal.iterations,
        rollouts=goal.rollouts if goal.rollouts > 0 else task.learning.rollouts,
        seed=goal.seed,
        conditions=tuple(goal.conditions) or plan_of(task, goal.method).conditions,
    )
    check_config(config, task)
    _check_kind(goal, config, task)
    return config, None


def _check_kind(goal: TrainingGoal, config: RunConfig, task: Task) -> None:
    """Check that the method is one of the goal's action, and that its tests are the task's."""
    is_global = isinstance(goal, TrainGlobal.Goal)
    if config.guided != is_global:
        action = "train_global" if config.guided else "train_local"
        raise TrainingError(f"method is {config.method}: it is trained by the action {action}")
    for name in goal.tests if is_global else ():
        named_test(task, name)


def evaluation_plan(goal: EvaluatePolicy.Goal, task: Task) -> tuple[EvaluationConfig, RunStore]:
    """Return what an evaluation goal asks for, and its run.

    Raises:
        TrainingError: A value is not allowed, or the run is of another task.
        RunError: There is no such run.
    """
    if not goal.run:
        raise TrainingError("run is empty, expected a run's directory")
    store = open_run_of(task, goal.run)
    rollouts, conditions = goal.rollouts, tuple(goal.conditions)
    if goal.test:
        test = named_test(store.task, goal.test)
        rollouts, conditions = test.rollouts, test.conditions
    if not 1 <= rollouts <= MAX_ROLLOUTS:
        raise TrainingError(f"rollouts is {rollouts}, expected 1 to {MAX_ROLLOUTS}")
    config = EvaluationConfig(
        iteration=goal.iteration,
        rollouts=rollouts,
        explore=goal.explore,
        seed=goal.seed,
        conditions=conditions,
        policy=goal.policy or "best",
    )
    last = store.iterations_finished
    if not -1 <= config.iteration <= last:
        raise TrainingError(f"iteration is {config.iteration}, expected -1 (the last) to {last}")
    evaluated_conditions(store, config)
    return config, store


def open_run_of(task: Task, directory: str) -> RunStore:
    """Open a run and check that it is of this task.

    Raises:
        TrainingError: It is of another task.
        RunError: It is not a run.
    """
    if len(directory) > MAX_PATH:
        raise TrainingError(
            f"a run's path has {len(directory)} characters, expected at most {MAX_PATH}"
        )
    store = open_run(Path(directory))
    for name in ("name", "T", "dX", "dU"):
        theirs, ours = getattr(store.task, name), getattr(task, name)
        if theirs != ours:
            raise TrainingError(f"{directory}: task.{name} is {theirs!r}, expected {ours!r}")
    return store


def _check_resumed(goal: TrainingGoal, config: RunConfig) -> None:
    """Check that a goal asks for nothing that the run it continues was not asked for."""
    asked = replace(
        config,
        method=goal.method or config.method,
        iterations=goal.iterations if goal.iterations > 0 else config.iterations,
        rollouts=goal.rollouts if goal.rollouts > 0 else config.rollouts,
        seed=goal.seed if goal.seed > 0 else config.seed,
        conditions=tuple(goal.conditions) or config.conditions,
    )
    for name in RunConfig.__annotations__:
        wanted, stored = getattr(asked, name), getattr(config, name)
        if wanted != stored:
            raise TrainingError(f"{name} is {wanted!r}, but the run to resume has {stored!r}")
