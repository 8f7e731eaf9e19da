"""A training run on disk: everything needed to look at it, to continue it and to redo it.

::

    <runs>/<task>/<time>/
        task.yaml                          the task file, as it was
        models/                            the files of its MuJoCo models, as they were
        origin/condition_0.npz             what was taken from another run, if anything was
        run.json                           method, seed, conditions, settings,
                                           versions, digests of the files above
        iteration_007/network.npz          weights of the global policy at its beginning, if there
        iteration_007/supervised.json      is one, and how well it fits
        iteration_007/condition_0/
            policy.npz                     K, k, L and step multipliers at its beginning
            rollout_03.npz                 states, torques, noise, stamps
            rollout_03.cost.npz            its cost and outcome
            rollout_03.invalid_0.npz       one that failed, with the reason
            rollout_03.interrupted_0.npz   one that was broken off, with the reason
            refused_0/                     the first policy of this iteration that could not be
                                           executed, with the reason, and all rollouts of it
            update.npz                     the update's record, per time step
            exploration.npz                what its samples tell later updates of PI2
            tried/                         the rollout of what was the last policy, before the run
                                           was given more iterations
            report.json                    the iteration in short
        evaluations/<name>/                rollouts of an evaluation; the task's measures of each
                                           are with its cost

A file is either whole or absent, and holds no pickle. An iteration is finished when the next one's
``policy.npz`` exists, and its ``network.npz`` where there is a global policy.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from pilqr_ros.guided.errors import NetworkError
from pilqr_ros.guided.network import Network, from_arrays
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.runs import atomic
from pilqr_ros.runs.array_file import ArrayFile
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.file_names import DESCRIPTION_FILE, TASK_FILE
from pilqr_ros.runs.origin_files import Taken, origin_name, read_taken
from pilqr_ros.runs.report_file import load_report
from pilqr_ros.runs.rollout_files import (
    check_sample,
    count_unused,
    failed_attempts,
    last_failure,
    load_sample,
    load_sample_cost,
    save_attempt,
    save_cost,
)
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_description import (
    check_conditions_of,
    describe,
    read_config,
    read_description,
    task_files,
)
from pilqr_ros.runs.run_folder import REPORT_FILE, RunFolder
from pilqr_ros.runs.shared_files import delete_unused, write_shared
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.yaml_text import read_text
from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.sample_history import SampleRecord
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

NOTHING: Mapping[str, bytes] = {}
"""No files."""


class RunStore(RunFolder):
    """Reads and writes one run's directory."""

    def __init__(self, directory: Path, task: Task, config: RunConfig) -> None:
        """Bind a directory that `create_run` or `open_run` has prepared."""
        super().__init__(directory, config)
        self.task = task

    def policy(self, iteration: int, condition: int) -> tuple[TVLGPolicy, Array]:
        """Return the policy that an iteration began with and its step multipliers, ``(T,)``."""
        return _policy(self.policy_path(iteration, condition))

    def refused_policy(
        self, iteration: int, condition: int, number: int
    ) -> tuple[TVLGPolicy, Array]:
        """Return what `policy` was when it was refused, counted from 0."""
        folder = self.condition_directory(iteration, condition) / f"refused_{number}"
        return _policy(folder / "policy.npz")

    def save_policy(
        self,
        iteration: int,
        condition: int,
        policy: TVLGPolicy,
        step_multiplier: Array,
        halvings: int = 0,
    ) -> None:
        """Store the policy that an iteration begins with, and how often its step was halved."""
        arrays = {"K": policy.K, "k": policy.k, "L": policy.L, "step_multiplier": step_multiplier}
        path = self.policy_path(iteration, condition)
        atomic.write_arrays(path, arrays | _counted(halvings))

    def network(self, iteration: int) -> Network | None:
        """Return the global policy's network that an iteration began with, or None if not stored.

        Raises:
            RunError: The file is damaged.
        """
        path = self.network_path(iteration)
        if not path.exists():
            return None
        try:
            return from_arrays(ArrayFile.read(path).all_floats())
        except NetworkError as error:
            raise RunError(f"{path}: {error}") from error

    def save_network(
        self,
        iteration: int,
        network: Network,
        record: Mapping[str, float] | None = None,
        halvings: int = 0,
    ) -> None:
        """Store the network that an iteration begins with, how it was fitted, and halved."""
        path = self.network_path(iteration)
        if record is not None:
            atomic.write_json(path.with_name("supervised.json"), record)
        atomic.write_arrays(path, network.arrays() | _counted(halvings))

    def rollout(self, iteration: int, condition: int, sample: int) -> Rollout | None:
        """Return a stored valid rollout, or None where it has not been collected yet.

        Raises:
            RunError: The file is damaged or holds another rollout; the message says what to do.
        """
        path = self._rollout_path(iteration, condition, sample)
        return load_sample(path, self.task, condition) if path.exists() else None

    @property
    def is_finished(self) -> bool:
        """Whether all iterations are done, and each last local policy was executed."""
        last, config = self.config.iterations, self.config
        tried = (self._rollout_path(last, one, 0).exists() for one in config.conditions)
        return self.iterations_finished == last and (config.guided or all(tried))

    def collected(self, iteration: int) -> int:
        """Return how many of an iteration's rollouts are on disk, over all conditions."""
        places = itertools.product(self.config.conditions, range(self.config.rollouts))
        return sum(self._rollout_path(iteration, *place).exists() for place in places)

    def save_rollout(self, iteration: int, condition: int, sample: int, rollout: Rollout) -> None:
        """Store a rollout; an invalid one goes beside the place that it leaves open.

        Raises:
            RunError: It is not one of the task in this condition.
        """
        check_sample(rollout, self.task, condition)
        path = self._rollout_path(iteration, condition, sample)
        save_attempt(path, rollout)

    def failure(self, iteration: int, condition: int, sample: int) -> str:
        """Return why the last rollout that failed in place of this one did; empty if none did."""
        return last_failure(self._rollout_path(iteration, condition, sample))

    def attempts(self, iteration: int, condition: int, sample: int) -> int:
        """Return how many rollouts failed in place of this one; interrupted ones do not count."""
        return failed_attempts(self._rollout_path(iteration, condition, sample))

    def invalid_count(self, iteration: int, condition: int) -> int:
        """Return how many rollouts of an iteration failed or were interrupted."""
        return count_unused(self.condition_directory(iteration, condition))

    def cost(self, iteration: int, condition: int, sample: int) -> CostReport | None:
        """Return the stored cost of a rollout, or None where it has not been evaluated yet.

        Raises:
            RunError: The file is damaged; the message says what to do.
        """
        path = self._rollout_path(iteration, condition, sample).with_suffix(".cost.npz")
        return load_sample_cost(path, self.task.T) if path.exists() else None

    def save_cost(self, iteration: int, condition: int, sample: int, cost: CostReport) -> None:
        """Store the cost of a rollout."""
        path = self._rollout_path(iteration, condition, sample).with_suffix(".cost.npz")
        save_cost(path, cost)

    def save_update(self, iteration: int, condition: int, record: Mapping[str, Any]) -> None:
        """Store the record of a policy update; entries that are None are left out."""
        arrays = {name: value for name, value in record.items() if value is not None}
        atomic.write_arrays(self.condition_directory(iteration, condition) / "update.npz", arrays)

    def sample_records(self, iteration: int, condition: int, count: int) -> list[SampleRecord]:
        """Return what the last `count` updates before an iteration's explored, oldest first."""
        found = []
        for earlier in range(max(0, iteration - count), iteration):
            path = self._exploration_path(earlier, condition)
            if path.exists():
                found.append(_sample_record(path))
        return found

    def save_sample_record(self, iteration: int, condition: int, samples: SampleRecord) -> None:
        """Store what later updates are given of this one's samples."""
        path = self._exploration_path(iteration, condition)
        atomic.write_arrays(path, vars(samples))

    def _exploration_path(self, iteration: int, condition: int) -> Path:
        return self.condition_directory(iteration, condition) / "exploration.npz"

    def save_report(self, iteration: int, condition: int, report: Mapping[str, Any]) -> None:
        """Store the short report of an iteration."""
        atomic.write_json(self.condition_directory(iteration, condition) / REPORT_FILE, report)

    def reports(self) -> list[dict[str, Any]]:
        """Return the reports of all finished iterations, by iteration and condition."""
        conditions = len(self.task.conditions)
        return [load_report(path, conditions) for path in self.report_paths()]

    def taken(self, condition: int) -> Taken | None:
        """Return what a condition's policy was taken from another run; None if nothing was.

        Raises:
            RunError: The file is missing or damaged.
        """
        if self.config.origin is None:
            return None
        return read_taken(self.directory / origin_name(condition))

    def begun_with(self) -> dict[str, bytes]:
        """Return the files that a run begins with, by their paths in it."""
        return {**task_files(self.task), **self.origin_files()}

    def origin_files(self) -> dict[str, bytes]:
        """Return what was taken from another run, by path, of those files that are there."""
        names = [] if self.config.origin is None else map(origin_name, self.config.conditions)
        paths = {name: self.directory / name for name in names}
        return {name: atomic.read_bytes(path) for name, path in paths.items() if path.exists()}

    def own_files(self) -> dict[str, bytes]:
        """Return what tells this run from others: its description and what it begins with."""
        description = atomic.read_bytes(self.directory / DESCRIPTION_FILE)
        return {DESCRIPTION_FILE: description, **self.begun_with()}

    def _rollout_path(self, iteration: int, condition: int, sample: int) -> Path:
        return self.condition_directory(iteration, condition) / f"rollout_{sample:02d}.npz"


