"""What a run's directory tells by itself, without its task: a task takes long to build."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.report_file import load_report
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_description import (
    DESCRIPTION_FILE,
    TASK_FILE,
    read_config,
    read_description,
    recorded_digests,
)

REPORT_FILE = "report.json"


class RunFolder:
    """Finds the files of one run."""

    def __init__(self, directory: Path, config: RunConfig) -> None:
        """Bind a directory.

        Args:
            directory: Of the run.
            config: What the run was asked to do.
        """
        self.directory = directory
        self.config = config

    def started(self, iteration: int, condition: int) -> bool:
        """Tell whether an iteration's policy is on disk, that is, the one before has finished."""
        return (self.condition_directory(iteration, condition) / "policy.npz").exists()

    @property
    def iterations_finished(self) -> int:
        """Number of iterations whose updates are on disk for every condition."""
        finished = 0
        while finished < self.config.iterations and self._finished(finished):
            finished += 1
        return finished

    def evaluation_directory(self, name: str) -> Path:
        """Return the directory of an evaluation."""
        return self.directory / "evaluations" / name

    def iteration_directory(self, iteration: int) -> Path:
        """Return the directory of an iteration."""
        return self.directory / iteration_name(iteration)

    def condition_directory(self, iteration: int, condition: int) -> Path:
        """Return the directory of an iteration in a condition."""
        return self.iteration_directory(iteration) / f"condition_{condition}"

    def network_path(self, iteration: int) -> Path:
        """Return where the network that an iteration begins with is stored."""
        return self.iteration_directory(iteration) / "network.npz"

    def report_paths(self) -> list[Path]:
        """Return the reports of all finished iterations, by iteration and condition."""
        return sorted(self.directory.glob(f"iteration_*/condition_*/{REPORT_FILE}"))

    def _finished(self, iteration: int) -> bool:
        if self.config.guided and not self.network_path(iteration + 1).exists():
            return False
        return all(self.started(iteration + 1, each) for each in self.config.conditions)


def open_folder(directory: Path) -> RunFolder:
    """Find the files of a run that is on disk.

    Raises:
        RunError: It is not a run, or of another format.
    """
    config = read_config(read_description(directory), directory / DESCRIPTION_FILE)
    return RunFolder(directory, config)


class RunSummary(NamedTuple):
    """How far a run is.

    Attributes:
        folder: Where it is, and what it was asked to do.
        finished: Number of iterations whose updates are stored.
        success: Share of the last reported iteration's rollouts that succeeded; nothing before.
        warning: Whether the task file is another than at the beginning, in words; else empty.
    """

    folder: RunFolder
    finished: int
    success: float | None
    warning: str

    @classmethod
    def of(cls, directory: Path) -> Self:
        """Read what tells how far a run is, and no more.

        Raises:
            RunError: It is not a run, or what it needs of it is damaged.
        """
        path = directory / DESCRIPTION_FILE
        description = read_description(directory)
        folder = RunFolder(directory, read_config(description, path))
        begun = recorded_digests(description, path) if "files" in description else {}
        success, finished = _last_success(folder), folder.iterations_finished
        return cls(folder, finished, success, _warning(directory, begun.get(TASK_FILE)))


def iteration_name(iteration: int) -> str:
    """Return what an iteration is called: on disk, and as a part of its run."""
    return f"iteration_{iteration:03d}"


def _last_success(folder: RunFolder) -> float | None:
    """Return the share of successes in the last iteration that has a report."""
    paths = folder.report_paths()
    if not paths:
        return None
    last = [load_report(path) for path in paths if path.parents[1] == paths[-1].parents[1]]
    return float(np.mean([success for report in last for success in report["successes"]]))


def _warning(directory: Path, begun: str | None) -> str:
    """Return that a run's task file changed; empty if it did not, or if that is not known."""
    path = directory / TASK_FILE
    if not path.is_file():
        raise RunError(f"{directory} is not a run: it has no {TASK_FILE}")
    if begun in (None, hashlib.sha256(atomic.read_bytes(path)).hexdigest()):
        return ""
    return f"{directory}: {TASK_FILE} is not as it was when the run was begun"
