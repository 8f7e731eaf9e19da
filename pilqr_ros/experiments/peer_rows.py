"""Results of `pilqr peers` as rows of a comparison's table: other learners in the same tests."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pilqr_ros.experiments.learning_table import Measured
from pilqr_ros.peers.judging import Checkpoint
from pilqr_ros.peers.peer_run import PEERS, PeerRun, stored
from pilqr_ros.tasks import Task


class PeerRows(NamedTuple):
    """What was found.

    Attributes:
        rows: One for each checkpoint and each of the task's tests that it is a result of.
        left_out: Files of results that belong to none, see `peer_rows`.
    """

    rows: tuple[Measured, ...]
    left_out: tuple[Path, ...]


def peer_rows(task: Task, directory: Path) -> PeerRows:
    """Gather the results of peers on a task that can stand beside those of its networks.

    These learned in the conditions that the networks are trained in, and were tested in those of
    one of the task's tests, as often as it says. All others are left out.

    Args:
        task: The task.
        directory: What `pilqr peers --directory` named.

    Raises:
        PeerError: A file there is no result.
        RunError: It cannot be read.
    """
    rows: list[Measured] = []
    left_out: list[Path] = []
    for peer in PEERS:
        for path in sorted((directory / task.name / peer).glob("seed_*.json")):
            run, checkpoints = stored(path)
            places = _places(task, run)
            rows += [_row(run, place, one) for place in places for one in checkpoints]
            if not places:
                left_out.append(path)
    return PeerRows(tuple(rows), tuple(left_out))


def _places(task: Task, run: PeerRun) -> list[str]:
    """Return the names of the task's tests that a run's are."""

    def names(indices: Iterable[int]) -> list[str]:
        return sorted(task.conditions[index].name for index in indices)

    plan = task.guided
    if plan is None or sorted(run.conditions) != names(plan.conditions):
        return []
    return [
        name
        for name, test in plan.tests.items()
        if sorted(run.test_conditions) == names(test.conditions)
        and run.tests == len(test.conditions) * test.rollouts
    ]


def _row(run: PeerRun, place: str, one: Checkpoint) -> Measured:
    distance = one.mean_distance if math.isfinite(one.mean_distance) else math.nan
    rate = one.successes / run.tests
    return Measured(
        run.peer, run.seed, "test", place, one.episodes, run.tests, rate, distance, math.nan
    )
