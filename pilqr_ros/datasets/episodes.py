"""The rollouts of a run as episodes: those that may be learned from, each with what it cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pilqr_ros.datasets.errors import DataSetError
from pilqr_ros.robot.execution.rollout_cost import CostReport, TaskCostEvaluator
from pilqr_ros.runs.file_names import EVALUATIONS
from pilqr_ros.runs.rollout_files import load_sample, load_sample_cost, unused_rollouts
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.typing import Array

_PLACE = re.compile(r"iteration_(\d+)[^/]*/condition_(\d+)/rollout_\d+\.npz$")
"""Where a rollout lies: whose policy, and in which condition; what failed has more in its name."""


@dataclass(frozen=True)
class Episode:
    """One rollout.

    Attributes:
        instruction: What is to be done, in words.
        condition: Index of the task's condition.
        iteration: Number of updates that its policy had behind it.
        noise_free: Whether the policy was executed without its exploration noise.
        success: Whether the task's criterion is met.
        distance: Distance to success [m or rad].
        source: Its file, by the path in the run.
        states: ``(T, dX)``.
        commanded: Torques that the policy asked for [N m or N], ``(T, dU)``.
        applied: Torques that reached the robot after every limit, ``(T, dU)``.
        noise: Unit exploration noise, ``(T, dU)``.
        costs: Cost of each step, ``(T,)``.
    """

    instruction: str
    condition: int
    iteration: int
    noise_free: bool
    success: bool
    distance: float
    source: str
    states: Array
    commanded: Array
    applied: Array
    noise: Array
    costs: Array

    @property
    def T(self) -> int:
        """Number of control steps."""
        return len(self.states)


@dataclass(frozen=True)
class EpisodeSet:
    """Episodes of one task.

    Attributes:
        rate: Rate of control [Hz].
        state_names: Name of each entry of the state, such as ``puck.x``, ``(dX,)``.
        joints: Name of each actuated joint, ``(dU,)``.
        episodes: The episodes.
    """

    rate: float
    state_names: tuple[str, ...]
    joints: tuple[str, ...]
    episodes: tuple[Episode, ...]


def episodes_of(store: RunStore) -> EpisodeSet:
    """Return the valid rollouts of a run, of its training and of its evaluations.

    Left out are rollouts that failed or were interrupted, and those of policies that were refused.

    Raises:
        RunError: A rollout is damaged.
        DataSetError: There is none.
    """
    episodes = tuple(_episodes(store))
    if not episodes:
        raise DataSetError(f"{store.directory} has no rollout yet: there is nothing to export")
    task = store.task
    return EpisodeSet(task.rate, task.layout.labels, task.joints, episodes)


def count_left_out(store: RunStore) -> int:
    """Return how many rollouts of a run failed or were interrupted."""
    return len(unused_rollouts(store.directory))


def _episodes(store: RunStore) -> Iterator[Episode]:
    task, evaluator = store.task, TaskCostEvaluator(store.task)
    for path, iteration, condition in _places(store.directory):
        task.check_condition(condition)
        rollout = load_sample(path, task, condition)
        cost = _stored_cost(path, rollout.T) or evaluator.evaluate(rollout)
        yield Episode(
            instruction=f"{task.description or task.name} ({task.conditions[condition].name})",
            condition=condition,
            iteration=iteration,
            noise_free=not np.any(rollout.noise),
            success=cost.success,
            distance=cost.distance,
            source=path.relative_to(store.directory).as_posix(),
            states=rollout.states,
            commanded=rollout.commanded,
            applied=rollout.applied,
            noise=rollout.noise,
            costs=cost.costs,
        )


def _places(directory: Path) -> Iterator[tuple[Path, int, int]]:
    """Yield the rollouts that count with iteration and condition, those of the training first."""
    for folder in (directory, directory / EVALUATIONS):
        for path in sorted(folder.glob("*iteration_*/condition_*/rollout_*.npz")):
            found = _PLACE.search(path.as_posix())
            if found is not None:
                yield path, int(found[1]), int(found[2])


def _stored_cost(path: Path, T: int) -> CostReport | None:
    """Return what a rollout was found to cost; None if that was not stored."""
    cost = path.with_suffix(".cost.npz")
    return load_sample_cost(cost, T) if cost.exists() else None
