"""What a run's directory tells by itself, without its task: a task takes long to build."""

from __future__ import annotations

from pathlib import Path

from pilqr_ros.runs.file_names import DESCRIPTION_FILE, EVALUATIONS
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_description import read_config, read_description

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
        return self.policy_path(iteration, condition).exists()

    @property
    def iterations_finished(self) -> int:
        """Number of iterations whose updates are on disk for every condition."""
        finished = 0
        while finished < self.config.iterations and self._finished(finished):
            finished += 1
        return finished

    def evaluation_directory(self, name: str) -> Path:
        """Return the directory of an evaluation."""
        return self.directory / EVALUATIONS / name

    def iteration_directory(self, iteration: int) -> Path:
        """Return the directory of an iteration."""
        return self.directory / iteration_name(iteration)

    def condition_directory(self, iteration: int, condition: int) -> Path:
        """Return the directory of an iteration in a condition."""
        return self.iteration_directory(iteration) / f"condition_{condition}"

    def policy_path(self, iteration: int, condition: int) -> Path:
        """Return where the policy that an iteration begins with in a condition is stored."""
        return self.condition_directory(iteration, condition) / "policy.npz"

    def network_path(self, iteration: int) -> Path:
        """Return where the network that an iteration begins with is stored."""
        return self.iteration_directory(iteration) / "network.npz"

    def report_paths(self) -> list[Path]:
        """Return the reports of all finished iterations, by iteration and condition."""
        return sorted(self.directory.glob(f"iteration_*/condition_*/{REPORT_FILE}"), key=_place)

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


def _place(report: Path) -> tuple[list[int], Path]:
    """Return what orders reports: iteration and condition as numbers, 2 before 10."""
    numbers = [one.name.rpartition("_")[2] for one in (report.parents[1], report.parent)]
    return [int(number) if number.isdecimal() else -1 for number in numbers], report


def iteration_name(iteration: int) -> str:
    """Return what an iteration is called: on disk, and as a part of its run."""
    return f"iteration_{iteration:03d}"
