"""Where the rollouts of a run are: listed when they are asked for, one folder at a time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.file_names import EVALUATIONS
from pilqr_ros.runs.rollout_files import load_cost, load_rollout
from pilqr_ros.runs.run_folder import iteration_name
from pilqr_ros.runs.run_store import RunStore

TRAINING = "training"
"""What the rollouts are called that were learned from; those of evaluations have their names."""

_NAME = re.compile(r"rollout_(\d+)(?:\.(invalid|interrupted)_(\d+))?\.npz")


class Filed(NamedTuple):
    """A rollout's file.

    Attributes:
        path: The file.
        name: What the rollout is called among those of its folder.
        valid: Whether it is one to learn from.
    """

    path: Path
    name: str
    valid: bool

    def rollout(self) -> Rollout:
        """Read the rollout.

        Raises:
            RunError: Its file is damaged.
        """
        return load_rollout(self.path)

    def cost(self) -> CostReport | None:
        """Read its cost; None where it has none yet.

        Raises:
            RunError: The cost's file is damaged.
        """
        path = self.path.with_suffix(".cost.npz")
        return load_cost(path) if path.is_file() else None


class RunIndex:
    """Finds the rollouts of a run."""

    def __init__(self, store: RunStore) -> None:
        """Look at nothing yet."""
        self._store = store

    def sources(self) -> list[str]:
        """Return where rollouts come from: training, and each evaluation by name."""
        folder = self._store.directory / EVALUATIONS
        found = sorted(path.name for path in folder.glob("*") if path.is_dir())
        return [TRAINING, *found]

    def iterations(self) -> int:
        """Return how many iterations have a folder with rollouts, without looking into them all.

        That of the last policy, which is executed once and not learned from, is none of them.
        """
        count, most = 0, self._store.config.iterations
        while count < most and self._store.iteration_directory(count).is_dir():
            count += 1
        while count > 0 and len(self.conditions(TRAINING, count - 1)) == 0:
            count -= 1
        return count

    def conditions(self, source: str, iteration: int) -> list[int]:
        """Return the indices of the conditions that have rollouts."""
        folder = self._folder(source, iteration)
        numbers = (path.name.rpartition("_")[2] for path in folder.glob("condition_*"))
        known = range(len(self._store.task.conditions))
        found = sorted(int(number) for number in numbers if number.isdecimal())
        return [i for i in found if i in known and self._has_rollouts(folder / f"condition_{i}")]

    def rollouts(self, source: str, iteration: int, condition: int) -> list[Filed]:
        """Return the rollouts of a folder by number, each failed one after what took its place."""
        folder = self._folder(source, iteration) / f"condition_{condition}"
        matches = (_NAME.fullmatch(path.name) for path in folder.glob("rollout_*.npz"))
        found = sorted((int(m[1]), m[2] or "", int(m[3] or 0), m[0]) for m in matches if m)
        return [
            Filed(folder / name, f"{number}" if not kind else f"{number} ({kind} {n})", not kind)
            for number, kind, n, name in found
        ]

    def sample(self, source: str, iteration: int, condition: int, most: int) -> list[Filed]:
        """Return at most so many valid rollouts of a folder, evenly spaced."""
        valid = [filed for filed in self.rollouts(source, iteration, condition) if filed.valid]
        step = max(1, -(-len(valid) // most))
        return valid[::step]

    def _folder(self, source: str, iteration: int) -> Path:
        if source == TRAINING:
            return self._store.directory / iteration_name(iteration)
        return self._store.evaluation_directory(source)

    @staticmethod
    def _has_rollouts(folder: Path) -> bool:
        return next(folder.glob("rollout_*.npz"), None) is not None


def readable(filed: list[Filed]) -> list[tuple[Rollout, CostReport]]:
    """Read rollouts with their costs; those that are damaged or have no cost are left out."""
    found = []
    for one in filed:
        try:
            rollout, cost = one.rollout(), one.cost()
        except RunError:
            continue
        if cost is not None:
            found.append((rollout, cost))
    return found
