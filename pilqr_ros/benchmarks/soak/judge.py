"""Compares runs that went through faults with what they would have been without."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import RunStore, create_run_in, open_run
from pilqr_ros.tasks import Task

_EXACT = ("states", "commanded", "applied", "noise")


class TrainingVerdict(NamedTuple):
    """What came of one finished training.

    Attributes:
        rollouts: Rollouts that it learned from.
        wrong: Those that are not the undisturbed training's, bit for bit.
        equal: Whether all policies are, too.
    """

    rollouts: int
    wrong: int
    equal: bool


@dataclass(frozen=True)
class Judge:
    """Knows the undisturbed trainings of a task.

    Attributes:
        task: The task.
        directory: Where the undisturbed runs are kept.
    """

    task: Task
    directory: Path

    def judge(self, run: Path) -> TrainingVerdict:
        """Judge a finished run of a lock-step graph."""
        faulted = open_run(run)
        config = faulted.config
        undisturbed = self._undisturbed(config)
        wrong = count = 0
        for place in _places(config):
            count += 1
            wrong += not _same_sample(faulted, undisturbed, place)
        equal = wrong == 0 and all(
            _same_policy(faulted, undisturbed, iteration, condition)
            for iteration in range(config.iterations + 1)
            for condition in config.conditions
        )
        return TrainingVerdict(count, wrong, equal)

    def judge_on_clock(self, run: Path) -> TrainingVerdict:
        """Judge a run of a graph on the clock: no two are equal, but each sample must be sound."""
        faulted = open_run(run)
        rollouts = [faulted.rollout(*place) for place in _places(faulted.config)]
        finished = [rollout for rollout in rollouts if rollout is not None]
        wrong = sum(not self._sound(rollout) for rollout in finished)
        return TrainingVerdict(len(finished), wrong, equal=False)

    def _undisturbed(self, config: RunConfig) -> RunStore:
        """Return the run of the same training in one process."""
        place = self.directory / f"{config.method}_{config.seed}_{config.iterations}"
        if (place / "run.json").exists():
            return open_run(place)
        store = create_run_in(place, self.task, config)
        Trainer(store, InProcessCollector(self.task), TaskCostEvaluator(self.task)).run()
        return store

    def _sound(self, rollout: Rollout) -> bool:
        """Tell whether a sample is complete, finite, on time, and within the limits."""
        gaps = np.diff(rollout.stamps) / self.task.period_ns
        return bool(
            rollout.valid
            and self.task.T == rollout.T
            and all(np.isfinite(getattr(rollout, name)).all() for name in _EXACT)
            and (np.abs(rollout.applied) <= self.task.torque_limits + 1e-9).all()
            and (gaps > 0.0).all()
            and (gaps <= 1.5).all()
        )


class Keeper:
    """Remembers every finished rollout that it has seen, to find out whether one is lost."""

    def __init__(self, runs: Path) -> None:
        """Look at the runs below a folder."""
        self._runs = runs
        self._seen: dict[Path, str] = {}

    @property
    def finished(self) -> int:
        """Rollouts seen."""
        return len(self._seen)

    def look(self) -> None:
        """Remember what is there now."""
        for path in self._runs.glob("*/*/iteration_*/condition_*/rollout_??.npz"):
            if path not in self._seen:
                self._seen[path] = _digest(path)

    def lost(self) -> list[Path]:
        """Return the rollouts that are gone or changed."""
        return [
            path
            for path, digest in self._seen.items()
            if not path.exists() or _digest(path) != digest
        ]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _places(config: RunConfig) -> list[tuple[int, int, int]]:
    return [
        (iteration, condition, sample)
        for iteration in range(config.iterations)
        for condition in config.conditions
        for sample in range(config.rollouts)
    ]


def _same_sample(one: RunStore, other: RunStore, place: tuple[int, int, int]) -> bool:
    mine, theirs = one.rollout(*place), other.rollout(*place)
    my_cost, their_cost = one.cost(*place), other.cost(*place)
    if mine is None or theirs is None or my_cost is None or their_cost is None:
        return False
    same = all(np.array_equal(getattr(mine, name), getattr(theirs, name)) for name in _EXACT)
    return same and np.array_equal(my_cost.costs, their_cost.costs)


def _same_policy(one: RunStore, other: RunStore, iteration: int, condition: int) -> bool:
    (mine, my_steps), (theirs, their_steps) = (
        store.policy(iteration, condition) for store in (one, other)
    )
    pairs = [(my_steps, their_steps)]
    pairs += [(getattr(mine, name), getattr(theirs, name)) for name in ("K", "k", "L")]
    return all(np.array_equal(a, b) for a, b in pairs)