def _policy(path: Path) -> tuple[TVLGPolicy, Array]:
    file = ArrayFile.read(path)
    try:
        policy = TVLGPolicy(file.floats("K", 3), file.floats("k", 2), file.floats("L", 3))
    except ShapeError as error:
        raise RunError(f"{path}: {error}") from error
    return policy, file.floats("step_multiplier", 1)


def _counted(halvings: int) -> dict[str, Array]:
    """Return how often a policy's step was halved as it is stored: not at all, where it was not."""
    return {"halvings": np.array(halvings)} if halvings > 0 else {}


def _sample_record(path: Path) -> SampleRecord:
    file = ArrayFile.read(path)
    return SampleRecord(
        noise=file.floats("noise", 3),
        L=file.floats("L", 3),
        total=file.floats("total", 2),
        residual=file.floats("residual", 2),
    )


def create_run(
    runs: Path, task: Task, config: RunConfig, origin_files: Mapping[str, bytes] = NOTHING
) -> RunStore:
    """Create a new run in a directory named by task and time.

    Args:
        runs: Parent of all runs.
        task: The task; its file and its models are copied into the run.
        config: What the run is asked to do.
        origin_files: What is taken from another run, by path (see `transfer`).
    """
    time = datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
    return create_run_in(_new_directory(runs / task.name / time), task, config, origin_files)


