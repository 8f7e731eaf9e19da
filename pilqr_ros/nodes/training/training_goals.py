"""From the learner's goals to what learning is asked to do, checked before a goal is accepted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from pilqr_msgs.action import EvaluatePolicy, TrainGlobal, TrainLocal
from pilqr_msgs.msg import Origin as OriginMessage
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, evaluated_conditions, policy_of
from pilqr_ros.evaluation.policy_tests import named_test
from pilqr_ros.learning.errors import RequestError
from pilqr_ros.learning.extension import prolonged
from pilqr_ros.learning.strategy import check_torch
from pilqr_ros.robot.execution.policy_execution import check_policy
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import RunStore, open_run
from pilqr_ros.runs.same_files import check_files
from pilqr_ros.runs.same_run import check_same, check_versions
from pilqr_ros.runs.transfer import check_origin
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.schema import MAX_ROLLOUTS

MAX_PATH = 4095
"""Characters of the longest path that Linux knows."""

TrainingGoal: TypeAlias = TrainLocal.Goal | TrainGlobal.Goal


def training_plan(
    goal: TrainingGoal, task: Task, warn: Callable[[str], object]
) -> tuple[RunConfig, RunStore | None]:
    """Return what a training goal asks for, and the run that it continues.

    A run that is continued may be asked for more iterations than it had.

    Args:
        goal: The goal.
        task: The task that the nodes execute.
        warn: Told what may change the last digits of a run that is continued.

    Raises:
        RequestError: A value is not allowed.
        RunError: There is no such run, or it was begun otherwise.
        RunConfigError: A new run cannot be done as it is asked for, or not start from another one.
    """
    if goal.resume and goal.origin.run:
        raise RequestError("origin is for a new run: leave it out, or resume")
    if goal.resume:
        store = prolonged(_open(goal.resume), goal.iterations)
        check_same(store, _asked(goal), task)
        for warning in (*check_files(store), *check_versions(store)):
            warn(warning)
        _check_kind(goal, store.config, task)
        return store.config, store
    config = RunConfig.for_task(
        task,
        goal.method,
        seed=goal.seed,
        iterations=goal.iterations,
        rollouts=goal.rollouts if goal.rollouts > 0 else None,
        conditions=goal.conditions,
        origin=_origin(goal.origin),
    )
    _check_kind(goal, config, task)
    check_origin(config, task)
    return config, None


def _origin(message: OriginMessage) -> Origin | None:
    """Return the run that a new one starts from; None if it starts from none.

    Raises:
        RequestError: Nothing has such a path.
    """
    if not message.run:
        return None
    _check_path(message.run)
    return Origin(message.run, message.iteration, message.noise_scale, message.prior_iterations)


def _check_kind(goal: TrainingGoal, config: RunConfig, task: Task) -> None:
    """Check that the method is one of the goal's action, and that its tests are the task's."""
    is_global = isinstance(goal, TrainGlobal.Goal)
    if config.guided != is_global:
        action = "train_global" if config.guided else "train_local"
        raise RequestError(f"method is {config.method}: it is trained by the action {action}")
    check_torch(config)
    for name in goal.tests if is_global else ():
        named_test(task, name)


def evaluation_plan(goal: EvaluatePolicy.Goal, task: Task) -> tuple[EvaluationConfig, RunStore]:
    """Return what an evaluation goal asks for, and its run.

    Raises:
        RequestError: A value is not allowed.
        RunError: There is no such run or policy, or it was trained for another robot loop.
        PolicyError: A policy cannot be executed.
    """
    if not goal.run:
        raise RequestError("run is empty, expected a run's directory")
    store = _open(goal.run)
    check_same(store, {}, task, strict=False)
    rollouts, conditions = goal.rollouts, tuple(goal.conditions)
    if goal.test:
        test = named_test(store.task, goal.test)
        rollouts, conditions = test.rollouts, test.conditions
    if not 1 <= rollouts <= MAX_ROLLOUTS:
        raise RequestError(f"rollouts is {rollouts}, expected 1 to {MAX_ROLLOUTS}")
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
        raise RequestError(f"iteration is {config.iteration}, expected -1 (the last) to {last}")
    for condition in evaluated_conditions(store, config):
        check_policy(policy_of(store, config.policy, config.iteration, condition), store.task)
    return config, store


def _open(directory: str) -> RunStore:
    """Open a run.

    Raises:
        RequestError: Nothing has such a path.
        RunError: It is not a run.
    """
    _check_path(directory)
    return open_run(Path(directory))


def _check_path(directory: str) -> None:
    if len(directory) > MAX_PATH:
        raise RequestError(
            f"a run's path has {len(directory)} characters, expected at most {MAX_PATH}"
        )


def _asked(goal: TrainingGoal) -> dict[str, object]:
    """Return what a goal asks of the run that it continues.

    A message cannot leave a field out: empty and 0 are for as the run was begun, the seed's, too.
    """
    given = {
        "method": goal.method,
        "iterations": goal.iterations,
        "rollouts": goal.rollouts,
        "seed": goal.seed,
        "conditions": tuple(goal.conditions),
    }
    return {name: value for name, value in given.items() if value not in ("", 0, ())}
