"""What a comparison measured, as one tidy table: a row a seed, place and phase; no raw rollouts.

Figures and statistics are made of it, so they can be made again when the runs are gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from pilqr_ros.experiments.comparison import ComparedRun
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.file_names import DESCRIPTION_FILE
from pilqr_ros.runs.report_file import load_report
from pilqr_ros.runs.run_folder import open_folder
from pilqr_ros.runs.run_store import open_run
from pilqr_ros.tasks import Task

Phase = Literal["training", "final", "final-noisy", "test"]
"""Rollouts of training; of the last policy without noise and with it; of a network in a test."""


class Measured(NamedTuple):
    """One row.

    Attributes:
        variant: A method, with or without changes of its settings; or a peer.
        seed: The run's.
        phase: Which rollouts were judged.
        place: A condition's name, or a test's.
        trained_on: Rollouts that the policy had been trained on in this place, over all conditions
            for a network; of training, those of the iteration itself included.
        judged: How many rollouts were judged.
        success_rate: Share of them that succeeded.
        distance: Their mean distance to success, in the table's unit; nan in a test of a peer none
            of whose rollouts ran to its end.
        cost: Their mean cost; nan in the tests of peers, which do not tell it.
    """

    variant: str
    seed: int
    phase: Phase
    place: str
    trained_on: int
    judged: int
    success_rate: float
    distance: float
    cost: float


@dataclass(frozen=True)
class LearningTable:
    """A comparison on one task.

    Attributes:
        task: The task's name.
        distance_label: What its distance to success is called, with the unit.
        rows: What was measured.
    """

    task: str
    distance_label: str
    rows: tuple[Measured, ...]

    def of(self, phase: Phase) -> LearningTable:
        """Return the rows of a phase."""
        rows = tuple(row for row in self.rows if row.phase == phase)
        return LearningTable(self.task, self.distance_label, rows)

    def at(self, places: Collection[str]) -> LearningTable:
        """Return the rows of some places, of all if none is named."""
        rows = tuple(row for row in self.rows if not places or row.place in places)
        return LearningTable(self.task, self.distance_label, rows)

    @property
    def variants(self) -> list[str]:
        """The variants in their order."""
        return list(dict.fromkeys(row.variant for row in self.rows))

    @property
    def places(self) -> list[str]:
        """The places in their order."""
        return list(dict.fromkeys(row.place for row in self.rows))

    def curves(self, variant: str, place: str) -> dict[int, list[Measured]]:
        """Return the rows of a variant at a place by seed, each by the rollouts trained on."""
        found: dict[int, list[Measured]] = {}
        for row in sorted(self.rows, key=lambda row: row.trained_on):
            if (row.variant, row.place) == (variant, place):
                found.setdefault(row.seed, []).append(row)
        return found


def measure(jobs: Sequence[ComparedRun], results: Mapping[ComparedRun, Any]) -> LearningTable:
    """Gather what the runs of a comparison came to.

    Args:
        jobs: The runs; those that have not begun are left out.
        results: The results of those that are done.

    Raises:
        RunError: No run has begun.
    """
    begun = [job for job in jobs if (job.directory / DESCRIPTION_FILE).exists()]
    if not begun:
        raise RunError("no run of the comparison has begun: there is nothing to measure")
    first = {job.variant: job.directory for job in reversed(begun)}
    tasks = {variant: open_run(directory).task for variant, directory in first.items()}
    rows = [row for job in begun for row in _rows(job, tasks[job.variant], results.get(job, {}))]
    task = tasks[begun[0].variant]
    return LearningTable(task.name, task.distance_label, tuple(rows))


def _rows(job: ComparedRun, task: Task, result: Mapping[str, Any]) -> Iterator[Measured]:
    """Yield the rows of a run, whose task is built once for all seeds: it takes long."""
    run, names = open_folder(job.directory), [one.name for one in task.conditions]
    many = run.config.rollouts
    for path in run.report_paths():
        report = load_report(path, len(names))
        costs, where = report["total_costs"], names[report["condition"]]
        yield Measured(
            job.variant, job.seed, "training", where, many * (report["iteration"] + 1),
            len(costs), float(np.mean(report["successes"])), float(np.mean(report["distances"])),
            float(np.mean(costs)),
        )  # fmt: skip
    trained_on = many * run.iterations_finished
    phases: tuple[tuple[Phase, str], ...] = (("final", "noise_free"), ("final-noisy", "noisy"))
    for phase, key in phases:
        for where, summary in result.get(key, {}).items():
            yield _summarised(job, phase, where, trained_on, summary)
    for where, points in result.get("tests", {}).items():
        for point in points:
            yield _summarised(job, "test", where, point["training_rollouts"], point)


def _summarised(
    job: ComparedRun, phase: Phase, where: str, trained_on: int, summary: Mapping[str, Any]
) -> Measured:
    judged = int(summary["rollouts"])
    rate, distance = summary["successes"] / judged, float(summary["mean_distance"])
    cost = float(summary["mean_cost"])
    return Measured(job.variant, job.seed, phase, where, trained_on, judged, rate, distance, cost)
