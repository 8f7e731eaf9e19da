"""What a run is asked to do; the command line, action goals and comparisons all build it here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pilqr_ros.runs.errors import RunConfigError
from pilqr_ros.runs.origin import Origin
from pilqr_ros.tasks import Task, TaskError
from pilqr_ros.tasks.schema import MAX_ITERATIONS, MAX_ROLLOUTS, MIN_ROLLOUTS
from pilqr_ros.tasks.task import GuidedPlan, LearningPlan
from pilqr_ros.trajopt.policy_update import METHODS

MAX_SEED = 2**64 - 1
"""Largest seed that a run can have: that a goal can carry."""

GUIDED = "mdgps-"
"""What the names of methods within guided policy search begin with."""

ALL_METHODS = (*METHODS, *(f"{GUIDED}{method}" for method in METHODS))
"""The methods by name, alone and within guided policy search."""


@dataclass(frozen=True)
class RunConfig:
    """What a run was asked to do.

    Attributes:
        task: Name of the task.
        method: ``pilqr``, ``lqr-flm`` or ``pi2``; with ``mdgps-`` before it, within guided policy
            search.
        iterations: Number of policy updates.
        rollouts: Rollouts of each iteration and condition.
        seed: Seed of everything random.
        conditions: Indices of the task's conditions.
        origin: The run that its first policies are taken from; None: they are the task file's.
    """

    BOUNDS: ClassVar[dict[str, tuple[int, int]]] = {
        "iterations": (1, MAX_ITERATIONS),
        "rollouts": (MIN_ROLLOUTS, MAX_ROLLOUTS),
        "seed": (0, MAX_SEED),
    }
    """Least and largest value of each number; options of the command line have the same."""

    task: str
    method: str
    iterations: int
    rollouts: int
    seed: int
    conditions: tuple[int, ...]
    origin: Origin | None = None

    @classmethod
    def for_task(
        cls,
        task: Task,
        method: str,
        *,
        seed: int,
        iterations: int | None = None,
        rollouts: int | None = None,
        conditions: Sequence[int] = (),
        origin: Origin | None = None,
    ) -> RunConfig:
        """Return what a new run is to do; the task file tells what is not asked for.

        Args:
            task: The task.
            method: A key of `ALL_METHODS`.
            seed: Seed of everything random.
            iterations: Number of policy updates; None for the task file's.
            rollouts: Rollouts of each iteration and condition; None for the task file's.
            conditions: Indices of conditions; empty for the task file's.
            origin: The run that its first policies are taken from; None for the task file's.

        Raises:
            RunConfigError: A value is not allowed; the message names it and what is.
        """
        usual = plan_of(task, method)
        config = cls(
            task=task.name,
            method=method,
            iterations=usual.iterations if iterations is None else iterations,
            rollouts=task.learning.rollouts if rollouts is None else rollouts,
            seed=seed,
            conditions=tuple(conditions) or usual.conditions,
            origin=origin,
        )
        check_config(config, task)
        return config

    @property
    def guided(self) -> bool:
        """Whether a global policy is trained, too."""
        return self.method.startswith(GUIDED)

    @property
    def local_method(self) -> str:
        """The method of the local policies' updates."""
        return self.method.removeprefix(GUIDED)


def plan_of(task: Task, method: str) -> LearningPlan | GuidedPlan:
    """Return where, how long and with which settings a method trains unless told otherwise."""
    if method.startswith(GUIDED) and task.guided is not None:
        return task.guided
    return task.learning


def check_config(config: RunConfig, task: Task) -> None:
    """Check that a run can be done as it is asked for.

    Raises:
        RunConfigError: A value is not allowed; the message names it and what is.
    """
    if config.task != task.name:
        raise RunConfigError(f"task is {config.task!r}, expected {task.name!r}")
    if config.method not in ALL_METHODS:
        known = ", ".join(ALL_METHODS)
        raise RunConfigError(f"method is {config.method!r}, expected one of {known}")
    if config.guided and task.global_plan is None:
        raise RunConfigError(
            f"method is {config.method}, but {task.name}'s file has no section mdgps"
        )
    for record in (config, config.origin):
        for name, (low, high) in () if record is None else record.BOUNDS.items():
            _check_range(name, getattr(record, name), low, high)
    check_conditions(config.conditions, task)


def check_conditions(conditions: Sequence[int], task: Task) -> None:
    """Check indices of the conditions to train in.

    Raises:
        RunConfigError: There is none, one twice, or one that the task does not have.
    """
    if len(conditions) > len(task.conditions):
        allowed = len(task.conditions)
        problem = f"conditions has {len(conditions)} entries, expected at most {allowed}"
        raise RunConfigError(problem)
    if len(conditions) == 0:
        raise RunConfigError("conditions is empty, expected at least one index")
    if len(set(conditions)) < len(conditions):
        raise RunConfigError(f"conditions is {conditions}, expected each index once")
    try:
        for condition in conditions:
            task.check_condition(condition)
    except TaskError as error:
        raise RunConfigError(str(error)) from error


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise RunConfigError(f"{name} is {value}, expected {low} to {high}")