def create_run_in(
    directory: Path, task: Task, config: RunConfig, origin_files: Mapping[str, bytes] = NOTHING
) -> RunStore:
    """Create a new run in this directory; with those beside it it shares large files.

    Arguments as `create_run`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    delete_unused(directory.parent)
    files = {**task_files(task), **origin_files}
    for name, content in files.items():
        write_shared(directory.parent, directory / name, content)
    atomic.write_json(directory / DESCRIPTION_FILE, describe(task, config, files))
    return RunStore(directory, task, config)


def open_run(directory: Path) -> RunStore:
    """Open a run to look at it or to continue it.

    Raises:
        RunError: It is not a run, or of another format.
        TaskError: Its task file is not valid.
    """
    path = directory / DESCRIPTION_FILE
    config = read_config(read_description(directory), path)
    task_file = directory / TASK_FILE
    if not task_file.is_file():
        raise RunError(f"{directory} is not a run: it has no {TASK_FILE}")
    text = read_text(task_file)
    task = Task.from_text(text, folder=directory, origin=str(task_file), of_run=True)
    check_conditions_of(config, task, path)
    return RunStore(directory, task, config)


def find_runs(runs: Path) -> Iterator[Path]:
    """Yield the directories of all runs below a folder, by task and time."""
    yield from (path.parent for path in sorted(runs.glob(f"*/*/{DESCRIPTION_FILE}")))


def _new_directory(wanted: Path) -> Path:
    """Create a directory that nobody else has, of the wanted name or one that counts on."""
    for count in itertools.count(1):
        directory = wanted if count == 1 else wanted.with_name(f"{wanted.name}_{count}")
        with contextlib.suppress(FileExistsError):
            directory.mkdir(parents=True)
            break
    return directory
